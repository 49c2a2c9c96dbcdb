"""Kill -9 at random moments: nothing is lost or hinders the next run, and the end is the same.

Each command is run once undisturbed; then again and again, killed after a random share of that
time, until a run ends by itself.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.study.processes import alive, wait_until
from tests.support.tuning.plans import store_plans
from tuner.data import load
from tuner.tuning.request import TuneRequest

ROOT = Path(__file__).parents[2]

STUDY = """\
trials = 12
batch = 4
rungs = [2]
eta = "find"
[data]
source = "iris"
[train]
epochs = 30
[search]
lambda = {low = 0.01, high = 10, log = true}
"""

TRAIN = "train --data digits --hidden 60 --eta 0.3 --epochs 200 --patience off"

COMMANDS = {
    **{
        f"tune {data}": f"tune --data {data} --budget 1s"
        for data in ("iris", "wine", "digits", "breast_cancer")
    },
    "study": "study run study.toml",
    "train": f"{TRAIN} --save out/model.safetensors",
    "reproduce": "reproduce l2-small --data iris",
}


@dataclass
class Runs:
    """A command in a folder of its own.

    Attributes
    ----------
    folder
        Where it runs.
    name
        Of the command.
    """

    folder: Path
    name: str

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self, resume: bool) -> "subprocess.Popen[bytes]":
        words = f"-m tuner {COMMANDS[self.name]} --out out".split()
        words += ["--workers", "2"] if not self.name.startswith("train") else []
        words += ["--resume"] if resume and self.name == "train" else []
        return subprocess.Popen(  # noqa: S603
            [sys.executable, *words],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def whole(self) -> float:
        """Run the command to its end; return the seconds that took."""
        began, process = time.monotonic(), self.start(resume=self._interrupted)
        _, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors.decode()
        return time.monotonic() - began

    @property
    def _interrupted(self) -> bool:
        return (self.out / "checkpoint.safetensors").exists()

    def prepare(self) -> None:
        """Write what the command reads."""
        self.folder.mkdir()
        (self.folder / "study.toml").write_text(STUDY)
        kind, _, data = self.name.partition(" ")
        if kind == "tune":
            store_plans(self.out, load(data), TuneRequest(budget=1, source=data))

    def kill_after(self, seconds: float, part: str) -> bool:
        """Kill the coordinator, one worker or all of a run; return whether it ran so long."""
        process = self.start(resume=self._interrupted)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        children = _children(process.pid)
        running = process.poll() is None
        if running and part == "worker" and children:
            os.kill(children[0], signal.SIGKILL)
            process.wait(200)
            assert process.returncode == 0
        elif running:
            os.killpg(process.pid, signal.SIGKILL) if part == "all" else process.kill()
        process.communicate()
        wait_until(lambda: not any(map(alive, children)))
        return running

    def result(self) -> object:
        """What must be the same in each run."""
        if self.name == "study":
            with closing(sqlite3.connect(self.out / "study.db")) as db:
                return [
                    db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
                    for table in ("trial_params", "trial_values", "trial_intermediate_values")
                ]
        if self.name == "reproduce":
            return {p.name: p.read_bytes() for p in self.out.glob("*.png")}
        return (self.out / "model.safetensors").read_bytes()

    def stored(self) -> int:
        """Finished trials so far."""
        if not (self.out / "study.db").exists():
            return 0
        count = "SELECT count(*) FROM trials"
        with (
            closing(sqlite3.connect(self.out / "study.db")) as db,
            suppress(sqlite3.OperationalError),  # killed before it made its tables
        ):
            return int(db.execute(count).fetchone()[0])
        return 0


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def killed_again_and_again(name: str, folder: Path, kills: int) -> int:
    """Kill a command so often, let it end, and compare; return how many kills met it running."""
    whole, killed = Runs(folder / "whole", name), Runs(folder / "killed", name)
    whole.prepare()
    seconds = whole.whole()
    killed.prepare()
    rng, met = np.random.default_rng(len(name)), 0
    for i in range(kills):
        before = killed.stored()
        part = ("all", "coordinator", "worker")[i % 3]
        met += killed.kill_after(float(rng.uniform(0.2, 1.0)) * seconds, part)
        assert killed.stored() >= before
    killed.whole()
    assert killed.result() == whole.result()
    assert not list(killed.out.rglob("*.part"))
    assert not list(killed.out.rglob("*.tmp"))
    return met


@pytest.mark.parametrize(
    ("name", "kept"), [("study", "batch.json"), ("train", "checkpoint.safetensors")]
)
def test_killed_once_something_is_kept_it_ends_the_same(
    name: str, kept: str, tmp_path: Path
) -> None:
    whole, killed = Runs(tmp_path / "whole", name), Runs(tmp_path / "killed", name)
    for runs in (whole, killed):
        runs.prepare()
    whole.whole()
    process = killed.start(resume=False)
    wait_until((killed.out / kept).exists, 100)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    killed.whole()
    assert killed.result() == whole.result()
    assert not list(killed.out.rglob("*.part"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_random_moments_it_ends_the_same(name: str, tmp_path: Path) -> None:
    """Some fifteen times each, of which some hit the start, and those of an ended run nothing."""
    met = killed_again_and_again(name, tmp_path, kills=15)
    print(f"{name}: {met} of 15 kills met it running")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, -15), (signal.SIGHUP, -1)], ids=["TERM", "HUP"]
)
def test_a_signal_ends_a_study_and_its_workers_and_the_same_command_goes_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    runs = Runs(tmp_path / "killed", "study")
    runs.prepare()
    process = runs.start(resume=False)
    wait_until(lambda: runs.stored() > 0, 100)
    children = _children(process.pid)
    assert children
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (code, 128 - code), errors
    assert b"Traceback" not in errors
    wait_until(lambda: not any(map(alive, children)))
    runs.whole()
    assert runs.stored() == 12
