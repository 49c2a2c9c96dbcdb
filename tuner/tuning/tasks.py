"""Tasks of a tuning: the pace of a network, and tasks on a part of the data."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from tuner.data import Part, TuningData
from tuner.execution.base import Executor, R, Task
from tuner.records import Hyperparameters
from tuner.trainers.native import FRESH_EXAMPLES, NativeTrainer
from tuner.tuning.budget import LOOK_VALIDATION


def first_of(data: TuningData, n: int, n_validation: int = LOOK_VALIDATION) -> TuningData:
    """Return the first training examples, and as many validation examples as tell enough.

    Training examples come in stratified order, so their first n do; of the validation examples,
    which come as they lie in the source, every second, third, … is taken.
    """
    step = max(1, data.validation.n // n_validation)
    return replace(
        data,
        train=Part(data.train.x[:n], data.train.y[:n]),
        validation=Part(data.validation.x[::step], data.validation.y[::step]),
    )


@dataclass(frozen=True)
class OnFirst:
    """Run a task on the first n training examples."""

    n: int
    task: Task[Any]
    n_validation: int = LOOK_VALIDATION

    def __call__(self, trainer: NativeTrainer) -> Any:
        """Return what the task returns."""
        return self.task(NativeTrainer(first_of(trainer.data, self.n, self.n_validation)))


class OnPart:
    """An executor that runs every task on the first n training examples.

    Parameters
    ----------
    executor
        What runs the tasks.
    n, n_validation
        How many examples, as for `first_of`.
    """

    def __init__(self, executor: Executor, n: int, n_validation: int) -> None:
        self.count = executor.count
        self._executor, self._n, self._n_validation = executor, n, n_validation

    def submit(self, task: Task[R]) -> Future[R]:
        """Return the future result of a task."""
        return self._executor.submit(OnFirst(self._n, task, self._n_validation))

    def close(self) -> None:
        """Close the executor."""
        self._executor.close()


@dataclass(frozen=True)
class Pace:
    """Measure how long an epoch takes: train a network for a moment, and measure it once."""

    settings: Hyperparameters
    seconds: float = 0.3

    def __call__(self, trainer: NativeTrainer) -> float:
        """Return seconds per epoch, which depend on the machine and on what else it does."""
        per_epoch = trainer.steps_per_epoch(self.settings)
        at_once = min(per_epoch, max(1, 4 * FRESH_EXAMPLES // self.settings.batch_size))
        (lane,) = trainer.advance([trainer.start(self.settings)], at_once)
        began, steps = time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - began < self.seconds:
            (lane,) = trainer.advance([lane], at_once)
            steps += at_once
        training = (time.perf_counter() - began) * per_epoch / steps
        began = time.perf_counter()
        trainer.measure([lane], "probe")
        trainer.measure([lane], "validation")
        return training + time.perf_counter() - began


def shared_out(items: Sequence[Any], pieces: int) -> Iterator[list[Any]]:
    """Share items out evenly to at most so many lists, none of them empty.

    Examples
    --------
    >>> list(shared_out("abcde", 2))
    [['a', 'c', 'e'], ['b', 'd']]
    """
    yield from (list(items[i::pieces]) for i in range(min(pieces, len(items))))
