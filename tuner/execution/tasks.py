"""What workers are asked to do: pure functions of a trainer, small enough to send anywhere."""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tuner.records import EtaSearch, Hyperparameters
from tuner.trainers.base import Trainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import Training, train_epoch

R_co = TypeVar("R_co", covariant=True)


class Task(Protocol, Generic[R_co]):
    """Work for one worker; the result depends on nothing but the task and the data."""

    def __call__(self, trainer: Any) -> R_co:
        """Do the work."""
        ...


@dataclass(frozen=True)
class TrainTo:
    """Train networks side by side until each has stopped or finished epoch `epoch`."""

    trainings: tuple[Training[Any], ...]
    epoch: int

    def __call__(self, trainer: Trainer[Any]) -> tuple[Training[Any], ...]:
        """Train, measuring the training cost on the probe examples."""
        trainings = list(self.trainings)
        while going := [i for i, t in enumerate(trainings) if self._goes_on(t)]:
            after = train_epoch(trainer, [trainings[i] for i in going], "probe")
            for i, training in zip(going, after, strict=True):
                trainings[i] = training
        return tuple(trainings)

    def _goes_on(self, training: Training[Any]) -> bool:
        return training.reason is None and len(training.history) < self.epoch


@dataclass(frozen=True)
class FindEta:
    """Find η for these settings by its threshold."""

    settings: Hyperparameters
    plan: ProbePlan

    def __call__(self, trainer: Trainer[Any]) -> EtaSearch:
        """Search."""
        return find_eta(trainer, self.settings, plan=self.plan)
