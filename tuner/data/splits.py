"""Seeded, stratified parts of a data set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tuner.data.inputs import Examples, Rows
from tuner.data.sharing import cut_times, deal_groups, draw
from tuner.errors import DataError, OptionError
from tuner.randomness import Purpose, stream
from tuner.records import Note, NoteKind, require

STRATA = 10
"""Into so many parts of equal size, by their value, numbers to predict are divided."""

FOLDS = 5
"""Three fifths train, one validates, one tests; a class with five examples is in every part."""


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of each part."""

    train: Rows
    validation: Rows
    test: Rows


def split(
    examples: Examples,
    *,
    test_size: float | None = None,
    train_size: int | None = None,
    seed: int = 0,
    small_classes: bool = False,
) -> Split:
    """Draw the three parts: 60/20/20 and stratified, or as published. No row is in two of them.

    Each class is shared out as evenly as whole examples allow, so every class is in every part.
    Where the examples have groups, whole ones are shared out; where they have times, the latest
    test, those before validate, and the earliest train.
    Drawn training rows come in stratified order (`stratified_order`), published ones as published.
    `train_size` keeps the first of them, so a smaller training part lies within a larger one; of
    MNIST that is what the article and the book train on.

    Parameters
    ----------
    examples
        The labels and, where there are any, the published sizes, groups, times and given test part.
    test_size
        Share of the examples that test, 0 … 0.5; of the others one in four validates. By default a
        fifth, and none where a test part is given.
    train_size
        Number of training examples to keep; all by default.
    seed
        Random seed of the split.
    small_classes
        Whether classes of fewer than five examples are allowed. Each is in the training part;
        validation and test part may then lack it, and may be empty.

    Raises
    ------
    DataError
        When there is one class only, a class is too small, or there are too few groups or times.
    OptionError
        When `train_size` is below the number of classes or above the size of the training part, or
        `test_size` does not fit the data.
    """
    require(seed >= 0, "seed", seed, "at least 0")
    if examples.classes:
        _check_classes(examples, least=1 if small_classes else FOLDS)
    else:
        _check_numbers(examples)
    _check_test_size(examples, test_size)
    n = len(examples.y) - examples.n_given
    y = strata(examples.y[:n])
    if examples.published:
        parts = _published(examples.published)
    elif examples.groups is None and examples.times is None and not examples.n_given:
        parts = _draw(y, seed) if test_size is None else _drawn(y, test_size, seed)
    else:
        parts = _shared_out(examples, y, 0.0 if examples.n_given else test_size, seed)
    if examples.n_given:
        parts = replace(parts, test=np.arange(n, len(examples.y)))
    train = parts.train
    if not examples.published:
        train = train[stratified_order(y[train], stream(seed, Purpose.SUBSET))]
    _check_train_size(train_size, max(len(examples.classes), 2), len(train))
    return Split(train[:train_size], parts.validation, parts.test)


def _shares(test_size: float) -> tuple[float, ...]:
    """Return the shares of training, validation and test part; no third one where nothing tests."""
    rest = 1 - test_size
    return (0.75 * rest, 0.25 * rest, test_size) if test_size else (0.75, 0.25)


def _drawn(y: NDArray[np.intp], test_size: float, seed: int) -> Split:
    by_class = shuffled_by_class(y, stream(seed, Purpose.SPLIT))
    return _parts_of(draw(y, by_class, _shares(test_size)))


def _shared_out(
    examples: Examples, y: NDArray[np.intp], test_size: float | None, seed: int
) -> Split:
    """Share out those rows (n,) that are no given test part: by groups, by time, or at random."""
    shares = _shares(1 / FOLDS if test_size is None else test_size)
    if examples.groups is not None:
        return _by_groups(examples, y, shares, seed)
    if examples.times is None:
        return _drawn(y, 0.0, seed)
    places = cut_times(examples.times[: len(y)], shares)
    if places is None:
        raise DataError(
            f"{examples.name}: column {examples.time_column!r} has fewer than {len(shares)}"
            " different times, one for each part: choose another column."
        )
    _check_trains(examples, places)
    return _parts_of(places)


def _by_groups(
    examples: Examples, y: NDArray[np.intp], shares: tuple[float, ...], seed: int
) -> Split:
    assert examples.groups is not None  # noqa: S101 - the caller has looked
    groups = group_codes(examples.groups[: len(y)])
    rng = stream(seed, Purpose.SPLIT)
    places = deal_groups(groups, y, shares, rng, first_has_all=True)
    if len(np.unique(places)) < len(shares):
        raise DataError(
            f"{examples.name}: the {groups.max() + 1} groups of {examples.groups_column!r} are too"
            f" few for {len(shares)} parts with all classes among the training examples: choose"
            " another column."
        )
    return _parts_of(places)


def group_codes(groups: NDArray[np.object_]) -> Rows:
    """Return a number (n,) for the group of each example."""
    codes: Rows = np.unique(groups.astype(str), return_inverse=True)[1]
    return codes


def _check_trains(examples: Examples, places: Rows) -> None:
    """Raise `DataError` where a class is not among the earliest examples, which train."""
    if not examples.classes:
        return
    y = examples.y[: len(places)]
    late = np.setdiff1d(y, y[places == 0])
    if len(late):
        raise DataError(
            f"{examples.name}: class {examples.classes[late[0]]!r} comes later by"
            f" {examples.time_column!r} than the examples that train: leave its rows out."
        )


def _parts_of(places: Rows) -> Split:
    return Split(*(np.flatnonzero(places == part) for part in range(3)))


