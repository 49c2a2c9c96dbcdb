"""Work for the workers beside what studies ask of them, and how it is handed out."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tuner.data import Part, TuningData
from tuner.execution.base import Job, Workers
from tuner.execution.tasks import Task
from tuner.records import Hyperparameters
from tuner.trainers.native import FRESH_EXAMPLES, NativeTrainer

LOOK_VALIDATION = 2_000
"""Validation examples that a quick look needs."""


def first_of(data: TuningData, n: int, n_validation: int = LOOK_VALIDATION) -> TuningData:
    """Return a part of the data to look at.

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
    """Do a task on the first n training examples."""

    n: int
    task: Task[Any]
    n_validation: int = LOOK_VALIDATION

    def __call__(self, trainer: NativeTrainer) -> Any:
        """Do the task."""
        return self.task(NativeTrainer(first_of(trainer.data, self.n, self.n_validation)))


class OnPart:
    """Workers that do every task on the first n training examples.

    Parameters
    ----------
    workers
        Who does the work.
    n, n_validation
        How many examples, as for `first_of`.
    """

    def __init__(self, workers: Workers, n: int, n_validation: int) -> None:
        self.workers, self.n, self.n_validation = workers, n, n_validation
        self.count = workers.count

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs, and those that follow from them."""
        self.workers.run(map(self._narrowed, jobs))

    def _narrowed(self, job: Job) -> Job:
        task = OnFirst(self.n, job.task, self.n_validation)
        return Job(task, lambda result: map(self._narrowed, job.then(result)))

    def close(self) -> None:
        """Let the workers go."""
        self.workers.close()


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


def done(
    workers: Workers, tasks: Sequence[Task[Any]], watch: Callable[[int], None] = lambda _: None
) -> list[Any]:
    """Return the results of tasks in their order; `watch` is told how many are done."""
    results: dict[int, Any] = {}

    def take(place: int, result: Any) -> Iterable[Job]:
        results[place] = result
        watch(len(results))
        return ()

    workers.run(Job(task, partial(take, place)) for place, task in enumerate(tasks))
    return [results[place] for place in range(len(tasks))]


@dataclass(frozen=True)
class Making:
    """Make something that no data are needed for."""

    make: Callable[[], Any]

    def __call__(self, trainer: NativeTrainer) -> Any:  # noqa: ARG002
        """Make it."""
        return self.make()


def made(workers: Workers, makers: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each maker makes, in their order; workers that trained can also draw."""
    return done(workers, [Making(make) for make in makers])


def shared_out(items: Sequence[Any], pieces: int) -> Iterator[list[Any]]:
    """Share items out evenly to at most so many lists, none of them empty.

    Examples
    --------
    >>> list(shared_out("abcde", 2))
    [['a', 'c', 'e'], ['b', 'd']]
    """
    yield from (list(items[i::pieces]) for i in range(min(pieces, len(items))))
