from typing import Any

import numpy as np
import pytest

from tuner.data.labels import encode_labels, encode_target
from tuner.errors import DataError


@pytest.mark.parametrize(
    ("labels", "classes", "y"),
    [
        (np.array([10, 9, 10]), ("9", "10"), [1, 0, 1]),
        (np.array([-1, 1, -1]), ("-1", "1"), [0, 1, 0]),
        (np.array([2.0, 1.0]), ("1", "2"), [1, 0]),
        (np.array([True, False]), ("False", "True"), [1, 0]),
        (np.array(["b", "a", "b"]), ("a", "b"), [1, 0, 1]),
        (np.array(["10", "9"]), ("9", "10"), [1, 0]),
        (np.array(["x10", "9"], dtype=object), ("9", "x10"), [1, 0]),
        (np.array(["nan", "1"]), ("1", "nan"), [1, 0]),
        (np.array([3], dtype=">u2"), ("3",), [0]),
    ],
)
def test_labels_become_indices_in_natural_order(
    labels: np.ndarray, classes: tuple[str, ...], y: list[int]
) -> None:
    indices, names = encode_labels(labels, "it")
    assert names == classes
    assert indices.tolist() == y
    assert indices.dtype == np.intp


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([1.0, np.nan, np.inf]), "it: 2 labels are missing, the first in data row 2"),
        (np.array([1.0, 2.5]), "2.5 is not a class: leave --task out to predict a quantity"),
        (np.linspace(0, 1, 500), "leave --task out"),
        (np.arange(100), "100 different values in 100 examples, which looks like an identifier"),
        (np.array([1e300, 1.0]), "too large"),
        (np.array([1j]), "holds complex128"),
        (np.array([b"a"]), "use whole numbers or text"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "use whole numbers or text"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(labels, "it")


@pytest.mark.parametrize(
    ("values", "task", "classes", "numbers"),
    [
        (np.array([1, 0, 1]), "auto", ("0", "1"), None),
        (np.array([1, 0, 1]), "regression", (), [1, 0, 1]),
        (np.array([1.5, 0, 1]), "auto", (), [1.5, 0, 1]),
        (np.array(["1.5", "0", "1"], object), "auto", (), [1.5, 0, 1]),
        (np.array(["a", "0", "1"], object), "auto", ("0", "1", "a"), None),
        (np.array([True, False, True]), "auto", ("False", "True"), None),
        (np.arange(1, 53), "auto", (), np.arange(1, 53)),
        (np.tile(np.arange(1, 53), 3), "classification", tuple(map(str, range(1, 53))), None),
        (np.tile(np.arange(20), 3), "auto", tuple(map(str, range(20))), None),
    ],
)
def test_a_target_is_taken_for_classes_or_numbers(
    values: Any, task: Any, classes: tuple[str, ...], numbers: Any
) -> None:
    found = encode_target(values, "it: target 'y'", task)
    assert found.classes == classes
    if numbers is not None:
        np.testing.assert_array_equal(found.y, numbers)
        assert found.y.dtype == np.float64
    assert bool(found.notes) == (task == "auto" and not classes)


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (np.array(["1", "x"], object), "regression", "it: 'x' is no number: leave --task out"),
        (np.array([0.5, np.nan]), "auto", "it: 1 values are missing or infinite, the first"),
        (np.array([0.5, 1.0]), "classification", "it: 0.5 is not a class"),
    ],
)
def test_a_target_that_does_not_fit_the_task(values: Any, task: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode_target(values, "it", task)
