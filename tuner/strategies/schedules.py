"""How η changes during training (article, section "Learning Rate Schedule")."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from tuner.errors import OptionError, require
from tuner.serialization import Record
from tuner.settings import Strategy, check_strategy
from tuner.strategies.plateau import Plateau


@dataclass(frozen=True, kw_only=True)
class Constant(Record):
    """Keep η as it is.

    Examples
    --------
    >>> Constant(eta=0.5).observe(0.9).eta
    0.5
    """

    waits: ClassVar[bool] = False
    within_epochs: ClassVar[bool] = False
    eta: float

    @classmethod
    def of(cls, eta: float, _: Strategy) -> Self:
        """Return the schedule of a strategy that begins with this η."""
        return cls(eta=eta)

    @property
    def finished(self) -> bool:
        """Whether η has come down to its end; never."""
        return False

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        return np.full(steps, self.eta)

    def observe(self, score: float) -> Self:  # noqa: ARG002
        """Return the schedule after one more epoch."""
        return self


@dataclass(frozen=True, kw_only=True)
class Halving(Record):
    """Keep η until a plateau, divide it, and so on until it has come down to a share of its start.

    Attributes
    ----------
    start
        η of the first epoch.
    plateau
        How long to wait for a better validation accuracy at each η.
    factor
        What η is divided by; above 1 (the article names 2 and 10).
    until
        The schedule is finished once η is at most `until` × `start`; no epoch is trained at that η.
    divisions
        How often η was divided so far.

    Raises
    ------
    OptionError
        When a setting is out of its range.

    Examples
    --------
    >>> schedule = Halving(start=0.5, plateau=Plateau(patience=1))
    >>> for accuracy in (0.90, 0.90, 0.91, 0.91):
    ...     schedule = schedule.observe(accuracy)
    >>> schedule.eta, schedule.finished
    (0.125, False)
    """

    waits: ClassVar[bool] = True
    within_epochs: ClassVar[bool] = False
    start: float
    plateau: Plateau
    factor: float = 2.0
    until: float = 0.001
    divisions: int = 0

    def __post_init__(self) -> None:
        check_strategy(factor=self.factor, until=self.until)

    @classmethod
    def of(cls, eta: float, strategy: Strategy) -> Self:
        """Return the schedule of a strategy that begins with this η.

        Raises
        ------
        OptionError
            When its patience is off, so that there is no plateau to wait for.
        """
        plateau = Plateau.of(strategy)
        if plateau is None:
            raise OptionError("patience is off, but the halving schedule waits for a plateau.")
        return cls(start=eta, plateau=plateau, factor=strategy.factor, until=strategy.until)

    @property
    def eta(self) -> float:
        """The learning rate of the next epoch."""
        return self.start / self.factor**self.divisions

    @property
    def finished(self) -> bool:
        """Whether η has come down to `until` × its start."""
        rounding = 1 + 1e-9
        return self.factor**-self.divisions <= self.until * rounding

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        return np.full(steps, self.eta)

    def observe(self, score: float) -> Self:
        """Return the schedule after one more epoch."""
        plateau = self.plateau.observe(score)
        if plateau.reached:
            return replace(self, plateau=plateau.again(), divisions=self.divisions + 1)
        return replace(self, plateau=plateau)


@dataclass(frozen=True, kw_only=True)
class Planned(Record):
    """Keep η for some epochs, then divide it at even distances, to end after a known epoch.

    The halving schedule for whoever has a budget: an appointed end takes the place of the plateau.

    Attributes
    ----------
    start
        η of the first epoch.
    hold
        Epochs at that η, at least 1.
    epochs
        All epochs, above `hold`.
    factor
        What η is divided by; above 1.
    until
        Share of its start that η would come down to after the last epoch.
    seen
        Epochs trained so far.

    Raises
    ------
    OptionError
        When a setting is out of its range.

    Examples
    --------
    >>> schedule = Planned(start=0.8, hold=2, epochs=5, until=0.1)
    >>> etas = []
    >>> for _ in range(5):
    ...     etas.append(schedule.eta)
    ...     schedule = schedule.observe(0.9)
    >>> etas, schedule.finished
    ([0.8, 0.8, 0.4, 0.2, 0.1], True)
    """

    waits: ClassVar[bool] = False
    within_epochs: ClassVar[bool] = False
    start: float
    hold: int
    epochs: int
    factor: float = 2.0
    until: float = 0.001
    seen: int = 0

    def __post_init__(self) -> None:
        check_strategy(factor=self.factor, until=self.until, hold=self.hold)
        require(self.hold < self.epochs, "hold", self.hold, f"below the {self.epochs} epochs")

    @classmethod
    def of(cls, eta: float, strategy: Strategy) -> Self:
        """Return the schedule of a strategy that begins with this η."""
        return cls(
            start=eta,
            hold=strategy.epochs // 2 if strategy.hold is None else strategy.hold,
            epochs=strategy.epochs,
            factor=strategy.factor,
            until=strategy.until,
        )

    @property
    def eta(self) -> float:
        """The learning rate of the next epoch."""
        after = self.seen - self.hold
        if after < 0:
            return self.start
        levels = max(1, math.ceil(-math.log(self.until, self.factor) - 1e-9) - 1)
        return self.start / self.factor ** (1 + after * levels // (self.epochs - self.hold))

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""
        return self.seen >= self.epochs

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        return np.full(steps, self.eta)

    def observe(self, score: float) -> Self:  # noqa: ARG002
        """Return the schedule after one more epoch."""
        return replace(self, seen=self.seen + 1)


@dataclass(frozen=True, kw_only=True)
class WithinEpochs(Record):
    """What schedules share that change η with every step, up to an appointed last epoch.

    Attributes
    ----------
    start
        η at its highest.
    epochs
        All epochs.
    seen
        Epochs trained so far.

    Raises
    ------
    OptionError
        When a setting is out of its range.
    """

    waits: ClassVar[bool] = False
    within_epochs: ClassVar[bool] = True
    start: float
    epochs: int
    seen: int = 0

    def __post_init__(self) -> None:
        check_strategy(epochs=self.epochs)

    @classmethod
    def of(cls, eta: float, strategy: Strategy) -> Self:
        """Return the schedule of a strategy whose highest η is this one."""
        return cls(start=eta, epochs=strategy.epochs)

    @property
    def eta(self) -> float:
        """The learning rate that a network is built with; `etas` are those of its steps."""
        return self.start

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""
        return self.seen >= self.epochs

    def observe(self, score: float) -> Self:  # noqa: ARG002
        """Return the schedule after one more epoch."""
        return replace(self, seen=self.seen + 1)


@dataclass(frozen=True, kw_only=True)
class OneCycle(WithinEpochs):
    """Raise η from 0 over the first part of training, then lower it to 0, both by even steps.

    Smith and Topin, https://arxiv.org/abs/1708.07120.

    Attributes
    ----------
    rise
        Share of all steps in which η rises, from 0 and below 1.

    Examples
    --------
    >>> schedule = OneCycle(start=0.8, epochs=2, rise=0.25)
    >>> schedule.etas(4).round(3), schedule.observe(0.9).etas(4).round(3)
    (array([0.4  , 0.8  , 0.8  , 0.667]), array([0.533, 0.4  , 0.267, 0.133]))
    """

    kind: Literal["one-cycle"] = "one-cycle"
    rise: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_strategy(rise=self.rise)

    @classmethod
    def of(cls, eta: float, strategy: Strategy) -> Self:
        """Return the schedule of a strategy whose highest η is this one."""
        return cls(start=eta, epochs=strategy.epochs, rise=strategy.rise)

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        step, total = self.seen * steps + np.arange(steps), self.epochs * steps
        rising = min(round(self.rise * total), total - 1)
        down = (total - step) / (total - rising)
        return self.start * np.minimum((step + 1) / rising, down) if rising else self.start * down


@dataclass(frozen=True, kw_only=True)
class Cosine(WithinEpochs):
    """Lower η to 0 along half a cosine: slowly, then fast, then slowly.

    Loshchilov and Hutter, https://arxiv.org/abs/1608.03983.

    Examples
    --------
    >>> Cosine(start=0.8, epochs=1).etas(4).round(3)
    array([0.8  , 0.683, 0.4  , 0.117])
    """

    kind: Literal["cosine"] = "cosine"

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        return self.start * _half_cosine((self.seen + np.arange(steps) / steps) / self.epochs)


@dataclass(frozen=True, kw_only=True)
class WarmRestarts(WithinEpochs):
    """Lower η along half a cosine again and again, in cycles of 1, 2, 4, 8 … epochs.

    The last cycle takes what epochs are left, so that training ends with a small η: at least as
    many as the cycle before, which is lengthened by fewer. Loshchilov and Hutter,
    https://arxiv.org/abs/1608.03983.

    Examples
    --------
    >>> WarmRestarts(start=0.8, epochs=10).cycles, WarmRestarts(start=0.8, epochs=12).cycles
    ((1, 2, 7), (1, 2, 4, 5))
    >>> WarmRestarts(start=0.8, epochs=3, seen=1).etas(2).round(3)
    array([0.8  , 0.683])
    """

    kind: Literal["warm-restarts"] = "warm-restarts"

    @property
    def cycles(self) -> tuple[int, ...]:
        """Epochs of each cycle; they add up to `epochs`."""
        cycles = [1]
        while (left := self.epochs - sum(cycles)) > 0:
            cycles.append(min(2 * cycles[-1], left))
        if len(cycles) > 1 and cycles[-1] < cycles[-2]:
            cycles[-2:] = [cycles[-2] + cycles[-1]]
        return tuple(cycles)

    def etas(self, steps: int) -> NDArray[np.float64]:
        """Return η at each of the steps of the next epoch."""
        before = 0
        for cycle in self.cycles:
            if before + cycle > self.seen:
                break
            before += cycle
        return self.start * _half_cosine((self.seen - before + np.arange(steps) / steps) / cycle)


def _half_cosine(done: NDArray[np.float64]) -> NDArray[np.float64]:
    return (1 + np.cos(np.pi * done)) / 2


Schedule = Constant | Halving | Planned | OneCycle | Cosine | WarmRestarts

SCHEDULES: Mapping[str, type[Schedule]] = {
    "constant": Constant,
    "halving": Halving,
    "planned": Planned,
    "one-cycle": OneCycle,
    "cosine": Cosine,
    "warm-restarts": WarmRestarts,
}
"""Each schedule by its name in settings.

`waits` says whether a schedule takes the patience of a strategy for itself, `within_epochs` whether
η changes with every step: `etas(steps)` are those of the next epoch then.
"""
