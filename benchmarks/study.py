"""The time of a study with one worker and with two, and how much of it is not training.

    python -m benchmarks.study [--study FILE] [--turns 5] [--json]

Both run the same study file from its beginning and take turns, so that a slow moment of the machine
falls on both; the median over the turns counts. The start of the worker processes is part of the
time, and also given apart. Overhead is what one worker spends outside the training of networks and
the searches for η: drawing trials, halving, checkpoints, the storage.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tuner.data import Dataset, load
from tuner.environment import usable_cores
from tuner.execution import tasks
from tuner.execution.base import run_all
from tuner.execution.processes import Processes
from tuner.records import StudySummary
from tuner.study.spec import StudySpec, read_spec
from tuner.study.studies import run_study
from tuner.trainers.native import NativeTrainer

STUDY = Path(__file__).parents[1] / "studies" / "lambda_hidden.toml"
WORKERS = 2
TARGET_RATIO, TARGET_OVERHEAD = 1.7, 0.1


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn: of the study with one worker and with several, and of their parts."""

    alone: float
    training: float
    together: float
    start: float

    @property
    def ratio(self) -> float:
        """How many times as long one worker takes."""
        return self.alone / self.together

    @property
    def overhead(self) -> float:
        """The share of one worker's time that is not training."""
        return 1 - self.training / self.alone


class Nothing:
    """A task that takes no time."""

    def __call__(self, trainer: NativeTrainer) -> None:
        """Do nothing with a trainer that is ready."""


@contextmanager
def timed(names: tuple[str, ...]) -> Iterator[list[float]]:
    """Time every call of these functions of `tuner.execution.tasks`."""
    seconds: list[float] = []
    originals = {name: getattr(tasks, name) for name in names}

    def timing(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            result = original(*args, **kwargs)
            seconds.append(time.perf_counter() - began)
            return result

        return call

    for name, original in originals.items():
        setattr(tasks, name, timing(original))
    try:
        yield seconds
    finally:
        for name, original in originals.items():
            setattr(tasks, name, original)


def run(spec: StudySpec, data: Dataset, workers: int) -> tuple[float, StudySummary]:
    """Run the study in a new folder; return the seconds and what came out."""
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        summary, _ = run_study(spec, data, Path(folder), workers=workers)
        return time.perf_counter() - began, summary


def start(data: Dataset) -> float:
    """Return the seconds until each worker process has done a task that takes no time."""
    began = time.perf_counter()
    with closing(Processes(NativeTrainer(data.tuning), WORKERS)) as workers:
        run_all(workers, [Nothing()] * WORKERS)
        return time.perf_counter() - began


def turn(spec: StudySpec, data: Dataset) -> Turn:
    """Run the study with one worker and with several, which must give the same trials."""
    with timed(("train_epoch", "find_eta")) as training:
        alone, one = run(spec, data, 1)
    together, several = run(spec, data, WORKERS)
    assert [t.values for t in one.trials] == [t.values for t in several.trials]
    return Turn(alone, sum(training), together, start(data))


def results(spec: StudySpec, turns: list[Turn]) -> dict[str, Any]:
    """Put the medians beside their targets."""
    medians = {name: median(getattr(t, name) for t in turns) for name in asdict(turns[0])}
    ratio, overhead = (median(getattr(t, name) for t in turns) for name in ("ratio", "overhead"))
    outside = medians["alone"] - medians["training"]
    return {
        "study": spec.name,
        "cores": usable_cores(),
        "turns": len(turns),
        "seconds": medians,
        "ratio": {"value": ratio, "target": TARGET_RATIO, "met": ratio >= TARGET_RATIO},
        "overhead": {
            "value": overhead,
            "target": TARGET_OVERHEAD,
            "met": overhead < TARGET_OVERHEAD,
            "seconds_a_trial": outside / spec.trials,
        },
    }


def print_table(found: dict[str, Any]) -> None:
    """Print the figures beside their targets."""
    seconds, ratio, overhead = found["seconds"], found["ratio"], found["overhead"]
    met = {True: "met", False: "MISSED"}
    print(f"{found['study']}, median of {found['turns']} turns on {found['cores']} cores\n")
    print(f"1 worker                     {seconds['alone']:8.2f} s")
    print(f"{WORKERS} workers                    {seconds['together']:8.2f} s")
    print(f"  of it: start of processes  {seconds['start']:8.2f} s (beside other work in part)")
    print(
        f"ratio                        {ratio['value']:8.2f}   target ≥ {ratio['target']}", end=""
    )
    print(f"   {met[ratio['met']]}")
    print(f"overhead, 1 worker           {overhead['value']:8.1%}   target < ", end="")
    print(f"{overhead['target']:.0%}   {met[overhead['met']]}")
    print(f"  for each trial             {1e3 * overhead['seconds_a_trial']:8.1f} ms")


def main() -> None:
    """Take turns and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--study", type=Path, default=STUDY)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    spec = read_spec(options.study)
    data = load(spec.data.source)
    turns = []
    for i in range(options.turns):
        print(f"turn {i + 1} of {options.turns}", file=sys.stderr, flush=True)
        turns.append(turn(spec, data))
    found = results(spec, turns)
    print(json.dumps({"schema": 1, **found}, indent=2)) if options.json else print_table(found)


if __name__ == "__main__":
    main()
