"""Class labels: the values of a target column as class indices."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.files import MAX_TEXT
from tuner.errors import DataError

MANY_CLASSES = 20
"""With more classes than this, few examples in each point to a regression or an identifier."""


def encode_labels(labels: NDArray[Any], where: str) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Turn labels (n,) into class indices (n,) and class names in natural order.

    Labels may be whole numbers of any dtype, booleans or strings. Names are sorted by value if
    every one is a number, else as text.

    Parameters
    ----------
    labels
        Integers, booleans, floats that are whole numbers, or strings (also in an object array).
    where
        File and column, for error messages.

    Raises
    ------
    DataError
        When a label is missing or a fraction, or nearly each example has a label of its own.

    Examples
    --------
    >>> encode_labels(np.array([10, 2, 10]), "y")
    (array([1, 0, 1]), ('2', '10'))
    """
    if labels.dtype.kind == "f":
        labels = _whole(labels, where)
    if labels.dtype.kind not in "biuUO":
        raise DataError(f"{where}: holds {labels.dtype}: use whole numbers or text as labels.")
    values, indices = np.unique(labels, return_inverse=True)
    names = [str(value) for value in values]
    _check_texts(names, where)
    if len(names) > MANY_CLASSES and 2 * len(names) > len(labels):
        raise DataError(
            f"{where}: has {len(names)} different values in {len(labels)} examples, which looks "
            "like a regression or an identifier: choose a column of classes."
        )
    order = sorted(range(len(names)), key=_natural(names))
    place = np.empty(len(names), dtype=np.intp)
    place[order] = np.arange(len(names))
    return place[indices.ravel()], tuple(names[i] for i in order)


def _whole(labels: NDArray[Any], where: str) -> NDArray[Any]:
    bad = ~np.isfinite(labels)
    if bad.any():
        raise DataError(
            f"{where}: {bad.sum()} labels are missing, the first in data row {bad.argmax() + 1}: "
            "fill them in or drop those rows."
        )
    fractions = labels != np.floor(labels)
    if fractions.any():
        raise DataError(_no_class(labels[fractions][0], where))
    if np.abs(labels).max() > 2**53:
        raise DataError(f"{where}: labels are too large to be exact: write them as text.")
    return labels.astype(np.int64)


def _check_texts(names: list[str], where: str) -> None:
    """Refuse labels that are numbers, but not whole ones, and labels of endless length."""
    longest = max(map(len, names))
    if longest > MAX_TEXT:
        raise DataError(
            f"{where}: has labels of up to {longest:,} characters but {MAX_TEXT:,} is the limit:"
            " choose a column of classes."
        )
    try:
        numbers = [float(name) for name in names]
    except ValueError:
        return
    fractions = [n for n, value in zip(names, numbers, strict=True) if not value.is_integer()]
    if fractions and all(map(math.isfinite, numbers)):
        raise DataError(_no_class(fractions[0], where))


def _no_class(label: object, where: str) -> str:
    return (
        f"{where}: {label} is not a class, and this tool does classification only: choose a column"
        " of classes, or write classes as whole numbers or text."
    )


def _natural(names: list[str]) -> Any:
    try:
        numbers = [float(name) for name in names]
    except ValueError:
        return lambda i: names[i]
    if not all(math.isfinite(number) for number in numbers):
        return lambda i: names[i]
    return lambda i: (numbers[i], names[i])
