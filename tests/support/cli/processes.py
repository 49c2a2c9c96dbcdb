# ruff: noqa: S603 - nothing untrusted is run
"""Commands in processes of their own."""

import os
import subprocess
import sys
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


def _read_all(terminal: int) -> str:
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # so Linux says that the other side is closed
        pass
    os.close(terminal)
    return shown.decode()
