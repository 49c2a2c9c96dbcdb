"""Coded warnings about a run of `train`."""

from collections.abc import Iterator

from tuner.records import DataSummary, Inspection, StopReason, TrainRecord
from tuner.report.checks.base import Caution, find_eta_cautions
from tuner.report.format import count, percent, points
from tuner.report.frames.diagnostics import (
    Sign,
    best_epoch,
    only_guesses,
    overfitting_signs,
    sound_epochs,
    underfitting_signs,
)
from tuner.report.frames.inspection import accuracies, imbalance
from tuner.stats import wilson

NARROW_INTERVAL = 0.04
"""The widest 95 % interval of an accuracy that needs no warning, in shares."""

IMBALANCED = 2.0
"""How many times the examples of the smallest class the largest may have without a warning."""

_CUT_SHORT = frozenset({StopReason.EPOCHS, StopReason.TIME, StopReason.INTERRUPTED})


def train_cautions(record: TrainRecord) -> tuple[Caution, ...]:
    """Return the warnings that hold for a run, by code; those of its η search come first.

    ==== =====================================================================
    W201 training ended while the validation accuracy was still rising
    W202 the network diverged
    W203 training and validation accuracy are 5 points or more apart
    W204 training ended within the epochs that early stopping does not count
    W205 the last epoch is the best
    W206 no epoch was finished with a finite cost
    W207 few validation examples: the accuracy is uncertain by over 4 points
    W208 the accuracy is no better than guessing
    W209 some classes have far fewer examples than others
    W210 accuracy is low on the training data too: the network underfits
    ==== =====================================================================
    """
    search = () if record.eta_search is None else find_eta_cautions(record.eta_search)
    seen = () if record.inspection is None else _about_classes(record.inspection, record.data)
    return (
        *search,
        *_about_end(record),
        *_about_accuracy(record),
        *seen,
        *_about_learning(record),
    )


def _about_end(record: TrainRecord) -> Iterator[Caution]:
    run, strategy = record.result, record.strategy
    rising = "still-improving" in _names(underfitting_signs(run))
    rising = rising and run.stop_reason in _CUT_SHORT
    if rising:
        yield Caution(
            "W201",
            f"Validation accuracy was still rising when training ended ({run.stop_words}).",
            "Train for more epochs before comparing this result with others.",
        )
    if run.stop_reason is StopReason.DIVERGED:
        yield Caution(
            "W202",
            f"The network diverged: {run.stop_words}.",
            "find-eta finds the largest η at which the cost still goes down.",
        )
    if "gap" in _names(overfitting_signs(run, record.data.n_validation)):
        last = sound_epochs(run)[-1]
        yield Caution(
            "W203",
            "Training accuracy lies far above validation accuracy:"
            f" {percent(last.training_accuracy)} against {percent(last.validation_accuracy)}.",
            "The network overfits: see the signs below and what to try.",
        )
    if 0 < len(run.history) <= strategy.start_from_epoch:
        yield Caution(
            "W204",
            f"Training ended within its first {count(strategy.start_from_epoch, 'epoch')}.",
            "Early stopping does not count these: give more epochs or a smaller start_from_epoch.",
        )
    if run.best_epoch and run.best_epoch == len(run.history) and not rising:
        yield Caution(
            "W205",
            f"The best epoch, {run.best_epoch}, is the last.",
            "A later one may be better: train for more epochs.",
        )


def _about_accuracy(record: TrainRecord) -> Iterator[Caution]:
    best, data = best_epoch(record.result), record.data
    if best is None:
        yield Caution(
            "W206",
            "No epoch was finished with a finite cost: the weights kept are those before training.",
            "Train again, with a smaller η where the network diverged.",
        )
        return
    low, high = wilson(best.validation_accuracy, data.n_validation)
    if high - low > NARROW_INTERVAL:
        yield Caution(
            "W207",
            f"With {count(data.n_validation, 'validation example')} the accuracy is uncertain by"
            f" {points(high - low)}, from {percent(low, 1)} to {percent(high, 1)}.",
            "Take smaller differences between runs for ties, or validate on more examples.",
        )
    if only_guesses(record.result, data):
        yield Caution(
            "W208",
            f"{percent(best.validation_accuracy)} is no better than guessing among"
            f" {len(data.classes)} classes.",
            "The network learned nothing: check labels and scaling, and find η with find-eta.",
        )


def _about_classes(inspection: Inspection, data: DataSummary) -> Iterator[Caution]:
    counts, (accuracy, balanced) = inspection.training_counts, accuracies(inspection)
    if imbalance(inspection) < IMBALANCED:
        return
    largest, smallest = (counts.index(extreme(counts)) for extreme in (max, min))
    yield Caution(
        "W209",
        f"The classes are imbalanced: {count(counts[largest], 'training example')} of"
        f" {data.classes[largest]}, {counts[smallest]} of {data.classes[smallest]}. Accuracy is"
        f" {percent(accuracy)}, the mean over the classes (balanced accuracy) {percent(balanced)};"
        f" whoever always guesses {data.classes[largest]} is right in"
        f" {percent(counts[largest] / sum(counts), 1)}.",
        "Judge by the balanced accuracy where every class matters, and look at each class below.",
    )


def _about_learning(record: TrainRecord) -> Iterator[Caution]:
    low = [each for each in underfitting_signs(record.result) if each.name == "both-low"]
    if low and not only_guesses(record.result, record.data):
        yield Caution("W210", low[0].text, "It underfits: see the signs below and what to try.")


def _names(signs: tuple[Sign, ...]) -> set[str]:
    return {sign.name for sign in signs}
