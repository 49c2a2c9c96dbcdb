"""`report`: rebuild a report from stored records, or compare several runs or studies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.options import FOLDER, AnswerOptions, Opt, grouped
from tuner.cli.output import (
    Say,
    json_text,
    narration,
    print_sentences,
    print_summary,
    print_warnings,
    warnings_json,
)
from tuner.errors import InputError
from tuner.files import write_files
from tuner.folders import claimed
from tuner.records import (
    LANGUAGES,
    ReproduceRecord,
    require_choice,
)
from tuner.settings import NAME
from tuner.storage import RECORDS

if TYPE_CHECKING:
    from tuner.report import ReportFiles
    from tuner.report.stored import StoredRecord


COMPARED = Path("reports", "compare")


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """Where to write."""

    out: Annotated[
        Path | None,
        Opt("The folder to write to; else beside the record, or reports/compare.", FOLDER),
    ]
    lang: Annotated[str, Opt("Language of a page of reproduce: en or zh.", NAME, "en")]

    def __post_init__(self) -> None:
        require_choice("lang", self.lang, LANGUAGES)


@grouped
def report(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|STUDY",
            help="Folders with a records.json, or such files, also those saved from a page.",
        ),
    ],
    place: PlaceOptions,
    answer: AnswerOptions,
) -> None:
    """Rebuild a report, or compare several runs or studies.

    Of one record it writes the page and its figures again, the same to the byte. Of several it
    writes compare.html: runs that differ only in their seed count as one, and are compared with
    others seed by seed.
    """
    from tuner.report.checks.every import warnings_of

    with narration() as say:
        files = [_file(path) for path in paths]
        records = _loaded(files, say)
        say("writing the report")
        comparison = tuner.compare(*records, names=_names(files)) if len(records) > 1 else None
        if comparison is None:
            written, warnings = _rebuilt(records[0], files[0], place), warnings_of(records[0])
        else:
            with claimed(out := place.out or COMPARED, "compare", replace=True):
                written, warnings = comparison.write(out), comparison.warnings
    if answer.json:
        print(json_text(_document(written, files) | {"warnings": warnings_json(warnings)}))
        return
    print_sentences(_sentences(written))
    if comparison is None:
        print_warnings(warnings)
    else:
        print_summary(comparison.verdict, warnings)


def _file(path: str) -> Path:
    """Return the file that a path means, a folder standing for the records.json in it."""
    given = Path(path)
    file = given / RECORDS if given.is_dir() else given
    if not path or not file.is_file():
        what = f"holds no {RECORDS}" if path and given.is_dir() else "no such file or folder"
        raise InputError(f"{path or '(an empty path)'}: {what}: give one that a command wrote.")
    return file


def _loaded(files: Sequence[Path], say: Say) -> "list[StoredRecord]":
    from tuner.report import load_stored

    records = []
    for file in files:
        say(f"reading {file}")
        records.append(load_stored(file))
    return records


def _names(files: Sequence[Path]) -> list[str]:
    """Call each record by its folder, or by its file where that is called otherwise."""
    short = [file.absolute().parent.name if file.name == RECORDS else file.stem for file in files]
    alike = len(set(short)) < len(set(files))
    return [str(file) for file in files] if alike else short


def _rebuilt(record: "StoredRecord", file: Path, place: PlaceOptions) -> "ReportFiles":
    """Write the report; where it goes elsewhere, its record goes with it."""
    from tuner.report import stored_json
    from tuner.results import write_page

    if place.lang != "en" and not isinstance(record, ReproduceRecord):
        raise InputError(
            f"{file}: only pages of reproduce come in other languages: leave --lang out."
        )
    folder = place.out or file.parent
    with claimed(folder, record.command, replaceable=False):
        if folder.resolve() != file.parent.resolve():
            write_files(folder, {RECORDS: stored_json(record)})
        return write_page(record, folder, place.lang)


def _document(written: "ReportFiles", files: Sequence[Path]) -> dict[str, object]:
    return {
        "command": "report",
        "html": str(written.html),
        "figures": [str(figure) for figure in written.figures],
        "records": [str(file) for file in files],
    }


def _sentences(written: "ReportFiles") -> Iterator[str]:
    yield f"Report: {written.html}"
    yield f"Figures: {', '.join(figure.name for figure in written.figures)}"
