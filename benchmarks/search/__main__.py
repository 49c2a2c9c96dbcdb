"""How soon does a search have a good network? `tune` against other ways to search, on two cores.

    python -m benchmarks.search [--peers NAME ...] [--seconds 300] [--seeds 1] [--json]

A clock starts when the data are read and the worker processes are there, for all alike. What counts
is the accuracy on the whole validation part of networks that exist by then. Every search has two
processes of one thread each. Optuna, random search and one-epoch + top-K look among the same
networks; `tune` is told the data and its budget alone. How soon a search is lucky depends on its
seed: with several, the medians are compared.
"""

import os

# Read when the libraries are imported, below, and by processes that start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from benchmarks.search.course import Course, Courses, Limits
from benchmarks.search.peers import one_epoch, ours, random_search, scikit_learn
from benchmarks.search.pytorch import optuna_pytorch
from tuner.data import Dataset, load
from tuner.environment import usable_cores

PEERS: dict[str, Callable[[Dataset, Limits], Course]] = {
    "tune": ours,
    "optuna": optuna_pytorch,
    "sklearn": scikit_learn,
    "one-epoch": one_epoch,
    "random": random_search,
}
NAMES = {
    "tune": "ours: tune",
    "optuna": "Optuna + PyTorch",
    "sklearn": "sklearn halving",
    "one-epoch": "one epoch + top-K",
    "random": "random search",
}
TIMES = (10, 20, 30, 60, 120, 240)
ACCURACIES = (0.970, 0.975, 0.980)
MOST, AIM = 1 / 4, 1 / 10
"""Of the time that Optuna + PyTorch takes to a validation accuracy of 98.0 %."""

Found = dict[str, Courses]


def times_to(course: Course | Courses) -> dict[str, float | None]:
    """Return the seconds to each accuracy."""
    return {f"{accuracy:.1%}": course.time_to(accuracy) for accuracy in ACCURACIES}


def ratio(courses: Found, peer: str) -> tuple[float, bool] | None:
    """Return the peer's time to the last accuracy over ours, and whether that is a lower bound."""
    if "tune" not in courses or not (mine := courses["tune"].time_to(ACCURACIES[-1])):
        return None
    theirs = courses[peer].time_to(ACCURACIES[-1])
    return (theirs or courses[peer].seconds) / mine, theirs is not None


def written(value: float | None, form: str) -> str:
    """Write a number, or a dash in its place.

    >>> written(2.5, "7.2f"), written(None, "7.2f")
    ('   2.50', '      –')
    """
    return f"{'–':>{form.partition('.')[0]}}" if value is None else f"{value:{form}}"


def print_table(courses: Found) -> None:
    """Print accuracies by time, times by accuracy, the ratio to ours, the test accuracy."""
    by_time = "".join(f"{f'{t} s':>7}" for t in TIMES)
    by_accuracy = "".join(f"{f'{100 * a:.1f} %':>8}" for a in ACCURACIES)
    print(f"{'':20}best validation accuracy (%) at{'':{len(by_time) - 30}}seconds to")
    print(f"{'':19}{by_time}{by_accuracy}{'/ ours':>9}{'test':>8}{'end':>8}")
    for name, course in courses.items():
        best = [course.best(t) for t in TIMES]
        row = "".join(written(b and 100 * b, "7.2f") for b in best)
        row += "".join(written(t, "8.1f") for t in times_to(course).values())
        found = ratio(courses, name)
        times = f"{'' if found[1] else '> '}{found[0]:.1f}" if found else "–"
        print(f"{NAMES[name]:19}{row}{times:>9}{100 * course.test:8.2f}{course.seconds:6.0f} s")
    if "optuna" in courses and (found := ratio(courses, "optuna")):
        share = 1 / found[0]
        met = "aim met" if share <= AIM else "met" if share <= MOST else "MISSED"
        print(f"\nours / Optuna + PyTorch, time to 98.0 %: {'' if found[1] else '< '}{share:.3f}"
              f"   target ≤ {MOST:g}, aim {AIM:g}   {met}")  # fmt: skip


def as_json(courses: Found, limits: Limits) -> str:
    """Put all results into one JSON object."""
    found: dict[str, Any] = {
        name: {
            "best": {t: course.best(t) for t in TIMES},
            "seconds_to": times_to(course),
            "ratio": ratio(courses, name),
            "test": course.test,
            "seconds": course.seconds,
            "seeds": [
                {"seconds_to": times_to(each), "test": each.test, "networks": len(each.seen)}
                for each in course.every
            ],
        }
        for name, course in courses.items()
    }
    about = {"schema": 1, "cores": usable_cores(), **asdict(limits)}
    return json.dumps({**about, "peers": found}, indent=2)


def main() -> None:
    """Let one search after the other run, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=[*PEERS])
    parser.add_argument("--seconds", type=float, default=300, help="for each peer")
    parser.add_argument("--budget", type=float, default=60, help="seconds for tune")
    parser.add_argument("--candidates", type=int, default=27, help="for sklearn halving")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--seeds", type=int, default=1, help="how many, of which the median counts")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    limits = Limits(options.seconds, options.budget, options.candidates, options.seed)
    courses: Found = {}
    for name in options.peers:
        every = []
        for seed in range(options.seed, options.seed + options.seeds):
            course = PEERS[name](load(options.data), replace(limits, seed=seed))
            told = ", ".join(f"{a}: {written(t, '.1f')}" for a, t in times_to(course).items())
            print(f"{NAMES[name]}, seed {seed}: {told} s", file=sys.stderr, flush=True)
            every.append(course)
        courses[name] = Courses(tuple(every))
    print(as_json(courses, limits)) if options.json else print_table(courses)


if __name__ == "__main__":
    main()