def strata(y: NDArray[Any]) -> NDArray[np.intp]:
    """Return what parts share out evenly: the class (n,), or of numbers the tenth they lie in.

    Examples
    --------
    >>> strata(np.array([0.5, 9.0, 3.0, 1.5]))
    array([0, 7, 5, 2])
    """
    if y.dtype.kind != "f":
        return y
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    return ranks * STRATA // len(y)


def shuffled_by_class(y: NDArray[np.intp], rng: Generator) -> Rows:
    """Return the rows (n,) class by class, those of a class in random order."""
    shuffled: Rows = rng.permutation(len(y))
    return shuffled[np.argsort(y[shuffled], kind="stable")]


def stratified_order(y: NDArray[np.intp], rng: Generator) -> Rows:
    """Order examples at random such that every prefix is nearly stratified.

    The k-th of the n_c examples of a class, drawn at random, stands at the share (k + ½)/n_c of the
    way; the first one of each class stands at the start, so that no class is missing.

    Examples
    --------
    >>> y = np.repeat([0, 1], [20, 10])
    >>> np.bincount(y[stratified_order(y, np.random.default_rng(0))[:15]])
    array([10,  5])
    """
    by_class = shuffled_by_class(y, rng)
    counts = np.bincount(y)
    ranks = np.concatenate([np.arange(count) for count in counts])
    share = np.where(ranks == 0, 0.0, (ranks + 0.5) / np.repeat(counts, counts))
    order: Rows = by_class[np.lexsort((rng.random(len(y)), share))]
    return order


def _draw(y: NDArray[np.intp], seed: int) -> Split:
    """Deal the rows out to five folds, class by class."""
    by_class = shuffled_by_class(y, stream(seed, Purpose.SPLIT))
    fold = np.arange(len(y)) % FOLDS
    missing = np.setdiff1d(y, y[by_class[fold < FOLDS - 2]])
    fold[np.searchsorted(y[by_class], missing)] = 0  # a class trains before it validates or tests
    return Split(
        np.sort(by_class[fold < FOLDS - 2]),
        np.sort(by_class[fold == FOLDS - 2]),
        np.sort(by_class[fold == FOLDS - 1]),
    )


def _published(sizes: tuple[int, int, int]) -> Split:
    train, validation, test = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    return Split(train, validation, test)


def without_rare(examples: Examples) -> Examples:
    """Leave out the examples of classes too small for training, validation and test part.

    Raises
    ------
    OptionError
        When numbers are predicted.
    """
    if not examples.classes:
        raise OptionError("drop_rare must be left out where numbers are predicted.")
    counts = np.bincount(examples.y, minlength=len(examples.classes))
    common = np.flatnonzero(counts >= FOLDS)
    kept = np.flatnonzero(np.isin(examples.y, common))
    rare = len(examples.classes) - len(common)
    text = (
        f"{rare} class{'es' if rare > 1 else ''} of fewer than {FOLDS} examples, and their"
        f" {len(examples.y) - len(kept):,} examples, are left out."
    )
    given = np.arange(len(examples.y)) >= len(examples.y) - examples.n_given
    return replace(
        examples,
        inputs=examples.inputs.take(kept),
        groups=None if examples.groups is None else examples.groups[kept],
        times=None if examples.times is None else examples.times[kept],
        n_given=int(given[kept].sum()),
        y=np.searchsorted(common, examples.y[kept]),
        classes=tuple(examples.classes[i] for i in common) or examples.classes[:1],
        notes=(*examples.notes, *([Note(kind=NoteKind.DROPPED, text=text)] if rare else [])),
        kept=kept,
    )


def _check_classes(examples: Examples, least: int) -> None:
    name, classes = examples.name, examples.classes
    if len(classes) < 2:
        raise DataError(
            f"{name}: the target is {classes[0]!r} everywhere: choose one with two or more classes."
        )
    counts = np.bincount(examples.y, minlength=len(classes))
    if counts.min() < least:
        raise DataError(
            f"{name}: class {classes[counts.argmin()]!r} has only {counts.min()} of the {FOLDS} "
            f"examples that training, validation and test need: {_way_out(classes)}."
        )


def _way_out(classes: Sequence[str]) -> str:
    try:
        numbers = [float(name) for name in classes]
    except ValueError:
        numbers = []
    quantity = ", or predict a quantity by --task regression" if len(numbers) > 2 else ""
    return f"add examples, leave such classes out by --drop-rare{quantity}"


def _check_numbers(examples: Examples) -> None:
    name, y = examples.name, examples.y
    if len(y) < FOLDS:
        raise DataError(
            f"{name}: has {len(y)} of the {FOLDS} examples that training, validation and test need:"
            " add examples."
        )
    if y.min() == y.max():
        raise DataError(f"{name}: the target is {y[0]:g} everywhere: choose one that varies.")


def _check_test_size(examples: Examples, test_size: float | None) -> None:
    if test_size is None:
        return
    require(0 <= test_size <= 0.5, "test_size", test_size, "from 0 to 0.5")
    why = "is published" if examples.published else "is given" if examples.n_given else ""
    if why:
        raise OptionError(f"test_size is {test_size} but the test part {why}: leave it out.")


def _check_train_size(train_size: int | None, least: int, most: int) -> None:
    if train_size is not None and not least <= train_size <= most:
        raise OptionError(
            f"train_size must be from {least} (one example a class) to {most} (the whole training "
            f"part) but is {train_size}."
        )
