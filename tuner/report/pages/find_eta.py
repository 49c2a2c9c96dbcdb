"""The report of `find-eta`; its evidence stands in other reports too."""

from collections.abc import Iterator
from pathlib import Path

from tuner.records import EtaSearch, FindEtaRecord
from tuner.report.charts.learning_rate import (
    VERDICT,
    cost_column,
    costs_figure,
    final_costs_figure,
)
from tuner.report.checks.learning_rate import find_eta_warnings
from tuner.report.document import (
    Columns,
    Download,
    Folded,
    Heading,
    Part,
    Report,
    ReportFiles,
    Section,
    Table,
    Text,
    csv_download,
    numbers,
    record_download,
    write_report,
)
from tuner.report.format import NOT_FINITE
from tuner.report.frames.training import judgement_table, probe_table
from tuner.report.provenance import provenance
from tuner.report.summaries.learning_rate import find_eta_summary

_WHY = "The verdict on each η"


def write_find_eta(record: FindEtaRecord, folder: Path) -> ReportFiles:
    """Write `find-eta.html`, `find-eta-costs.png` and `find-eta-final-cost.png`.

    Parameters
    ----------
    record
        What `find-eta` found, and how.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    search = record.result
    report = Report(
        name="find-eta",
        title="tuner find-eta",
        data_name=record.data.name,
        summary=find_eta_summary(search),
        warnings=find_eta_warnings(record),
        sections=(Section("evidence", "Evidence", tuple(eta_evidence(search))),),
        provenance=provenance(record),
        downloads=(*eta_downloads(search), record_download(record)),
    )
    return write_report(report, folder)


def eta_evidence(search: EtaSearch, name: str = "find-eta") -> Iterator[Part]:
    """Return why η was chosen, in figures and a table of verdicts; file names begin with `name`."""
    yield costs_figure(search, name)
    yield final_costs_figure(search, name)
    yield Heading(_WHY)
    yield _judgements(search)


def eta_brief(search: EtaSearch, name: str) -> Iterator[Part]:
    """Return the essence of an η search: its answer, the cost curves, and the reasons, folded."""
    yield eta_answer(search)
    yield costs_figure(search, name)
    yield Folded(_WHY, (_judgements(search),))


def eta_answer(search: EtaSearch) -> Text:
    """Return the answer of an η search as a paragraph."""
    return Text(find_eta_summary(search).text)


def eta_downloads(search: EtaSearch) -> tuple[Download, ...]:
    """Return the verdicts and all costs of an η search."""
    return (
        csv_download("find-eta-verdicts.csv", judgement_table(search)),
        csv_download("find-eta-costs.csv", probe_table(search)),
    )


def _judgements(search: EtaSearch) -> Table:
    frame = judgement_table(search)
    frame["agreeing"] = [f"{a} of {n}" for a, n in zip(frame.agreeing, frame.seeds, strict=True)]
    columns: Columns = {
        "eta": "η",
        "verdict": VERDICT,
        "final_cost": cost_column("final cost"),
        "lowest_cost": cost_column("lowest cost"),
        "against_baseline": numbers("final cost ÷ constant prediction", 3, missing=NOT_FINITE),
        "agreeing": "seeds that agree",
        "reason": "reason",
    }
    return Table("The verdict on each learning rate", frame, columns, sortable=True)
