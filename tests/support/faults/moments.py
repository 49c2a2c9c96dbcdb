"""Commands killed at moments they reach themselves: `python -m tests.support.faults.moments`.

A moment is when a file is half written, or right before it is renamed or removed or a database
commits. One process imports everything once and forks for each command, so that a command costs
what it does and not its imports (Linux only).
"""

import json
import multiprocessing
import os
import pkgutil
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.drawing import blank_figures
from tuner.files import PART

ROOT = Path(__file__).parents[3]

KILLED = -signal.SIGKILL

ALL, COORDINATOR, WORKER = "all", "coordinator", "worker"


@dataclass(frozen=True)
class Order:
    """A command to run.

    Attributes
    ----------
    words
        Behind the program's name.
    folder
        Where it runs; `errors.txt` and `moments.txt` there hold what it said and reached.
    at
        The moments, counted from 1, at which something is killed.
    among
        A pattern of the names of the moments that count for this.
    victim
        All processes, the coordinator alone, or one worker.
    drawn
        Whether figures are drawn; otherwise they are saved empty.
    """

    words: str
    folder: str
    at: tuple[int, ...] = ()
    among: str = ""
    victim: str = COORDINATOR
    drawn: bool = False


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code
        Its exit code, or minus the signal that ended it.
    errors
        What it said on stderr.
    moments
        Those it reached.
    killed
        Those at which something was killed.
    workers
        The processes it has had.
    """

    code: int
    errors: str
    moments: tuple[str, ...]
    killed: tuple[str, ...]
    workers: tuple[int, ...]


class Commands:
    """The process that forks for each command."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults.moments"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Order) -> Ended:
        """Run a command to its end, or to that of its coordinator."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(asdict(order))}\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        moments = [
            json.loads(line)
            for line in Path(order.folder, "moments.txt").read_text("utf-8").splitlines()
        ]
        return Ended(
            code,
            Path(order.folder, "errors.txt").read_text("utf-8"),
            tuple(each["name"] for each in moments),
            tuple(each["name"] for each in moments if each["kills"]),
            tuple({pid for each in moments for pid in each["workers"]}),
        )

    def close(self) -> None:
        self._process.communicate()


class Moments:
    """Counts the moments of this process, and kills at some of them."""

    def __init__(self, order: Order) -> None:
        self._order, self._out = order, Path(order.folder, "out")
        note = Path(order.folder, "moments.txt")
        self._note = os.open(note, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        self._count, self._process = 0, os.getpid()
        sys.addaudithook(self._hear)

    def reach(self, name: str, written: int | None = None) -> None:
        """Note a moment; where it is one to kill at, halve the file that is written, and kill."""
        if os.getpid() != self._process:
            return
        self._count += bool(re.search(self._order.among, name))
        workers = [each.pid for each in multiprocessing.active_children() if each.pid]
        due = bool(re.search(self._order.among, name)) and self._count in self._order.at
        kills = due and (self._order.victim != WORKER or bool(workers))
        note = {"name": name, "kills": kills, "workers": workers}
        os.write(self._note, f"{json.dumps(note)}\n".encode())
        if kills and self._order.victim == WORKER:
            os.kill(workers[0], signal.SIGKILL)
        elif kills:
            if written is not None:
                os.ftruncate(written, os.fstat(written).st_size // 2)
            os.kill(0 if self._order.victim == ALL else self._process, signal.SIGKILL)

    def half_written(self, descriptor: int) -> None:
        """Note that a file is being written."""
        part = Path(f"/proc/self/fd/{descriptor}").readlink()
        named = PART.fullmatch(part.name)
        target = part.with_name(named["target"]) if named else part
        self.reach(f"half {target.relative_to(self._out)}", descriptor)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event in ("os.rename", "os.remove"):
            path = Path(self._order.folder, os.fspath(given[event == "os.rename"]))
            old = path if event == "os.remove" else Path(self._order.folder, os.fspath(given[0]))
            if path.is_relative_to(self._out) and old.exists():
                self.reach(f"{event} {path.relative_to(self._out)}")


def _become(order: Order) -> int:
    """Run a command in this process, which was forked for it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    import tuner.storage.run_checkpoint as checkpoints
    from tuner.cli.main import run

    os.setsid()
    os.chdir(order.folder)
    nothing = os.open(os.devnull, os.O_RDWR)
    errors = os.open("errors.txt", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    for ours, theirs in enumerate((nothing, nothing, errors)):
        os.dup2(theirs, ours)
    os.environ["TUNER_STATE_DIR"] = str(Path(order.folder, "state"))
    setattr(checkpoints, "SECONDS_BETWEEN", 0)  # noqa: B010 - a test has no second to wait
    moments, fsync = Moments(order), os.fsync

    def watched(descriptor: int) -> None:
        moments.half_written(descriptor)
        fsync(descriptor)

    setattr(os, "fsync", watched)  # noqa: B010
    event.listen(Engine, "commit", lambda _: moments.reach("commit"))
    with nullcontext() if order.drawn else blank_figures():
        return run(order.words.split())


def main() -> None:
    """Run what comes, one line each."""
    import tuner

    for module in pkgutil.walk_packages(tuner.__path__, "tuner."):
        if not module.name.endswith(("__main__", "torch")):
            import_module(module.name)
    for name in ("optuna", "sklearn.datasets", "matplotlib.figure", "pandas", "scipy.stats"):
        import_module(name)
    while line := sys.stdin.readline():
        order = Order(**json.loads(line))
        if (pid := os.fork()) == 0:
            sys.exit(_become(order))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
