"""What happened while a network trained."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tuner.errors import require
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
    training_accuracy, validation_accuracy
        Shares of the examples classified right, 0 … 1.
    seconds
        Wall-clock time of the epoch; of networks trained together each takes an equal share.
    """

    epoch: int
    eta: Positive
    training_cost: Number
    training_accuracy: Share
    validation_cost: Number
    validation_accuracy: Share
    seconds: float

    @property
    def is_finite(self) -> bool:
        """Whether both costs are finite."""
        return math.isfinite(self.training_cost) and math.isfinite(self.validation_cost)

    @property
    def gap(self) -> float:
        """The generalization gap: training minus validation accuracy, in shares."""
        return self.training_accuracy - self.validation_accuracy


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
    """What held-out examples say of a committee, the mean of the probabilities of its members.

    Attributes
    ----------
    weights
        Of each member in the mean; they sum to 1.
    temperature
        What logits are divided by before they become probabilities.
    log_loss, accuracy
        On the examples that no network which was asked about them had trained on; weights and
        temperature were fitted on the same ones.
    examples
        How many these are.
    folds
        Into how many they were parted; None for the validation part. The accuracy is then the mean
        over the folds of networks alone.
    """

    weights: tuple[Share, ...]
    temperature: Positive
    log_loss: float
    accuracy: Share
    examples: int
    folds: int | None = None


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
        The first epoch with the highest validation accuracy; 0 when no epoch was finished.
    best_validation_accuracy
        The validation accuracy of that epoch.
    stop_reason, stop_words
        Why it ended, as a code and in words.
    """

    settings: Hyperparameters
    history: tuple[Epoch, ...]
    best_epoch: int
    best_validation_accuracy: float
    stop_reason: StopReason
    stop_words: str

    def __post_init__(self) -> None:
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

    def best_accuracy_until(self, epoch: int) -> float:
        """Return the best validation accuracy up to an epoch; 0 where there is none."""
        return max((each.validation_accuracy for each in self.history[:epoch]), default=0.0)
