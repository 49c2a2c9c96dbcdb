"""A Dask cluster, which runs the tasks of a lost worker again on another."""

import gc
import pickle
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.execution.base import R, Task, run_single_threaded

PATIENCE = 5
"""Seconds to wait for a scheduler to answer."""


class DaskExecutor:
    """Run tasks on the workers of a Dask scheduler.

    Parameters
    ----------
    trainer
        Sent to every worker that needs it, once.
    address
        Of the scheduler, such as tcp://127.0.0.1:8786.

    Raises
    ------
    MissingExtraError
        When Dask is not installed.
    InputError
        When no scheduler answers at that address, or it has no worker.
    """

    def __init__(self, trainer: Any, address: str) -> None:
        try:
            self._distributed: Any = import_module("distributed")
        except ImportError:
            raise MissingExtraError(
                "--scheduler needs Dask: pip install 'eta-tuner[dask]', or leave the option out."
            ) from None
        self._address = address
        self._client: Any = None
        with suppress(OSError, ValueError, TimeoutError):
            self._client = self._distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        if self._client is None:
            gc.collect()  # a client that failed, collected amid the start of the next, blocks both
            raise InputError(
                f"--scheduler {address}: no Dask scheduler answers there: start one with"
                " `dask scheduler`, or leave the option out."
            )
        self.count = sum(self._client.nthreads().values())
        if not self.count:
            self._client.close()
            raise InputError(
                f"--scheduler {address}: has no worker: start one with"
                f" `dask worker {address} --nthreads 1`."
            )
        # As a task, not as data: Dask repeats it when the workers that hold its result are lost.
        self._trainer = self._remote(pickle.loads, pickle.dumps(trainer))

    def submit(self, task: Task[R]) -> Future[R]:
        """Return the future result of a task.

        An exception of the task is the future's. It is a TunerError when the cluster is lost.
        """
        future = Future[R]()
        with self._noticing_loss():
            remote = self._remote(run_single_threaded, self._trainer, task)
        remote.add_done_callback(lambda done: self._deliver(done, future))
        return future

    def _remote(self, function: Any, *given: Any) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self._client.submit(function, *given, pure=False)

    def _deliver(self, remote: Any, future: Future[Any]) -> None:
        with suppress(InvalidStateError):  # cancelled meanwhile
            try:
                with self._noticing_loss():
                    future.set_result(remote.result())
            except Exception as error:
                future.set_exception(error)

    @contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        d = self._distributed
        try:
            yield
        except (CancelledError, OSError, d.KilledWorker, d.client.ClosedClientError):
            raise TunerError(
                f"--scheduler {self._address}: the cluster was lost: finished work is stored:"
                " start it again, or leave the option out, and run the command again to go on."
            ) from None

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._client.close()
