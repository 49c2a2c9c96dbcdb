"""Worker processes of this machine, any of which may be killed at any moment.

Each process has a connection of its own, whose far end it alone holds: when it dies, the connection
ends, whatever it was doing. Processes that share a queue, as those of `ProcessPoolExecutor` do, can
die while they hold its lock or have written half a result, and then nobody learns of it. What a
process is given at its start has to fit into a pipe, because `multiprocessing` waits for ever when
a process dies before it has read the rest; so the trainer follows by the connection.

Each process has a thread here that hands it tasks and waits for their results.

A process does not read the script that has started it, as those of `multiprocessing` do: what of it
a trainer needs is sent along. So no script needs `if __name__ == "__main__":` for our sake.
"""

import multiprocessing
import pickle
import signal
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from multiprocessing import spawn
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from tuner.errors import TunerError
from tuner.execution.base import R, Task
from tuner.execution.worker import serve

MOST_DEATHS = 5
"""So many processes of a worker may die without one finished task in between; then we give up."""

_starting = threading.Lock()


class Processes:
    """Run tasks in worker processes; when one dies, its task is run again in a new one.

    Parameters
    ----------
    trainer
        Pickled once, and sent to each process once.
    count
        Number of processes, which start at once.
    """

    def __init__(self, trainer: Any, count: int) -> None:
        self.count = count
        self._submitted: SimpleQueue[_Submitted | None] = SimpleQueue()
        pickled = pickle.dumps(trainer)
        workers = [_Worker(pickled, self._submitted) for _ in range(count)]
        self._end = weakref.finalize(self, _end, workers, self._submitted)

    def submit(self, task: Task[R]) -> Future[R]:
        """Return the future result of a task; cancelled, it ends the process that runs it.

        An exception of the task is the future's. It is a TunerError when processes die again and
        again.
        """
        future = _Submitted(pickle.dumps(task))
        self._submitted.put(future)
        return future

    def close(self) -> None:
        """End the processes, whatever they do; so does the end of the program."""
        self._end()


class _Submitted(Future[Any]):
    """The future of a task, cancelled also while the task runs."""

    def __init__(self, task: bytes) -> None:
        super().__init__()
        self.task = task
        self.process: BaseProcess | None = None

    def cancel(self) -> bool:
        cancelled = super().cancel()
        if cancelled and self.process:
            self.process.kill()
        return cancelled


class _Worker(threading.Thread):
    """A process that runs tasks, started anew when it dies, and the thread that hands them over."""

    def __init__(self, trainer: bytes, submitted: "SimpleQueue[_Submitted | None]") -> None:
        super().__init__(daemon=True)
        self._trainer, self._submitted = trainer, submitted
        self._has_trainer, self._deaths = False, 0
        self._ended, self._starting = False, threading.Lock()
        with _deaf_to_interrupts():
            self._start_process()
            self.start()

    def run(self) -> None:
        while future := self._submitted.get():
            try:
                self._fulfil(future)
            except Exception as error:
                with suppress(InvalidStateError):  # cancelled meanwhile
                    future.set_exception(error)

    def end(self) -> None:
        with self._starting:
            self._ended = True
            self._process.kill()
            self._process.join()

    def _fulfil(self, future: _Submitted) -> None:
        """Run a task in one process after the other, until one survives it."""
        while True:
            future.process = self._process
            if future.cancelled():
                return
            try:
                self._send(future.task)
                result, error = self._connection.recv()
                break
            except (EOFError, OSError):
                self._deaths += not future.cancelled()
                self._replace_process()
        self._deaths = 0
        if error:
            raise error
        with suppress(InvalidStateError):  # cancelled meanwhile
            future.set_result(result)

    def _send(self, task: bytes) -> None:
        if not self._has_trainer:
            self._connection.send_bytes(self._trainer)
            self._has_trainer = True
        self._connection.send_bytes(task)

    def _start_process(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        with _without_script():
            self._process.start()
        theirs.close()
        self._has_trainer = False

    def _replace_process(self) -> None:
        self._connection.close()
        with self._starting:
            self._process.kill()
            self._process.join()
            if self._ended:
                raise TunerError("the worker processes were ended before their tasks.")
            self._start_process()
        if self._deaths > MOST_DEATHS:
            raise TunerError(
                f"worker processes died {self._deaths} times in a row: is the memory used up?"
                " Finished work is stored; run the command again to go on."
            )


def _end(workers: list[_Worker], submitted: "SimpleQueue[_Submitted | None]") -> None:
    for worker in workers:
        worker.end()
        submitted.put(None)


@contextmanager
def _without_script() -> Iterator[None]:
    """Keep processes started meanwhile from running the script of this one as a module."""

    def without(name: str) -> dict[str, Any]:
        known = preparation(name)
        return {key: known[key] for key in known if not key.startswith("init_main")}

    with _starting:
        preparation = spawn.get_preparation_data
        spawn.get_preparation_data = without
        try:
            yield
        finally:
            spawn.get_preparation_data = preparation


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Block Ctrl-C, for threads and processes started meanwhile for good: it is the caller's."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
