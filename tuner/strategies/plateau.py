"""The one place that counts "no improvement in N epochs" (article, section "Early Stopping").

Early stopping and the learning-rate schedule are both built on it.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

from tuner.serialization import Record
from tuner.settings import Strategy, check_strategy


@dataclass(frozen=True, kw_only=True)
class Plateau(Record):
    """How many epochs in a row brought no better validation score.

    An epoch is an improvement when its score, of which more is better, exceeds the best so far by
    more than `min_delta`; a tie is none.

    Attributes
    ----------
    patience
        N, the number of epochs in a row without improvement that makes a plateau; at least 1.
    min_delta
        What a score must exceed the best by; of accuracy in shares (0.001 is a tenth of a point).
    start_from_epoch
        The first epochs of a run, in which none is counted; the best of them is kept.
    best
        The best score so far; None before the first epoch.
    epochs
        Epochs seen.
    waited
        Epochs in a row without improvement.

    Raises
    ------
    OptionError
        When a setting is out of its range.

    Examples
    --------
    >>> plateau = Plateau(patience=2)
    >>> for accuracy in (0.90, 0.92, 0.92, 0.91):
    ...     plateau = plateau.observe(accuracy)
    >>> plateau.waited, plateau.reached
    (2, True)
    """

    patience: int
    min_delta: float = 0.0
    start_from_epoch: int = 0
    best: float | None = None
    epochs: int = 0
    waited: int = 0

    def __post_init__(self) -> None:
        check_strategy(
            patience=self.patience,
            min_delta=self.min_delta,
            start_from_epoch=self.start_from_epoch,
        )

    @classmethod
    def of(cls, strategy: Strategy) -> Self | None:
        """Return the count that a strategy begins with; None where its patience is off."""
        if strategy.patience is None:
            return None
        return cls(
            patience=strategy.patience,
            min_delta=strategy.min_delta,
            start_from_epoch=strategy.start_from_epoch,
        )

    def observe(self, score: float) -> Self:
        """Return the count after an epoch with this validation score, greater is better."""
        delta = self.min_delta * (1 + 1e-9)  # rounding: 0.8 is no more than 0.1 above 0.7
        improved = math.isfinite(score) and (self.best is None or score > self.best + delta)
        counted = self.epochs >= self.start_from_epoch
        return replace(
            self,
            best=score if improved else self.best,
            epochs=self.epochs + 1,
            waited=0 if improved else self.waited + counted,
        )

    @property
    def reached(self) -> bool:
        """Whether exactly `patience` epochs or more went by without improvement."""
        return self.waited >= self.patience

    def again(self) -> Self:
        """Return the same best with the count back at zero, to wait another `patience` epochs."""
        return replace(self, waited=0)
