"""A record made, written, and named in the answer; the same for every command."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.cli.console import command_line
from tuner.files import write_file
from tuner.records import DataSummary, ReproduceRecord, StudyRecord, TrainRecord, TuneRecord

if TYPE_CHECKING:
    from tuner.report import ReportFiles
    from tuner.report.stored import StoredRecord


@dataclass(frozen=True)
class Written:
    """Where a report lies, and the records it can be rebuilt from."""

    report: "ReportFiles"
    records: Path

    @property
    def document(self) -> dict[str, object]:
        """What `--json` says of it."""
        return {
            "report": str(self.report.html),
            "figures": [str(figure) for figure in self.report.figures],
            "records": str(self.records),
        }


def made_with(argv: Sequence[str], data: DataSummary) -> dict[str, Any]:
    """Return what a record says of how it came about."""
    from tuner.environment import environment

    return {"command": command_line(argv), "data": data, "environment": environment()}


def write(record: "StoredRecord", folder: Path, lang: str = "en") -> Written:
    """Write a record as page and figures, and as records.json."""
    from tuner.report import stored_json

    records = write_file(folder / "records.json", stored_json(record))
    return Written(write_page(record, folder, lang), records)


def write_page(record: "StoredRecord", folder: Path, lang: str = "en") -> "ReportFiles":
    """Write a record as page and figures; pages of `reproduce` come in two languages."""
    from tuner.report import (
        write_find_eta,
        write_reproduce,
        write_study,
        write_train,
        write_tune,
    )

    if isinstance(record, ReproduceRecord):
        return write_reproduce(record, folder, lang)
    if isinstance(record, TrainRecord):
        return write_train(record, folder)
    if isinstance(record, TuneRecord):
        return write_tune(record, folder)
    if isinstance(record, StudyRecord):
        return write_study(record, folder)
    return write_find_eta(record, folder)
