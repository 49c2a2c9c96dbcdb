"""The pruner for somebody's own objective stops where a plain count of epochs says so."""

import math

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.study import StudyDirection

from tuner.errors import OptionError
from tuner.study.pruner import NoImprovementPruner

VALUES = st.lists(st.sampled_from([0.1, 0.2, 0.3, math.nan]), max_size=12)


def stopped_at(values: list[float], patience: int, *, maximize: bool) -> int:
    """Return how many values there are when the last `patience` of them beat no earlier one."""
    best, since = None, 0
    for seen, value in enumerate(values, 1):
        better = best is None or (value > best if maximize else value < best)
        if better and not math.isnan(value):
            best, since = value, 0
        else:
            since += 1
        if since >= patience:
            return seen
    return len(values)


@given(values=VALUES, patience=st.integers(1, 4), maximize=st.booleans())
def test_it_stops_after_exactly_n_values_without_a_better_one(
    values: list[float], patience: int, maximize: bool
) -> None:
    def objective(trial: optuna.Trial) -> float:
        for step, value in enumerate(values):
            trial.report(value, step)
            if trial.should_prune():
                return step + 1
        return len(values)

    direction = StudyDirection.MAXIMIZE if maximize else StudyDirection.MINIMIZE
    study = optuna.create_study(pruner=NoImprovementPruner(patience), direction=direction)
    study.optimize(objective, n_trials=1)
    assert study.trials[0].value == stopped_at(values, patience, maximize=maximize)


def test_ties_within_min_delta_and_first_values_do_not_count() -> None:
    pruner = NoImprovementPruner(1, min_delta=0.1, start_from_epoch=2)
    study = optuna.create_study(direction="maximize")
    trial = study.ask()
    pruned = []
    for step, value in enumerate((0.5, 0.5, 0.7, 0.75)):
        trial.report(value, step)
        pruned.append(pruner.prune(study, study.trials[0]))
    assert pruned == [False, False, False, True]


def test_a_patience_of_none_is_refused() -> None:
    with pytest.raises(OptionError, match="patience must be at least 1"):
        NoImprovementPruner(0)
