"""What a search has found by when."""

import math
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.study import Nothing
from tuner.execution.base import Executor, R, Task, run_all
from tuner.execution.tasks import TrainTo


@dataclass(frozen=True)
class Limits:
    """How long a search may take, and the seed of its chances.

    Attributes
    ----------
    seconds
        For a peer.
    budget
        For `tune`, which is told it.
    candidates
        For scikit-learn's halving, which no clock ends.
    """

    seconds: float
    budget: float
    candidates: int
    seed: int


@dataclass(frozen=True)
class Seen:
    """A network that existed, by its accuracy on the whole validation part."""

    seconds: float
    accuracy: float


@dataclass(frozen=True)
class Course:
    """A whole search.

    Attributes
    ----------
    seen
        Networks in any order.
    test
        Test accuracy of what it gives in the end.
    seconds
        When it ended.
    ended
        Whether it ended by itself, and would find nothing later.
    """

    seen: tuple[Seen, ...]
    test: float
    seconds: float
    ended: bool

    def best(self, seconds: float) -> float | None:
        """Return the best accuracy by then; None where there was none, or the search was cut."""
        if seconds > self.seconds and not self.ended:
            return None
        return max((s.accuracy for s in self.seen if s.seconds <= seconds), default=None)

    def time_to(self, accuracy: float) -> float | None:
        """Return when a network of this accuracy existed."""
        return min((s.seconds for s in self.seen if s.accuracy >= accuracy), default=None)


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median, where what was not reached counts as later than all else.

    >>> middle([30.0, None, 20.0]), middle([None, 1.0, None])
    (30.0, None)
    """
    found = median([math.inf if value is None else value for value in values])
    return found if math.isfinite(found) else None


@dataclass(frozen=True)
class Courses:
    """One kind of search with several seeds, in the middle."""

    every: tuple[Course, ...]

    def best(self, seconds: float) -> float | None:
        """Return the best accuracy by then; None where a search was cut before."""
        found = [course.best(seconds) for course in self.every]
        return median(known) if len(known := [f for f in found if f]) == len(found) else None

    def time_to(self, accuracy: float) -> float | None:
        """Return when a network of this accuracy existed; None if in half of the searches never."""
        return middle(course.time_to(accuracy) for course in self.every)

    @property
    def test(self) -> float:
        """Test accuracy of what it gives in the end."""
        return median(course.test for course in self.every)

    @property
    def seconds(self) -> float:
        """When it ended."""
        return median(course.seconds for course in self.every)


class Watched:
    """An executor that notes the accuracy of each network trained by it, and when.

    Only networks judged on the whole validation part count; for tasks on a part of the data the
    workflow wraps them in another task. Several epochs may come back at once: an epoch was over
    before those that came with it and after it took place.

    Parameters
    ----------
    executor
        Its workers get a moment to start before the clock does.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor, self.count = executor, executor.count
        self.seen: list[Seen] = []
        run_all(executor, [Nothing()] * executor.count)
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the clock started."""
        return time.monotonic() - self.began

    def submit(self, task: Task[R]) -> Future[R]:
        """Return the future result of a task."""
        future = self.executor.submit(task)
        if isinstance(task, TrainTo):
            future.add_done_callback(lambda done: self._note(task, done))
        return future

    def close(self) -> None:
        """Release the workers."""
        self.executor.close()

    def _note(self, task: TrainTo, done: Future[Any]) -> None:
        now = self.seconds
        if done.cancelled() or done.exception():
            return
        result = done.result()
        for before, after in zip(task.trainings, result, strict=True):
            later = 0.0
            for epoch in reversed(after.history[len(before.history) :]):
                self.seen.append(Seen(now - later, epoch.validation_accuracy))
                later += epoch.seconds * len(result)
