"""What a worker process does from its start to its end.

This module imports nothing heavy: a process reads all that it is given before it begins to import,
so its parent need not wait for that, and the next process starts meanwhile.
"""

import multiprocessing.connection
import os
import pickle
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_given: list[Any] = []
"""The data that every task of this process works on."""


def begin(lifeline: Connection, data: bytes) -> None:
    """Prepare this process for its tasks.

    Parameters
    ----------
    lifeline
        The process ends when the other end is closed, also by the death of the process there.
    data
        Pickled: what every task works on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    _given[:] = [pickle.loads(data)]  # noqa: S301


def work(do: Callable[[Any, Any], Any], task: Any) -> Any:
    """Do a task with the data this process was given."""
    return do(_given[0], task)


def ready() -> None:
    """Do nothing: a task that makes a process start."""


def _end_with(lifeline: Connection) -> None:
    multiprocessing.connection.wait([lifeline])
    os._exit(1)
