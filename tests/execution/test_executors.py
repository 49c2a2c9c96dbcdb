"""What holds for every executor, and how one is opened."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import Any

import pytest

from tuner.data import load
from tuner.environment import usable_cores
from tuner.errors import InputError, OptionError
from tuner.execution import opening
from tuner.execution.base import Executor, as_completed, run_all
from tuner.execution.opening import open_executor
from tuner.execution.processes import Processes
from tuner.execution.serial import Serial
from tuner.trainers.native import NativeTrainer


@pytest.fixture(
    params=[lambda: Serial(10), lambda: Processes(10, 2)],
    ids=["serial", "processes"],
)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Return an executor of the test alone: what a test gives up, it replaces by a new process."""
    with closing(request.param()) as opened:
        yield opened


class Add:
    """A task that adds to its trainer, which is a number here."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, trainer: int) -> int:
        if self.number < 0:
            raise ValueError("negative")
        return trainer + self.number


def test_results_come_in_the_order_of_their_tasks(executor: Executor) -> None:
    seen: list[int] = []
    assert run_all(executor, map(Add, range(20)), seen.append) == list(range(10, 30))
    assert seen == list(range(1, 21))


def test_nothing_to_do_is_done(executor: Executor) -> None:
    assert run_all(executor, []) == []


def test_tasks_may_follow_from_results(executor: Executor) -> None:
    waiting = [(n, Add(n)) for n in range(3)]
    results = {}
    for key, result in as_completed(executor, waiting):
        results[key] = result
        if key < 6:
            waiting.append((key + 3, Add(result)))
    assert results == {n: 10 * (n // 3 + 1) + n % 3 for n in range(9)}


def test_tasks_that_wait_may_be_given_up(executor: Executor) -> None:
    waiting = [(n, Add(n)) for n in range(20)]
    seen = []
    for key, _ in as_completed(executor, waiting):
        seen.append(key)
        waiting.clear()
    assert 1 <= len(seen) <= executor.count + 1


def test_an_exception_of_a_task_is_raised_and_others_run_afterwards(executor: Executor) -> None:
    with pytest.raises(ValueError, match="negative"):
        run_all(executor, map(Add, [1, -1, 2, 3]))
    assert run_all(executor, [Add(4)]) == [14]


def test_one_task_more_than_can_run_is_taken_at_a_time() -> None:
    taken: list[Future[Any]] = []

    class Never:
        count = 3

        def submit(self, task: Callable[[Any], Any]) -> Future[Any]:  # noqa: ARG002
            taken.append(Future())
            if len(taken) == 4:
                taken[0].set_result("first")
            return taken[-1]

        def close(self) -> None: ...

    results = as_completed(Never(), [(n, Add(n)) for n in range(9)])
    assert next(results) == (0, "first")
    assert len(taken) == 4
    del results
    assert [future.cancelled() for future in taken] == [False, True, True, True]


# Opening one


@pytest.mark.parametrize(
    ("workers", "kind", "count"), [(1, Serial, 1), ("1", Serial, 1), ("3", Processes, 3)]
)
def test_a_number_opens_processes(workers: int | str, kind: type, count: int) -> None:
    with closing(open_executor(load("iris").tuning, workers)) as executor:
        assert (type(executor), executor.count) == (kind, count)


def test_none_is_one_process_for_each_core() -> None:
    with closing(open_executor(load("iris").tuning, None)) as executor:
        assert executor.count == usable_cores()


@pytest.mark.parametrize("workers", [0, -1, "0", "many", ""])
def test_other_numbers_are_refused(workers: int | str) -> None:
    with pytest.raises(OptionError) as error:
        open_executor(load("iris").tuning, workers)
    assert str(error.value) == (
        f"workers must be at least 1, or the address of a scheduler, but is {workers!r}."
    )


def test_the_scheme_of_an_address_says_what_runs_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Serial):
        def __init__(self, trainer: NativeTrainer, address: str) -> None:
            super().__init__(trainer)
            self.address = address

    monkeypatch.setattr(opening, "SCHEDULERS", {"other": Elsewhere})
    for given in ({"workers": "other://here:1"}, {"scheduler": "other://here:1"}):
        executor = open_executor(load("iris").tuning, **given)
        assert isinstance(executor, Elsewhere)
        assert executor.address == "other://here:1"


def test_an_unknown_scheme_names_those_that_are_known() -> None:
    with pytest.raises(InputError) as error:
        open_executor(load("iris").tuning, scheduler="ray://127.0.0.1:1")
    assert str(error.value) == (
        "--scheduler ray://127.0.0.1:1: must begin with one of tcp://, tls://, ws://, wss://."
    )
