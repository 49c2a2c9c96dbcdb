"""Run tasks one after the other in this process."""

from concurrent.futures import Future
from typing import Any

from tuner.execution.base import R, Task


class Serial:
    """Run each task in this process when it is submitted.

    Parameters
    ----------
    trainer
        Of any kind; what the tasks are called with.
    """

    count = 1

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def submit(self, task: Task[R]) -> Future[R]:
        """Run a task, and return its result, or its exception, as a future that is done."""
        future = Future[R]()
        try:
            future.set_result(task(self._trainer))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Do nothing: there are no workers."""
