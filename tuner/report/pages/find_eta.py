"""The report of `find-eta`; its evidence stands in other reports too."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from tuner.records import EtaSearch, FindEtaRecord
from tuner.report.charts import learning_rate as figures
from tuner.report.charts.annotations import landmarks
from tuner.report.charts.canvas import Size
from tuner.report.charts.theme import SYMBOLS
from tuner.report.checks.base import find_eta_cautions
from tuner.report.document import (
    Column,
    Download,
    Picture,
    Table,
    csv_download,
    picture,
    record_download,
    small_enough,
    table,
)
from tuner.report.format import number
from tuner.report.frames.training import judgement_table, probe_table
from tuner.report.html import ReportFiles, write_report
from tuner.report.pages.provenance import provenance
from tuner.report.sections import Folded, Heading, Part, Report, Section, Text
from tuner.report.summaries.learning_rate import alt_curves, alt_final_costs, find_eta_verdict

SEED_COLUMNS = 10
"""The data table of figure 2 has a column for each seed up to this many."""


def write_find_eta(record: FindEtaRecord, folder: Path) -> ReportFiles:
    """Write `find-eta.html` and its figures; the same record gives the same bytes.

    Parameters
    ----------
    record
        What `find-eta` found, and how.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Returns
    -------
    ReportFiles
        The page, then `find-eta-costs.png` and `find-eta-final-cost.png`.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    evidence = eta_evidence(record.result)
    report = Report(
        kind="find-eta",
        title="tuner find-eta",
        data_name=record.data.name,
        verdict=find_eta_verdict(record.result),
        cautions=find_eta_cautions(record.result),
        sections=(Section("evidence", "Evidence", evidence.parts),),
        provenance=provenance(record),
        downloads=small_enough(*evidence.downloads, record_download(record)),
    )
    return write_report(report, folder)


@dataclass(frozen=True)
class EtaEvidence:
    """Why η was chosen: in words, figures and a table of verdicts, and as files to download."""

    said: Text
    parts: tuple[Part, ...]
    downloads: tuple[Download, ...]


def eta_evidence(search: EtaSearch, name: str = "find-eta") -> EtaEvidence:
    """Return the evidence of an η search; its files begin with `name`."""
    return EtaEvidence(
        _said(search),
        (
            cost_picture(search, name),
            _final_cost_picture(search, name),
            Heading(_WHY),
            _judgements(search),
        ),
        (
            csv_download(f"{name}-verdicts.csv", judgement_table(search)),
            csv_download(f"{name}-costs.csv", probe_table(search)),
        ),
    )


_WHY = "Why each η was judged as it was"


def _said(search: EtaSearch) -> Text:
    verdict = find_eta_verdict(search)
    return Text(f"{verdict.headline}. {verdict.sentence}")


def eta_brief(search: EtaSearch, name: str) -> tuple[Part, ...]:
    """Return the essence of an η search: its answer, the cost curves, and the reasons, folded."""
    return (_said(search), cost_picture(search, name), Folded(_WHY, _judgements(search)))


_cost = partial(number, digits=4, pad=True)
_ETA = Column("eta", "η", number, numeric=True)
_VERDICT = Column("verdict", "verdict", symbols=SYMBOLS)


def _judgements(search: EtaSearch) -> Table:
    frame = judgement_table(search)
    frame["agreeing"] = [f"{a} of {n}" for a, n in zip(frame.agreeing, frame.seeds, strict=True)]
    columns = (
        _ETA,
        _VERDICT,
        Column("final_cost", "final cost", _cost, numeric=True),
        Column("lowest_cost", "lowest cost", _cost, numeric=True),
        Column(
            "against_baseline",
            "final cost ÷ constant prediction",
            partial(number, digits=3),
            numeric=True,
        ),
        Column("agreeing", "seeds that agree"),
        Column("reason", "reason"),
    )
    return table(frame, "The verdict on each learning rate", columns, sortable=True)


def cost_picture(search: EtaSearch, name: str = "find-eta") -> Picture:
    """Return the cost curves of an η search, the figure that says most of it."""
    frame = figures.median_curves(search)
    epoch = Column("epoch", "epochs", number, numeric=True)
    etas = [
        Column(eta, f"η = {number(float(eta))}", _cost, numeric=True) for eta in frame.columns[1:]
    ]
    return picture(
        _drawer(figures.draw_cost_curves, figures.cost_curves, search),
        table(frame, "Median training cost over the seeds", (epoch, *etas)),
        name=f"{name}-costs",
        title="Training cost against epochs, for every η tried",
        alt=alt_curves(search),
        note=f"Bold: the median over the seeds. Thin: the single seeds{_first(search)}."
        " × marks where a cost"
        " stopped being finite, ↑ a line that ends above the picture. η* is the threshold: below"
        " it the cost falls, above it the steps overshoot the valley.",
    )


def _final_cost_picture(search: EtaSearch, name: str) -> Picture:
    frame = _abridged(figures.final_costs(search))
    costs = [Column(seed, seed, _cost, numeric=True) for seed in frame.columns[2:]]
    return picture(
        _drawer(figures.draw_final_costs, figures.final_costs, search),
        table(frame, "Training cost at the end of the probes", (_ETA, _VERDICT, *costs)),
        name=f"{name}-final-cost",
        title="Final training cost against η",
        alt=alt_final_costs(search),
        note=f"Large: the median over the seeds. Dashes: the single seeds{_first(search)}."
        " η* lies in the shaded"
        " bracket or at its lower end; the η to use is half of it.",
    )


def _first(search: EtaSearch) -> str:
    seeds, drawn = len({probe.seed for probe in search.probes}), figures.DRAWN_SEEDS
    return f" (the first {drawn} of {seeds})" if seeds > drawn else ""


def _abridged(points: pd.DataFrame) -> pd.DataFrame:
    """Return the least and the largest cost where there are too many seeds for a column each."""
    seeds = points.drop(columns=["eta", "verdict", "median"])
    if seeds.shape[1] <= SEED_COLUMNS:
        return points
    extremes = {"least of the seeds": seeds.min(axis=1), "largest": seeds.max(axis=1)}
    return points[["eta", "verdict", "median"]].assign(**extremes)


def _drawer(
    draw: Callable[..., Figure], data: Callable[[EtaSearch], object], search: EtaSearch
) -> Callable[[Size], Figure]:
    return partial(draw, data(search), landmarks(search))
