"""The tasks that executors run: pure functions of a trainer, small enough to send anywhere."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tuner.records import EtaSearch, Hyperparameters
from tuner.trainers.base import Trainer
from tuner.training.eta_finder import ProbePlan, find_eta, never
from tuner.training.loop import Training, train_epoch


@dataclass(frozen=True)
class TrainTo:
    """Train networks side by side until each has stopped or finished epoch `epoch`.

    Attributes
    ----------
    trainings
        The networks.
    epoch
        The epoch to train to.
    seconds
        The task ends with the epoch in which it has run for so long.
    """

    trainings: tuple[Training[Any], ...]
    epoch: int
    seconds: float = math.inf

    def __call__(self, trainer: Trainer[Any]) -> tuple[Training[Any], ...]:
        """Return the networks as they are then; training costs are those of the probe examples."""
        trainings, end = list(self.trainings), time.monotonic() + self.seconds
        while going := [i for i, t in enumerate(trainings) if self._goes_on(t)]:
            after = train_epoch(trainer, [trainings[i] for i in going], "probe")
            for i, training in zip(going, after, strict=True):
                trainings[i] = training
            if time.monotonic() >= end:
                break
        return tuple(trainings)

    def _goes_on(self, training: Training[Any]) -> bool:
        return training.reason is None and len(training.history) < self.epoch


@dataclass(frozen=True)
class FindEta:
    """Find η for these settings by its threshold.

    Attributes
    ----------
    settings, plan
        The network, and how long a probe is.
    schedule
        The schedule that η is advised for.
    stop_asked
        Ends the search where it runs in this process; one that runs elsewhere is given up.
    """

    settings: Hyperparameters
    plan: ProbePlan
    schedule: str = "constant"
    stop_asked: Callable[[], bool] = field(default=never, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return FindEta, (self.settings, self.plan, self.schedule)

    def __call__(self, trainer: Trainer[Any]) -> EtaSearch:
        """Return the search, or raise `StoppedError`."""
        return find_eta(
            trainer, self.settings, self.schedule, plan=self.plan, stop_asked=self.stop_asked
        )
