"""Coded warnings about what `evaluate` measured."""

from collections.abc import Iterator

from tuner.records import EvaluateRecord
from tuner.report.checks.base import Checks, CodedWarning, by_severity
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.format import percent
from tuner.stats import wilson

UNBALANCED = 0.1
"""How far balanced accuracy may lie below accuracy without a warning, in shares."""

ENOUGH = 20
"""Examples from which a model that learned something should beat guessing."""

EVALUATE_CHECKS: Checks[EvaluateRecord] = Checks("evaluate")


def evaluate_warnings(record: EvaluateRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for an evaluation, the most severe first."""
    return by_severity((*EVALUATE_CHECKS.run(record), *DATA_CHECKS.run(record.notes)))


@EVALUATE_CHECKS.add(
    "W601",
    "high",
    "No better than guessing",
    advice="Check that the data are of the same kind, scale and classes as those of training.",
)
def _guesses(record: EvaluateRecord) -> Iterator[str]:
    classes = len(record.trained_on.classes)
    if not classes:
        return
    if record.n >= ENOUGH and wilson(record.accuracy, record.n)[0] <= 1 / classes:
        yield f"{percent(record.accuracy)} is no better than guessing among {classes} classes."


@EVALUATE_CHECKS.add(
    "W602",
    "high",
    "Some classes are mostly missed",
    advice="Where every class matters, judge by the balanced accuracy.",
)
def _unbalanced(record: EvaluateRecord) -> Iterator[str]:
    if not record.trained_on.classes or record.metric != "accuracy":
        return
    balanced = record.metrics["balanced-accuracy"]
    if record.accuracy - balanced >= UNBALANCED:
        yield (
            f"Accuracy is {percent(record.accuracy)}, balanced accuracy only {percent(balanced)}."
        )


@EVALUATE_CHECKS.add(
    "W603",
    "low",
    "Examples of training among those measured",
    advice="Measure on the test part, or on data that training did not see.",
)
def _trained_on(record: EvaluateRecord) -> Iterator[str]:
    if record.known_data and record.part == "all":
        yield f"The model was trained on {record.trained_on.n_train} of {record.n} examples."
