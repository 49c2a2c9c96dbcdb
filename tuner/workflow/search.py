"""The study over λ and network size: what the budget allows of it, and its best trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuner.records import Hyperparameters, Record, StudySummary, TrialRecord
from tuner.study.spec import StudySpec
from tuner.study.workers import Workers
from tuner.workflow.ask import Ask
from tuner.workflow.jobs import Pace, done

LADDER = (10, 30, 60, 100, 200, 300, 500, 800, 1200)
SMALL_INPUT, SMALL_SIZE, TINY_SIZE = 64, 300, 30
"""A table of few columns gets no larger networks than this, an image no smaller ones."""

PATTERNS = (((5, 15), 40), ((3, 8), 20), ((2, 5), 10), ((1, 3), 6))
"""Rungs and most epochs of a trial, from thorough to hasty."""

BATCH, FEWEST, MOST_BATCHES = 8, 4, 6
DECAYS = (1e-6, 1e-3)
"""Of λ/n, what is searched where that leaves λ between sensible ends."""

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
        Sizes to choose from; larger ones could not be trained to the end in time.
    trials, batch, rungs, epochs
        As in a study file.
    find_each
        Whether η is found for each size; otherwise that of the look at overfitting serves.
    """

    hidden: tuple[int, ...]
    trials: int
    batch: int
    rungs: tuple[int, ...]
    epochs: int
    find_each: bool


def measure_paces(
    settings: Hyperparameters, n_inputs: int, budget: float, workers: Workers
) -> Paces:
    """Train a network of each size for a moment."""
    sizes = sizes_for(n_inputs)
    tasks = [Pace(replace(settings, hidden=(h,)), min(0.3, budget / 200)) for h in sizes]
    return Paces(seconds=dict(zip(sizes, done(workers, tasks), strict=True)))


def sizes_for(n_inputs: int) -> tuple[int, ...]:
    """Give the sizes that suit so many inputs."""
    if n_inputs < SMALL_INPUT:
        return tuple(h for h in LADDER if h <= SMALL_SIZE)
    return tuple(h for h in LADDER if h >= TINY_SIZE)


def plan_search(paces: Paces, *, seconds: float, final_seconds: float, workers: int) -> SearchPlan:
    """Give the most thorough study that fits.

    Parameters
    ----------
    paces
        How long an epoch takes.
    seconds
        Time for the study.
    final_seconds
        Time for the final networks: what cannot be trained well in it is not searched.
    workers
        How many networks train at the same time.

    Examples
    --------
    >>> paces = Paces(seconds={30: 0.1, 100: 0.2, 300: 0.6, 800: 2.0})
    >>> plan = plan_search(paces, seconds=14.0, final_seconds=30.0, workers=2)
    >>> plan.hidden, plan.trials, plan.rungs, plan.epochs, plan.find_each
    ((30, 100, 300), 16, (2, 5), 10, False)
    """
    enough = 30 * max(1.0, final_seconds / 30) ** 0.5
    hidden = tuple(h for h, pace in paces.seconds.items() if pace * enough <= final_seconds)
    hidden = hidden if len(hidden) >= 2 else tuple(paces.seconds)[:2]
    among = [paces.seconds[h] for h in hidden]
    pace = (sum(among) / len(among) + max(among)) / 2
    find_each = _eta_seconds(among) / workers < 0.2 * seconds
    seconds -= find_each * _eta_seconds(among) / workers

    def batches(pattern: tuple[tuple[int, int], int], size: int) -> int:
        return int(seconds * workers // (pace * _network_epochs(pattern, size)))

    fits = [p for p in PATTERNS if batches(p, BATCH) >= 2]
    fits += [p for p in PATTERNS if batches(p, BATCH) >= 1]
    pattern, size = (fits[0], BATCH) if fits else (PATTERNS[-1], FEWEST)
    count = min(MOST_BATCHES, max(1, batches(pattern, size)))
    return SearchPlan(
        hidden=hidden,
        trials=count * size,
        batch=size,
        rungs=pattern[0],
        epochs=pattern[1],
        find_each=find_each,
    )


def _network_epochs(pattern: tuple[tuple[int, int], int], batch: int) -> int:
    """Give the epochs that a batch trains, half of it ending at each rung."""
    (first, second), last = pattern
    half, quarter = -(-batch // 2), -(-batch // 4)
    return batch * first + half * (second - first) + quarter * (last - second)


def _eta_seconds(paces: Sequence[float]) -> float:
    """Estimate the time of a threshold search for each size: some ten probes of three epochs."""
    return 30 * sum(paces)


def study_spec(plan: SearchPlan, settings: Hyperparameters, ask: Ask, n: int) -> StudySpec:
    """Give the study: λ and size are searched, all else is as the look at overfitting chose it."""
    content: dict[str, Any] = {
        "name": NAME,
        "title": "λ × hidden size",
        "data": data_part(ask),
        "network": network_part(settings),
        "train": {"epochs": plan.epochs, "patience": min(10, max(3, plan.epochs // 2))},
        "search": {
            "lambda": {"low": _lambdas(n)[0], "high": _lambdas(n)[1], "log": True},
            "hidden": {"choices": [[h] for h in plan.hidden]},
        },
        "eta": "find" if plan.find_each else settings.eta,
        "trials": plan.trials,
        "batch": plan.batch,
        "rungs": plan.rungs,
        "seed": ask.seed,
    }
    return StudySpec.model_validate(content)


def data_part(ask: Ask) -> dict[str, Any]:
    """Give which data it is as the table [data] of a study file holds it."""
    return {
        "source": ask.source,
        "target": ask.target,
        "train_size": ask.train_size,
        "split_seed": ask.split_seed,
    }


def network_part(settings: Hyperparameters) -> dict[str, Any]:
    """Give the settings as the table [network] of a study file holds them."""
    own = {"eta", "seed"}
    return {k.rstrip("_"): v for k, v in vars(settings).items() if k not in own}


def _lambdas(n: int) -> tuple[float, float]:
    low, high = (float(f"{decay * n:.2g}") for decay in DECAYS)
    return max(low, 1e-3), max(high, 10.0)


def best_trials(summary: StudySummary, most: int) -> list[TrialRecord]:
    """Give the best complete trials, the best first, no two of the same parameters."""
    complete = [trial for trial in summary.trials if trial.state == "complete"]
    ranked = sorted(complete, key=lambda trial: -trial.values[0])
    different = {str(sorted(trial.params.items())): trial for trial in reversed(ranked)}
    return sorted(different.values(), key=lambda t: (-t.values[0], t.number))[:most]


def settings_of(spec: StudySpec, trial: TrialRecord) -> Hyperparameters:
    """Give the settings of a trial, with the η that it was trained with."""
    return replace(spec.resolve(trial.params)[0], eta=trial.attributes["eta"])
