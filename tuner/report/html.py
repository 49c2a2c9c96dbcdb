"""Reports as HTML files with their figures beside them, rebuilt from records alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.report.files import write_files
from tuner.report.page import Picture, render


@dataclass(frozen=True)
class ReportFiles:
    """Where a report was written: the page, and its figures as PNG."""

    html: Path
    figures: tuple[Path, ...]


def write_report(
    kind: str, values: Mapping[str, object], pictures: tuple[Picture, ...], folder: Path
) -> ReportFiles:
    """Write `KIND.html` from the template of that name, and its figures: all of it, or nothing.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    page = render(f"{kind}.html.j2", values)
    contents = {f"{each.name}.png": each.png for each in pictures} | {f"{kind}.html": page}
    *images, html = write_files(folder, contents)
    return ReportFiles(html, tuple(images))
