"""Validation traces and the η of each epoch, written out by hand from the definition."""

import json
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import OptionError
from tuner.records import from_json, to_json
from tuner.settings import Strategy, settings_of
from tuner.strategies.plans import policies
from tuner.strategies.plateau import Plateau
from tuner.strategies.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Halving,
    OneCycle,
    Planned,
    Schedule,
    WarmRestarts,
)


def halving(
    patience: int = 1, *, start: float = 8.0, start_from_epoch: int = 0, **settings: Any
) -> Halving:
    return Halving(
        start=start,
        plateau=Plateau(patience=patience, start_from_epoch=start_from_epoch),
        **settings,
    )


def etas(schedule: Schedule, accuracies: Sequence[float]) -> tuple[list[float], bool]:
    """η of each epoch trained, until the schedule is finished or the accuracies end."""
    used = []
    for accuracy in accuracies:
        if schedule.finished:
            break
        used.append(schedule.eta)
        schedule = schedule.observe(accuracy)
    return used, schedule.finished


def after(schedule: Halving, accuracies: Sequence[float]) -> Halving:
    for accuracy in accuracies:
        schedule = schedule.observe(accuracy)
    return schedule


@pytest.mark.parametrize(
    ("schedule", "accuracies", "expected", "finished"),
    [
        (halving(), (0.9,), [8], False),
        (halving(), (0.7, 0.8, 0.9), [8, 8, 8], False),
        (halving(), (0.9, 0.9, 0.9), [8, 8, 4], False),  # a tie is no improvement
        (halving(2), (0.9, 0.9, 0.9, 0.9), [8, 8, 8, 4], False),
        # A plateau at each η: two epochs without improvement, better after the division.
        (
            halving(2),
            (0.90, 0.89, 0.90, 0.92, 0.91, 0.92, 0.93, 0.93, 0.93, 0.93),
            [8, 8, 8, 4, 4, 4, 2, 2, 2, 1],
            False,
        ),
        # The best so far is kept over a division: 0.94 after it is no improvement on 0.95.
        (halving(2), (0.95, 0.90, 0.91, 0.93, 0.94, 0.945), [8, 8, 8, 4, 4, 2], False),
        # A lucky spike costs one division after another.
        (halving(), (0.90, 0.96, 0.91, 0.92, 0.93), [8, 8, 8, 4, 2], False),
        # Better within the wait: the count begins again.
        (halving(2), (0.90, 0.90, 0.91, 0.91, 0.92, 0.92), [8] * 6, False),
        (halving(factor=10), (0.9, 0.9, 0.9), [8, 8, 0.8], False),
        (halving(start_from_epoch=3), (0.9, 0.8, 0.8, 0.8, 0.8), [8, 8, 8, 8, 4], False),
        # Down to `until` of the start: no epoch is trained at that η.
        (halving(until=0.25), [0.9] * 9, [8, 8, 4], True),
        (halving(until=0.24), [0.9] * 9, [8, 8, 4, 2], True),
        (halving(until=0.26), [0.9] * 9, [8, 8, 4], True),
        (halving(factor=10, until=0.5), [0.9] * 9, [8, 8], True),
        (halving(factor=10, until=0.1), [0.9] * 9, [8, 8], True),
        (halving(factor=10, until=0.01), [0.9] * 9, [8, 8, 0.8], True),
        (halving(factor=10, until=0.001), [0.9] * 9, [8, 8, 0.8, 0.08], True),
        (
            halving(start=512, until=0.001),
            [0.9] * 20,
            [512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1],
            True,
        ),
        (
            halving(2, start=1, factor=10, until=0.001),
            [0.9] * 20,
            [1, 1, 1, 0.1, 0.1, 0.01, 0.01],
            True,
        ),
        (Constant(eta=0.5), [0.9] * 5, [0.5] * 5, False),
    ],
)
def test_eta_of_each_epoch(
    schedule: Schedule, accuracies: Sequence[float], expected: list[float], finished: bool
) -> None:
    assert etas(schedule, accuracies) == (expected, finished)


