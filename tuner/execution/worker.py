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


def serve(connection: Connection) -> None:
    """Run the tasks that come, until the connection ends, also by the death of the process there.

    Parameters
    ----------
    connection
        Gives the pickled trainer that every task is called with, then pickled tasks. Takes, for
        each task, a pickled pair of its result and None, or of None and its exception.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arrived: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, arrived), daemon=True).start()
    run = import_module("tuner.execution.base").run_single_threaded
    trainer = pickle.loads(arrived.get())  # noqa: S301
    while True:
        connection.send_bytes(_reply(run, trainer, arrived.get()))


def _reply(run: Callable[[Any, Any], Any], trainer: Any, task: bytes) -> bytes:
    try:
        return pickle.dumps((run(trainer, pickle.loads(task)), None))  # noqa: S301
    except Exception as error:
        error.add_note("In a worker process:\n" + "".join(format_exception(error)))
        return pickle.dumps((None, error))


def _receive(connection: Connection, arrived: "SimpleQueue[bytes]") -> None:
    """Read all that comes at once, so that the process there never waits for this one."""
    try:
        while True:
            arrived.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)
