"""Folds: each training or validation example validates once, and trains in all other folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset, Part, TuningData
from tuner.data.inputs import Rows
from tuner.data.preprocessing import Preprocessing, fit
from tuner.data.splits import FOLDS, shuffled_by_class, strata, stratified_order
from tuner.errors import OptionError
from tuner.randomness import Purpose, stream
from tuner.records import require


@dataclass(frozen=True, eq=False)
class Fold:
    """One of K ways to part the training and validation examples.

    Attributes
    ----------
    tuning
        The fold as validation part, all other examples but at most one as training part.
    preprocessing
        Fitted on that training part.
    rows
        Where the validation examples stand among all, of which the training part comes first.
    """

    tuning: TuningData
    preprocessing: Preprocessing
    rows: Rows


FEW_ROWS = 10_000
"""Up to so many examples every one of them validates; above, one part says enough."""


def folds_for(data: Dataset) -> int | None:
    """Return how many folds suit the data: five of a small table, else None, for one part.

    Examples
    --------
    >>> from tuner.data import load
    >>> folds_for(load("iris")), folds_for(load("digits"))
    (5, None)
    """
    y = np.concatenate([data.train.y, data.validation.y])
    least = np.bincount(y).min() if data.classes else len(y)
    small = data.raw is not None and len(y) <= FEW_ROWS
    return FOLDS if small and least >= FOLDS else None


def folds_of(data: Dataset, count: int) -> tuple[Fold, ...]:
    """Draw stratified folds of training and validation part by the seed of the split.

    The training parts are of one size: where they would differ, the larger ones leave out one
    example. The test part stays sealed.

    Parameters
    ----------
    data
        A data set that knows its raw inputs, or images.
    count
        How many folds, at least 2.

    Raises
    ------
    OptionError
        When there are fewer examples of a class than folds.

    Examples
    --------
    >>> from tuner.data import load
    >>> folds = folds_of(load("iris"), 5)
    >>> [(fold.tuning.train.n, fold.tuning.validation.n) for fold in folds][:2]
    [(96, 24), (96, 24)]
    """
    y = np.concatenate([data.train.y, data.validation.y])
    even = strata(y)
    _check(count, even, data)
    seed = data.summary.split_seed or 0
    fold = np.empty(len(y), np.intp)
    fold[shuffled_by_class(even, stream(seed, Purpose.FOLDS))] = np.arange(len(y)) % count
    n_train = len(y) - np.bincount(fold).max()

    def drawn(number: int) -> Fold:
        rows = np.flatnonzero(fold == number)
        others = np.flatnonzero(fold != number)
        order = stratified_order(even[others], stream(seed, Purpose.FOLDS, number))
        train = others[order[:n_train]]
        preprocessing, *inputs = _inputs(data, train, rows)
        parts = [Part(x, y[of]) for x, of in zip(inputs, (train, rows), strict=True)]
        tuning = TuningData(parts[0], parts[1], data.classes, data.image_shape)
        return Fold(tuning, preprocessing, rows)

    return tuple(drawn(number) for number in range(count))


def whole_of(data: Dataset) -> Fold:
    """Return training and validation part together as what trains; nothing is left to validate.

    Raises
    ------
    OptionError
        When the data neither know their raw inputs nor are images.
    """
    y = np.concatenate([data.train.y, data.validation.y])
    _check_known(data)
    rows = np.arange(len(y))
    preprocessing, x, _ = _inputs(data, rows, rows[:0])
    part = Part(x, y)
    return Fold(TuningData(part, part, data.classes, data.image_shape), preprocessing, rows[:0])


def _inputs(
    data: Dataset, train: Rows, rows: Rows
) -> tuple[Preprocessing, NDArray[np.float32], NDArray[np.float32]]:
    """Return the preprocessing fitted on the training rows, and the inputs of both."""
    raw = data.raw
    if raw is None:
        x = np.concatenate([data.train.x, data.validation.x])
        return data.preprocessing, x[train], x[rows]
    fitted = fit(raw.take(train), data.preprocessing.columns, data.preprocessing.scaling)
    return fitted, fitted.transform(raw.take(train)), fitted.transform(raw.take(rows))


def _check(count: int, even: Rows, data: Dataset) -> None:
    require(count >= 2, "folds", count, "at least 2")
    _check_known(data)
    if not data.classes:
        require(count <= len(even), "folds", count, f"at most {len(even)}, one for each example")
        return
    counts = np.bincount(even, minlength=len(data.classes))
    if counts.min() < count:
        raise OptionError(
            f"folds is {count} but class {data.classes[counts.argmin()]!r} has only {counts.min()}"
            f" training and validation examples: give at most {max(counts.min(), 2)} folds."
        )


def _check_known(data: Dataset) -> None:
    if data.raw is None and data.image_shape is None:
        raise OptionError("the raw inputs of the data are not known: load them by tuner.load.")
