"""The executors there are, and how one is chosen."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any

from tuner.data import TuningData
from tuner.environment import usable_cores
from tuner.errors import InputError, OptionError
from tuner.execution.base import Executor
from tuner.execution.dask import DaskExecutor
from tuner.execution.processes import Processes
from tuner.execution.serial import Serial
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer

SCHEDULERS: Mapping[str, Callable[[Trainer[Any], str], Executor]] = {
    "tcp": DaskExecutor,
    "tls": DaskExecutor,
    "ws": DaskExecutor,
    "wss": DaskExecutor,
}
"""What runs tasks at an address, by the scheme of the address."""


def open_executor(
    data: TuningData | Trainer[Any],
    workers: int | str | None = 1,
    scheduler: str | None = None,
) -> Executor:
    """Open what trains networks on some data.

    Parameters
    ----------
    data
        Training and validation part, or a trainer of several folds or of one's own model.
    workers
        How many processes of this machine: 1 is this process itself, None is one for each core
        that may be used. Or the address of a scheduler.
    scheduler
        The address of a scheduler to use instead, such as tcp://127.0.0.1:8786.

    Raises
    ------
    OptionError
        When `workers` is neither a number from 1 nor an address.
    InputError
        When nothing answers at the address.
    MissingExtraError
        When what is needed to ask there is not installed.

    Examples
    --------
    >>> from tuner.data import load
    >>> executor = open_executor(load("iris").tuning, workers="1")
    >>> type(executor).__name__, executor.count
    ('Serial', 1)
    """
    trainer = NativeTrainer(data) if isinstance(data, TuningData) else data
    if scheduler is None and not (isinstance(workers, str) and "://" in workers):
        count = _count(workers)
        return Serial(trainer) if count == 1 else Processes(trainer, count)
    address = str(workers) if scheduler is None else scheduler
    scheme, separator, _ = address.partition("://")
    if separator and scheme not in SCHEDULERS:
        known = ", ".join(f"{each}://" for each in SCHEDULERS)
        raise InputError(f"--scheduler {address}: must begin with one of {known}.")
    return SCHEDULERS[scheme if separator else "tcp"](trainer, address)


def opened(
    data: TuningData | Trainer[Any],
    workers: int | str | Executor | None = 1,
    scheduler: str | None = None,
) -> AbstractContextManager[Executor]:
    """Return an executor that is closed at the end, unless it is the caller's."""
    if workers is None or isinstance(workers, int | str):
        return closing(open_executor(data, workers, scheduler))
    return nullcontext(workers)


def _count(workers: int | str | None) -> int:
    if workers is None:
        return usable_cores()
    try:
        count = int(workers)
    except ValueError:
        count = 0
    if count < 1:
        raise OptionError(
            f"workers must be at least 1, or the address of a scheduler, but is {workers!r}."
        )
    return count
