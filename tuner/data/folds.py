"""Folds: each training or validation example validates once, and trains in all other folds."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tuner.data.dataset import Dataset, Part, TuningData
from tuner.data.inputs import Rows
from tuner.data.preprocessing import Preprocessing, fit
from tuner.data.sharing import deal_groups
from tuner.data.splits import FOLDS, shuffled_by_class, strata, stratified_order
from tuner.errors import OptionError
from tuner.randomness import Purpose, stream
from tuner.records import DataSummary, require


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
    repeat
        Which drawing of folds it is of, from 0; those of one are parts of the whole.
    """

    tuning: TuningData
    preprocessing: Preprocessing
    rows: Rows
    repeat: int = 0


FEW_ROWS = 10_000
"""Up to so many examples every one of them validates; above, one part says enough."""


def folds_for(data: Dataset) -> int | None:
    """Return how many folds suit the data: five of a small table, else None, for one part.

    Where nothing is sealed there are always folds; where later examples judge there are none.

    Examples
    --------
    >>> from tuner.data import load
    >>> folds_for(load("iris")), folds_for(load("digits"))
    (5, None)
    """
    if data.summary.time is not None:
        return None
    y = np.concatenate([data.train.y, data.validation.y])
    of = np.arange(len(y)) if data.group_of is None else data.group_of
    classes = y if data.classes else np.zeros_like(y)
    least = min(len(np.unique(of[classes == each])) for each in np.unique(classes))
    small = data.raw is not None and len(y) <= FEW_ROWS
    return FOLDS if (small or data.summary.test_size == 0) and least >= FOLDS else None


REPEATS = 3
"""How often the folds of few rows are drawn. Log-loss out of fold with 1, 2, 3 and 4 cuts: sonar
0.46, 0.44, 0.39, 0.39; vehicle 0.48, 0.41, 0.39, 0.38; german 0.53, 0.52, 0.51, 0.51."""

REPEATED_ROWS = 2_000


def repeats_for(data: Dataset) -> int:
    """Return how often folds are drawn that `folds_for` suggests: three times of few rows.

    Examples
    --------
    >>> from tuner.data import load
    >>> repeats_for(load("iris")), repeats_for(load("mnist-5k"))
    (3, 1)
    """
    return REPEATS if data.train.n + data.validation.n <= REPEATED_ROWS else 1


def check_judged(data: DataSummary, folds: object) -> None:
    """Raise `OptionError` where nothing is sealed and no folds are asked for to judge instead."""
    if data.test_size == 0 and folds is None:
        raise OptionError(
            "test_size is 0, so nothing is sealed: give --folds 5, and each example judges."
        )


def folds_of(data: Dataset, count: int, repeats: int = 1) -> tuple[Fold, ...]:
    """Draw stratified folds of training and validation part by the seed of the split.

    Further repeats, each of as many folds, follow with other cuts of the same examples. The
    training parts are of one size: where they would differ, the larger ones leave out one example,
    or with groups as many as it takes. The test part stays sealed.

    Parameters
    ----------
    data
        A data set that knows its raw inputs, or images.
    count
        How many folds, at least 2.
    repeats
        How often they are drawn, at least once.

    Raises
    ------
    OptionError
        When there are fewer examples of a class than folds, or later examples judge.

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
    folds = []
    for repeat in range(repeats):
        index = (repeat, count) if repeat else ()
        fold = _drawn(even, data, count, stream(seed, Purpose.FOLDS, *index))
        if data.group_of is not None:
            _check_classes(fold, y, data)
        folds.append(fold)
    n_train = len(y) - max(np.bincount(fold).max() for fold in folds)

    def drawn(number: int) -> Fold:
        fold, place = folds[number // count], number % count
        rows = np.flatnonzero(fold == place)
        others = np.flatnonzero(fold != place)
        order = stratified_order(even[others], stream(seed, Purpose.FOLDS, number))
        train = others[order[:n_train]]
        preprocessing, *inputs = _inputs(data, train, rows)
        parts = [Part(x, y[of]) for x, of in zip(inputs, (train, rows), strict=True)]
        tuning = TuningData(parts[0], parts[1], data.classes, data.image_shape)
        return Fold(tuning, preprocessing, rows, number // count)

    return tuple(drawn(number) for number in range(count * repeats))


def _drawn(even: Rows, data: Dataset, count: int, rng: Generator) -> Rows:
    """Return the fold (n,) of each example: stratified, and of one group the same."""
    if data.group_of is not None:
        return deal_groups(data.group_of, even, [1 / count] * count, rng)
    fold = np.empty(len(even), np.intp)
    fold[shuffled_by_class(even, rng)] = np.arange(len(even)) % count
    return fold


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
    if data.summary.time is not None:
        raise OptionError(
            f"folds must be left out where {data.summary.time!r} is the time: later examples judge."
        )
    of, n = "example", len(even)
    if data.group_of is not None:
        of, n = "group", len(np.unique(data.group_of))
    require(count <= n, "folds", count, f"at most {n}, one for each {of}")
    counts = np.bincount(even, minlength=len(data.classes))
    if data.classes and data.group_of is None and counts.min() < count:
        raise OptionError(
            f"folds is {count} but class {data.classes[counts.argmin()]!r} has only {counts.min()}"
            f" training and validation examples: give at most {max(counts.min(), 2)} folds."
        )


def _check_classes(fold: Rows, y: Rows, data: Dataset) -> None:
    """Raise `OptionError` where a fold holds all examples of a class, as its groups may."""
    for index, name in enumerate(data.classes):
        if len(np.unique(fold[y == index])) < 2:
            raise OptionError(
                f"folds must be left out: class {name!r} lies in one fold only, as its groups of"
                f" {data.summary.groups!r} are few."
            )


def _check_known(data: Dataset) -> None:
    if data.raw is None and data.image_shape is None:
        raise OptionError("the raw inputs of the data are not known: load them by tuner.load.")
