"""The study over λ and network size: what the budget allows of it, and its best trials."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuner.data import Dataset, Part
from tuner.execution.base import Executor, run_all
from tuner.records import Hyperparameters, Record, StudySummary, Trial
from tuner.study.spec import StudySpec
from tuner.tuning.jobs import OnPart, Pace, first_of
from tuner.tuning.request import Ask

LADDER = (10, 30, 60, 100, 200, 300, 500, 800, 1200)
SMALL_INPUT, SMALL_SIZE, TINY_SIZE = 64, 300, 30
"""A table of few columns gets no larger networks than this, an image no smaller ones."""

Pattern = tuple[tuple[int, int], int]

PATTERNS: tuple[Pattern, ...] = (((5, 15), 40), ((3, 8), 20), ((2, 5), 10), ((1, 3), 6))
"""Rungs and most epochs of a trial, from thorough to hasty."""

SHARES = (1, 2, 4, 8)
"""Where time is short, trials train on a half, a quarter or an eighth of the examples."""

FEWEST_EXAMPLES = 5_000
STUDY_VALIDATION = 5_000
"""Validation examples by which trials on a part of the data are ranked."""

BATCH, MOST_BATCHES = 8, 6
DECAYS, DECAYS_FRESH = (1e-5, 1e-3), (1e-6, 1e-4)
"""Of λ/n, what is searched: a factor of ten either side of the article's, or of a tenth of it where
images change in every epoch. The short trials of a study do not show yet what a small λ misses, or
a large one spoils, in a long run."""

BUSY = 0.75
"""Share of a study's time that trains; in the rest workers wait at rungs, and short epochs of few
examples are measured on as many as long ones."""

LONG_RUN: Mapping[str, float] = {"sigmoid": 0.5}
"""Share of the η found at which the final networks begin, by activation; else all of it.

