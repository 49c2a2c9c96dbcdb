# ruff: noqa: S603 - nothing untrusted is run
"""Runs that are interrupted or killed, and go on as if nothing had happened."""

import json
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cli.processes import BEGINS, HEARS_CTRL_C, interrupted_on_a_terminal
from tuner.cli.interrupts import first_interrupt_asks
from tuner.storage.checkpoints import load_checkpoint

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, Tuner

START = (  # a test has no second to wait
    HEARS_CTRL_C
    + "import tuner.storage.run_checkpoint as keeping; keeping.SECONDS_BETWEEN = 0; {} "
    + BEGINS
)
SLOW = (
    "import time; save = keeping.RunCheckpoint.save; "
    "keeping.RunCheckpoint.save = lambda store: (save(store), time.sleep(0.03));"
)
LONG = (
    "train --data digits --hidden 100 --dropout 0.3 --patience 6 --schedule halving --until 0.1 "
    "--epochs 90 --save m.safetensors --json"
)
ENDLESS = "train --data digits --hidden 30 --eta 0.1 --epochs 100000 --patience off --out out"
CHECKPOINT = "checkpoint.safetensors"


@contextmanager
def _started(folder: Path, typed: str, before: str = "") -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-c", START.format(before), *typed.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def _wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def _without_times(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: _without_times(v) for key, v in record.items() if key != "seconds"}
    return [_without_times(v) for v in record] if isinstance(record, list) else record


def _stored(folder: Path) -> Any:
    return _without_times(json.loads((folder / "records.json").read_text("utf-8")))


@pytest.mark.long
def test_killed_at_any_moment_it_ends_the_same(tuner: "Tuner", tmp_path: Path) -> None:
    undisturbed = tuner(*LONG.split()).json
    expected, model = _stored(Path("reports/train-digits")), Path("m.safetensors").read_bytes()
    moment = random.Random(0)  # noqa: S311
    folder = tmp_path / "killed"
    folder.mkdir()
    out = folder / "reports" / "train-digits"
    for typed in (LONG, *[f"{LONG} --resume"] * 3):
        written = _written(out / CHECKPOINT)
        with _started(folder, typed, SLOW) as process:
            while _written(out / CHECKPOINT) == written:
                assert process.poll() is None
                time.sleep(0.005)
            time.sleep(moment.uniform(0, 0.1))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert not (out / "records.json").exists()
    with _started(folder, f"{LONG} --resume") as process:
        said, _ = process.communicate()
    done = json.loads(said)
    assert (process.returncode, len(done["history"])) == (0, len(undisturbed["history"]))
    assert _stored(out) == expected
    assert (folder / "m.safetensors").read_bytes() == model
    assert {path.name for path in out.iterdir()} == {
        Path(path).name
        for path in (done["report"], done["records"], *done["figures"], "model.safetensors")
    }


