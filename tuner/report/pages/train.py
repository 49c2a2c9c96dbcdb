"""The report of `train`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tuner.records import TrainRecord
from tuner.report.charts.calibration import reliability_figure
from tuner.report.charts.regression import predictions_figure, residuals_figure
from tuner.report.charts.training import (
    curves_figure,
    overfitting_figure,
)
from tuner.report.checks.training import train_warnings
from tuner.report.document import (
    Heading,
    Part,
    Points,
    Report,
    ReportFiles,
    Section,
    Text,
    csv_download,
    record_download,
    write_report,
)
from tuner.report.frames.training import history_table
from tuner.report.pages.find_eta import eta_answer, eta_downloads, eta_evidence
from tuner.report.pages.inspection import confusion_download, inspection_evidence
from tuner.report.provenance import provenance
from tuner.report.summaries.training import Diagnosis, diagnoses, train_summary


def write_train(record: TrainRecord, folder: Path) -> ReportFiles:
    """Write `train.html` and its figures.

    These are `train-curves.png` and `train-overfitting.png`; `train-confusion.png`,
    `train-mistakes.png` (images only) and `train-weights.png` where the network was inspected;
    `train-reliability.png` where its probabilities were compared with held-out examples;
    `train-predictions.png` and `train-residuals.png` where it predicts numbers; and where η was
    found first, the figures of `find-eta`.

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
    predicted = record.predicted
    history = history_table(run)
    report = Report(
        name="train",
        title="tuner train",
        data_name=record.data.name,
        summary=train_summary(record),
        warnings=train_warnings(record),
        sections=(
            Section(
                "signs",
                "Diagnostics of the learning curves",
                tuple(diagnosis_parts(diagnoses(record))),
            ),
            Section("evidence", "Evidence", (curves_figure(run), overfitting_figure(run))),
            Section(
                "inspection",
                "Errors and weights",
                tuple(inspection_evidence(seen, record.data)) if seen else (),
            ),
            Section(
                "predictions",
                "Predictions",
                (predictions_figure(predicted), residuals_figure(predicted)) if predicted else (),
            ),
            Section(
                "calibration",
                "Probabilities",
                (reliability_figure(record.calibration),) if record.calibration else (),
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


def diagnosis_parts(found: Sequence[Diagnosis]) -> Iterator[Part]:
    """Return the signs that the curves of a run show, and what to try."""
    for diagnosis in found:
        yield Heading(diagnosis.heading)
        yield Points(tuple(sign.text for sign in diagnosis.evidence))
        yield Text("What to try:")
        yield Points(diagnosis.suggestions)
    if not found:
        yield Text("No sign of overfitting and none of underfitting.")
