"""Where tasks run: in this process, in processes of this machine, or on a Dask cluster.

All three give the same results; they differ in how long it takes.
"""

import multiprocessing
import pickle
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from tuner.data import TuningData
from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.network.blas import controller
from tuner.study import process
from tuner.study.tasks import Task
from tuner.trainers.native import NativeTrainer

MOST_BREAKS = 5
"""Worker processes may die so often without one finished task in between; then we give up."""

PATIENCE = 5
"""Seconds to wait for a scheduler to answer."""


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


class Processes:
    """Run the tasks in worker processes; when one is killed, its tasks run again in another.

    Parameters
    ----------
    data
        Sent to each process once.
    count
        Number of processes, which start at once.
    """

    def __init__(self, data: TuningData, count: int) -> None:
        self.count = count
        self._data = pickle.dumps(data)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._theirs, self._ours = context.Pipe(duplex=False)
        given = (self._theirs, self._data)
        self._pool = ProcessPoolExecutor(self.count, context, process.begin, given)
        with _unheard_by_children():
            for _ in range(self.count):
                self._pool.submit(process.ready)

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs, each at least once and until it is done once."""
        waiting, running, breaks = deque(jobs), dict[Future[Any], Job](), 0
        while waiting or running:
            broken = not self._submit(waiting, running)
            done = wait(running, return_when=FIRST_COMPLETED).done
            if broken or any(_lost(future) for future in done):
                broken, done = True, wait(running).done
            for future in done:
                job = running.pop(future)
                if _lost(future):
                    waiting.append(job)
                else:
                    waiting.extend(job.then(future.result()))
                    breaks = 0
            if broken:
                breaks += 1
                self._restart(breaks)

    def _submit(self, waiting: deque[Job], running: dict[Future[Any], Job]) -> bool:
        """Submit what waits; give False when the pool is broken."""
        with _unheard_by_children():
            while waiting:
                try:
                    future = self._pool.submit(process.work, _do_alone, waiting[0].task)
                except BrokenProcessPool:
                    return False
                running[future] = waiting.popleft()
        return True

    def _restart(self, breaks: int) -> None:
        if breaks > MOST_BREAKS:
            raise TunerError(
                f"worker processes died {breaks} times in a row: is the memory used up?"
                " Finished trials are stored; run the command again to go on."
            )
        self.close()
        self._start()

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._ours.close()
        self._theirs.close()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _unheard_by_children() -> Iterator[None]:
    """Block Ctrl-C, for processes started meanwhile for good: it is the coordinator's to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _lost(future: Future[Any]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


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
        self._address, self._distributed = address, distributed
        try:
            self._client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
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
        self._data = self._client.scatter(data, broadcast=True, hash=False)

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs; Dask gives those of a worker that died to another.

        Raises
        ------
        TunerError
            When the cluster is lost.
        """
        running: dict[Any, Job] = {}
        completed = self._distributed.as_completed(loop=self._client.loop)
        self._submit(jobs, running, completed)
        for future in completed:
            job = running.pop(future)
            with self._noticing_its_end():
                result = future.result()
            self._submit(job.then(result), running, completed)

    def _submit(self, jobs: Iterable[Job], running: dict[Any, Job], completed: Any) -> None:
        for job in jobs:
            with self._noticing_its_end(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Sending large graph")
                future = self._client.submit(_do_alone, self._data, job.task, pure=False)
            running[future] = job
            completed.add(future)

    @contextmanager
    def _noticing_its_end(self) -> Iterator[None]:
        d = self._distributed
        try:
            yield
        except (CancelledError, OSError, d.KilledWorker, d.client.ClosedClientError):
            raise TunerError(
                f"--scheduler {self._address}: the cluster was lost: finished trials are stored:"
                " start it again, or leave the option out, and run the command again to go on."
            ) from None

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._client.close()


def workers_for(data: TuningData, count: int, scheduler: str | None) -> Workers:
    """Give the workers that the options ask for."""
    if scheduler is not None:
        return Cluster(data, scheduler)
    return Inline(data) if count == 1 else Processes(data, count)


def _do(data: TuningData, task: Task[Any]) -> Any:
    return task(_trainer(data))


def _do_alone(data: TuningData, task: Task[Any]) -> Any:
    """Do a task in a process that does nothing else, so BLAS has one thread for good."""
    controller().limit(limits=1, user_api="blas")
    return _do(data, task)


@lru_cache(maxsize=1)
def _trainer(data: TuningData) -> NativeTrainer:
    return NativeTrainer(data)
