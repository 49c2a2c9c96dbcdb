"""Recorded runs and where they must stop, and why, worked out by hand."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import OptionError
from tuner.records import Epoch, StopReason, from_json, to_json
from tuner.strategies.plateau import Plateau
from tuner.strategies.stopping import Stopping

NAN, INF = math.nan, math.inf


def epochs(
    accuracies: Sequence[float],
    *,
    validation_costs: Sequence[float] = (),
    training_costs: Sequence[float] = (),
    seconds: float = 1.0,
) -> list[Epoch]:
    n = len(accuracies)
    costs = [(*given, *[0.5] * (n - len(given))) for given in (training_costs, validation_costs)]
    return [
        Epoch(
            epoch=i + 1,
            eta=0.1,
            training_cost=costs[0][i],
            training_metrics={"accuracy": 1.0},
            validation_cost=costs[1][i],
            validation_metrics={"accuracy": accuracies[i]},
            seconds=seconds,
        )
        for i in range(n)
    ]


def after(stopping: Stopping, history: Iterable[Epoch]) -> Stopping:
    for epoch in history:
        stopping = stopping.observe(epoch)
    return stopping


def stop(stopping: Stopping, history: Sequence[Epoch]) -> tuple[int, StopReason] | None:
    for epoch in history:
        stopping = stopping.observe(epoch)
        if stopping.reason is not None:
            return epoch.epoch, stopping.reason
    return None


@pytest.mark.parametrize(
    ("settings", "history", "expected"),
    [
        ({"epochs": 1}, epochs([0.9]), (1, StopReason.EPOCHS)),
        ({"epochs": 3}, epochs([0.9] * 5), (3, StopReason.EPOCHS)),
        ({"epochs": 6}, epochs([0.9] * 5), None),  # early stopping is off
        (
            {"epochs": 30, "plateau": Plateau(patience=2)},
            epochs([0.9, 0.8, 0.8, 0.8]),
            (3, StopReason.NO_IMPROVEMENT),
        ),
        (  # both at once: the plateau says more
            {"epochs": 3, "plateau": Plateau(patience=2)},
            epochs([0.9, 0.8, 0.8]),
            (3, StopReason.NO_IMPROVEMENT),
        ),
        (
            {"epochs": 2, "plateau": Plateau(patience=2)},
            epochs([0.9, 0.8, 0.8]),
            (2, StopReason.EPOCHS),
        ),
        ({"epochs": 9, "seconds": 1.0}, epochs([0.9] * 9, seconds=0.25), (4, StopReason.TIME)),
        ({"epochs": 9, "seconds": 0.9}, epochs([0.9] * 9, seconds=0.25), (4, StopReason.TIME)),
        ({"epochs": 4, "seconds": 1.0}, epochs([0.9] * 9, seconds=0.25), (4, StopReason.EPOCHS)),
        ({"epochs": 9, "seconds": 0.1}, epochs([0.9] * 9, seconds=5.0), (1, StopReason.TIME)),
        ({"epochs": 9, "seconds": 9.0}, epochs([0.9] * 8, seconds=1.0), None),
        (
            {"epochs": 9, "seconds": 3.0, "plateau": Plateau(patience=1)},
            epochs([0.7, 0.8, 0.8]),
            (3, StopReason.NO_IMPROVEMENT),
        ),
        # Not a number: at once, whatever else holds, and however good the accuracy.
        (
            {"epochs": 9},
            epochs([0.7, 0.8, 0.9], validation_costs=[0.5, NAN]),
            (2, StopReason.DIVERGED),
        ),
        ({"epochs": 9}, epochs([0.7, 0.8], training_costs=[NAN]), (1, StopReason.DIVERGED)),
        ({"epochs": 9}, epochs([0.7], validation_costs=[INF]), (1, StopReason.DIVERGED)),
        (
            {"epochs": 2, "seconds": 2.0, "plateau": Plateau(patience=1)},
            epochs([0.7, 0.7], training_costs=[0.5, INF]),
            (2, StopReason.DIVERGED),
        ),
        (
            {"epochs": 9, "plateau": Plateau(patience=1, start_from_epoch=5)},
            epochs([0.7, 0.6], validation_costs=[0.5, NAN]),
            (2, StopReason.DIVERGED),
        ),
    ],
)
def test_where_it_stops_and_why(
    settings: dict[str, Any], history: list[Epoch], expected: tuple[int, StopReason] | None
) -> None:
    assert stop(Stopping(**settings), history) == expected


@given(
    st.lists(st.integers(0, 5).map(lambda right: right / 5), min_size=1, max_size=40),
    st.integers(1, 6),
    st.integers(1, 30),
)
def test_it_stops_after_exactly_n_or_at_the_budget(
    accuracies: list[float], patience: int, budget: int
) -> None:
    found = stop(Stopping(epochs=budget, plateau=Plateau(patience=patience)), epochs(accuracies))
    last = found[0] if found else len(accuracies)
    best = accuracies[:last].index(max(accuracies[:last])) + 1
    assert last <= budget
    assert last - best <= patience
    if found is None:
        assert last < budget
        assert last - best < patience
    elif found[1] is StopReason.NO_IMPROVEMENT:
        assert last - best == patience
    else:
        assert (found[1], last) == (StopReason.EPOCHS, budget)
        assert last - best < patience


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20),
    st.floats(1e-6, 1e6),
    st.integers(0, 20),
)
def test_halfway_through_json_it_goes_on_identically(
    accuracies: list[float], seconds: float, cut: int
) -> None:
    history = epochs(accuracies, seconds=seconds)
    start = Stopping(epochs=30, plateau=Plateau(patience=3), seconds=1e3)
    halfway = after(start, history[:cut])
    read = from_json(Stopping, json.dumps(to_json(halfway)))
    assert read == halfway
    assert after(read, history[cut:]) == after(start, history)


def test_observing_leaves_the_value_as_it_was() -> None:
    stopping = Stopping(epochs=5, plateau=Plateau(patience=1))
    after(stopping, epochs([0.9, 0.8]))
    assert stopping == Stopping(epochs=5, plateau=Plateau(patience=1))
    with pytest.raises(FrozenInstanceError):
        stopping.last_epoch = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1 but is 0."),
        ({"epochs": 1, "seconds": 0.0}, "seconds must be a positive number but is 0.0."),
        ({"epochs": 1, "seconds": NAN}, "seconds must be a positive number but is nan."),
        ({"epochs": 1, "seconds": INF}, "seconds must be a positive number but is inf."),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as error:
        Stopping(**settings)
    assert str(error.value) == message
