"""Killed after any step and run again, a tuning ends as if it had never been killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.tuning.plans import small_plans, store_plans
from tuner.data import Dataset, load
from tuner.errors import InputError
from tuner.execution.opening import open_executor
from tuner.files import write_files
from tuner.records import Record
from tuner.storage.run_store import RunStore
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import MODEL, REPORT, SETTINGS, STEPS, WORK, Tuned, tune
from tuner.tuning.request import TuneRequest
from tuner.tuning.steps.search import STUDY

BUNDLED = ("mnist-5k", "digits", "breast_cancer", "wine", "iris")
STEP_NAMES = tuple(step.name for step in STEPS)

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """Stands for a kill: nothing that follows is done."""


def request_for(name: str) -> TuneRequest:
    return TuneRequest(budget=1, source=name, command="tune")


def tuned(data: Dataset, folder: Path, name: str) -> Tuned:
    found = tune(data, request_for(name), folder, executor=open_executor(trainer_of(data)))
    assert found
    return found


def results(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (MODEL, SETTINGS)}


def trials(found: Tuned) -> list[tuple[object, ...]]:
    return [(t.params, t.values, t.rungs) for t in found.record.study.result.trials]


def kill_after(patch: pytest.MonkeyPatch, entry: str) -> None:
    """Let the process die as soon as an entry is stored."""
    save: Callable[[RunStore, str, Record], None] = RunStore.save

    def save_and_die(store: RunStore, name: str, record: Record) -> None:
        save(store, name, record)
        if name == entry:
            raise Killed

    patch.setattr(RunStore, "save", save_and_die)


@pytest.mark.parametrize(
    "name",
    ["wine", *(pytest.param(n, marks=pytest.mark.long) for n in BUNDLED if n != "wine")],
)
def test_killed_after_each_step_it_ends_with_the_same_result(name: str, tmp_path: Path) -> None:
    data = load(name)
    store_plans(tmp_path / "whole", data, request_for(name))
    whole = tuned(data, tmp_path / "whole", name)
    assert (tmp_path / "whole" / WORK / STUDY / "etas.json").exists()

    killed = tmp_path / "killed"
    store_plans(killed, data, request_for(name))
    for entry in (*STEP_NAMES, "record"):
        with pytest.MonkeyPatch.context() as patch:
            kill_after(patch, entry)
            with pytest.raises(Killed):
                tuned(data, killed, name)
    found = tuned(data, killed, name)
    assert results(killed) == results(tmp_path / "whole")
    opened_once_more = replace(whole.record.test, openings=whole.record.test.openings + 1)
    assert found.record.test == opened_once_more
    assert trials(found) == trials(whole)
    assert tuned(data, killed, name).record == found.record


def test_the_number_of_workers_changes_nothing_that_a_plan_does_not_say(tmp_path: Path) -> None:
    """What the workers' number decides is stored; here the steps of the last η searches are."""
    data, request = load("wine"), TuneRequest(budget=3, source="wine")
    store_plans(tmp_path / "one", data, request, "probe-plan")
    one = open_executor(trainer_of(data))
    assert tune(data, request, tmp_path / "one", executor=one)
    plans = {f"{name}.json" for name in (*small_plans(data), "identity")}
    (tmp_path / "two" / WORK).mkdir(parents=True)
    for plan in plans:
        content = (tmp_path / "one" / WORK / plan).read_bytes()
        (tmp_path / "two" / WORK / plan).write_bytes(content)
    with closing(open_executor(trainer_of(data), 2)) as two:
        assert tune(data, request, tmp_path / "two", executor=two)
    assert results(tmp_path / "one") == results(tmp_path / "two")


def test_no_report_of_another_model_is_left_and_no_deleted_result_opens_the_test_set(
    tmp_path: Path,
) -> None:
    iris = load("iris")
    store_plans(tmp_path, iris, request_for("iris"))
    write_files(tmp_path, dict.fromkeys(REPORT, b"of an earlier tuning"))
    tuned(iris, tmp_path, "iris")
    assert not any((tmp_path / name).exists() for name in REPORT)
    write_files(tmp_path, dict.fromkeys(REPORT, b"of this tuning"))
    tuned(iris, tmp_path, "iris")
    assert all((tmp_path / name).exists() for name in REPORT)
    (tmp_path / WORK / "test.json").unlink()
    with pytest.raises(InputError, match=r"test\.json: is missing: .*--fresh"):
        tuned(iris, tmp_path, "iris")
    assert iris.test_openings == 1


def command(name: str, folder: Path) -> list[str]:
    words = f"-m tuner tune --data {name} --budget 1s --workers 2 --out {folder}"
    return [sys.executable, *words.split()]


@pytest.mark.long
@pytest.mark.parametrize("name", BUNDLED)
def test_processes_killed_in_each_step_end_with_the_same_result(name: str, tmp_path: Path) -> None:
    """Kill -9 to the whole group of processes, a moment after each entry appears."""
    data, folder = load(name), tmp_path / "killed"
    request = TuneRequest(budget=1, source=name)
    store_plans(tmp_path / "whole", data, request)
    assert tune(data, request, tmp_path / "whole", executor=open_executor(trainer_of(data)))
    store_plans(folder, data, request)
    for entry in (*STEP_NAMES[:3], f"{STUDY}/study.db", *STEP_NAMES[3:], "record"):
        awaited = folder / WORK / (entry if "." in entry else f"{entry}.json")
        process = subprocess.Popen(  # noqa: S603
            command(name, folder), cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 120
        while not awaited.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert awaited.exists()
    ended = subprocess.run(command(name, folder), cwd=ROOT, check=False, capture_output=True)  # noqa: S603
    assert ended.returncode == 0, ended.stderr
    assert results(folder) == results(tmp_path / "whole")
    assert not list(folder.rglob("*.part"))
