"""The trials of a study as pandas tables: numbers only, no wording and no rounding."""

import math
from statistics import fmean
from typing import Any

import pandas as pd

from tuner.records import StudyRecord, Trial
from tuner.stats import mean_interval

PARAMS = "params_"
"""What the column of a searched dimension begins with."""


def trial_table(record: StudyRecord) -> pd.DataFrame:
    """Return one row for each trial.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome` (`complete`, `pruned`, `diverged` or `failed`); `value`, the
        validation metric, with `low` and `high`, its 95 % interval over the seeds (infinite for a
        single seed); `seeds`; one column `params_NAME` for each searched dimension;
        `objective_NAME` for each further objective; `eta`; `best_epoch`, the mean of the seeds;
        `epochs`, of the longest seed; `rung`, the epoch of the last one reached; `size`, weights
        and biases; `seconds`; `batch`. What is not known is missing.
    """
    names = list(record.result.space)
    rows = [_row(record, trial, names) for trial in record.result.trials]
    others = [f"objective_{name}" for name in record.result.objectives[1:]]
    columns = [*_BEFORE, *(PARAMS + name for name in names), *others, *_AFTER]
    frame = pd.DataFrame(rows, columns=pd.Index(columns, dtype=object))
    kinds = dict.fromkeys(["value", "low", "high", *others, *_AFTER], float)
    return frame.astype({**kinds, "number": int, "seeds": int})


_BEFORE = ["number", "outcome", "value", "low", "high", "seeds"]
_AFTER = ["eta", "best_epoch", "epochs", "rung", "size", "seconds", "batch"]


def _row(record: StudyRecord, trial: Trial, names: list[str]) -> list[Any]:
    params = record.result.stored_params(trial)
    low, high = mean_interval(trial.network_values)
    return [
        trial.number,
        trial.outcome,
        trial.value,
        low,
        high,
        len(trial.network_values) or 1,
        *(params.get(name) for name in names),
        *map(trial.objective, range(1, len(record.result.objectives))),
        trial.eta,
        fmean(trial.best_epoch or [math.nan]),
        max(trial.epochs, default=math.nan),
        max(trial.rungs, default=math.nan),
        record.parameters(trial),
        trial.seconds,
        trial.batch,
    ]


def seed_table(record: StudyRecord) -> pd.DataFrame:
    """Return one row for each network.

    Returns
    -------
    pandas.DataFrame
        `number` of its trial; `seed` from 0; `outcome`; `value`; `epochs` trained.
    """
    rows = [
        (trial.number, seed, trial.outcome, *values)
        for trial in record.result.trials
        for seed, values in enumerate(zip(trial.network_values, trial.epochs, strict=True))
    ]
    frame = pd.DataFrame(rows, columns=["number", "seed", "outcome", "value", "epochs"])
    return frame.astype({"value": float, "epochs": float})


def mean_of_trials(
    complete: pd.DataFrame, bounds: tuple[float, float]
) -> tuple[float, float, float]:
    """Return the mean value of trials, each the mean of its seeds, and its 95 % interval.

    The interval is over the trials, or over the seeds of a single one, and ends at the bounds; NaN
    where there is only one network.

    Examples
    --------
    >>> two = pd.DataFrame({"number": [0, 0, 1, 1], "value": [89.0, 91.0, 90.0, 92.0]})
    >>> [round(float(each), 2) for each in mean_of_trials(two, (0, 100))]
    [90.5, 84.15, 96.85]
    """
    trials = complete.groupby("number")["value"].mean()
    low, high = mean_interval([*(complete["value"] if len(trials) == 1 else trials)])
    known = math.isfinite(low)
    ends = (max(bounds[0], low), min(bounds[1], high)) if known else (math.nan, math.nan)
    return float(trials.mean()), *ends


def curve_table(record: StudyRecord) -> pd.DataFrame:
    """Return one row for each trial and epoch.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `epoch`, from 1; `value` after it, the mean of the seeds, of which
        one that has stopped keeps its last.
    """
    rows = [
        (trial.number, trial.outcome, epoch, value)
        for trial in record.result.trials
        for epoch, value in enumerate(trial.mean_curve, start=1)
    ]
    return pd.DataFrame(rows, columns=["number", "outcome", "epoch", "value"])
