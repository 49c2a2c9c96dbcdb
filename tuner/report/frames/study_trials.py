"""What a trial of a study holds, read with care: its attributes may lack."""

import math
from collections.abc import Sequence
from itertools import pairwise, repeat
from statistics import fmean
from typing import Any

from tuner.records import StudyRecord, TrialRecord
from tuner.report.frames.study_space import as_number, layer_sizes, part

COMPLETE, PRUNED, DIVERGED = "complete", "pruned", "diverged"


def outcome(trial: TrialRecord) -> str:
    """Return how a trial ended: `complete`, `pruned` or `failed`; `diverged` comes before those."""
    if trial.attributes.get("diverged"):
        return DIVERGED
    return trial.state if trial.state in (COMPLETE, PRUNED) else "failed"


def accuracy(trial: TrialRecord) -> float:
    """Return the validation accuracy of a trial, the mean of its seeds; NaN when it has none."""
    return objective(trial, 0)


def numbers(trial: TrialRecord, name: str) -> list[float]:
    """Return an attribute that has one number a seed; empty when the trial has none."""
    found = trial.attributes.get(name)
    values = found if isinstance(found, list | tuple) else [found]
    return [value for each in values if not math.isnan(value := as_number(each))]


def objective(trial: TrialRecord, index: int) -> float:
    """Return the value of one objective; NaN when the trial has none."""
    return as_number(trial.values[index]) if index < len(trial.values) else math.nan


def mean_curve(trial: TrialRecord) -> list[float]:
    """Return the validation accuracy of each epoch, the mean of the seeds.

    Examples
    --------
    >>> curves = [[0.5, 0.75, 1.0], [0.25]]
    >>> mean_curve(TrialRecord(number=0, state="complete", values=(0.8,), params={}, rungs={},
    ...     attributes={"curves": curves}))
    [0.375, 0.5, 0.625]
    """
    curves = [list(map(as_number, each)) for each in _curves(trial) if each]
    longest = max(map(len, curves), default=0)
    filled = [[*curve, *repeat(curve[-1], longest - len(curve))] for curve in curves]
    return [fmean(values) for values in zip(*filled, strict=True)]


def _curves(trial: TrialRecord) -> Sequence[Sequence[Any]]:
    found = trial.attributes.get("curves")
    return found if isinstance(found, list | tuple) else ()


def network_size(record: StudyRecord, trial: TrialRecord) -> int | None:
    """Return the number of weights and biases of a trial's network; None where it is not known."""
    network = part(record, "network")
    hidden = layer_sizes(trial.params.get("hidden", network.get("hidden")))
    if hidden is None:
        return None
    if not math.isnan(repeated := as_number(trial.params.get("layers"))):
        hidden = hidden[:1] * int(repeated)
    sizes = (record.data.n_features, *hidden, len(record.data.classes))
    return sum((a + 1) * b for a, b in pairwise(sizes))
