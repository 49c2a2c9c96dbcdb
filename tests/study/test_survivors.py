from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.study.batches import survivors

VALUES = {0: 0.91, 1: 0.95, 2: 0.91, 3: 0.90, 4: 0.95}


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (0.01, {1}),
        (0.2, {1}),
        (0.21, {1, 4}),
        (0.4, {1, 4}),
        (0.5, {0, 1, 4}),
        (0.6, {0, 1, 4}),
        (0.8, {0, 1, 2, 4}),
        (0.99, {0, 1, 2, 3, 4}),
    ],
)
def test_who_goes_on(keep: float, expected: set[int]) -> None:
    assert survivors(VALUES, keep) == expected


values = st.dictionaries(st.integers(0, 50), st.sampled_from([0.0, 0.5, 0.7, 0.9]), min_size=1)
keeps = st.floats(0.001, 0.999)


@given(values, keeps)
def test_one_at_least_and_never_a_worse_one(values: dict[int, float], keep: float) -> None:
    on = survivors(values, keep)
    assert 1 <= len(on) <= len(values)
    assert len(on) >= keep * len(values)
    for inside in on:
        for outside in values.keys() - on:
            assert (-values[inside], inside) < (-values[outside], outside)


@given(values, keeps, keeps)
def test_keeping_more_loses_none(values: dict[int, float], one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert survivors(values, less) <= survivors(values, more)


@given(values, keeps, st.randoms())
def test_the_order_of_telling_does_not_matter(
    values: dict[int, float], keep: float, random: Random
) -> None:
    shuffled = list(values.items())
    random.shuffle(shuffled)
    assert survivors(dict(shuffled), keep) == survivors(values, keep)
