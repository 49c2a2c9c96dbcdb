"""What the curves of a run say: the article's signs of overfitting, and those of underfitting.

Each sign is a small function of the records alone (article, sections on overfitting and "Early
Stopping"); an epoch whose cost left the finite numbers is never counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tuner.records import DataSummary, Run
from tuner.report.format import cost, count, metric_name, percent, points
from tuner.stats import wilson

RISE = 1.05
"""The validation cost rises when it ends above this many times its lowest value."""

WIDE_GAP, NARROW_GAP = 0.05, 0.03
"""Shares by which training and validation accuracy part, or stay together."""

ALL_RIGHT, LOW = 0.9995, 0.9
"""Training accuracies from which every example counts as learned, or below which too few do."""


@dataclass(frozen=True)
class Sign:
    """One thing the curves show.

    Attributes
    ----------
    name
        A code for it.
    text
        What was seen, with its numbers.
    """

    name: str
    text: str


def only_guesses(run: Run, data: DataSummary) -> bool:
    """Return whether the best epoch is no better than guessing among the classes."""
    best = run.best
    if best is None or not data.classes:
        return False
    return wilson(best.validation_accuracy, data.n_validation)[0] <= 1 / len(data.classes)


def overfitting_signs(run: Run, examples: int) -> tuple[Sign, ...]:
    """Return the article's signs of overfitting that hold.

    =============== ==================================================================
    `cost-rises`    the validation cost rises from some epoch on, the training cost falls
    `memorized`     training accuracy reaches 100 %, validation accuracy does not follow
    `gap`           training and validation accuracy end 5 points or more apart
    `stalled`       validation accuracy stopped improving long ago, training cost falls
    =============== ==================================================================

    Parameters
    ----------
    run
        The run.
    examples
        Validation examples; a gap within the uncertainty of so few is no sign.
    """
    seen = [_cost_rises(run), _stalled(run)]
    if run.counts_classes:
        seen[1:1] = _memorized(run), _gap(run, examples)
    return tuple(sign for sign in seen if sign)


def underfitting_signs(run: Run) -> tuple[Sign, ...]:
    """Return the signs that more could be learned.

    ================= =======================================================
    `still-improving` validation accuracy still rises at the end
    `both-low`        training accuracy is below 90 %, validation accuracy as low
    ================= =======================================================
    """
    checks: tuple[Callable[[Run], Sign | None], ...] = (_still_improving, _both_low)
    checks = checks if run.counts_classes else checks[:1]
    return tuple(sign for check in checks if (sign := check(run)))


def _cost_rises(run: Run) -> Sign | None:
    lowest = run.lowest_cost
    after = [each for each in run.finite_epochs if lowest and each.epoch > lowest.epoch]
    if lowest is None or len(after) < 3:
        return None
    last = after[-1]
    end = median(each.validation_cost for each in after[-5:])
    if end <= RISE * lowest.validation_cost or last.training_cost >= lowest.training_cost:
        return None
    return Sign(
        "cost-rises",
        f"The validation cost is lowest in epoch {lowest.epoch}"
        f" ({cost(lowest.validation_cost)}) and rises to {cost(end)} at the end, while"
        f" the training cost goes on falling, from {cost(lowest.training_cost)} to"
        f" {cost(last.training_cost)}.",
    )


def _memorized(run: Run) -> Sign | None:
    epochs = run.finite_epochs
    learned = next((each for each in epochs if each.training_accuracy >= ALL_RIGHT), None)
    if learned is None or epochs[-1].gap() < NARROW_GAP:
        return None
    return Sign(
        "memorized",
        f"Training accuracy reaches {percent(learned.training_accuracy)} in epoch {learned.epoch},"
        f" while validation accuracy stays at {percent(epochs[-1].validation_accuracy)}.",
    )


def _gap(run: Run, examples: int) -> Sign | None:
    last = next(reversed(run.finite_epochs), None)
    if last is None or last.gap() < WIDE_GAP:
        return None
    if last.training_accuracy <= wilson(last.validation_accuracy, examples)[1]:
        return None
    return Sign(
        "gap",
        f"The accuracies diverge: in epoch {last.epoch} that on the training data is"
        f" {points(last.gap())} above that on the validation data.",
    )


def _stalled(run: Run) -> Sign | None:
    best, epochs = run.best, run.finite_epochs
    if best is None or not epochs:
        return None
    waited = epochs[-1].epoch - best.epoch
    if waited <= max(10, len(epochs) / 4) or epochs[-1].training_cost >= best.training_cost:
        return None
    return Sign(
        "stalled",
        f"Validation {metric_name(run.metric)} no longer improves after epoch {best.epoch}, in"
        f" {count(waited, 'more epoch')}, while the training cost goes on falling.",
    )


def _still_improving(run: Run) -> Sign | None:
    """See a best epoch in the last tenth, and a last quarter better than the one before it."""
    best, scores = run.best, [each.score(run.metric) for each in run.finite_epochs]
    epochs = len(scores)
    quarter = max(1, epochs // 4)
    if best is None or epochs < 2 or best.epoch <= epochs - max(1, epochs // 10):
        return None
    if median(scores[-quarter:]) <= median(scores[-2 * quarter : -quarter]):
        return None
    return Sign(
        "still-improving",
        f"Validation {metric_name(run.metric)} still improves at the end: epoch {best.epoch} of"
        f" {epochs} is the best.",
    )


def _both_low(run: Run) -> Sign | None:
    best = run.best
    if best is None or best.training_accuracy >= LOW or abs(best.gap()) >= NARROW_GAP:
        return None
    return Sign(
        "both-low",
        f"Accuracy is low on the training data too: {percent(best.training_accuracy)} there,"
        f" {percent(best.validation_accuracy)} on the validation data. The network could learn more"
        " of what it was shown.",
    )
