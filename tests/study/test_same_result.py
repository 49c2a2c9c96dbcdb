"""The same file gives the same trials, whatever the workers and whoever is killed meanwhile."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.study.coordinate import TRAINED
from tests.support.study.processes import alive, coordinator, wait_until, workers_of
from tests.support.study.small import (
    LONGER,
    run,
    spec_of,
    states_in,
    trials_of,
    undisturbed,
)
from tuner.errors import TunerError
from tuner.execution.base import Callbacks
from tuner.study.batches import BatchFiles
from tuner.study.coordinator import StudyProgress

KILLS = 20


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.long)])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, workers: int) -> None:
    summary = run(spec_of(LONGER), tmp_path, workers=workers)
    assert trials_of(summary) == undisturbed(LONGER)


@pytest.mark.long
def test_several_seeds_are_the_same_with_two_workers(tmp_path: Path) -> None:
    summary = run(spec_of(seeds=3), tmp_path, workers=2)
    assert trials_of(summary) == undisturbed(seeds=3)


def test_a_kill_after_a_later_divergence_changes_no_rung(tmp_path: Path) -> None:
    """A network that diverges between two rungs goes on from there with the rank it had before."""
    changes: dict[str, Any] = {
        "eta": "search",
        "network": {"hidden": [8], "lambda": 30.0},  # w grows by ηλ/n - 1 in each step
        "search": {"eta": {"low": 6.2, "high": 14}},
        "train": {"epochs": 60, "patience": "off"},
        "rungs": [2, 30],
        "keep": 0.6,
        "trials": 8,
        "batch": 8,
    }
    whole = undisturbed(**changes)
    late = [t for t in whole if t["rungs"][2] > 0 == t["rungs"].get(30, 1)]
    assert late, "no trial diverged between the rungs"

    class KilledError(Exception):
        pass

    seen: list[str] = []

    def watch(progress: StudyProgress) -> None:
        seen.append(progress.doing)
        if progress.doing.endswith("to epoch 60"):
            raise KilledError

    with pytest.raises(KilledError):
        run(spec_of(**changes), tmp_path, callbacks=Callbacks(watch=watch))
    assert trials_of(run(spec_of(**changes), tmp_path)) == whole


# The coordinator is killed


@pytest.mark.long
def test_a_study_killed_again_and_again_ends_as_if_never_killed(tmp_path: Path) -> None:
    content = {**LONGER, "trials": 200}
    whole = undisturbed(content)
    moments = random.Random(20)  # noqa: S311
    stored = 0
    for kill in range(KILLS):
        with coordinator(content, tmp_path, f"--workers={1 + (kill % 4 == 3)}") as process:
            assert process.stdout
            for _ in range(moments.choice([0, 1, 1, 2])):
                process.stdout.readline()
            time.sleep(moments.uniform(0, 0.15))
            assert process.poll() is None, "it ended before it was killed"
            process.kill()
        states = states_in(tmp_path)
        assert len(states) >= stored, "a finished trial was lost"
        assert set(states) <= {"COMPLETE", "PRUNED"}
        stored = len(states)
    wait_until(lambda: not any(map(alive, workers_of(tmp_path))), seconds=5)
    assert len(workers_of(tmp_path)) >= KILLS / 4
    assert stored >= 8, "it was always killed too early to tell anything"
    assert trials_of(run(spec_of(content), tmp_path)) == whole
    trained = Counter((tmp_path / TRAINED).read_text().splitlines())
    assert trained
    assert max(trained.values()) == 1, "a network was trained twice to the same rung"


@pytest.mark.long
def test_no_trial_is_ever_running_in_the_storage(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    with coordinator(LONGER, tmp_path) as process:
        while process.poll() is None:
            seen.append(states_in(tmp_path))
            time.sleep(0.01)
        assert process.returncode == 0
    assert {state for states in seen for state in states} == {"COMPLETE", "PRUNED"}
    assert len({len(states) for states in seen}) > 3, "it was looked at too rarely"


@pytest.mark.long
def test_workers_end_with_a_coordinator_that_is_killed(tmp_path: Path) -> None:
    with coordinator(LONGER, tmp_path, "--workers=3") as process:
        wait_until(lambda: len(workers_of(tmp_path)) >= 3)
        process.kill()
    wait_until(lambda: not any(map(alive, workers_of(tmp_path))), seconds=5)


def test_a_second_coordinator_is_refused_and_the_killed_one_lets_go(tmp_path: Path) -> None:
    with coordinator(LONGER, tmp_path) as process:
        with pytest.raises(TunerError) as error:
            run(spec_of(LONGER), tmp_path)
        assert str(error.value).startswith("study longer: another process is working on it: wait")
        process.kill()
        process.wait()
        states = states_in(tmp_path)
        assert trials_of(run(spec_of(LONGER), tmp_path)) == undisturbed(LONGER)
        assert states_in(tmp_path)[: len(states)] == states


# Workers are killed


def kill_a_worker() -> bool:
    children = sorted(child.pid or 0 for child in multiprocessing.active_children())
    if children:
        os.kill(children[0], signal.SIGKILL)
    return bool(children)


@pytest.mark.long
def test_workers_killed_at_the_start_of_each_rung_change_nothing(tmp_path: Path) -> None:
    killed: list[bool] = []

    def watch(progress: StudyProgress) -> None:
        if progress.doing.startswith("training"):
            killed.append(kill_a_worker())

    summary = run(spec_of(LONGER), tmp_path, workers=2, callbacks=Callbacks(watch=watch))
    assert killed.count(True) >= 6
    assert trials_of(summary) == undisturbed(LONGER)


@pytest.mark.long
def test_workers_killed_in_the_middle_of_a_rung_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the first network of a rung comes back, the worker that trains others is killed."""
    killed: list[bool] = []
    saved, save = Counter[tuple[object, int]](), BatchFiles.save

    def save_and_kill(files: BatchFiles, key: tuple[int, int], training: Any) -> None:
        save(files, key, training)
        saved[key, len(training.history)] += 1
        if killed.count(True) < 4 and len(saved) % 7 == 1:
            killed.append(kill_a_worker())

    monkeypatch.setattr(BatchFiles, "save", save_and_kill)
    summary = run(spec_of(LONGER), tmp_path, workers=2)
    assert killed.count(True) >= 3
    assert max(saved.values()) == 1
    assert trials_of(summary) == undisturbed(LONGER)
