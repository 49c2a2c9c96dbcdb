"""Runs cut after any epoch, stored, read and continued: they must end as if never cut."""

import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.trainers.toy import assert_same_lane, toy_trainer
from tuner.errors import DataError, OutputError
from tuner.network.initialization import Parameters
from tuner.records import DataSummary, Epoch, Hyperparameters, StopReason
from tuner.storage import tensorfile
from tuner.storage.checkpoints import (
    KIND,
    differences,
    load_checkpoint,
    resume,
    save_checkpoint,
)
from tuner.strategies.plateau import Plateau
from tuner.strategies.schedules import Constant, Halving, Schedule
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import Training, begin, train, train_epoch

ROOT = Path(__file__).parents[2]

DATA = DataSummary(
    name="toy",
    sha256="cd" * 32,
    n_train=23,
    n_validation=12,
    n_test=0,
    n_features=6,
    target="kind",
    split_seed=0,
    classes=("class 0", "class 1", "class 2"),
)

REUSED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

SMALL = Hyperparameters(eta=0.5, hidden=(5,), batch_size=5, seed=3)
CASES: dict[str, tuple[Hyperparameters, Schedule, Stopping]] = {
    "constant": (SMALL, Constant(eta=0.5), Stopping(epochs=12)),
    "dropout": (
        replace(SMALL, hidden=(6, 4), dropout=0.4, lambda_=0.1, precision="float64"),
        Constant(eta=0.5),
        Stopping(epochs=9, seconds=1e6),
    ),
    "halving": (
        replace(SMALL, eta=2.0),
        Halving(start=2.0, plateau=Plateau(patience=2, start_from_epoch=2), until=0.1),
        Stopping(epochs=60),
    ),
    "early": (
        replace(SMALL, hidden=(), regularization="l1", lambda_=0.01),
        Constant(eta=0.5),
        Stopping(epochs=60, plateau=Plateau(patience=4, min_delta=0.001)),
    ),
    "diverges": (
        replace(SMALL, activation="relu", eta=20.0, lambda_=30.0),
        Constant(eta=20.0),
        Stopping(epochs=60),
    ),
}


@cache
def trainer() -> NativeTrainer:
    return toy_trainer()


def start(case: str) -> Training[NativeLane]:
    return begin(trainer(), *CASES[case])


@cache
def uninterrupted(case: str) -> list[Training[NativeLane]]:
    """The training before its first epoch, and after each."""
    seen = [start(case)]
    train(trainer(), seen, watch=lambda trainings: seen.append(trainings[0]))
    return seen


def without_seconds(training: Training[NativeLane]) -> str:
    """All but the arrays and the time it took, exact to the last bit, NaN included."""
    history = tuple(replace(epoch, seconds=0) for epoch in training.record.history)
    stopping = replace(training.stopping, seconds_used=0)
    return repr((replace(training.record, history=history), training.schedule, stopping))


def assert_same(one: Training[NativeLane], other: Training[NativeLane]) -> None:
    assert without_seconds(one) == without_seconds(other)
    assert_same_lane(one.lane, other.lane)
    assert_same_lane(one.best, other.best)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("constant", StopReason.EPOCHS),
        ("dropout", StopReason.EPOCHS),
        ("halving", StopReason.ETA_AT_END),
        ("early", StopReason.NO_IMPROVEMENT),
        ("diverges", StopReason.DIVERGED),
    ],
)
def test_the_cases_end_as_they_are_meant_to(case: str, reason: StopReason) -> None:
    done = uninterrupted(case)[-1]
    assert done.record.stop_reason is reason
    assert len(done.history) > 2
    assert done.record.best_epoch > 0


