import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tuner.data import Dataset, Part, from_arrays
from tuner.errors import SealError


def marked(n: int = 50) -> Dataset:
    """Each input is its row number, so that a part's rows can be recognised anywhere."""
    return from_arrays(np.arange(n)[:, None] + 1e4, np.arange(n) % 2)


def test_part_is_float32_contiguous_and_read_only() -> None:
    x: Any = np.asfortranarray(np.ones((3, 2)))
    y: Any = np.array([0, 1, 1], dtype=np.int8)
    part = Part(x, y)
    assert (part.n, part.x.dtype.name, part.y.dtype) == (3, "float32", np.dtype(np.intp))
    assert part.x.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        part.x[0, 0] = 2
    with pytest.raises(ValueError, match="read-only"):
        part.y[0] = 2


def test_part_leaves_the_callers_array_writeable() -> None:
    x = np.ones((3, 2), dtype=np.float32)
    Part(x, np.zeros(3, dtype=np.intp))
    x[0, 0] = 2


def test_part_stays_read_only_after_a_pickle() -> None:
    part = pickle.loads(pickle.dumps(from_arrays(np.eye(10), [0, 1] * 5).train))  # noqa: S301
    assert not part.x.flags.writeable
    assert not part.y.flags.writeable


@pytest.mark.parametrize(("x", "y"), [((3,), (3,)), ((3, 2), (2,)), ((3, 2), (3, 1))])
def test_part_refuses_other_shapes(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Part(np.ones(x, dtype=np.float32), np.ones(y, dtype=np.intp))


def test_opening_the_test_part_is_counted() -> None:
    data = marked()
    assert data.test_openings == 0
    first, second = data.open_test(), data.open_test()
    assert first is second
    assert data.test_openings == 2
    with pytest.raises(AttributeError):
        data.test_openings = 0  # type: ignore[misc]


def test_pickled_tuning_data_hold_no_test_example() -> None:
    data = marked()
    carried = pickle.dumps(data.tuning)
    tuning = pickle.loads(carried)  # noqa: S301
    seen = np.concatenate([tuning.train.x, tuning.validation.x])
    test = data.open_test()
    assert not np.isin(test.x, seen).any()
    assert all(row.tobytes() not in carried for row in test.x)
    assert all(row.tobytes() in carried for row in data.train.x)


def test_size_of_pickled_tuning_data_is_that_of_its_parts() -> None:
    data = from_arrays(np.random.default_rng(0).random((500, 100)), np.arange(500) % 2)
    assert len(pickle.dumps(data.tuning)) < 400 * (100 * 4 + 8) + 1000


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_data_set_itself_is_not_copied(duplicate: Callable[[Dataset], object]) -> None:
    with pytest.raises(SealError, match=r"hand on its \.tuning"):
        duplicate(marked())


def test_summary_says_only_the_number_of_test_examples() -> None:
    data = marked()
    assert (data.summary.n_train, data.summary.n_validation, data.summary.n_test) == (30, 10, 10)
    assert data.summary.classes == data.classes == ("0", "1")
    assert repr(data) == "Dataset('arrays', test_openings=0)"
    assert data.feature_names == ("x0",)
    assert data.image_shape is None
