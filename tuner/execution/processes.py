"""Worker processes of this machine, any of which may be killed at any moment.

Each process has a connection of its own, whose far end it alone holds: when it dies, the connection
ends, whatever it was doing. Processes that share a queue, as those of `ProcessPoolExecutor` do, can
die while they hold its lock or have written half a result, and then nobody learns of it. What a
process is given at its start has to fit into a pipe, because `multiprocessing` waits for ever when
a process dies before it has read the rest; so the data follow by the connection.
"""

import multiprocessing
import multiprocessing.connection
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tuner.data import TuningData
from tuner.errors import TunerError
from tuner.execution.base import Job, do_alone
from tuner.execution.worker import serve

MOST_DEATHS = 5
"""For each worker, so many may die without one finished task in between; then we give up."""


class Processes:
    """Run the tasks in worker processes; when one dies, another does its task.

    Parameters
    ----------
    data
        Sent to each process once.
    count
        Number of processes, which start at once.
    """

    def __init__(self, data: TuningData, count: int) -> None:
        self.count, self._deaths = count, 0
        pickled = pickle.dumps(data)
        self._crew = [_Worker(pickled) for _ in range(count)]

    def run(self, jobs: Iterable[Job]) -> None:
        """Do the jobs, each at least once and until it is done once.

        Raises
        ------
        TunerError
            When workers die again and again.
        """
        for worker in self._crew:
            if worker.job:  # of a run that was interrupted
                worker.restart()
        waiting = deque(jobs)
        self._hand_out(waiting)
        while busy := [worker for worker in self._crew if worker.job]:
            heard = multiprocessing.connection.wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.job and worker.connection in heard:
                    self._take(worker, worker.job, waiting)
            self._hand_out(waiting)

    def _hand_out(self, waiting: deque[Job]) -> None:
        for worker in self._crew:
            while waiting and not worker.job:
                try:
                    worker.give(waiting[0])
                    waiting.popleft()
                except OSError:
                    self._replace(worker)

    def _take(self, worker: "_Worker", job: Job, waiting: deque[Job]) -> None:
        worker.job = None
        try:
            result, error = worker.connection.recv()
        except (EOFError, OSError):
            waiting.appendleft(job)
            self._replace(worker)
            return
        if error:
            raise error
        self._deaths = 0
        self._hand_out(waiting)
        waiting.extend(job.then(result))

    def _replace(self, worker: "_Worker") -> None:
        self._deaths += 1
        if self._deaths > MOST_DEATHS * self.count:
            raise TunerError(
                f"worker processes died {self._deaths} times in a row: is the memory used up?"
                " Finished trials are stored; run the command again to go on."
            )
        worker.restart()

    def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._crew:
            worker.end()


class _Worker:
    """A process, its connection, and the job it is doing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        with _unheard_by_children():
            self._process.start()
        theirs.close()
        self.job: Job | None = None
        self._has_data = False

    def give(self, job: Job) -> None:
        """Send a job; OSError when the process has died."""
        task = pickle.dumps((do_alone, job.task))
        if not self._has_data:
            self.connection.send_bytes(self._data)
            self._has_data = True
        self.connection.send_bytes(task)
        self.job = job

    def restart(self) -> None:
        self.end()
        self.start()

    def end(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.join()


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
