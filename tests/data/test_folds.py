"""Folds: which examples are in them, and that none sees another's validation examples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data import from_arrays, load
from tuner.data.folds import folds_for, folds_of
from tuner.errors import OptionError


def table(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "color": rng.choice(["red", "green", "blue"], n),
            "target": np.arange(n) % 3,
        }
    )


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_each_example_validates_once_and_trains_in_all_other_folds(count: int) -> None:
    data = load("wine")
    folds = folds_of(data, count)
    y = np.concatenate([data.train.y, data.validation.y])
    every = np.concatenate([fold.rows for fold in folds])
    assert sorted(every.tolist()) == list(range(len(y)))
    for fold in folds:
        assert fold.tuning.validation.y.tolist() == y[fold.rows].tolist()
        assert len(y) - len(fold.rows) - fold.tuning.train.n in (0, 1)
        per_class = np.bincount(y[fold.rows], minlength=3)
        np.testing.assert_allclose(per_class, np.bincount(y) / count, atol=1)
    assert len({fold.tuning.train.n for fold in folds}) == 1


def test_repeats_cut_the_same_examples_anew() -> None:
    data = load("wine")
    folds = folds_of(data, 4, repeats=3)
    assert [fold.repeat for fold in folds] == [0] * 4 + [1] * 4 + [2] * 4
    assert len({fold.tuning.train.n for fold in folds}) == 1
    cuts = []
    for repeat in range(3):
        rows = [fold.rows.tolist() for fold in folds if fold.repeat == repeat]
        assert sorted(np.concatenate(rows)) == list(range(data.train.n + data.validation.n))
        cuts.append(rows)
    assert cuts[0] != cuts[1] != cuts[2] != cuts[0]
    for once, first in zip(folds_of(data, 4), folds[:4], strict=True):
        assert once.rows.tolist() == first.rows.tolist(), "the first cut is the one without repeats"
        np.testing.assert_array_equal(once.tuning.train.x, first.tuning.train.x)


def test_training_inputs_are_standardized_on_themselves_alone() -> None:
    x = np.random.default_rng(0).uniform(size=(60, 3))  # no number so far out that it is cut off
    for fold in folds_of(from_arrays(x, np.arange(60) % 2), 5):
        rows = np.asarray(fold.tuning.train.x)
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-6)
        assert abs(np.asarray(fold.tuning.validation.x).mean(axis=0)).max() > 0.01


@settings(max_examples=25, deadline=None)
@given(
    fold=st.integers(0, 3),
    place=st.integers(0, 11),
    size=st.floats(-1e6, 1e6),
    color=st.sampled_from(["red", "green", "purple"]),
)
def test_no_value_of_a_validation_row_moves_a_training_input(
    fold: int, place: int, size: float, color: str
) -> None:
    frame = table()
    data = load(frame)
    before = folds_of(data, 4)[fold]
    assert data.raw is not None
    row = frame["size"] == data.raw.numbers[before.rows[place], 0]
    assert row.sum() == 1
    frame.loc[row, ["size", "color"]] = size, color
    after = folds_of(load(frame), 4)[fold]
    assert after.tuning.train.x.tobytes() == before.tuning.train.x.tobytes()
    assert after.preprocessing == before.preprocessing
    assert after.rows.tolist() == before.rows.tolist()


def test_the_test_part_is_in_no_fold() -> None:
    data = load("iris")
    folds = folds_of(data, 5)
    assert data.test_openings == 0
    assert folds[0].tuning.train.n + folds[0].tuning.validation.n == 120


def test_images_are_parted_as_they_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 2, 2))
    data = from_arrays(pixels, np.arange(40) % 2)
    folds = folds_of(data, 4)
    x = np.concatenate([data.train.x, data.validation.x])
    for fold in folds:
        np.testing.assert_array_equal(fold.tuning.validation.x, x[fold.rows])
        assert fold.preprocessing == data.preprocessing
        assert fold.tuning.image_shape == (2, 2)


def test_the_seed_of_the_split_draws_them() -> None:
    one, same = (folds_of(load("iris", seed=3), 3) for _ in range(2))
    assert [fold.rows.tolist() for fold in one] == [fold.rows.tolist() for fold in same]
    other = folds_of(load("iris", seed=4), 3)
    assert one[0].rows.tolist() != other[0].rows.tolist()


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1, "folds must be at least 2 but is 1"),
        (41, r"folds is 41 but class 'setosa' has only 40 .* give at most 40 folds"),
    ],
)
def test_numbers_of_folds_that_cannot_be(count: int, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        folds_of(load("iris"), count)


def test_small_tables_are_judged_by_folds() -> None:
    assert folds_for(load("wine")) == 5
    assert folds_for(load("digits")) is None
    rows = np.random.default_rng(0).normal(size=(13_000, 1))
    assert folds_for(from_arrays(rows, np.arange(13_000) % 2)) is None
    few = from_arrays(rows[:10], np.arange(10) % 2)
    assert folds_for(few) is None
    assert folds_for(from_arrays(rows[:30], rows[:30, 0], task="regression")) == 5
