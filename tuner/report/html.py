"""Reports as HTML files with their figures beside them, rebuilt from records alone."""

from dataclasses import dataclass
from pathlib import Path

from tuner.files import write_files
from tuner.report.document import render
from tuner.report.sections import Report


@dataclass(frozen=True)
class ReportFiles:
    """Where a report was written: the page, and its figures as PNG."""

    html: Path
    figures: tuple[Path, ...]


def write_report(report: Report, folder: Path) -> ReportFiles:
    """Write `KIND.html` and its figures: all of it, or nothing.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    page = render("report.html.j2", {"report": report})
    contents = {f"{each.name}.png": each.png for each in report.pictures}
    *images, html = write_files(folder, contents | {f"{report.kind}.html": page})
    return ReportFiles(html, tuple(images))
