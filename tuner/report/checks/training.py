"""Coded warnings about a run of `train`."""

from collections.abc import Iterator

from tuner.records import StopReason, TrainRecord
from tuner.report.checks.base import Checks, CodedWarning, by_severity
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.checks.learning_rate import ETA_CHECKS
from tuner.report.format import count, interval, metric_name, percent, points
from tuner.report.frames.diagnostics import (
    Sign,
    only_guesses,
    overfitting_signs,
    underfitting_signs,
)
from tuner.stats import wilson

NARROW_INTERVAL = 0.04
"""The widest 95 % interval of an accuracy that needs no warning, in shares."""

IMBALANCED = 2.0
"""How many times the examples of the smallest class the largest may have without a warning."""

_CUT_SHORT = frozenset({StopReason.EPOCHS, StopReason.TIME, StopReason.INTERRUPTED})

TRAIN_CHECKS: Checks[TrainRecord] = Checks("train")


def train_warnings(record: TrainRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a run, its η search and its data, the severest first."""
    search = () if record.eta_search is None else ETA_CHECKS.run(record.eta_search)
    data = DATA_CHECKS.run(record.data.notes)
    return by_severity((*search, *TRAIN_CHECKS.run(record), *data))


@TRAIN_CHECKS.add(
    "W201",
    "medium",
    "Ended while still improving",
    advice="Train for more epochs before comparing this result with others.",
)
def _still_rising(record: TrainRecord) -> Iterator[str]:
    if _is_rising(record):
        words = record.result.stop_words
        name = metric_name(record.metric)
        yield f"Validation {name} still improved when training ended ({words})."


def _is_rising(record: TrainRecord) -> bool:
    cut = record.result.stop_reason in _CUT_SHORT
    return cut and "still-improving" in _names(underfitting_signs(record.result))


@TRAIN_CHECKS.add(
    "W202",
    "high",
    "Diverged",
    advice="find-eta finds the largest η at which the cost still goes down.",
)
def _diverged(record: TrainRecord) -> Iterator[str]:
    if record.result.stop_reason is StopReason.DIVERGED:
        yield f"The network diverged: {record.result.stop_words}."


@TRAIN_CHECKS.add(
    "W203",
    "low",
    "Overfitting",
    advice="See the diagnostics of the learning curves, and what to try.",
)
def _overfits(record: TrainRecord) -> Iterator[str]:
    if "gap" in _names(overfitting_signs(record.result, record.data.n_validation)):
        last = record.result.finite_epochs[-1]
        yield (
            "Training accuracy is far above validation accuracy:"
            f" {percent(last.training_accuracy)} against {percent(last.validation_accuracy)}."
        )


@TRAIN_CHECKS.add(
    "W204",
    "medium",
    "Ended before early stopping began",
    advice="Train for more epochs, or count them sooner (start_from_epoch).",
)
def _stopped_early(record: TrainRecord) -> Iterator[str]:
    first = record.strategy.start_from_epoch
    if 0 < len(record.result.history) <= first:
        yield f"It ended within the first {count(first, 'epoch')}, which --patience does not count."


@TRAIN_CHECKS.add(
    "W205", "low", "Best epoch is the last", advice="A later one may be better: train longer."
)
def _best_is_last(record: TrainRecord) -> Iterator[str]:
    run = record.result
    if run.best_epoch and run.best_epoch == len(run.history) and not _is_rising(record):
        yield f"The best epoch, {run.best_epoch}, is the last."


@TRAIN_CHECKS.add(
    "W206",
    "high",
    "No finite cost",
    advice="Train again, with a smaller η where the network diverged.",
)
def _never_finite(record: TrainRecord) -> Iterator[str]:
    if record.result.best is None:
        yield "No epoch ended with a finite cost: the weights kept are those before training."


@TRAIN_CHECKS.add(
    "W207",
    "low",
    "Few validation examples",
    advice="Treat smaller differences between runs as ties, or validate on more examples.",
)
def _wide_interval(record: TrainRecord) -> Iterator[str]:
    examples = record.data.n_validating
    if record.result.best is None or record.metric != "accuracy":
        return
    low, high = wilson(record.validation_accuracy, examples)
    if high - low > NARROW_INTERVAL:
        yield (
            f"With {count(examples, 'validation example')} the accuracy is uncertain by"
            f" {points(high - low)}: {interval(low, high)}."
        )


@TRAIN_CHECKS.add(
    "W208",
    "high",
    "No better than guessing",
    advice="The network learned nothing: check labels and scaling, and find η with find-eta.",
)
def _guesses(record: TrainRecord) -> Iterator[str]:
    best = record.result.best
    if best is not None and only_guesses(record.result, record.data):
        yield (
            f"{percent(best.validation_accuracy)} is no better than guessing among"
            f" {len(record.data.classes)} classes."
        )


@TRAIN_CHECKS.add(
    "W209",
    "high",
    "Imbalanced classes",
    advice="Where every class matters, judge by the balanced accuracy, and look at each class.",
)
def _imbalanced(record: TrainRecord) -> Iterator[str]:
    seen, classes = record.inspection, record.data.classes
    if seen is None or seen.imbalance < IMBALANCED:
        return
    counts = seen.training_counts
    largest, smallest = (counts.index(extreme(counts)) for extreme in (max, min))
    yield (
        f"The training part holds {count(counts[largest], 'example')} of {classes[largest]} and"
        f" {counts[smallest]} of {classes[smallest]}. Accuracy is {percent(seen.accuracy)},"
        f" balanced accuracy {percent(seen.balanced_accuracy)}; always predicting"
        f" {classes[largest]} is right in {percent(counts[largest] / sum(counts))}."
    )


@TRAIN_CHECKS.add(
    "W210",
    "medium",
    "Underfitting",
    advice="See the diagnostics of the learning curves, and what to try.",
)
def _underfits(record: TrainRecord) -> Iterator[str]:
    low = [each for each in underfitting_signs(record.result) if each.name == "both-low"]
    if low and not only_guesses(record.result, record.data):
        yield low[0].text


def _names(signs: tuple[Sign, ...]) -> set[str]:
    return {sign.name for sign in signs}
