"""What many trials, many studies and a large table cost.

    python -m benchmarks.load [--trials 2000] [--studies 200] [--rows 1000000] [--json]

The seconds are those of the processor, in one process, so that a busy machine changes them little;
memory is what the process holds (resident), in MiB. Targets: a trial of the last hundred takes at
most 1.2 times as long as one of the first hundred, memory stays flat, a table takes at most 12
times its n·d·8 bytes.
"""

import argparse
import itertools
import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

import tuner
from tuner.data import load
from tuner.study.coordinator import StudyProgress
from tuner.study.optuna_storage import default_url
from tuner.study.spec import StudySpec
from tuner.study.studies import run_study, stored_studies, stored_study

MIB = 1 << 20
COLUMNS = 50
HUNDRED = 100
MOST_GROWTH, MOST_MULTIPLE = 1.2, 12.0


def small_study(name: str, trials: int) -> StudySpec:
    """Return a study of networks so small that they cost less than what surrounds them."""
    return StudySpec(
        name=name,
        trials=trials,
        batch=20,
        eta=0.5,
        data={"source": "iris"},
        network={"hidden": [4]},
        train={"epochs": 2, "patience": "off"},
        search={
            "lambda": {"low": 0.001, "high": 10, "log": True},
            "batch_size": {"low": 5, "high": 30},
        },
    )


@dataclass(frozen=True)
class Trials:
    """What a long study costs.

    Attributes
    ----------
    first, last
        Seconds for a trial of the first and of the last hundred, start-up left out.
    early, late
        MiB when a tenth of the trials was done, and at the end.
    report, report_mib
        Seconds for its report, and the most MiB the process held until then.
    """

    trials: int
    first: float
    last: float
    early: float
    late: float
    report: float
    report_mib: float

    @property
    def growth(self) -> float:
        """How many times as long a trial of the last hundred takes."""
        return self.last / self.first


def many_trials(trials: int) -> Trials:
    """Run a long study, and write its report."""
    seconds: dict[int, float] = {}
    memory: dict[int, float] = {}

    def watch(now: StudyProgress) -> None:
        done = len(now.trials)
        if done not in seconds:
            seconds[done], memory[done] = time.process_time(), resident()

    with TemporaryDirectory() as home:
        result = tuner.search(
            load("iris"), small_study("long", trials), folder=Path(home), workers=1, watch=watch
        )
        began = time.process_time()
        result.write(Path(home))
        report = time.process_time() - began
    done = sorted(seconds)
    return Trials(
        trials=trials,
        first=_pace(seconds, [n for n in done if 20 <= n <= 20 + HUNDRED]),
        last=_pace(seconds, [n for n in done if n >= trials - HUNDRED]),
        early=memory[min(n for n in done if n >= trials // 10)],
        late=memory[done[-1]],
        report=report,
        report_mib=most(),
    )


def _pace(seconds: dict[int, float], done: list[int]) -> float:
    """Return the median of the seconds for a trial, batch by batch."""
    batches = [n for n in done if n % 20 == 0]
    return median((seconds[b] - seconds[a]) / (b - a) for a, b in itertools.pairwise(batches))


@dataclass(frozen=True)
class Listed:
    """Seconds to list many studies of one storage, and MiB held then."""

    studies: int
    seconds: float
    mib: float


def many_studies(studies: int) -> Listed:
    """List studies of a trial each in one database."""
    with TemporaryDirectory() as home:
        url = default_url(Path(home))
        for number in range(studies):
            run_study(small_study(f"s{number}", 1), load("iris"), Path(home, "o"), storage=url)
        began = time.process_time()
        assert len(stored_studies(url)) == studies
        return Listed(studies, time.process_time() - began, resident())


@dataclass(frozen=True)
class Table:
    """What loading a table takes: seconds, and the most memory as a multiple of its n·d·8 bytes."""

    rows: int
    suffix: str
    seconds: float
    multiple: float


def large_table(rows: int, suffix: str) -> Table:
    """Load a table of 50 columns of numbers in a process of its own."""
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as home:
        path, y = Path(home, f"table{suffix}"), np.arange(rows) % 2
        if suffix == ".npz":
            np.savez(path, x=rng.normal(size=(rows, COLUMNS)), y=y)
        else:
            with path.open("w") as file:
                file.write(",".join([*(f"c{i}" for i in range(COLUMNS)), "label"]) + "\n")
                for start in range(0, rows, 10_000):
                    labels = y[start : start + 10_000]
                    block = np.column_stack([rng.normal(size=(len(labels), COLUMNS)), labels])
                    np.savetxt(file, block, fmt=["%.6g"] * COLUMNS + ["%d"], delimiter=",")
        with get_context("spawn").Pool(1) as pool:
            seconds, mib = pool.apply(_load_alone, (str(path),))
    return Table(rows, suffix, seconds, mib * MIB / (rows * COLUMNS * 8))


def _load_alone(path: str) -> tuple[float, float]:
    """Return the seconds for a table, and the MiB that it added to what the libraries take."""
    load("iris")
    began, before = time.process_time(), most()
    load(path)
    return time.process_time() - began, most() - before


@dataclass(frozen=True)
class Read:
    """How often a study was read while it ran, by so many readers at a time."""

    readers: int
    readings: int
    trials: int


def many_readers(readers: int, trials: int) -> Read:
    """Run a study while others read it; an error of theirs, or of the study, is raised."""
    with TemporaryDirectory() as home:
        folder, spec = Path(home), small_study("read", trials)
        run_study(spec, load("iris"), folder, trials=spec.batch)
        with get_context("spawn").Pool(2) as pool:
            counts = [
                pool.apply_async(_read, (home, each, readers // 2, trials)) for each in range(2)
            ]
            while len(list(folder.glob("reads-*"))) < readers and not any(
                c.ready() for c in counts
            ):
                time.sleep(0.01)
            summary, _ = run_study(spec, load("iris"), folder)
            readings = sum(each.get() for each in counts)
    return Read(readers, readings, len(summary.trials))


def _read(home: str, process: int, readers: int, trials: int) -> int:
    """Read a study in so many threads until it has all its trials; return how often."""

    def until_complete(reader: int) -> int:
        known, times = 0, 0
        while known < trials:
            found = len(stored_study(default_url(Path(home)), "read").trials)
            assert found >= known
            known, times = found, times + 1
            Path(home, f"reads-{process}-{reader}").touch()
        return times

    with ThreadPoolExecutor(readers) as pool:
        return sum(pool.map(until_complete, range(readers)))


def resident() -> float:
    """Return the MiB that this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def most() -> float:
    """Return the most MiB that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


def main() -> None:
    """Measure, print, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    trials = many_trials(given.trials)
    tables = [large_table(given.rows, suffix) for suffix in (".csv", ".npz")]
    found: list[Trials | Listed | Table | Read] = [
        trials,
        many_studies(given.studies),
        *tables,
        many_readers(20, 200),
    ]
    if given.json:
        print(json.dumps([{type(each).__name__.lower(): asdict(each)} for each in found]))
    else:
        print(*found, f"growth {trials.growth:.2f}", sep="\n")
    sys.exit(trials.growth > MOST_GROWTH or any(t.multiple > MOST_MULTIPLE for t in tables))


if __name__ == "__main__":
    main()
