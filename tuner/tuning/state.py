"""What a step is given: the results of the steps before it, and the means to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from tuner.data import Dataset, TuningData
from tuner.data.folds import Fold
from tuner.execution.base import Callbacks, Executor
from tuner.records import DataSummary, Record, Strategy, TuneProgress
from tuner.storage.run_store import RunStore
from tuner.tasks import fitted_strategy
from tuner.trainers.native import NativeTrainer
from tuner.tuning.parts import trainer_on
from tuner.tuning.request import TuneRequest

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class State:
    """The results of the steps done so far, by their type.

    Examples
    --------
    >>> from tuner.records import Evaluation
    >>> result = Evaluation(n=9, metrics={"accuracy": 1.0}, over_seeds=(), openings=1)
    >>> State().plus(result)[Evaluation].n
    9
    """

    results: Mapping[type[Record], Record] = field(default_factory=dict)

    def __getitem__(self, kind: type[R]) -> R:
        return cast("R", self.results[kind])

    def plus(self, result: Record) -> "State":
        """Return the state after one more step."""
        return State({**self.results, type(result): result})


@dataclass(frozen=True)
class Context:
    """What all steps work with.

    Attributes
    ----------
    data
        Its test part is opened by the last step alone.
    request
        What the user wants.
    store
        Keeps the results of steps, and what the clock decided.
    executor
        Where networks train.
    callbacks
        How the tuning is watched and stopped.
    folds
        By which candidates are judged; none where there is one validation part.
    """

    data: Dataset
    request: TuneRequest
    store: RunStore
    executor: Executor
    callbacks: Callbacks[TuneProgress]
    folds: tuple[Fold, ...] = ()

    @cached_property
    def trainer(self) -> NativeTrainer:
        """What begins networks, on the one split or on each fold."""
        return trainer_on(self.data, self.folds)

    @property
    def tuning(self) -> TuningData:
        """The training and validation part, of folds the first: that of the steps on one part."""
        return self.trainer.data

    @property
    def summary(self) -> DataSummary:
        """Which data the candidates train on."""
        return replace(self.data.summary, folds=len(self.folds) or None)

    @property
    def metric(self) -> str:
        """The metric that chooses."""
        wanted = Strategy(metric=self.request.metric)
        return fitted_strategy(wanted, self.data.summary.task).metric

    def strategy(self, strategy: Strategy) -> Strategy:
        """Return a strategy with the metric that chooses."""
        return replace(strategy, metric=self.metric)

    @property
    def folder(self) -> Path:
        """Where a step may keep files of its own."""
        return self.store.folder

    def decide(self, name: str, kind: type[R], plan: Callable[[], R]) -> R:
        """Return a plan: the stored one, else what `plan` returns now, which is stored first.

        The only way for the clock, the machine's pace and the number of workers to shape a result.
        """
        return self.store.once(name, kind, plan)

    def tell(self, progress: TuneProgress) -> None:
        """Tell whoever watches where the tuning stands."""
        self.callbacks.watch(replace(progress, metric=self.metric))
