"""What happened while a network trained."""

from dataclasses import dataclass
from enum import StrEnum

from tuner.serialization import Number, Record
from tuner.settings import Hyperparameters


@dataclass(frozen=True, kw_only=True)
class Epoch(Record):
    """One pass over the training data: what was used, and what the network could do after it.

    Attributes
    ----------
    epoch
        Counted from 1.
    eta
        Learning rate used in this epoch.
    training_cost, validation_cost
        Regularised cost per example; not finite after divergence.
    training_accuracy, validation_accuracy
        Shares of the examples classified right, 0 … 1.
    seconds
        Wall-clock time of the epoch; of networks trained together each takes an equal share.
    """

    epoch: int
    eta: float
    training_cost: Number
    training_accuracy: float
    validation_cost: Number
    validation_accuracy: float
    seconds: float


class StopReason(StrEnum):
    """Why a run ended."""

    NO_IMPROVEMENT = "no-improvement"
    ETA_AT_END = "eta-at-end"
    EPOCHS = "epochs"
    TIME = "time"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


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
