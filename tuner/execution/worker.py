"""What a worker process does from its start to its end.

This module imports nothing heavy: a process can read what it is sent before it begins to import.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from queue import SimpleQueue
from traceback import format_exception
from typing import Any

DOES = "tuner.execution.base"
"""The module that does the tasks."""


def serve(connection: Connection) -> None:
    """Do the tasks that come, until the connection ends, also by the death of the process there.

    Parameters
    ----------
    connection
        Gives the pickled data that every task works on, then pickled pairs of a function and a
        task. Takes, for each, a pair of the result and None, or of None and the exception.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arrived: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, arrived), daemon=True).start()
    import_module(DOES)
    data = pickle.loads(arrived.get())  # noqa: S301
    while True:
        do, task = pickle.loads(arrived.get())  # noqa: S301
        connection.send(_outcome(do, data, task))


def _outcome(do: Callable[[Any, Any], Any], data: Any, task: Any) -> tuple[Any, Exception | None]:
    try:
        return do(data, task), None
    except Exception as error:
        error.add_note("In a worker process:\n" + "".join(format_exception(error)))
        return None, error


def _receive(connection: Connection, arrived: "SimpleQueue[bytes]") -> None:
    """Read all that comes at once, so that the process there never waits for this one."""
    try:
        while True:
            arrived.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)
