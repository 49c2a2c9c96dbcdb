"""When to stop training (article, section "Early Stopping")."""

import math
from dataclasses import dataclass, replace
from typing import Self

from tuner.records import Epoch, StopReason
from tuner.serialization import Record
from tuner.settings import Strategy, check_strategy
from tuner.strategies.plateau import Plateau


@dataclass(frozen=True, kw_only=True)
class Stopping(Record):
    """Stop after a plateau, at the end of a budget, or when the network diverges.

    Attributes
    ----------
    epochs
        Most epochs to train, at least 1.
    plateau
        Stop when it is reached; None turns early stopping off, which the article advises in early
        exploration so that overfitting shows.
    seconds
        Most wall-clock seconds to train, looked at after each epoch; None for no limit.
    metric
        Of the validation data, which chooses the best epoch.
    seconds_used, diverged, last_epoch
        What has been seen so far.

    Raises
    ------
    OptionError
        When a setting is out of its range.

    Examples
    --------
    >>> epoch = Epoch(epoch=1, eta=0.5, training_cost=1, training_metrics={"accuracy": 0.5},
    ...     validation_cost=1, validation_metrics={"accuracy": 0.5}, seconds=0.1)
    >>> stopping = Stopping(epochs=30, plateau=Plateau(patience=1)).observe(epoch)
    >>> stopping.reason, stopping.observe(replace(epoch, epoch=2)).reason.value
    (None, 'no-improvement')
    """

    epochs: int
    plateau: Plateau | None = None
    seconds: float | None = None
    metric: str = "accuracy"
    seconds_used: float = 0.0
    diverged: bool = False
    last_epoch: int = 0

    def __post_init__(self) -> None:
        check_strategy(epochs=self.epochs, seconds=self.seconds, metric=self.metric)

    @classmethod
    def of(cls, strategy: Strategy, *, early: bool = True) -> Self:
        """Return the rule of a strategy; `early` is false where its schedule waits for plateaus."""
        plateau = Plateau.of(strategy) if early else None
        return cls(
            epochs=strategy.epochs,
            plateau=plateau,
            seconds=strategy.seconds,
            metric="accuracy" if strategy.metric == "auto" else strategy.metric,
        )

    def observe(self, epoch: Epoch) -> Self:
        """Return the rule after one more epoch."""
        return replace(
            self,
            plateau=self.plateau and self.plateau.observe(epoch.score(self.metric)),
            seconds_used=self.seconds_used + epoch.seconds,
            diverged=not (
                math.isfinite(epoch.training_cost) and math.isfinite(epoch.validation_cost)
            ),
            last_epoch=epoch.epoch,
        )

    @property
    def reason(self) -> StopReason | None:
        """Why to stop now; None to go on."""
        if self.diverged:
            return StopReason.DIVERGED
        if self.plateau and self.plateau.reached:
            return StopReason.NO_IMPROVEMENT
        if self.last_epoch >= self.epochs:
            return StopReason.EPOCHS
        if self.seconds is not None and self.seconds_used >= self.seconds:
            return StopReason.TIME
        return None