Sigmoid neurons saturate for good at an η that serves a few epochs: on MNIST (784-200-10, m = 10, 15
epochs) η = 0.45 gives 98.13 % on validation data and 0.89, half the threshold, 98.06 % (two
seeds at λ = 0.3 and 2); rectified ones do as well with either."""

NAME = "search"


@dataclass(frozen=True, kw_only=True)
class Paces(Record):
    """Seconds that an epoch takes on this machine, by the number of hidden neurons."""

    seconds: Mapping[int, float]


@dataclass(frozen=True, kw_only=True)
class SearchPlan(Record):
    """What the budget allows of the study.

    Attributes
    ----------
    hidden
        Sizes to choose from; larger ones could not be trained to the end in time, smaller ones
        would not use it.
    trials, batch, rungs, epochs
        As in a study file.
    find_each
        Whether η is found for each size; otherwise that of the look at overfitting serves.
    n_train
        Training examples of each trial; λ means the same λ/n on all.
    """

    hidden: tuple[int, ...]
    trials: int
    batch: int
    rungs: tuple[int, ...]
    epochs: int
    find_each: bool
    n_train: int


def measure_paces(
    settings: Hyperparameters, n_inputs: int, budget: float, workers: Executor
) -> Paces:
    """Train networks of every other size for a moment; the paces between lie between."""
    sizes = sizes_for(n_inputs)
    tried = sizes[::2] if sizes[-1] in sizes[::2] else (*sizes[::2], sizes[-1])
    tasks = [Pace(replace(settings, hidden=(h,)), min(0.3, budget / 300)) for h in tried]
    measured = run_all(workers, tasks)
    return Paces(seconds={h: float(np.interp(h, tried, measured)) for h in sizes})


def sizes_for(n_inputs: int) -> tuple[int, ...]:
    """Return the sizes that suit so many inputs."""
    if n_inputs < SMALL_INPUT:
        return tuple(h for h in LADDER if h <= SMALL_SIZE)
    return tuple(h for h in LADDER if h >= TINY_SIZE)


def plan_search(
    paces: Paces,
    n: int,
    *,
    seconds: float,
    final_seconds: float,
    enough_epochs: float,
    most_epochs: float = math.inf,
    workers: int,
) -> SearchPlan:
    """Return the most thorough study that fits.

    Parameters
    ----------
    paces
        How long an epoch takes.
    n
        Training examples.
    seconds
        Time for the study.
    final_seconds
        Time for the final networks: what cannot be trained well in it is not searched.
    enough_epochs
        What a final network needs at the least; with more time for it, more are expected.
    most_epochs
        What it can make use of; sizes that would leave half of the time idle are not searched, as
        long as four others are.
    workers
        How many networks train at the same time.

    Examples
    --------
    >>> paces = Paces(seconds={30: 0.1, 100: 0.2, 300: 0.6, 800: 2.0})
    >>> plan = plan_search(
    ...     paces, 50_000, seconds=14.0, final_seconds=30.0, enough_epochs=15, workers=2
    ... )
    >>> plan.hidden, plan.trials, plan.rungs, plan.epochs, plan.n_train
    ((30, 100, 300, 800), 16, (1, 3), 6, 12500)
    """
    enough = enough_epochs * max(1.0, final_seconds / 30) ** 0.75
    hidden = tuple(h for h, pace in paces.seconds.items() if pace * enough <= final_seconds)
    hidden = hidden if len(hidden) >= 2 else tuple(paces.seconds)[:2]
    idle = sum(paces.seconds[h] * most_epochs < final_seconds / 2 for h in hidden)
    hidden = hidden[max(0, min(idle, len(hidden) - 4)) :]
    among = [paces.seconds[h] for h in hidden]
    pace = (sum(among) / len(among) + max(among)) / 2
    find_each = _eta_seconds(among) / workers < 0.2 * seconds
    seconds -= find_each * _eta_seconds(among) / workers

    def batches(way: tuple[Pattern, int]) -> int:
        return int(BUSY * seconds * workers // (pace * _network_epochs(*way)))

    shares = [share for share in SHARES if share == 1 or n // share >= FEWEST_EXAMPLES]
    ways = [(pattern, share) for pattern in PATTERNS for share in shares]
    ways.sort(key=lambda way: -_network_epochs(*way))
    fits = [way for least in (2, 1) for way in ways if batches(way) >= least]
    pattern, share = way = (fits or ways[-1:])[0]
    return SearchPlan(
        hidden=hidden,
        trials=BATCH * min(MOST_BATCHES, max(1, batches(way))),
        batch=BATCH,
        rungs=pattern[0],
        epochs=pattern[1],
        find_each=find_each,
        n_train=n // share,
    )


def _network_epochs(pattern: Pattern, share: int) -> float:
    """Return the epochs of all examples that a batch trains, half of it ending at each rung."""
    (first, second), last = pattern
    return BATCH * (first + (second - first) / 2 + (last - second) / 4) / share


def _eta_seconds(paces: Sequence[float]) -> float:
    """Estimate the time of a threshold search for each size: some ten probes of three epochs."""
    return 30 * sum(paces)


def study_spec(plan: SearchPlan, settings: Hyperparameters, ask: Ask) -> StudySpec:
    """Return the study: λ and size are searched, all else is as chosen for overfitting."""
    low, high = _lambdas(plan.n_train, fresh=settings.expansion != "none")
    content: dict[str, Any] = {
        "name": NAME,
        "title": "λ × hidden size",
        "data": {**data_part(ask), "train_size": plan.n_train},
        "network": network_part(settings),
        "train": {
            "epochs": plan.epochs,
            "patience": min(10, max(3, plan.epochs // 2)),
            "schedule": "planned",
            "until": 0.03,
        },
        "search": {
            "lambda": {"low": low, "high": high, "log": True},
            "hidden": {"choices": [[h] for h in plan.hidden]},
        },
        "eta": "find" if plan.find_each else settings.eta,
        "trials": plan.trials,
        "batch": plan.batch,
        "rungs": plan.rungs,
        "seed": ask.seed,
    }
    return StudySpec(**content)


def data_part(ask: Ask) -> dict[str, Any]:
    """Return which data it is as the table [data] of a study file holds it."""
    return {
        "source": ask.source,
        "target": ask.target,
        "train_size": ask.train_size,
        "split_seed": ask.split_seed,
    }


def network_part(settings: Hyperparameters) -> dict[str, Any]:
    """Return the settings as the table [network] of a study file holds them."""
    own = {"eta", "seed"}
    return {k.rstrip("_"): v for k, v in vars(settings).items() if k not in own}


def _lambdas(n: int, *, fresh: bool) -> tuple[float, float]:
    low, high = (float(f"{decay * n:.2g}") for decay in (DECAYS_FRESH if fresh else DECAYS))
    return max(low, 1e-3), max(high, 1.0 if fresh else 10.0)


def best_trials(summary: StudySummary, most: int) -> list[Trial]:
    """Return the trials that go on, the best first, no two of the same parameters.

    The second is the best of those with more neurons, if there is one: what they are good for shows
    only in a run longer than the trials.
    """
    complete = [trial for trial in summary.trials if trial.state == "complete"]
    ranked = sorted(complete, key=lambda trial: (-trial.values[0], trial.number))
    firsts = {str(sorted(trial.params.items())): trial for trial in reversed(ranked)}
    best, *others = (trial for trial in ranked if trial in firsts.values())
    second = next((t for t in others if _neurons(t) > _neurons(best)), best)
    others.sort(key=lambda t: t is not second)
    return [best, *others][:most]


def _neurons(trial: Trial) -> int:
    hidden = trial.params["hidden"]
    return sum(hidden) if isinstance(hidden, tuple) else 0


def part_for(data: Dataset, plan: SearchPlan) -> Dataset:
    """Return the data of the study; there is no test part in it."""
    if plan.n_train == data.train.n:
        return data
    empty = Part(data.train.x[:0], data.train.y[:0])
    return Dataset(
        first_of(data.tuning, plan.n_train, STUDY_VALIDATION),
        empty,
        name=data.name,
        sha256=data.summary.sha256,
        preprocessing=data.preprocessing,
    )


def workers_for(workers: Executor, data: Dataset, plan: SearchPlan) -> Executor:
    """Return workers that know the data of the study."""
    if plan.n_train == data.train.n:
        return workers
    return OnPart(workers, plan.n_train, STUDY_VALIDATION)


def settings_of(spec: StudySpec, trial: Trial, scale: float) -> Hyperparameters:
    """Return the settings of a trial with its η, and λ for `scale` times as many examples."""
    settings = spec.resolve(trial.params)[0]
    lambda_ = float(f"{settings.lambda_ * scale:.4g}")
    return replace(settings, eta=trial.eta, lambda_=lambda_)


def for_long_run(settings: Hyperparameters) -> Hyperparameters:
    """Return settings whose η was found in short probes an η for many epochs.

    Examples
    --------
    >>> for_long_run(Hyperparameters(eta=0.8, activation="sigmoid")).eta
    0.4
    """
    return replace(settings, eta=LONG_RUN.get(settings.activation, 1.0) * settings.eta)
