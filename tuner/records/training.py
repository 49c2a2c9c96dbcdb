"""What happened while a network trained."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tuner.errors import require
from tuner.metrics import METRICS
from tuner.records.measures import Measures, check_measures, check_metric
from tuner.serialization import Number, Positive, Record, Share
from tuner.settings import Hyperparameters


@dataclass(frozen=True, kw_only=True)
class Epoch(Record):
    """One pass over the training data: what was used, and what the network could do after it.

    Attributes
    ----------
    epoch
        Counted from 1.
    eta
        Learning rate used in this epoch: the mean over its steps where it changes with them.
    training_cost, validation_cost
        Regularised cost per example; not finite after divergence.
    training_metrics, validation_metrics
        The metrics that were measured, by their names in `tuner.metrics.METRICS`: the one that
        chooses and, of classes, accuracy.
    seconds
        Wall-clock time of the epoch; of networks trained together each takes an equal share.
    """

    epoch: int
    eta: Positive
    training_cost: Number
    training_metrics: Measures
    validation_cost: Number
    validation_metrics: Measures
    seconds: float

    def __post_init__(self) -> None:
        check_measures(self.training_metrics)
        check_measures(self.validation_metrics)

    @property
    def training_accuracy(self) -> float:
        """Share of the training examples classified right, 0 … 1."""
        return self.training_metrics["accuracy"]

    @property
    def validation_accuracy(self) -> float:
        """Share of the validation examples classified right, 0 … 1."""
        return self.validation_metrics["accuracy"]

    def score(self, metric: str) -> float:
        """Return a metric of the validation data such that greater is better."""
        return METRICS[metric].score(self.validation_metrics[metric])

    @property
    def is_finite(self) -> bool:
        """Whether both costs are finite."""
        return math.isfinite(self.training_cost) and math.isfinite(self.validation_cost)

    def gap(self, metric: str = "accuracy") -> float:
        """Return the generalization gap: by how much the training data are better, by a metric."""
        scores = (
            METRICS[metric].score(m[metric])
            for m in (self.training_metrics, self.validation_metrics)
        )
        training, validation = scores
        return training - validation


def changes_steadily(history: Sequence[Epoch]) -> bool:
    """Return whether η differs in every epoch, by ever another factor: no plateau divides it so."""
    factors = [b.eta / a.eta for a, b in pairwise(history)]
    alike = all(math.isclose(each, factors[0], rel_tol=1e-6) for each in factors)
    return 1 not in factors and not alike


def divisions(history: Sequence[Epoch]) -> tuple[Epoch, ...]:
    """Return the first epoch at each new η; none where η changes steadily."""
    if changes_steadily(history):
        return ()
    return tuple(after for before, after in pairwise(history) if after.eta != before.eta)


class StopReason(StrEnum):
    """Why a run ended."""

    NO_IMPROVEMENT = "no-improvement"
    ETA_AT_END = "eta-at-end"
    EPOCHS = "epochs"
    TIME = "time"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class Committee(Record):
    """What held-out examples say of a committee, the mean of what its members predict.

    Attributes
    ----------
    weights
        Of each member in the mean; they sum to 1.
    temperature
        What logits are divided by before they become probabilities.
    metrics
        On the examples that no network which was asked about them had trained on; weights and
        temperature were fitted on the same ones.
    examples
        How many these are.
    folds
        Into how many they were parted; None for the validation part. What was measured after each
        epoch is then the mean over the folds of networks alone.
    """

    weights: tuple[Share, ...]
    temperature: Positive
    metrics: Measures
    examples: int
    folds: int | None = None

    def __post_init__(self) -> None:
        check_measures(self.metrics)


@dataclass(frozen=True, kw_only=True)
class Reliability(Record):
    """How often predictions are right, against how sure the model is of them.

    Attributes
    ----------
    examples
        How many have their largest probability in each of several equal parts of 0 … 1.
    confidence
        The mean of these probabilities, 0 of a part without examples.
    right
        The share of these examples that are classified right, 0 of a part without examples.
    log_loss
        In the mean over all examples.
    """

    examples: tuple[int, ...]
    confidence: tuple[Share, ...]
    right: tuple[Share, ...]
    log_loss: float

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean distance of the two shares, over examples."""
        parts = zip(self.examples, self.confidence, self.right, strict=True)
        distances = (n * abs(sure - right) for n, sure, right in parts)
        return sum(distances) / max(sum(self.examples), 1)


