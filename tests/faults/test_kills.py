"""Kill -9 at moments that runs reach: nothing is lost or hinders the next run, the end is the same.

Each command is run once undisturbed; then again and again, killed when it has half written a file,
or is about to rename or remove one or to commit to a database, until it ends by itself.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.faults.moments import ALL, COORDINATOR, KILLED, WORKER, Commands, Ended, Order
from tests.support.faults.outputs import OPENINGS, TIMES, check_whole, outputs, trials
from tests.support.study.processes import alive, wait_until
from tests.support.tuning.plans import store_plans
from tuner.data import load
from tuner.tuning.request import TuneRequest

ROOT = Path(__file__).parents[2]

STUDY = """\
trials = 6
batch = 3
rungs = [1]
eta = "find"
[data]
source = "iris"
[train]
epochs = 3
[search]
lambda = {low = 0.01, high = 10, log = true}
"""

COMMANDS = {
    "train": (
        "train --data iris --hidden 4 --eta 0.5 --epochs 12 --patience off --out out"
        " --save out/model.safetensors"
    ),
    "study, 1 worker": "study run study.toml --workers 1 --out out",
    "study, 2 workers": "study run study.toml --workers 2 --out out",
    "tune": "tune --data iris --budget 1s --workers 1 --out out",
    "reproduce": "reproduce early-stopping --data iris --workers 1 --out out",
}

PASSING = re.compile(
    r"\.tuner\.lock|checkpoint|eta-search|batch\.json|trial-|runs|\.part$|-journal$"
)
"""What a run itself removes when it no longer needs it."""

Kill = tuple[str, int, str]
"""Pattern of the names of moments, which of them, counted from 1, and who is killed."""


@dataclass
class Run:
    """A command in a folder of its own, killed from time to time.

    Attributes
    ----------
    commands
        Runs it.
    name
        Of the command.
    folder
        Where it runs.
    drawn
        Whether figures are drawn.
    killed
        The moments at which something was killed.
    """

    commands: Commands
    name: str
    folder: Path
    drawn: bool = False
    killed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.out = self.folder / "out"
        (self.folder / "study.toml").write_text(STUDY)
        if self.name == "tune":
            store_plans(self.out, load("iris"), TuneRequest(budget=1, source="iris"))

    def run(
        self,
        among: str = "",
        at: tuple[int, ...] = (),
        victim: str = COORDINATOR,
        options: str = "",
    ) -> Ended:
        """Run the command once, and see that what it leaves is whole."""
        before, stored = self._files(), self._trials()
        begun = (self.out / "checkpoint.safetensors").exists() and "--fresh" not in options
        words = f"{COMMANDS[self.name]} {options}{' --resume' if begun else ''}"
        ended = self.commands.run(Order(words, str(self.folder), at, among, victim, self.drawn))
        self.killed += ended.killed
        wait_until(lambda: not any(map(alive, ended.workers)))
        check_whole(self.out)
        lost = {name for name in before - self._files() if not PASSING.search(name)}
        assert not lost, (lost, ended)
        assert all(set(rows) <= set(self._trials()[table]) for table, rows in stored.items())
        assert ended.code == (KILLED if ended.killed and victim != WORKER else 0), ended
        return ended

    def result(self) -> dict[str, Any]:
        return outputs(self.out, without=TIMES | OPENINGS)

    def check_end(self, whole: dict[str, Any]) -> None:
        """Assert that the run has ended as the undisturbed one, and hinders no other."""
        assert self.result() == whole
        assert not [each for each in self._files() if PASSING.search(each)]

    def _files(self) -> set[str]:
        return {str(p.relative_to(self.out)) for p in self.out.rglob("*") if p.is_file()}

    def _trials(self) -> dict[str, list[Any]]:
        return trials(self.out / "study.db") if (self.out / "study.db").exists() else {}


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    commands = Commands()
    yield commands
    commands.close()


@pytest.mark.parametrize(
    ("name", "kills"),
    [
        ("train", [("half checkpoint", 5, COORDINATOR), ("rename model", 1, COORDINATOR)]),
        ("study, 2 workers", [("half trial", 2, ALL)]),
        *(
            pytest.param(*each, marks=pytest.mark.long)
            for each in (
                ("tune", [("half work/study/trial", 3, COORDINATOR), ("half report", 1, ALL)]),
                ("reproduce", [("half runs", 4, COORDINATOR), ("rename records", 1, ALL)]),
            )
        ),
    ],
)
def test_killed_at_a_moment_it_ends_the_same(
    name: str, kills: list[Kill], commands: Commands, tmp_path: Path
) -> None:
    whole, run = Run(commands, name, tmp_path / "whole"), Run(commands, name, tmp_path / "killed")
    whole.run()
    for among, number, victim in kills:
        assert run.run(among, (number,), victim).killed
    workers_killed = run.run("trial", (2, 4), WORKER).killed
    assert len(workers_killed) == 2 * ("2 workers" in name)
    run.check_end(whole.result())


def test_a_run_begun_fresh_and_killed_goes_on_though_an_older_one_lies_there(
    commands: Commands, tmp_path: Path
) -> None:
    whole, run = (
        Run(commands, "train", tmp_path / "whole"),
        Run(commands, "train", tmp_path / "old"),
    )
    whole.run(options="--seed 3")
    run.run()
    older = run.result()
    assert run.run("half checkpoint", (1,), options="--seed 3 --fresh").killed
    assert run.result() == older
    assert run.run("half checkpoint", (3,), options="--seed 3 --fresh").killed
    assert run.run("half checkpoint", (3,), options="--seed 3").killed
    run.run(options="--seed 3")
    run.check_end(whole.result())


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "kills"),
    [*zip(COMMANDS, (25, 20, 25, 15, 15), strict=True)],
)
def test_killed_again_and_again_it_ends_the_same(
    name: str, kills: int, commands: Commands, tmp_path: Path
) -> None:
    """As many kills, spread over the moments of as many runs as it takes."""
    whole = Run(commands, name, tmp_path / "whole", drawn=True)
    moments = len(whole.run().moments)
    rng, met, runs = np.random.default_rng(len(name)), 0, 0
    while met < kills:
        run = Run(commands, name, tmp_path / f"killed-{runs}", drawn=True)
        victims = (ALL, COORDINATOR) if "2 workers" in name else (COORDINATOR,)
        while len(run.killed) < kills - met:
            number = int(rng.integers(1, moments // 2))
            if not run.run("", (number,), str(rng.choice(victims))).killed:
                break
        run.run("", tuple(range(int(rng.integers(1, 20)), moments, 25)), WORKER)
        run.check_end(whole.result())
        met, runs = met + len(run.killed), runs + 1
    print(f"{name}: {met} kills in {runs} runs of {moments} moments, nothing lost")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="TERM"),
        pytest.param(signal.SIGHUP, 129, id="HUP", marks=pytest.mark.exhaustive),
    ],
)
def test_a_signal_ends_a_study_and_its_workers_and_the_same_command_goes_on(
    number: signal.Signals, code: int, commands: Commands, tmp_path: Path
) -> None:
    run = Run(commands, "study, 2 workers", tmp_path / "killed")
    (run.folder / "study.toml").write_text(STUDY.replace("epochs = 3", "epochs = 60"))
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tuner", *COMMANDS[run.name].split()],
        cwd=run.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    wait_until((run.out / "batch.json").exists, 100)
    children = _children(process.pid)
    assert children
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (code, 128 - code), errors
    assert b"Traceback" not in errors
    wait_until(lambda: not any(map(alive, children)))
    run.run()
    assert len(run.result()["study.db"]["trial_values"]) == 6


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []
