"""Is `tune` as good as a tuned `MLPClassifier` of scikit-learn? Small data sets, equal time.

    python -m benchmarks.tables [--data wine ...] [--seeds 5] [--budget 30] [--json]

For each seed the data are split anew; both see the same examples and are judged on the same test
part. Ours trains on the training part and chooses by the validation part. scikit-learn gets
both parts, cross-validates, and refits on both. It has as many candidates as fill the budget, by
the time they took before (at first a search of few, which is not counted). Ours counts as worse
where the 95 % interval of the paired difference (Student's t over seeds) lies below 0, as better
where it lies above, and else as not worse.
"""

import os

# Read when the libraries are imported, below, and by processes that start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.halving import both_parts, halving_search, our_split, start_processes
from tuner.data import Dataset, load
from tuner.execution.opening import open_executor
from tuner.stats import mean_interval
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import tune
from tuner.tuning.request import TuneRequest

DATA = ("mnist-5k", "digits", "breast_cancer", "wine")
WORKERS = 2
EPOCHS = (5, 405)
FEW_CANDIDATES = 27
FOLDS, LARGE = 5, 2_000
"""Folds of the cross-validation; with more examples than this one split serves, which is ours."""


@dataclass(frozen=True)
class Judged:
    """A tuned network: its test accuracy, and the time it took to tune."""

    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Pair:
    """Both on one split of the data."""

    seed: int
    ours: Judged
    peer: Judged
    candidates: int


def pairs(name: str, seeds: Sequence[int], budget: float) -> Iterator[Pair]:
    """Tune both on each split; the peer's candidates follow from the time they took before."""
    start_processes()
    candidates = FEW_CANDIDATES
    seconds = scikit_learn(load(name, seed=seeds[-1] + 1), candidates, seeds[-1] + 1).seconds
    for seed in seeds:
        mine = ours(load(name, seed=seed), seed, budget)
        candidates = max(3, round(candidates * budget / seconds))
        peer = scikit_learn(load(name, seed=seed), candidates, seed)
        seconds = peer.seconds
        yield Pair(seed, mine, peer, candidates)


def ours(data: Dataset, seed: int, budget: float) -> Judged:
    """Tune, with nothing given but data and budget."""
    began = time.monotonic()
    with (
        TemporaryDirectory() as folder,
        closing(open_executor(trainer_of(data), WORKERS)) as workers,
    ):
        ask = TuneRequest(budget=budget, source=data.name, seed=seed, began=began)
        tuned = tune(data, ask, Path(folder), executor=workers)
    assert tuned
    return Judged(tuned.record.test.value, time.monotonic() - began)


def scikit_learn(data: Dataset, candidates: int, seed: int) -> Judged:
    """Halve scikit-learn's candidates, and refit the best."""
    x, y = both_parts(data.tuning)
    cv = FOLDS if len(y) < LARGE else our_split(data.tuning)
    began = time.monotonic()
    search = halving_search(candidates, EPOCHS, seed=seed, cv=cv).fit(x, y)
    seconds = time.monotonic() - began
    test = data.open_test()
    return Judged(float(search.best_estimator_.score(test.x, test.y)), seconds)


def summary(found: Sequence[Pair]) -> dict[str, Any]:
    """Return means, differences and their 95 % intervals, in shares, and the verdict."""
    mine, theirs = ([getattr(p, who).accuracy for p in found] for who in ("ours", "peer"))
    differences = [m - t for m, t in zip(mine, theirs, strict=True)]
    low, high = mean_interval(differences)
    return {
        "ours": (mean(mine), *mean_interval(mine)),
        "peer": (mean(theirs), *mean_interval(theirs)),
        "difference": (mean(differences), low, high),
        "verdict": "WORSE" if high < 0 else "better" if low > 0 else "not worse",
        "seconds": tuple(mean(getattr(p, who).seconds for p in found) for who in ("ours", "peer")),
        "candidates": [p.candidates for p in found],
    }


def print_row(name: str, found: Sequence[Pair]) -> None:
    """Print one data set."""
    of = summary(found)
    mine, theirs, apart = (
        "{:6.2f} [{:.2f}, {:.2f}]".format(*(100 * share for share in of[key]))
        for key in ("ours", "peer", "difference")
    )
    seconds = "{:5.1f} {:5.1f}".format(*of["seconds"])
    print(f"{name:14}{mine:24}{theirs:24}{apart:22}{of['verdict']:11}{seconds}", flush=True)


def say(name: str, pair: Pair) -> None:
    """Tell what came of one split, beside the results."""
    print(f"{name}, seed {pair.seed}: ours {100 * pair.ours.accuracy:.2f} % in "
          f"{pair.ours.seconds:.1f} s, peer {100 * pair.peer.accuracy:.2f} % in "
          f"{pair.peer.seconds:.1f} s with {pair.candidates} candidates",
          file=sys.stderr, flush=True)  # fmt: skip


def main() -> None:
    """Go through the data sets and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=float, default=30, help="seconds for each")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    results: dict[str, list[Pair]] = {}
    if not options.json:
        print(f"{'test accuracy (%)':14}{'':3}ours{'':17}sklearn halving{'':9}ours − sklearn"
              f"{'':19}seconds")  # fmt: skip
    for name in options.data:
        results[name] = []
        for pair in pairs(name, range(options.seeds), options.budget):
            say(name, pair)
            results[name].append(pair)
        if not options.json:
            print_row(name, results[name])
    if options.json:
        found = {
            name: {**summary(of), "pairs": [asdict(p) for p in of]} for name, of in results.items()
        }
        print(json.dumps({"schema": 1, "budget": options.budget, "data": found}, indent=2))


if __name__ == "__main__":
    main()
