"""A Dask cluster as workers."""

import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from tuner.data import TuningData
from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.execution.base import Job, do_alone

PATIENCE = 5
"""Seconds to wait for a scheduler to answer."""


class Cluster:
    """Run the tasks on a Dask cluster, which runs those of a lost worker again.

    Parameters
    ----------
    data
        Sent to every worker that needs them.
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
        self._data = self._submitted(pickle.loads, pickle.dumps(data))

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
            with self._noticing_its_end():
                future = self._submitted(do_alone, self._data, job.task)
            running[future] = job
            completed.add(future)

    def _submitted(self, do: Callable[..., Any], *given: Any) -> Any:
        """Submit a task; for the data too: Dask makes a result anew when its worker dies."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self._client.submit(do, *given, pure=False)

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
