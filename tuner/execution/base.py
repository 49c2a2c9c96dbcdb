"""The interface of whatever runs tasks, and the one loop over tasks as they are done."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from tuner.network.blas import controller

R = TypeVar("R")
K = TypeVar("K")
P = TypeVar("P")

Task = Callable[[Any], R]
"""Work for one worker: a function of a trainer that can be pickled.

Its result depends on nothing but the task and the trainer's data, so it may be done anywhere, and
once more where a worker was lost.
"""

T = TypeVar("T", bound=Task[Any])


@dataclass(frozen=True)
class Callbacks(Generic[P]):
    """How work is watched and stopped.

    Attributes
    ----------
    watch
        Called with where the work stands, whenever that has changed.
    stop_asked
        Asked between pieces of work; once it returns true, the work stops there and can be resumed.
    """

    watch: Callable[[P], None] = field(default=lambda _: None)
    stop_asked: Callable[[], bool] = field(default=lambda: False)


class Executor(Protocol):
    """Whatever runs tasks with a trainer that was given to it when it was opened.

    All executors give the same results; they differ in how long it takes.

    Attributes
    ----------
    count
        How many tasks run at the same time.
    """

    count: int

    def submit(self, task: Task[R]) -> Future[R]:
        """Return the future result of a task, which may be done by then."""
        ...

    def close(self) -> None:
        """Release the workers; tasks that are not done are given up."""
        ...


POLL_SECONDS = 0.25
"""A wish to stop is heard within this time while tasks run elsewhere."""


def as_completed(
    executor: Executor,
    waiting: list[tuple[K, T]],
    stop_asked: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[K, Any]]:
    """Run tasks, and yield the key and the result of each as soon as it is done.

    Parameters
    ----------
    waiting
        Keys and tasks, the first to run first. Those that the caller adds between two results run
        too; those that it removes do not. One task more than can run is taken at a time, so that no
        worker waits for the caller.
    stop_asked
        Asked while no task is done; once true, the tasks that still run are given up.

    Raises
    ------
    TunerError
        When the workers are lost. An exception of a task is raised as it is. Either way, as when
        the caller leaves the loop, the tasks that still run are given up.

    Examples
    --------
    >>> from tuner.execution.serial import Serial
    >>> waiting = [("a", lambda trainer: trainer + 1)]
    >>> for key, result in as_completed(Serial(1), waiting):
    ...     print(key, result)
    ...     if key == "a":
    ...         waiting.append(("b", lambda trainer: 10 * trainer))
    a 2
    b 10
    """
    running: dict[Future[Any], K] = {}
    try:
        while waiting or running:
            while (
                waiting
                and len(running) <= executor.count
                and not any(future.done() for future in running)
            ):
                key, task = waiting.pop(0)
                running[executor.submit(task)] = key
            done = wait(running, POLL_SECONDS, FIRST_COMPLETED).done
            for future in done:
                yield running.pop(future), future.result()
            if not done and stop_asked():
                return
    finally:
        for future in running:
            future.cancel()


def run_all(
    executor: Executor, tasks: Iterable[Task[R]], watch: Callable[[int], None] = lambda _: None
) -> list[R]:
    """Return the results of tasks in their order; `watch` is told how many are done.

    Examples
    --------
    >>> from tuner.execution.serial import Serial
    >>> run_all(Serial(10), [lambda trainer: trainer + 1, lambda trainer: trainer + 2])
    [11, 12]
    """
    results: dict[int, R] = {}
    for place, result in as_completed(executor, list(enumerate(tasks))):
        results[place] = result
        watch(len(results))
    return [results[place] for place in range(len(results))]


def run_single_threaded(trainer: Any, task: Task[R]) -> R:
    """Run a task in a process that does nothing else: there BLAS has one thread from now on."""
    controller().limit(limits=1, user_api="blas")
    return task(trainer)