@pytest.mark.parametrize(
    ("factor", "until", "divisions"),
    [
        (2, 0.001, 10),  # 1/1024; 1/512 is still above
        (10, 0.001, 3),
        (10, 1e-6, 6),
        (10, 1e-9, 9),
        (3, 1 / 3**5, 5),
        (1.1, 1.1**-7, 7),
        (1.1, 1 / 1.1**9, 9),  # a little below 1.1**-9 in floats
        (1.2, 1 / (1.2 * 1.2), 2),
        (2, 2**-20, 20),
        (2, 0.999, 1),
        (1000, 0.001, 1),
        (10, 0.0011, 3),
        (10, 0.0009, 4),
    ],
)
@given(start=st.floats(1e-6, 1e6))
def test_the_number_of_divisions_does_not_slip(
    factor: float, until: float, divisions: int, start: float
) -> None:
    used, finished = etas(halving(start=start, factor=factor, until=until), [0.5] * 50)
    assert finished
    assert len(set(used)) == divisions
    assert len(used) == 1 + divisions
    assert used[-1] == pytest.approx(start / factor ** (divisions - 1))


@given(
    st.lists(st.integers(0, 6).map(lambda right: right / 6), min_size=1, max_size=40),
    st.integers(1, 4),
)
def test_eta_changes_only_after_exactly_n_epochs_without_improvement(
    accuracies: list[float], patience: int
) -> None:
    used, _ = etas(halving(patience, until=1e-9), accuracies)
    since_division = since_best = 0
    for i in range(1, len(used)):
        improved = i == 1 or accuracies[i - 1] > max(accuracies[: i - 1])
        since_best = 0 if improved else since_best + 1
        since_division += 1
        divided = min(since_division, since_best) == patience
        assert used[i] == (used[i - 1] / 2 if divided else used[i - 1])
        if divided:
            since_division = since_best = 0


@given(
    st.lists(st.floats(0, 1), max_size=30), st.integers(0, 30), st.sampled_from([2.0, 10.0, 1.7])
)
def test_halfway_through_json_it_goes_on_identically(
    accuracies: list[float], cut: int, factor: float
) -> None:
    start = halving(2, start=0.3, factor=factor)
    halfway = after(start, accuracies[:cut])
    read = from_json(Halving, json.dumps(to_json(halfway)))
    assert read == halfway
    assert after(read, accuracies[cut:]) == after(start, accuracies)


def test_observing_leaves_the_value_as_it_was() -> None:
    schedule = halving()
    after(schedule, [0.9, 0.9, 0.9])
    assert schedule == halving()
    with pytest.raises(FrozenInstanceError):
        schedule.divisions = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"factor": 1.0}, "factor must be a finite number above 1 but is 1.0."),
        ({"factor": float("inf")}, "factor must be a finite number above 1 but is inf."),
        ({"factor": float("nan")}, "factor must be a finite number above 1 but is nan."),
        ({"until": 0.0}, "until must be above 0 and below 1 but is 0.0."),
        ({"until": 1.0}, "until must be above 0 and below 1 but is 1.0."),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as error:
        halving(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("hold", "epochs", "until", "expected"),
    [
        (2, 5, 0.1, [8, 8, 4, 2, 1]),
        (1, 3, 0.5, [8, 4, 4]),  # one division ends it: its level lasts to the end
        (1, 7, 0.1, [8, 4, 4, 2, 2, 1, 1]),
        (3, 5, 0.001, [8, 8, 8, 4, 0.25]),  # nine levels in two epochs: the first of each half
        (4, 8, 0.2, [8, 8, 8, 8, 4, 4, 2, 2]),
    ],
)
def test_the_planned_schedule_divides_at_even_distances(
    hold: int, epochs: int, until: float, expected: list[float]
) -> None:
    schedule = Planned(start=8.0, hold=hold, epochs=epochs, until=until)
    assert etas(schedule, [0.5] * (epochs + 3)) == (expected, True)


