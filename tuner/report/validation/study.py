"""What a stored study must not hold."""

from collections.abc import Iterator
from typing import Any

from tuner.records import StudyRecord, TrialRecord

STATES = ("complete", "pruned", "failed")

_PER_SEED = {"accuracies": 1.0, "best_epoch": float("inf"), "epochs": float("inf")}
"""Attributes with one number a seed, and the most that each may be."""


def study_contradictions(record: StudyRecord) -> Iterator[str]:
    """Describe where it holds what no study could have written."""
    result = record.result
    if not result.objectives:
        yield "result.objectives must name at least one"
    numbers = [trial.number for trial in result.trials]
    if sorted(set(numbers)) != numbers:
        yield "result.trials: their numbers do not rise"
    for index, trial in enumerate(result.trials):
        where = f"result.trials.{index}"
        for fault in (*_in_values(trial, len(result.objectives)), *_in_attributes(trial)):
            yield f"{where}.{fault}"


def _in_values(trial: TrialRecord, objectives: int) -> Iterator[str]:
    if trial.state not in STATES:
        yield f"state is {trial.state!r} but must be one of {', '.join(STATES)}"
    if len(trial.values) != objectives and trial.state != "failed":
        yield f"values: {len(trial.values)} values but {objectives} objectives"
    if not all(0 <= value <= 1 for value in trial.values[:1]):
        yield f"values.0 is {trial.values[0]} but must be from 0 to 1"
    for epoch, value in trial.rungs.items():
        if not 0 <= value <= 1:
            yield f"rungs.{epoch} is {value} but must be from 0 to 1"


def _in_attributes(trial: TrialRecord) -> Iterator[str]:
    for name, most in _PER_SEED.items():
        if name in trial.attributes and not _numbers(trial.attributes[name], most):
            yield f"attributes.{name} must be a list of numbers, one a seed"
    curves = trial.attributes.get("curves", [])
    if not isinstance(curves, list | tuple) or not all(_numbers(each, 1.0) for each in curves):
        yield "attributes.curves must be lists of numbers from 0 to 1, one a seed"


def _numbers(values: Any, most: float) -> bool:
    return isinstance(values, list | tuple) and all(
        isinstance(each, int | float) and 0 <= each <= most for each in values
    )
