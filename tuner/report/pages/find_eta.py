"""The report of `find-eta`; its evidence stands in other reports too."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from tuner.records import EtaSearch, FindEtaRecord
from tuner.report.charts.annotations import landmarks
from tuner.report.charts.learning_rate import (
    DRAWN_SEEDS,
    cost_curves,
    draw_cost_curves,
    draw_final_costs,
    final_costs,
    median_curves,
)
from tuner.report.charts.theme import SYMBOLS
from tuner.report.checks.base import find_eta_cautions
from tuner.report.document import (
    Column,
    Columns,
    Download,
    Figure,
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
from tuner.report.format import NOT_FINITE, number
from tuner.report.frames.training import judgement_table, probe_table
from tuner.report.pages.provenance import provenance
from tuner.report.summaries.learning_rate import alt_curves, alt_final_costs, find_eta_verdict

SEED_COLUMNS = 10
"""The data table of figure 2 has a column for each seed up to this many."""

VERDICT = Column("verdict", symbols=SYMBOLS)
_WHY = "Why each η was judged as it was"


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
        verdict=find_eta_verdict(search),
        cautions=find_eta_cautions(search),
        sections=(Section("evidence", "Evidence", tuple(eta_evidence(search))),),
        provenance=provenance(record),
        downloads=(*eta_downloads(search), record_download(record)),
    )
    return write_report(report, folder)


def eta_evidence(search: EtaSearch, name: str = "find-eta") -> Iterator[Part]:
    """Return why η was chosen, in figures and a table of verdicts; file names begin with `name`."""
    yield costs_figure(search, name)
    yield _final_costs_figure(search, name)
    yield Heading(_WHY)
    yield _judgements(search)


def eta_brief(search: EtaSearch, name: str) -> Iterator[Part]:
    """Return the essence of an η search: its answer, the cost curves, and the reasons, folded."""
    yield eta_answer(search)
    yield costs_figure(search, name)
    yield Folded(_WHY, (_judgements(search),))


def eta_answer(search: EtaSearch) -> Text:
    """Return the answer of an η search as a paragraph."""
    verdict = find_eta_verdict(search)
    return Text(f"{verdict.headline}. {verdict.sentence}")


def eta_downloads(search: EtaSearch) -> tuple[Download, ...]:
    """Return the verdicts and all costs of an η search."""
    return (
        csv_download("find-eta-verdicts.csv", judgement_table(search)),
        csv_download("find-eta-costs.csv", probe_table(search)),
    )


def _cost(heading: str) -> Column:
    return numbers(heading, 4, pad=True, missing=NOT_FINITE)


def _judgements(search: EtaSearch) -> Table:
    frame = judgement_table(search)
    frame["agreeing"] = [f"{a} of {n}" for a, n in zip(frame.agreeing, frame.seeds, strict=True)]
    columns: Columns = {
        "eta": "η",
        "verdict": VERDICT,
        "final_cost": _cost("final cost"),
        "lowest_cost": _cost("lowest cost"),
        "against_baseline": numbers("final cost ÷ constant prediction", 3, missing=NOT_FINITE),
        "agreeing": "seeds that agree",
        "reason": "reason",
    }
    return Table("The verdict on each learning rate", frame, columns, sortable=True)


def costs_figure(search: EtaSearch, name: str = "find-eta") -> Figure:
    """Return the cost curves of an η search, the figure that says most of it."""
    frame = median_curves(search)
    etas = {eta: _cost(f"η = {number(float(eta))}") for eta in frame.columns[1:]}
    return Figure(
        f"{name}-costs",
        "Training cost against epochs, for every η tried",
        Table("Median training cost over the seeds", frame, {"epoch": "epochs", **etas}),
        partial(draw_cost_curves, cost_curves(search), landmarks(search)),
        alt=alt_curves(search),
        note=f"Bold: the median over the seeds. Thin: the single seeds{_first(search)}. × marks"
        " where a cost stopped being finite, ↑ a line that ends above the picture. η* is the"
        " threshold: below it the cost falls, above it the steps overshoot the valley.",
    )


def _final_costs_figure(search: EtaSearch, name: str) -> Figure:
    points = final_costs(search)
    frame = _abridged(points)
    costs = {seed: _cost(str(seed)) for seed in frame.columns[2:]}
    columns: Columns = {"eta": "η", "verdict": VERDICT, **costs}
    return Figure(
        f"{name}-final-cost",
        "Final training cost against η",
        Table("Training cost at the end of the probes", frame, columns),
        partial(draw_final_costs, points, landmarks(search)),
        alt=alt_final_costs(search),
        note=f"Large: the median over the seeds. Dashes: the single seeds{_first(search)}. η* lies"
        " in the shaded bracket or at its lower end; the η to use is half of it.",
    )


def _first(search: EtaSearch) -> str:
    seeds = len({probe.seed for probe in search.probes})
    return f" (the first {DRAWN_SEEDS} of {seeds})" if seeds > DRAWN_SEEDS else ""


def _abridged(points: pd.DataFrame) -> pd.DataFrame:
    """Return the least and the largest cost where there are too many seeds for a column each."""
    seeds = points.drop(columns=["eta", "verdict", "median"])
    if seeds.shape[1] <= SEED_COLUMNS:
        return points
    extremes = {"least of the seeds": seeds.min(axis=1), "largest": seeds.max(axis=1)}
    return points[["eta", "verdict", "median"]].assign(**extremes)
