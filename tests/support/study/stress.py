"""Kill worker processes at random moments: `python -m tests.support.study.stress`.

Seven in ten processes are killed, each at a moment drawn from the first two seconds of its life,
found in /proc, so even before their parent has told them what to do (Linux only). Every study must
end, and have the trials it has undisturbed; one that hangs is ended with a traceback.
"""

import argparse
import faulthandler
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.study.small import LONGER, run, spec_of, trials_of, undisturbed
from tuner.errors import TunerError

LATEST, DOOMED = 2.0, 0.7


class Killer(threading.Thread):
    """Kills workers of this process; `moments` are the ages, in seconds, they reached."""

    def __init__(self, seed: int) -> None:
        super().__init__(daemon=True)
        self._draw = random.Random(seed)  # noqa: S311
        self._due: dict[int, tuple[float, float]] = {}
        self.moments: list[float] = []

    def run(self) -> None:
        while True:
            for pid in workers():
                if pid not in self._due:
                    life = self._draw.uniform(0, LATEST)
                    doomed = self._draw.random() < DOOMED
                    self._due[pid] = time.monotonic(), life if doomed else float("inf")
                born, life = self._due[pid]
                if time.monotonic() - born >= life:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        self.moments.append(time.monotonic() - born)
                        self._due[pid] = born, float("inf")
            time.sleep(0.001)


def workers() -> list[int]:
    """The workers this process has, also those that `multiprocessing` is still starting."""
    found = []
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):
            for pid in map(int, children.read_text().split()):
                with suppress(FileNotFoundError, ProcessLookupError):
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        found.append(pid)
    return found


def main() -> None:
    """Run studies until there were kills enough."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=300, help="seconds a study may take")
    given = parser.parse_args()
    whole = undisturbed(LONGER)
    killer = Killer(given.seed)
    killer.start()
    studies = resumed = 0
    while len(killer.moments) < given.kills:
        faulthandler.dump_traceback_later(given.limit, exit=True)
        with TemporaryDirectory() as folder:
            summary = None
            while summary is None:
                try:
                    summary = run(spec_of(LONGER), Path(folder), workers=2 + 2 * (studies % 2))
                except TunerError as error:
                    if "in a row" not in str(error):
                        raise
                    resumed += 1
        assert trials_of(summary) == whole
        studies += 1
        print(f"{studies} studies, {len(killer.moments)} kills", file=sys.stderr, flush=True)
    faulthandler.cancel_dump_traceback_later()
    early = sum(moment < 0.1 for moment in killer.moments)
    print(
        f"{len(killer.moments)} kills (the first tenth of a second: {early}) in {studies} studies:"
        f" none hung, all trials as undisturbed; given up and gone on with: {resumed}"
    )


if __name__ == "__main__":
    main()
