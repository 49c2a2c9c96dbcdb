import numpy as np
import pytest

from tuner.data.labels import encode_labels
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
        (np.array([1.0, 2.5]), "2.5 is not a class, and this tool does classification only"),
        (np.linspace(0, 1, 500), "classification only"),
        (np.arange(100), "100 different values in 100 examples, which looks like a regression"),
        (np.array([1e300, 1.0]), "too large"),
        (np.array([1j]), "holds complex128"),
        (np.array([b"a"]), "use whole numbers or text"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "use whole numbers or text"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(labels, "it")
