"""Validation traces and the epoch at which "no improvement in N" is reached, counted by hand."""

import json
import math
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuner.errors import OptionError
from tuner.records import from_json, to_json
from tuner.strategies.plateau import Plateau

LATE_RISE = (0.95, *[0.94] * 14, 0.96, *[0.95] * 30)
"""The article's warning: 14 epochs without improvement, then a better accuracy in epoch 16."""

TRACES = st.lists(st.integers(0, 6).map(lambda right: right / 6), min_size=1, max_size=40)
"""Accuracies on six examples: they tie often."""


def after(plateau: Plateau, accuracies: Sequence[float]) -> Plateau:
    for accuracy in accuracies:
        plateau = plateau.observe(accuracy)
    return plateau


def reached_after(plateau: Plateau, accuracies: Sequence[float]) -> int | None:
    """The first epoch, counted from 1, after which the plateau is reached."""
    for epoch, accuracy in enumerate(accuracies, 1):
        plateau = plateau.observe(accuracy)
        if plateau.reached:
            return epoch
    return None


@pytest.mark.parametrize(
    ("settings", "accuracies", "epoch"),
    [
        ({"patience": 1}, (0.9,), None),  # one epoch: the first is an improvement on nothing
        ({"patience": 1}, (0.0,), None),
        ({"patience": 1}, (0.0, 0.0), 2),
        ({"patience": 1}, (0.90, 0.91, 0.92), None),
        ({"patience": 1}, (0.90, 0.89), 2),
        ({"patience": 1}, (0.90, 0.91, 0.91), 3),  # a tie is no improvement
        ({"patience": 3}, (0.90, 0.91, 0.91, 0.91), None),
        ({"patience": 3}, (0.90, 0.91, 0.91, 0.91, 0.91), 5),
        # A lucky spike: what comes after rises, but not above it.
        ({"patience": 3}, (0.90, 0.96, 0.92, 0.93, 0.95), 5),
        # Better in the last moment: the count begins again.
        ({"patience": 3}, (0.90, 0.89, 0.88, 0.91, 0.90, 0.90), None),
        ({"patience": 3}, (0.90, 0.89, 0.88, 0.91, 0.90, 0.90, 0.90), 7),
        # Back to an earlier level is no improvement on the best.
        ({"patience": 2}, (0.90, 0.80, 0.85), 3),
        ({"patience": 10}, LATE_RISE, 11),
        ({"patience": 14}, LATE_RISE, 15),
        ({"patience": 15}, LATE_RISE, 31),
        ({"patience": 20}, LATE_RISE, 36),
        ({"patience": 30}, LATE_RISE, 46),
        ({"patience": 31}, LATE_RISE, None),
        # Warm-up: its epochs are not counted, but its best is to be beaten.
        ({"patience": 2, "start_from_epoch": 3}, (0.90, 0.89, 0.88, 0.88, 0.88), 5),
        ({"patience": 2, "start_from_epoch": 2}, (0.95, 0.90, 0.91, 0.92), 4),
        ({"patience": 2, "start_from_epoch": 2}, (0.95, 0.90, 0.96, 0.92), None),
        ({"patience": 1, "start_from_epoch": 1}, (0.95, 0.90), 2),
        ({"patience": 1, "start_from_epoch": 9}, (0.95, 0.90, 0.90), None),
        # min_delta: only more than that counts, measured from the last improvement.
        ({"patience": 2, "min_delta": 0.01}, (0.900, 0.905, 0.909, 0.912), 3),
        ({"patience": 3, "min_delta": 0.01}, (0.900, 0.905, 0.909, 0.912), None),
        ({"patience": 1, "min_delta": 0.1}, (0.7, 0.8), 2),  # just 0.1, though 0.8 > 0.7 + 0.1
        ({"patience": 1, "min_delta": 0.1}, (0.7, 0.8001), None),
    ],
)
def test_the_epoch_at_which_it_is_reached(
    settings: dict[str, Any], accuracies: Sequence[float], epoch: int | None
) -> None:
    assert reached_after(Plateau(**settings), accuracies) == epoch


@given(TRACES, st.integers(1, 8))
def test_it_is_reached_n_epochs_after_the_first_of_the_best(
    accuracies: list[float], patience: int
) -> None:
    waited = [
        len(seen) - 1 - seen.index(max(seen))
        for seen in (accuracies[: n + 1] for n in range(len(accuracies)))
    ]
    expected = waited.index(patience) + 1 if patience in waited else None
    assert reached_after(Plateau(patience=patience), accuracies) == expected


@given(TRACES, st.integers(0, 10))
def test_start_from_epoch_counts_no_more_than_the_epochs_after_it(
    accuracies: list[float], start_from_epoch: int
) -> None:
    since_best = len(accuracies) - 1 - accuracies.index(max(accuracies))
    plateau = after(Plateau(patience=3, start_from_epoch=start_from_epoch), accuracies)
    assert plateau.waited == max(0, min(since_best, len(accuracies) - start_from_epoch))
    assert plateau.best == max(accuracies)


@given(TRACES)
def test_again_counts_from_zero_against_the_same_best(accuracies: list[float]) -> None:
    plateau = after(Plateau(patience=2), accuracies)
    again = plateau.again()
    assert (again.waited, again.best) == (0, max(accuracies))
    assert reached_after(again, [max(accuracies)] * 3) == 2


@given(TRACES, st.integers(0, 40))
@example([0.1, 0.3, 0.2], 0)
def test_halfway_through_json_it_goes_on_identically(accuracies: list[float], cut: int) -> None:
    start = Plateau(patience=3, min_delta=0.1, start_from_epoch=1)
    halfway = after(start, accuracies[:cut])
    read = from_json(Plateau, json.dumps(to_json(halfway)))
    assert read == halfway
    assert after(read, accuracies[cut:]) == after(start, accuracies)


def test_observing_leaves_the_value_as_it_was() -> None:
    plateau = Plateau(patience=2).observe(0.9)
    plateau.observe(0.8)
    assert plateau == Plateau(patience=2, best=0.9, epochs=1)
    with pytest.raises(FrozenInstanceError):
        plateau.waited = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be at least 1 (or off) but is 0."),
        ({"patience": 1, "min_delta": -0.1}, "min_delta must be a finite number, at least 0"),
        ({"patience": 1, "min_delta": math.nan}, "min_delta must be a finite number, at least 0"),
        ({"patience": 1, "start_from_epoch": -1}, "start_from_epoch must be at least 0 but is -1."),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as error:
        Plateau(**settings)
    assert str(error.value).startswith(message)
