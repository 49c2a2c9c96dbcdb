import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from tuner.data import load
from tuner.data.inputs import Examples, numeric
from tuner.data.splits import Split, split, stratified_order
from tuner.errors import DataError, OptionError

counts = st.lists(st.integers(5, 40), min_size=2, max_size=6)


def examples(*counts: int, published: tuple[int, int, int] | None = None) -> Examples:
    y = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    classes = tuple(f"c{i}" for i in range(len(counts)))
    return Examples("toy", numeric(np.zeros((len(y), 1))), y, classes, "", published=published)


def per_class(data: Examples, rows: np.ndarray) -> np.ndarray:
    return np.bincount(data.y[rows], minlength=len(data.classes))


@given(counts, st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_parts_share_out_all_rows_once_and_each_class_within_one(
    counts: list[int], seed: int
) -> None:
    data = examples(*counts)
    parts = split(data, seed=seed)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert np.array_equal(np.sort(together), np.arange(len(data.y)))
    for rows in (parts.validation, parts.test):
        assert np.all(np.abs(per_class(data, rows) - np.array(counts) / 5) < 1)
        assert per_class(data, rows).min() >= 1
    assert per_class(data, parts.train).min() >= 3
    assert abs(len(parts.test) - len(data.y) / 5) < 1


@given(counts)
@settings(max_examples=25, deadline=None)
def test_class_counts_are_those_of_two_folds_of_scikit_learn(counts: list[int]) -> None:
    data = examples(*counts)
    ours = sorted(per_class(data, rows).sum() for rows in _held_out(split(data)))
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(np.zeros(len(data.y)), data.y)
    assert set(ours) <= {len(test) for _, test in folds}


def _held_out(parts: Split) -> tuple[np.ndarray, np.ndarray]:
    return parts.validation, parts.test


@given(counts, st.data())
@settings(max_examples=50, deadline=None)
def test_train_size_draws_a_nested_subset_with_every_class(
    counts: list[int], data: st.DataObject
) -> None:
    rows = examples(*counts)
    whole = split(rows, seed=3).train
    size = data.draw(st.integers(len(counts), len(whole)))
    part = split(rows, train_size=size, seed=3).train
    assert np.array_equal(part, whole[:size])
    assert per_class(rows, part).min() >= 1


@given(st.integers(2, 8), st.integers(1, 30), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_every_beginning_of_balanced_classes_is_stratified_within_one(
    classes: int, each: int, seed: int
) -> None:
    y = np.repeat(np.arange(classes), each)
    order = stratified_order(y, np.random.default_rng(seed))
    assert np.array_equal(np.sort(order), np.arange(len(y)))
    for size in range(1, len(y) + 1):
        found = np.bincount(y[order[:size]], minlength=classes)
        assert np.all(np.abs(found - size / classes) <= 1)


def test_same_seed_same_split_and_another_seed_another() -> None:
    data = examples(30, 30)
    assert np.array_equal(split(data, seed=4).train, split(data, seed=4).train)
    assert not np.array_equal(split(data, seed=4).test, split(data, seed=5).test)


def test_train_size_leaves_validation_and_test_alone() -> None:
    data = examples(30, 30)
    small, whole = split(data, train_size=10), split(data)
    assert np.array_equal(small.validation, whole.validation)
    assert np.array_equal(small.test, whole.test)


def test_published_parts_keep_their_order() -> None:
    data = examples(50, 50, published=(60, 20, 20))
    parts = split(data, seed=9)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert np.array_equal(together, np.arange(100))
    drawn = split(data, train_size=20, seed=9).train
    assert drawn.max() < 60
    assert np.all(np.abs(per_class(data, drawn) - per_class(data, parts.train) / 3) <= 1)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((10,), "'c0' everywhere"),
        ((10, 1), "class 'c1' has only 1 of the 5"),
        ((4, 10, 10), "class 'c0' has only 4 of the 5"),
    ],
)
def test_classes_too_small_to_split_are_refused(counts: tuple[int, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        split(examples(*counts))


@pytest.mark.parametrize("size", [-1, 0, 2, 46])
def test_train_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(OptionError, match=rf"from 3 .* to 45 .* but is {size}"):
        split(examples(25, 25, 25), train_size=size)


def test_negative_seed_is_refused() -> None:
    with pytest.raises(OptionError, match="seed must be at least 0 but is -1"):
        load("iris", seed=-1)
