"""Worker processes: killed, interrupted, failing."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tuner.errors import TunerError
from tuner.execution.base import as_completed, run_all
from tuner.execution.processes import Processes


def children() -> set[int]:
    """The ids of the worker processes of this process."""
    return {child.pid or 0 for child in multiprocessing.active_children()}


def own_process(_trainer: object) -> int:
    return os.getpid()


def end_own_process(_trainer: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_for_ever(_trainer: object) -> None:
    time.sleep(600)


def add_one(trainer: int) -> int:
    return trainer + 1


def fail(_trainer: object) -> None:
    raise ZeroDivisionError("on purpose")


def give_what_cannot_be_sent(_trainer: object) -> Any:
    return lambda: None


@pytest.mark.long
def test_a_task_that_kills_every_process_is_given_up() -> None:
    with closing(Processes(1, 1)) as executor:
        with pytest.raises(TunerError, match="worker processes died 6 times in a row"):
            run_all(executor, [end_own_process])
        assert run_all(executor, [add_one]) == [2]


def test_a_process_that_was_killed_at_rest_is_replaced() -> None:
    with closing(Processes(1, 1)) as executor:
        (first,) = run_all(executor, [own_process])
        os.kill(first, signal.SIGKILL)
        second, third = run_all(executor, [own_process] * 2)
    assert first != second == third


def test_processes_do_not_hear_ctrl_c() -> None:
    with closing(Processes(1, 2)) as executor:
        processes = children()
        for pid in processes:
            os.kill(pid, signal.SIGINT)  # while it starts
        for _ in range(2):
            results = run_all(executor, [own_process] * 4)
            assert set(results) <= processes
            os.kill(results[-1], signal.SIGINT)  # while it waits


def test_an_interruption_does_not_wait_for_tasks() -> None:
    with pytest.raises(KeyboardInterrupt), closing(Processes(1, 2)) as executor:
        interrupted_beside_a_task_that_sleeps(executor)


def test_tasks_run_after_an_interruption() -> None:
    with closing(Processes(1, 2)) as executor:
        with pytest.raises(KeyboardInterrupt):
            interrupted_beside_a_task_that_sleeps(executor)
        assert run_all(executor, [add_one] * 4) == [2] * 4


def interrupted_beside_a_task_that_sleeps(executor: Processes) -> None:
    waiting: list[tuple[str, Any]] = [("sleep", sleep_for_ever), ("other", own_process)]
    for key, _ in as_completed(executor, waiting):
        assert key == "other"
        raise KeyboardInterrupt


def test_ctrl_c_is_heard_while_tasks_run() -> None:
    """The signal goes to this process; Python answers it in the main thread alone."""
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), closing(Processes(1, 2)) as executor:
        run_all(executor, [sleep_for_ever] * 2)
    assert time.monotonic() - began < 30


def test_an_exception_of_a_task_names_the_worker() -> None:
    with (
        closing(Processes(1, 1)) as executor,
        pytest.raises(ZeroDivisionError, match="on purpose") as error,
    ):
        run_all(executor, [fail])
    (note,) = error.value.__notes__
    assert note.startswith("In a worker process:\nTraceback")
    assert "in fail" in note


def test_a_result_that_cannot_be_sent_is_an_exception() -> None:
    with (
        closing(Processes(1, 1)) as executor,
        pytest.raises((AttributeError, pickle.PicklingError), match="lambda"),
    ):
        run_all(executor, [give_what_cannot_be_sent])


def test_a_task_that_cannot_be_sent_is_an_exception() -> None:
    with (
        closing(Processes(1, 1)) as executor,
        pytest.raises((AttributeError, pickle.PicklingError), match="lambda"),
    ):
        executor.submit(lambda _: None)


def test_an_executor_that_nobody_closed_ends_with_its_last_reference() -> None:
    executor = Processes(1, 2)
    assert run_all(executor, [add_one]) == [2]
    assert children()
    del executor
    assert not children()


def test_a_task_is_given_up_when_the_executor_is_closed() -> None:
    executor = Processes(1, 1)
    future = executor.submit(sleep_for_ever)
    executor.close()
    executor.close()
    with pytest.raises(TunerError, match="were ended before their tasks"):
        future.result(timeout=30)


SCRIPT = """
import tuner
study = tuner.search("iris", {"lambda_": [0.1, 1.0]}, trials=2, epochs=1, eta=0.1, workers=2)
print(len(study.trials))
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Worker processes do not run it a second time."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(  # noqa: S603
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stderr, done.stdout) == ("", "2\n")
