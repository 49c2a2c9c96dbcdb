"""The report of `train`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tuner.records import Run, TrainRecord
from tuner.report.charts.annotations import run_marks
from tuner.report.charts.training import (
    draw_overfitting,
    draw_training_curves,
    overfitting,
    thinned,
    training_curves,
)
from tuner.report.checks.training import train_cautions
from tuner.report.document import (
    Columns,
    Figure,
    Heading,
    Part,
    Points,
    Report,
    ReportFiles,
    Section,
    Table,
    Text,
    csv_download,
    numbers,
    record_download,
    rounded,
    shares,
    whole,
    write_report,
)
from tuner.report.format import NOT_FINITE
from tuner.report.frames.training import history_table
from tuner.report.pages.find_eta import eta_answer, eta_downloads, eta_evidence
from tuner.report.pages.inspection import confusion_download, inspection_evidence
from tuner.report.pages.provenance import provenance
from tuner.report.summaries.suggestions import findings
from tuner.report.summaries.training import alt_overfitting, alt_training_curves, train_verdict


def write_train(record: TrainRecord, folder: Path) -> ReportFiles:
    """Write `train.html` and its figures.

    These are `train-curves.png` and `train-overfitting.png`; `train-confusion.png`,
    `train-mistakes.png` (images only) and `train-weights.png` where the network was inspected;
    and where η was found first, the figures of `find-eta`.

    Parameters
    ----------
    record
        How a network was trained, and the result.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    run, search, seen = record.result, record.eta_search, record.inspection
    history = history_table(run)
    report = Report(
        name="train",
        title="tuner train",
        data_name=record.data.name,
        verdict=train_verdict(record),
        cautions=train_cautions(record),
        sections=(
            Section("signs", "What the curves say", tuple(finding_parts(record))),
            Section("evidence", "Evidence", (curves_figure(run), _overfitting_figure(run))),
            Section(
                "inspection",
                "What it gets wrong, and its weights",
                tuple(inspection_evidence(seen, record.data)) if seen else (),
            ),
            Section(
                "eta",
                "How η was found",
                (eta_answer(search), *eta_evidence(search)) if search else (),
            ),
        ),
        provenance=provenance(record),
        downloads=(
            csv_download("train-history.csv", history),
            record_download(record),
            *((confusion_download(seen, record.data),) if seen else ()),
            *(eta_downloads(search) if search else ()),
        ),
    )
    return write_report(report, folder)


def finding_parts(record: TrainRecord) -> Iterator[Part]:
    """Return the signs that the curves of a run show, and what to try."""
    found = findings(record)
    for finding in found:
        yield Heading(finding.heading)
        yield Points(tuple(sign.text for sign in finding.signs))
        yield Text("What to try:")
        yield Points(finding.remedies)
    if not found:
        yield Text("No sign of overfitting and none of underfitting.")


_VALIDATION_COST = numbers("validation cost", 4, pad=True, missing=NOT_FINITE)


def curves_figure(run: Run, name: str = "train") -> Figure:
    """Return the curves of a run, the figure that says most of it; its file begins with `name`."""
    frame = thinned(history_table(run), run)
    columns: Columns = {
        "epoch": whole("epoch"),
        "eta": "η",
        "training_cost": numbers("training cost", 4, pad=True, missing=NOT_FINITE),
        "validation_cost": _VALIDATION_COST,
        "training_accuracy": shares("training accuracy"),
        "validation_accuracy": shares("validation accuracy"),
        "seconds": numbers("seconds", 3),
    }
    return Figure(
        f"{name}-curves",
        "Cost, accuracy and η, epoch by epoch",
        Table(f"The epochs of the run{_shown(len(frame), run)}", frame, columns, sortable=True),
        partial(draw_training_curves, training_curves(run), run_marks(run)),
        alt=alt_training_curves(run),
        note="Each epoch is measured at its end; costs include the regularization term. The ring"
        " marks the lowest validation cost and the best validation accuracy, whose weights were"
        " kept. × marks where a cost stopped being finite, ↑ a line that ends above the picture.",
    )


def _overfitting_figure(run: Run) -> Figure:
    """Return how far training and validation are apart."""
    frame = overfitting(run)
    columns: Columns = {
        "epoch": whole("epoch"),
        "gap": rounded("training less validation accuracy, points"),
        "validation_cost": _VALIDATION_COST,
    }
    return Figure(
        "train-overfitting",
        "How far training and validation part",
        Table(f"How far training and validation part{_shown(len(frame), run)}", frame, columns),
        partial(draw_overfitting, frame, run_marks(run)),
        alt=alt_overfitting(run),
        note="The gap is training less validation accuracy. Where it widens while the validation"
        " cost rises from its lowest value, the network overfits: it goes on learning what is"
        " peculiar to its training data.",
    )


def _shown(epochs: int, run: Run) -> str:
    every = len(run.history)
    return "" if epochs == every else f" ({epochs} of {every}; all of them in records.json)"
