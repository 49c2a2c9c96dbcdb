"""The report of `train`."""

from functools import partial
from pathlib import Path

from tuner.records import Run, TrainRecord
from tuner.report.charts.annotations import run_marks
from tuner.report.charts.training import (
    MIDDLE,
    MIDDLE_NARROW,
    TALL,
    TALL_NARROW,
    draw_overfitting,
    draw_training_curves,
    overfitting,
    thinned,
    training_curves,
)
from tuner.report.checks.training import train_cautions
from tuner.report.document import (
    MOST,
    MOST_CARRIED,
    Column,
    Picture,
    csv_download,
    picture,
    record_download,
    small_enough,
    table,
)
from tuner.report.format import number, percent
from tuner.report.frames.training import history_table
from tuner.report.html import ReportFiles, write_report
from tuner.report.pages.find_eta import eta_evidence
from tuner.report.pages.inspection import inspection_evidence
from tuner.report.pages.provenance import provenance
from tuner.report.sections import Heading, Part, Points, Report, Section, Text, weight
from tuner.report.summaries.suggestions import findings
from tuner.report.summaries.training import alt_overfitting, alt_training_curves, train_verdict


def write_train(record: TrainRecord, folder: Path) -> ReportFiles:
    """Write `train.html` and its figures; the same record gives the same bytes.

    Parameters
    ----------
    record
        How a network was trained, and what came of it.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Returns
    -------
    ReportFiles
        The page, then `train-curves.png` and `train-overfitting.png`; `train-confusion.png`,
        `train-mistakes.png` (images only) and `train-weights.png` where the network was looked
        into; and where η was found first, the figures of `find-eta`.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    run = record.result
    eta = record.eta_search and eta_evidence(record.eta_search)
    seen = record.inspection and inspection_evidence(record.inspection, record.data)
    sections = (
        Section("signs", "What the curves say", finding_parts(record)),
        Section("evidence", "Evidence", (curves_picture(run), overfitting_picture(run))),
        Section("inspection", "What it gets wrong, and its weights", seen.parts if seen else ()),
        Section("eta", "How η was found", (eta.said, *eta.parts) if eta else ()),
    )
    report = Report(
        kind="train",
        title="tuner train",
        data_name=record.data.name,
        verdict=train_verdict(record),
        cautions=train_cautions(record),
        sections=sections,
        provenance=provenance(record),
        downloads=small_enough(
            csv_download("train-history.csv", history_table(run)),
            record_download(record),
            *(seen.downloads if seen else ()),
            *(eta.downloads if eta else ()),
            most=min(MOST_CARRIED, MOST - weight(sections)),
        ),
    )
    return write_report(report, folder)


def finding_parts(record: TrainRecord) -> tuple[Part, ...]:
    """Return the signs that the curves of a run show, and what to try."""
    parts: list[Part] = []
    for finding in findings(record):
        signs = tuple(sign.text for sign in finding.signs)
        parts += [Heading(finding.heading), Points(signs), Text("What to try:")]
        parts += [Points(finding.remedies)]
    return tuple(parts) or (Text("No sign of overfitting and none of underfitting."),)


_EPOCH = Column("epoch", "epoch", partial(number, digits=9), numeric=True)
_cost = partial(number, digits=4, pad=True)
_VALIDATION_COST = Column("validation_cost", "validation cost", _cost, numeric=True)


def curves_picture(run: Run, name: str = "train") -> Picture:
    """Return the curves of a run, the figure that says most of it; its file begins with `name`."""
    columns = (
        _EPOCH,
        Column("eta", "η", number, numeric=True),
        Column("training_cost", "training cost", _cost, numeric=True),
        _VALIDATION_COST,
        Column("training_accuracy", "training accuracy", percent, numeric=True),
        Column("validation_accuracy", "validation accuracy", percent, numeric=True),
        Column("seconds", "seconds", partial(number, digits=3), numeric=True),
    )
    frame = thinned(history_table(run), run)
    return picture(
        partial(draw_training_curves, training_curves(run), run_marks(run)),
        table(frame, f"The epochs of the run{_which(len(frame), run)}", columns, sortable=True),
        name=f"{name}-curves",
        title="Cost, accuracy and η, epoch by epoch",
        alt=alt_training_curves(run),
        note="Each epoch is measured at its end; costs hold the regularisation term. The ring marks"
        " the lowest validation cost and the best validation accuracy, whose weights were kept."
        " × marks where a cost stopped being finite, ↑ a line that ends above the picture.",
        sizes=(TALL, TALL_NARROW),
    )


def overfitting_picture(run: Run) -> Picture:
    """Return how far training and validation part."""
    frame = overfitting(run)
    columns = (
        _EPOCH,
        Column("gap", "training less validation accuracy, points", _points, numeric=True),
        _VALIDATION_COST,
    )
    return picture(
        partial(draw_overfitting, frame, run_marks(run)),
        table(frame, f"How far training and validation part{_which(len(frame), run)}", columns),
        name="train-overfitting",
        title="How far training and validation part",
        alt=alt_overfitting(run),
        note="The gap is training less validation accuracy. Where it widens while the validation"
        " cost rises from its lowest value, the network overfits: it goes on learning what is"
        " peculiar to its training data.",
        sizes=(MIDDLE, MIDDLE_NARROW),
    )


def _points(value: float) -> str:
    return number(round(value, 2) + 0.0)


def _which(shown: int, run: Run) -> str:
    epochs = len(run.history)
    return "" if shown == epochs else f" ({shown} of {epochs}; all of them in records.json)"