@settings(REUSED, max_examples=60)
@given(st.sampled_from(sorted(CASES)), st.integers(0, 59))
@example("constant", 0)
@example("halving", 1)
@example("diverges", 59)
def test_a_run_cut_after_any_epoch_ends_as_if_never_cut(
    tmp_path: Path, case: str, epoch: int
) -> None:
    whole = uninterrupted(case)
    cut = whole[min(epoch, len(whole) - 1)]
    save_checkpoint(cut, tmp_path / "c", DATA)
    read, data = load_checkpoint(tmp_path / "c")
    assert data == DATA
    assert_same(read, cut)
    assert repr(read.history).replace("inf", "nan") == repr(cut.history).replace("inf", "nan")
    assert read.stopping.seconds_used == cut.stopping.seconds_used
    (done,) = train(trainer(), [read])
    assert_same(done, whole[-1])


def test_a_run_stored_after_every_epoch_ends_as_if_never_stored(tmp_path: Path) -> None:
    training = start("halving")
    while training.reason is None:
        save_checkpoint(training, tmp_path / "c", DATA)
        (training,) = train_epoch(trainer(), [resume(tmp_path / "c", start("halving"), DATA)])
    assert_same(training, uninterrupted("halving")[-1])


def test_an_interrupted_run_goes_on_when_it_is_read(tmp_path: Path) -> None:
    looks = iter([False, False, True])
    (cut,) = train(trainer(), [start("constant")], stop_asked=lambda: next(looks))
    assert cut.reason is StopReason.INTERRUPTED
    save_checkpoint(cut, tmp_path / "c", DATA)
    read, _ = load_checkpoint(tmp_path / "c")
    assert (read.reason, len(read.history)) == (None, 2)
    assert_same(train(trainer(), [read])[0], uninterrupted("constant")[-1])


SHARE = st.floats(0, 1)


@settings(REUSED)
@given(
    st.lists(st.tuples(SHARE, SHARE, st.floats()), min_size=1, max_size=4),
    st.floats(min_value=0, exclude_min=True, allow_infinity=False),
)
@example([(5e-324, 0.0, 1.7976931348623157e308), (0.1 + 0.2, 2.5e-310, math.inf)], 1e-310)
def test_every_number_survives_to_the_last_bit(
    tmp_path: Path, numbers: list[tuple[float, float, float]], eta: float
) -> None:
    history = tuple(
        Epoch(
            epoch=i,
            eta=eta,
            training_cost=cost,
            training_metrics={"accuracy": a},
            validation_cost=-cost,
            validation_metrics={"accuracy": b},
            seconds=b,
        )
        for i, (a, b, cost) in enumerate(numbers, 1)
    )
    saved = replace(
        start("constant"),
        settings=replace(SMALL, eta=eta),
        schedule=Constant(eta=eta),
        stopping=Stopping(epochs=9, seconds_used=numbers[0][0], last_epoch=len(history)),
        history=history,
    )
    save_checkpoint(saved, tmp_path / "c", DATA)
    read, _ = load_checkpoint(tmp_path / "c")
    lost = repr(saved.history).replace("-inf", "nan").replace("inf", "nan")
    assert repr(read.history) == lost
    assert (read.settings, read.schedule) == (saved.settings, saved.schedule)
    assert repr(read.stopping) == repr(saved.stopping)


# Killed

EPOCHS = 150
KILLED = (
    replace(SMALL, hidden=(40, 10), dropout=0.2, eta=1.0),
    Halving(start=1.0, plateau=Plateau(patience=20), until=1e-6),
    Stopping(epochs=EPOCHS),
)


def train_with_checkpoints(path: Path) -> None:
    """What the process does that is killed below: go on if it can, and store every epoch."""
    fresh = begin(trainer(), *KILLED)
    training = resume(path, fresh, DATA) if path.exists() else fresh
    train(trainer(), [training], watch=lambda seen: save_checkpoint(seen[0], path, DATA))


def stored_epochs(path: Path) -> int:
    return len(load_checkpoint(path)[0].history) if path.exists() else 0