@dataclass(frozen=True, kw_only=True)
class Calibration(Record):
    """How a model's probabilities fit held-out examples, before and after a temperature.

    Attributes
    ----------
    temperature
        What logits are divided by before they become probabilities; fitted on these examples.
    before, after
        Without it, and with it.
    """

    temperature: Positive
    before: Reliability
    after: Reliability


@dataclass(frozen=True, kw_only=True)
class Refit(Record):
    """How the networks of a model were trained again on training and validation data.

    Attributes
    ----------
    examples
        How many these are.
    epochs
        For how many each network trained: up to the best epoch of its run; of folds up to their
        median.
    lambda_
        λ, by which λ/n is what it was.
    """

    examples: int
    epochs: tuple[int, ...]
    lambda_: float


@dataclass(frozen=True, kw_only=True)
class Run(Record):
    """A network's training from start to stop; the weights kept are those of `best_epoch`.

    Attributes
    ----------
    settings
        Its hyperparameters, with the η it began with.
    history
        One record an epoch.
    best_epoch
        The first epoch with the best validation metric; 0 when no epoch was finished.
    stop_reason, stop_words
        Why it ended, as a code and in words.
    metric
        The name of the metric that chose the epoch.
    """

    settings: Hyperparameters
    history: tuple[Epoch, ...]
    best_epoch: int
    stop_reason: StopReason
    stop_words: str
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        check_metric(self.metric)
        epochs = [each.epoch for each in self.history]
        wanted = list(range(1, len(epochs) + 1))
        require(epochs == wanted, "epochs of history", epochs, f"counted from 1 to {len(epochs)}")
        inside = 0 <= self.best_epoch <= len(epochs)
        require(inside, "best_epoch", self.best_epoch, f"one of the {len(epochs)} epochs, or 0")

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights were kept; None when no epoch was finished."""
        return self.history[self.best_epoch - 1] if self.best_epoch else None

    @property
    def finite_epochs(self) -> tuple[Epoch, ...]:
        """The epochs whose costs are finite."""
        return tuple(each for each in self.history if each.is_finite)

    @property
    def lowest_cost(self) -> Epoch | None:
        """The first epoch with the lowest validation cost; None when no cost was finite."""
        return min(self.finite_epochs, key=lambda each: each.validation_cost, default=None)

    @property
    def seconds(self) -> float:
        """Wall-clock time of all its epochs."""
        return sum(each.seconds for each in self.history)

    @property
    def counts_classes(self) -> bool:
        """Whether classes are predicted, so that there are accuracies."""
        return not self.history or "accuracy" in self.history[0].validation_metrics

    @property
    def validation_names(self) -> tuple[str, ...]:
        """The metrics that were measured after each epoch."""
        return tuple(self.history[0].validation_metrics) if self.history else ()

    @property
    def best_value(self) -> float:
        """The metric of the best epoch; NaN when no epoch was finished."""
        return self.best.validation_metrics[self.metric] if self.best else math.nan

    @property
    def best_measures(self) -> Measures:
        """The validation metrics of the best epoch; none when no epoch was finished."""
        return self.best.validation_metrics if self.best else {}

    @property
    def best_validation_accuracy(self) -> float:
        """The validation accuracy of the best epoch; 0 when no epoch was finished."""
        return self.best.validation_accuracy if self.best else 0.0

    def best_score_until(self, epoch: int) -> float:
        """Return the best validation score up to an epoch, greater is better."""
        return max((e.score(self.metric) for e in self.history[:epoch]), default=-math.inf)
