# ruff: noqa: S603 - nothing untrusted is run
"""Commands in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

TUNER = [sys.executable, "-m", "tuner"]

HEARS_CTRL_C = (  # a shell may have started us deaf to it
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
)
BEGINS = "from tuner.__main__ import main; main()"

INTERRUPTIBLE = [sys.executable, "-c", HEARS_CTRL_C + BEGINS]


def shown_on_a_terminal(folder: Path, *argv: str, stdout: int | None = None) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns; return its exit code and all that it shows there.

    Its results go elsewhere where `stdout` says so.
    """
    ours, theirs = os.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    with subprocess.Popen(
        [*TUNER, *argv],
        cwd=folder,
        env={**plain, "TERM": "xterm", "COLUMNS": "80"},
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = _read_all(ours)
    return process.returncode, shown


def interrupted_on_a_terminal(folder: Path, begun: str, *argv: str) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns, and press Ctrl-C once a file of it is there."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*INTERRUPTIBLE, *argv],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown: list[str] = []
        reader = threading.Thread(target=lambda: shown.append(_read_all(ours)))
        reader.start()
        while not any(folder.glob(begun)):
            assert process.poll() is None, shown
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.wait()
        reader.join()
    return process.returncode, shown[0]


def _read_all(terminal: int) -> str:
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # so Linux says that the other side is closed
        pass
    os.close(terminal)
    return shown.decode()