def kill_after_progress(path: Path, delay: float) -> None:
    """Run it until its first new checkpoint, wait, and kill it without warning."""
    code = (
        "import sys; from pathlib import Path; from tests.storage import test_checkpoints as t;"
        "t.train_with_checkpoints(Path(sys.argv[1]))"
    )
    before = path.stat().st_mtime_ns if path.exists() else 0
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT)  # noqa: S603
    try:
        until = time.monotonic() + 60
        while not (path.exists() and path.stat().st_mtime_ns > before):
            assert process.poll() is None, "it ended before its first checkpoint"
            assert time.monotonic() < until, "no checkpoint within a minute"
            time.sleep(0.001)
        time.sleep(delay)
    finally:
        process.kill()
        process.wait()


def test_a_run_killed_again_and_again_ends_as_if_never_killed(tmp_path: Path) -> None:
    path, moments = tmp_path / "run.safetensors", random.Random()  # noqa: S311
    (whole,) = train(trainer(), [begin(trainer(), *KILLED)])
    epochs = 0
    for _ in range(3):
        kill_after_progress(path, moments.uniform(0, 0.1))
        assert epochs < stored_epochs(path) < EPOCHS
        epochs = stored_epochs(path)
    train_with_checkpoints(path)
    assert_same(load_checkpoint(path)[0], whole)
    assert len(whole.history) == EPOCHS


def test_a_write_that_fails_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    older, newer = uninterrupted("constant")[2:4]
    save_checkpoint(older, tmp_path / "c", DATA)
    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OutputError, match="No space left on device"):
        save_checkpoint(newer, tmp_path / "c", DATA)
    assert_same(load_checkpoint(tmp_path / "c")[0], older)


# What a checkpoint is compared with


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    save_checkpoint(uninterrupted("halving")[5], path, DATA)
    return path


WANTED = CASES["halving"]


