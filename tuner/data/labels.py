"""The values of a target column: as class indices, or as numbers to predict."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.files import MAX_TEXT
from tuner.errors import DataError
from tuner.records import Note, NoteKind, TaskChoice

MANY_CLASSES = 20
"""Whole numbers with more different values than this are taken for a quantity."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be predicted.

    Attributes
    ----------
    y
        Class indices, intp, or numbers, float64; of shape (n,).
    classes
        Name of each class in natural order; none where numbers are predicted.
    notes
        What it was taken for, where that is in doubt, and how to change it.
    """

    y: NDArray[Any]
    classes: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def encode_target(values: NDArray[Any], where: str, task: TaskChoice = "auto") -> Target:
    """Turn the values (n,) of a target into class indices or numbers.

    Parameters
    ----------
    values
        Numbers, booleans or strings (also in an object array).
    where
        File and column, for messages.
    task
        What to take them for. "auto" takes for numbers what holds fractions, or more than 20
        different whole numbers; for classes all else.

    Raises
    ------
    DataError
        When a value is missing or cannot be used for the task.

    Examples
    --------
    >>> encode_target(np.array(["b", "a"]), "y").classes, encode_target(np.array([0.5, 1]), "y").y
    (('a', 'b'), array([0.5, 1. ]))
    """
    numbers = None if task == "classification" else _numbers(values)
    if task == "regression" and numbers is None:
        raise DataError(f"{where}: {_first_text(values)!r} is no number: leave --task out.")
    if numbers is None or (task == "auto" and not is_quantity(numbers)):
        return Target(*encode_labels(values, where))
    if not np.isfinite(numbers).all():
        bad = ~np.isfinite(numbers)
        raise DataError(
            f"{where}: {bad.sum()} values are missing or infinite, the first in data row"
            f" {bad.argmax() + 1}: fill them in or drop those rows."
        )
    return Target(numbers, (), () if task == "regression" else (_quantity_note(numbers, where),))


def _numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return values that are numbers; None of booleans and of texts that are none."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind not in "UO" or any(isinstance(value, bool | np.bool_) for value in values):
        return None
    try:
        numbers = np.array([float(str(value)) for value in values])
    except ValueError:
        return None
    grouped = any("_" in str(value) for value in values)  # Python reads 1_000 as a number
    return numbers if np.isfinite(numbers).all() and not grouped else None


def is_quantity(numbers: NDArray[np.float64]) -> bool:
    """Tell whether numbers hold fractions, or more different values than classes are likely."""
    finite = numbers[np.isfinite(numbers)]
    return bool((finite != np.floor(finite)).any()) or len(np.unique(finite)) > MANY_CLASSES


def _quantity_note(numbers: NDArray[np.float64], where: str) -> Note:
    fractions = numbers[numbers != np.floor(numbers)]
    holds = (
        f"fractions such as {fractions[0]:g}"
        if len(fractions)
        else f"{len(np.unique(numbers))} different whole numbers"
    )
    text = (
        f"{where.rpartition(': ')[2]} holds {holds}: it is predicted as a quantity (regression);"
        " --task classification makes each value a class."
    )
    return Note(kind=NoteKind.READ_AS, text=text)


def _first_text(values: NDArray[Any]) -> str:
    for value in values:
        try:
            float(str(value))
        except ValueError:
            return str(value)
    return str(values[0])


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
            "like an identifier: choose a column of classes."
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
        f"{where}: {label} is not a class: leave --task out to predict a quantity, choose a column"
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