@given(
    hold=st.integers(1, 50),
    more=st.integers(1, 50),
    factor=st.floats(1.1, 20),
    until=st.floats(1e-6, 0.9),
)
def test_a_planned_eta_never_rises_nor_falls_below_its_end(
    hold: int, more: int, factor: float, until: float
) -> None:
    schedule = Planned(start=1.0, hold=hold, epochs=hold + more, factor=factor, until=until)
    used, finished = etas(schedule, [0.1] * (hold + more))
    assert finished
    assert used[:hold] == [1.0] * hold
    assert used == sorted(used, reverse=True)
    assert used[-1] >= until / factor


@pytest.mark.parametrize(
    ("hold", "epochs", "message"),
    [
        (0, 5, "hold must be at least 1 but is 0."),
        (5, 5, "hold must be below the 5 epochs but is 5."),
    ],
)
def test_a_planned_schedule_must_fit(hold: int, epochs: int, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Planned(start=1.0, hold=hold, epochs=epochs)


def of_each_step(schedule: Schedule, steps: int) -> list[list[float]]:
    """η of each step of each epoch until the schedule is finished."""
    epochs = []
    while not schedule.finished:
        epochs.append(schedule.etas(steps).tolist())
        schedule = schedule.observe(0.5)
    return epochs


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        # Ten steps: two up, then down by an eighth of the start at each, the last one above 0.
        (
            OneCycle(start=8, epochs=2),
            5,
            [[4, 8, 8, 7, 6], [5, 4, 3, 2, 1]],
        ),
        (OneCycle(start=8, epochs=1, rise=0), 4, [[8, 6, 4, 2]]),
        (OneCycle(start=6, epochs=4, rise=0.75), 1, [[2], [4], [6], [6]]),
        (OneCycle(start=6, epochs=1, rise=0.9), 4, [[2, 4, 6, 6]]),  # the last step comes down
        (OneCycle(start=6, epochs=1, rise=0.9), 1, [[6]]),
        # Half a cosine: 1, ¾, ½, ¼ of the start where its angle is 0, 60, 90 and 120 degrees.
        (Cosine(start=8, epochs=3), 1, [[8], [6], [2]]),
        (Cosine(start=8, epochs=1), 2, [[8, 4]]),
        (WarmRestarts(start=8, epochs=3), 2, [[8, 4], [8, 8 * (1 + 0.5**0.5) / 2], [4, 1.1715729]]),
        (WarmRestarts(start=8, epochs=4), 1, [[8], [8], [6], [2]]),
    ],
)
def test_eta_of_each_step(schedule: Schedule, steps: int, expected: list[list[float]]) -> None:
    actual = of_each_step(schedule, steps)
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize(
    ("epochs", "cycles"),
    [
        (1, (1,)),
        (2, (1, 1)),
        (3, (1, 2)),
        (7, (1, 2, 4)),
        (8, (1, 2, 5)),
        (10, (1, 2, 7)),
        (11, (1, 2, 4, 4)),
        (30, (1, 2, 4, 8, 15)),
        (31, (1, 2, 4, 8, 16)),
    ],
)
def test_cycles_double_and_the_last_one_takes_what_is_left(
    epochs: int, cycles: tuple[int, ...]
) -> None:
    assert WarmRestarts(start=1, epochs=epochs).cycles == cycles


@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.integers(2, 40),
    st.integers(1, 9),
    st.floats(1e-6, 1e3),
)
def test_eta_is_positive_and_at_most_its_start(
    name: str, epochs: int, steps: int, eta: float
) -> None:
    schedule, _ = policies(eta, Strategy(epochs=epochs, schedule=name))
    for _ in range(epochs):
        assert all(0 < each <= eta * (1 + 1e-12) for each in schedule.etas(steps))
        assert from_json(type(schedule), json.dumps(to_json(schedule))) == schedule
        schedule = schedule.observe(0.5)


def test_the_names_of_schedules_are_the_choices_of_the_setting() -> None:
    assert tuple(settings_of(Strategy)["schedule"].choices) == tuple(SCHEDULES)
