"""Where tasks run: in this process, in processes of this machine, or on a Dask cluster.

All three give the same results; they differ in how long it takes.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, TypeVar

from tuner.data import TuningData
from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.network.blas import controller
from tuner.study.tasks import Task
from tuner.trainers.native import NativeTrainer

R = TypeVar("R")

MOST_BREAKS = 5
"""Worker processes may die so often without one finished task in between; then we give up."""


class Workers(Protocol):
    """Whatever runs tasks.

    Attributes
    ----------
    count
        How many tasks run at the same time.
    """

    count: int

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[int, R]]:
        """Run the tasks; yield the index and result of each as it is done."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


class Inline:
    """Run the tasks one after the other in this process."""

    count = 1

    def __init__(self, data: TuningData) -> None:
        self._data = data

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[int, R]]:
        """Run the tasks in their order."""
        for i, task in enumerate(tasks):
            yield i, task(_trainer(self._data))

    def close(self) -> None:
        """Do nothing: there are no workers."""


class Processes:
    """Run the tasks in worker processes; when one is killed, its tasks run again in another.

    Parameters
    ----------
    data
        Sent to each process once.
    count
        Number of processes.
    """

    def __init__(self, data: TuningData, count: int) -> None:
        self.count = count
        self._data = data
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.count, context, _begin_worker, (self._data,))

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[int, R]]:
        """Run the tasks, each at least once and until it is done once."""
        waiting, breaks = dict(enumerate(tasks)), 0
        while waiting:
            try:
                for i, result in self._attempt(waiting):
                    del waiting[i]
                    breaks = 0
                    yield i, result
            except BrokenProcessPool:
                breaks += 1
                if breaks > MOST_BREAKS:
                    raise TunerError(
                        f"worker processes died {breaks} times in a row: is the memory used up?"
                        " Finished trials are stored; run the command again to go on."
                    ) from None
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = self._start()

    def _attempt(self, waiting: dict[int, Task[R]]) -> Iterator[tuple[int, R]]:
        futures: dict[Future[Any], int] = {}
        for i, task in waiting.items():
            futures[self._pool.submit(_in_worker, task)] = i
        for future in as_completed(futures):
            yield futures[future], future.result()

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Cluster:
    """Run the tasks on a Dask cluster, which runs those of a lost worker again.

    Parameters
    ----------
    data
        Sent to every worker.
    address
        Of the scheduler, such as tcp://127.0.0.1:8786.

    Raises
    ------
    MissingExtraError
        When Dask is not installed.
    InputError
        When no scheduler answers at that address, or it has no worker.
    """

    def __init__(self, data: TuningData, address: str) -> None:
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise MissingExtraError(
                "--scheduler needs Dask: pip install 'tuner[dask]', or leave the option out."
            ) from None
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError, TimeoutError):
            raise InputError(
                f"--scheduler {address}: no Dask scheduler answers there: start one with"
                " `dask scheduler`, or leave the option out."
            ) from None
        self.count = sum(self._client.nthreads().values())
        if not self.count:
            self._client.close()
            raise InputError(
                f"--scheduler {address}: has no worker: start one with"
                f" `dask worker {address} --nthreads 1`."
            )
        self._as_completed = distributed.as_completed
        self._data = self._client.scatter(data, broadcast=True, hash=False)

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[int, R]]:
        """Run the tasks; Dask gives those of a worker that died to another."""
        futures = {
            self._client.submit(_on_cluster, self._data, task, pure=False): i
            for i, task in enumerate(tasks)
        }
        for future in self._as_completed(list(futures)):
            yield futures[future], future.result()

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._client.close()


def workers_for(data: TuningData, count: int, scheduler: str | None) -> Workers:
    """Give the workers that the options ask for."""
    if scheduler is not None:
        return Cluster(data, scheduler)
    return Inline(data) if count == 1 else Processes(data, count)


@lru_cache(maxsize=1)
def _trainer(data: TuningData) -> NativeTrainer:
    return NativeTrainer(data)


_worker_data: list[TuningData] = []
"""In a worker process: the data it was given at its start."""


def _begin_worker(data: TuningData) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's to answer.
    _end_with_parent()
    _one_thread_for_good()
    _worker_data[:] = [data]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _one_thread_for_good() -> None:
    controller().limit(limits=1, user_api="blas")


def _in_worker(task: Task[R]) -> R:
    return task(_trainer(_worker_data[0]))


def _on_cluster(data: TuningData, task: Task[R]) -> R:
    _one_thread_for_good()
    return task(_trainer(data))
