"""Work for the workers beside what studies ask of them, and how it is handed out."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tuner.data import Part, TuningData
from tuner.records import Hyperparameters
from tuner.study.tasks import Task
from tuner.study.workers import Job, Workers
from tuner.trainers.native import NativeTrainer


def first_of(data: TuningData, n: int) -> TuningData:
    """Give the data with their first n training examples only; they come in stratified order."""
    if n >= data.train.n:
        return data
    return replace(data, train=Part(data.train.x[:n], data.train.y[:n]))


@dataclass(frozen=True)
class OnFirst:
    """Do a task on the first n training examples."""

    n: int
    task: Task[Any]

    def __call__(self, trainer: NativeTrainer) -> Any:
        """Do the task."""
        if self.n >= trainer.n:
            return self.task(trainer)
        return self.task(NativeTrainer(first_of(trainer.data, self.n)))


@dataclass(frozen=True)
class Pace:
    """Measure how long an epoch takes: train a network for a moment, and measure it once.

    Gives seconds per epoch, which depend on the machine and on what else it does.
    """

    settings: Hyperparameters
    seconds: float = 0.3

    def __call__(self, trainer: NativeTrainer) -> float:
        """Measure."""
        per_epoch = trainer.steps_per_epoch(self.settings)
        least = max(1, per_epoch // 50)
        lane = trainer.advance([trainer.start(self.settings)], 1)[0]
        began, steps = time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - began < self.seconds:
            (lane,) = trainer.advance([lane], least)
            steps += least
        training = (time.perf_counter() - began) * per_epoch / steps
        began = time.perf_counter()
        trainer.measure([lane], "probe")
        trainer.measure([lane], "validation")
        return training + time.perf_counter() - began


def done(
    workers: Workers, tasks: Sequence[Task[Any]], watch: Callable[[int], None] = lambda _: None
) -> list[Any]:
    """Give the results of tasks in their order; `watch` is told how many are done."""
    results: dict[int, Any] = {}

    def take(place: int, result: Any) -> Iterable[Job]:
        results[place] = result
        watch(len(results))
        return ()

    workers.run(Job(task, partial(take, place)) for place, task in enumerate(tasks))
    return [results[place] for place in range(len(tasks))]


def shared_out(items: Sequence[Any], pieces: int) -> Iterator[list[Any]]:
    """Share items out evenly to at most so many lists, none of them empty.

    Examples
    --------
    >>> list(shared_out("abcde", 2))
    [['a', 'c', 'e'], ['b', 'd']]
    """
    yield from (list(items[i::pieces]) for i in range(min(pieces, len(items))))
