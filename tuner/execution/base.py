"""What runs tasks: in this process, in processes of this machine, or on a Dask cluster.

All three give the same results; they differ in how long it takes.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from tuner.data import TuningData
from tuner.execution.tasks import Task
from tuner.network.blas import controller
from tuner.trainers.native import NativeTrainer


@dataclass(frozen=True)
class Job:
    """A task, and what becomes of its result.

    Attributes
    ----------
    task
        Runs on a worker.
    then
        Takes the result in this process, and gives the jobs that can be done now.
    """

    task: Task[Any]
    then: Callable[[Any], Iterable["Job"]]


class Workers(Protocol):
    """Whatever runs tasks.

    Attributes
    ----------
    count
        How many tasks run at the same time.
    """

    count: int

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs, and those that follow from them; return when there are no more."""
        ...

    def close(self) -> None:
        """Let the workers go; what they still do is given up."""
        ...


class Inline:
    """Run the tasks one after the other in this process."""

    count = 1

    def __init__(self, data: TuningData) -> None:
        self._data = data

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs in their order."""
        waiting = deque(jobs)
        while waiting:
            job = waiting.popleft()
            waiting.extend(job.then(_do(self._data, job.task)))

    def close(self) -> None:
        """Do nothing: there are no workers."""


def workers_for(data: TuningData, count: int, scheduler: str | None) -> Workers:
    """Return the workers that the options ask for."""
    from tuner.execution.dask import Cluster
    from tuner.execution.processes import Processes

    if scheduler is not None:
        return Cluster(data, scheduler)
    return Inline(data) if count == 1 else Processes(data, count)


def _do(data: TuningData, task: Task[Any]) -> Any:
    return task(_trainer(data))


def do_alone(data: TuningData, task: Task[Any]) -> Any:
    """Do a task in a process that does nothing else, so BLAS has one thread for good."""
    controller().limit(limits=1, user_api="blas")
    return _do(data, task)


@lru_cache(maxsize=1)
def _trainer(data: TuningData) -> NativeTrainer:
    return NativeTrainer(data)
