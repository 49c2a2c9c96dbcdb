"""Coordinators in processes of their own, to be watched and killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.study.coordinate import PROCESSES

ROOT = Path(__file__).parents[3]


@contextmanager
def coordinator(
    content: dict[str, Any], folder: Path, *options: str
) -> Iterator["subprocess.Popen[str]"]:
    """Start one, wait until its study goes on, and kill it at the end of the block."""
    folder.mkdir(exist_ok=True)
    study = folder / "study.json"
    study.write_text(json.dumps(content))
    command = [
        sys.executable,
        "-m",
        "tests.support.study.coordinate",
        str(study),
        str(folder),
        *options,
    ]
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "goes on\n", process.communicate()[1]
            yield process
        finally:
            process.kill()


def workers_of(folder: Path) -> set[int]:
    """The worker processes that coordinators in a folder have had."""
    path = folder / PROCESSES
    return {int(pid) for pid in path.read_text().split()} if path.exists() else set()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_until(holds: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