def _written(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


def test_ctrl_c_ends_with_everything_and_can_go_on(tmp_path: Path) -> None:
    typed = f"{ENDLESS} --json --save m.safetensors"
    with _started(tmp_path, typed) as process:
        _wait_for(tmp_path / "out" / CHECKPOINT, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    done = json.loads(out)
    assert done["stop_reason"] == "interrupted"
    assert shlex.split(done["resume"]) == ["python", "-m", "tuner", *typed.split(), "--resume"]
    assert err == f"interrupted: go on with {done['resume']}\n"
    assert done["best_validation_accuracy"] > 0
    assert (tmp_path / "out" / CHECKPOINT).is_file()
    assert all((tmp_path / done[name]).is_file() for name in ("report", "records", "model"))


STUDY = """
name = "long"
trials = 40
batch = 2
eta = 0.1
[data]
source = "digits"
[train]
epochs = 20
patience = "off"
[search]
lambda = {low = 0.01, high = 1.0}
"""


@pytest.mark.parametrize(
    ("typed", "begun"),
    [
        (f"{ENDLESS}-{'long-name-' * 9} --seed 3", "out-*/checkpoint.safetensors"),
        pytest.param(
            f"tune --data digits --budget 60s --workers 1 --out {'long-name-' * 9}",
            "long-*/*/*.json",
            marks=pytest.mark.long,
        ),
        pytest.param(
            f"study run s.toml --workers 1 --out {'long-name-' * 9}",
            "long-*/study.db",
            marks=pytest.mark.long,
        ),
    ],
)
def test_on_a_terminal_the_way_to_go_on_is_one_line(tmp_path: Path, typed: str, begun: str) -> None:
    (tmp_path / "s.toml").write_text(STUDY)
    code, shown = interrupted_on_a_terminal(tmp_path, begun, *typed.split())
    resume = typed + (" --resume" if typed.startswith("train") else "")
    assert code == 130
    assert shown.endswith(f"interrupted: go on with python -m tuner {resume}\r\n")


SHORT = "train --data iris --hidden 8 --eta 0.5 --patience off --epochs 6 --out out"


@pytest.fixture
def interrupt(tuner: "Tuner", monkeypatch: pytest.MonkeyPatch) -> "Callable[[int], Answer]":
    """Run `SHORT`, and press Ctrl-C so often in its third epoch."""
    from tuner.training.loop import train_epoch

    def run(times: int) -> "Answer":
        def third_is_interrupted(trainer: Any, trainings: Any, portion: Any) -> Any:
            if len(trainings[0].history) == 2:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)
            return train_epoch(trainer, trainings, portion)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with monkeypatch.context() as patched:
                patched.setattr("tuner.training.loop.train_epoch", third_is_interrupted)
                answer = tuner(*SHORT.split())
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        finally:
            signal.signal(signal.SIGINT, before)
        return answer

    return run


@pytest.fixture
def interrupted(interrupt: "Callable[[int], Answer]") -> "Answer":
    return interrupt(1)


def test_a_second_ctrl_c_stops_at_once_and_keeps_the_checkpoint(
    tuner: "Tuner", interrupt: "Callable[[int], Answer]"
) -> None:
    answer = interrupt(2)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == f"interrupted: go on with python -m tuner {SHORT} --resume\n"
    assert {path.name for path in Path("out").iterdir()} == {CHECKPOINT}
    training, _ = load_checkpoint(Path("out", CHECKPOINT))
    assert len(training.history) == 2
    assert len(tuner(*SHORT.split(), "--resume", "--json").json["history"]) == 6


def test_the_epoch_is_finished(interrupted: "Answer") -> None:
    assert interrupted.code == 130
    assert "interrupted after epoch 3" in " ".join(interrupted.out.split())
    assert interrupted.err == f"interrupted: go on with python -m tuner {SHORT} --resume\n"


@pytest.mark.usefixtures("interrupted")
def test_nothing_is_overwritten_unasked(tuner: "Tuner") -> None:
    kept = Path("out", CHECKPOINT).read_bytes()
    answer = tuner(*SHORT.split())
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"error: out/{CHECKPOINT}: is of a run that was interrupted: ")
    assert "--resume" in answer.err
    assert "--fresh" in answer.err
    assert Path("out", CHECKPOINT).read_bytes() == kept


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("option", ["--resume", "--fresh"])
def test_going_on_and_starting_over_end_the_same(tuner: "Tuner", option: str) -> None:
    assert tuner(*SHORT.split(), option).code == 0
    assert not Path("out", CHECKPOINT).exists()
    ended = _stored(Path("out"))
    assert tuner(*SHORT.split()).code == 0
    assert _stored(Path("out")) == ended


@pytest.mark.usefixtures("interrupted")
def test_budgets_may_be_raised(tuner: "Tuner") -> None:
    longer = SHORT.replace("--epochs 6", "--epochs 9")
    assert len(tuner(*longer.split(), "--resume", "--json").json["history"]) == 9


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--lambda 1", "lambda is 0.0 there but 1.0 here"),
        ("--eta 0.25", "eta is 0.5 there but 0.25 here"),
        ("--eta auto", "eta is 0.5 there but auto here"),
        ("--patience 3", "patience is off there but 3 here"),
        ("--data wine", "sha256 is"),
        ("--train-size 30", "n_train is 90 there but 30 here"),
        ("--schedule halving --patience 3", "the schedule is constant there but halving here"),
        ("--seed 1 --batch-size 5", "batch_size is 10 there but 5 here; seed is 0 there but 1"),
    ],
)
def test_another_run_is_no_continuation(tuner: "Tuner", options: str, said: str) -> None:
    kept = Path("out", CHECKPOINT).read_bytes()
    answer = tuner(*SHORT.split(), *options.split(), "--resume")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
    assert Path("out", CHECKPOINT).read_bytes() == kept


@pytest.mark.usefixtures("interrupted")
def test_a_damaged_checkpoint_is_refused(tuner: "Tuner") -> None:
    path = Path("out", CHECKPOINT)
    path.write_bytes(path.read_bytes()[:-9])
    answer = tuner(*SHORT.split(), "--resume")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"error: out/{CHECKPOINT}: ")


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with first_interrupt_asks(lambda _: None) as asked:
            signal.raise_signal(signal.SIGINT)
            assert not asked()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