@pytest.mark.parametrize(
    ("wanted", "data", "said"),
    [
        (WANTED, replace(DATA, sha256="ef"), [f"sha256 is {'cd' * 32} there but ef here"]),
        (
            WANTED,
            replace(DATA, n_train=20, n_validation=15),
            ["n_train is 23 there but 20 here", "n_validation is 12 there but 15 here"],
        ),
        (
            WANTED,
            replace(DATA, target="size", split_seed=1),
            ["target is kind there but size here", "split_seed is 0 there but 1 here"],
        ),
        (
            (replace(WANTED[0], lambda_=0.5, hidden=(5, 5)), *WANTED[1:]),
            DATA,
            ["hidden is [5] there but [5, 5] here", "lambda is 0.0 there but 0.5 here"],
        ),
        (
            (WANTED[0], Constant(eta=2.0), WANTED[2]),
            DATA,
            ["the schedule is halving there but constant here"],
        ),
        (
            (WANTED[0], Halving(start=2.0, plateau=Plateau(patience=7), until=0.1), WANTED[2]),
            DATA,
            ["plateau.patience is 2 there but 7 here", "plateau.warm_up is 2 there but 0 here"],
        ),
        (
            (*WANTED[:2], Stopping(epochs=60, plateau=Plateau(patience=7))),
            DATA,
            ["plateau.patience is off there but 7 here"],
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    stored: Path,
    wanted: tuple[Hyperparameters, Schedule, Stopping],
    data: DataSummary,
    said: list[str],
) -> None:
    with pytest.raises(DataError) as error:
        resume(stored, begin(trainer(), *wanted), data)
    message = str(error.value)
    assert message.startswith(f"{stored}: is the checkpoint of another run: {'; '.join(said)}")
    assert message.endswith(": give the same data and settings, or start anew.")


def test_the_data_may_have_moved_and_the_budgets_may_change(stored: Path) -> None:
    wanted = begin(trainer(), *WANTED[:2], Stopping(epochs=7, seconds=1e5))
    going_on = resume(stored, wanted, replace(DATA, name="elsewhere"))
    assert (going_on.stopping.epochs, going_on.stopping.seconds) == (7, 1e5)
    assert going_on.stopping.seconds_used > 0
    (done,) = train(trainer(), [going_on])
    assert done.record.stop_reason is StopReason.EPOCHS
    assert_same_lane(done.lane, uninterrupted("halving")[7].lane)


def test_a_run_whose_budget_was_used_up_goes_on_with_a_larger_one(tmp_path: Path) -> None:
    chosen, schedule, _ = CASES["constant"]
    short, long = (begin(trainer(), chosen, schedule, Stopping(epochs=n)) for n in (4, 12))
    (done,) = train(trainer(), [short])
    save_checkpoint(done, tmp_path / "c", DATA)
    (later,) = train(trainer(), [resume(tmp_path / "c", long, DATA)])
    assert_same(later, uninterrupted("constant")[-1])


def test_equal_records_have_no_differences() -> None:
    assert differences(SMALL, replace(SMALL)) == []
    assert differences(DATA.identity, replace(DATA, name="x").identity) == []


# What a checkpoint's file may not hold


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_checkpoint(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    assert said.isprintable()
    return said.removeprefix(f"{path}: ")


@settings(REUSED, max_examples=200)
@given(st.data())
def test_a_damaged_checkpoint_is_refused_or_reads_the_same(
    tmp_path: Path, data: st.DataObject
) -> None:
    saved = uninterrupted("dropout")[4]
    path = tmp_path / "c"
    save_checkpoint(saved, path, DATA)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        refused(path, bytes(content[: data.draw(st.integers(0, len(content) - 1))]))
        return
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        read, summary = load_checkpoint(path)
    except DataError:
        refused(path, bytes(content))
    else:
        assert_same(read, saved)
        assert summary == DATA


def put(value: Any, *keys: str | int) -> Callable[[Any], None]:
    def change(record: Any) -> None:
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(7, "stopping", "last_epoch"), "holds epochs out of order"),
        (put(2, "history", 0, "epoch"), "holds epochs out of order"),
        (put([], "history"), "holds epochs out of order"),
        (put(-1, "lane", "eta"), "eta must be a positive finite number but is -1."),
        (put("x", "lane", "steps"), "CheckpointRecord.lane.steps: "),
        (put(-1, "lane", "steps"), "holds a number of steps that is -1"),
        (put(0, "schedule", "factor"), "CheckpointRecord.schedule."),
        (put(10**6, "schedule", "divisions"), "holds a schedule"),
        (put({}, "schedule"), "CheckpointRecord.schedule."),
        (put(1, "surprise"), "CheckpointRecord.surprise: "),
        (put([6], "settings", "hidden"), "holds an array (5, 6) of float32 where"),
        (put([], "settings", "hidden"), "holds an unknown array 'best.biases.1'"),
    ],
)
def test_files_that_contradict_themselves(
    stored: Path, change: Callable[[Any], None], message: str
) -> None:
    text, arrays = tensorfile.unpack(stored.read_bytes(), KIND)
    record = json.loads(text)
    change(record)
    assert refused(stored, tensorfile.pack(KIND, record, arrays)).startswith(message)


def test_only_a_lane_marked_as_diverged_may_hold_what_is_not_finite(tmp_path: Path) -> None:
    training = start("constant")
    weights = tuple(np.full_like(w, np.nan) for w in training.lane.parameters.weights)
    lost = replace(training.lane, parameters=Parameters(weights, training.lane.parameters.biases))
    marked = replace(training, lane=replace(lost, diverged=True))
    save_checkpoint(marked, tmp_path / "c", DATA)
    assert_same_lane(load_checkpoint(tmp_path / "c")[0].lane, marked.lane)
    save_checkpoint(replace(training, lane=lost), tmp_path / "c", DATA)
    with pytest.raises(DataError, match="holds weights that are not finite"):
        load_checkpoint(tmp_path / "c")


def test_a_model_is_no_checkpoint(tmp_path: Path) -> None:
    content = tensorfile.pack("model", {}, {"w": np.ones(1)})
    said = refused(tmp_path / "c", content)
    assert said == "is a model of tuner: give a checkpoint instead."
