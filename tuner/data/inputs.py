"""Examples as they were read, before any split or scaling."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.errors import DataError
from tuner.records import Note, NoteKind, Record, TaskChoice, TaskName

Rows = NDArray[np.intp]


FEW = 10
"""Up to so many different texts are categories, however few rows there are."""

MISSING = "(missing)"
"""The category of missing texts."""

Kind = Literal["number", "boolean", "category", "date", "dropped"]
Part = Literal["year", "week", "day"]


@dataclass(frozen=True, kw_only=True)
class Column(Record):
    """How one column of a table is read.

    Attributes
    ----------
    name
        Of the column.
    kind
        What its cells are.
    written
        What stands beside each number (such as `%` or `kg`), the format of dates as `strptime` has
        it, or the two words of a boolean, parted by a bar; else nothing.
    decimal
        What parts whole from fraction in numbers written as texts.
    parts
        Of a date: the cycles whose phase its cells vary in.
    """

    name: str
    kind: Kind
    written: str = ""
    decimal: Literal[".", ","] = "."
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What columns of a table are for, and what its target is taken for.

    Attributes
    ----------
    target
        The column to predict; None for the one called target, label, class or y.
    task
        What to take it for.
    drop
        Columns to leave out.
    groups
        The column whose groups are each in one part; it is left out.
    time
        The column by which later examples judge.
    """

    target: str | None = None
    task: TaskChoice = "auto"
    drop: tuple[str, ...] = ()
    groups: str | None = None
    time: str | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """Raw columns, numbers and texts apart.

    Attributes
    ----------
    numbers
        Shape (n, p), any real dtype; NaN where a value is missing.
    number_names
        Name of each of the p columns.
    texts
        Shape (n, q), Python strings; `MISSING` where one is missing.
    text_names
        Name of each of the q columns.
    """

    numbers: NDArray[Any]
    number_names: tuple[str, ...]
    texts: NDArray[np.object_]
    text_names: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.numbers)

    def without(self, names: Container[str]) -> "Inputs":
        """Return all columns but these."""
        kept = [i for i, name in enumerate(self.number_names) if name not in names]
        texts = [i for i, name in enumerate(self.text_names) if name not in names]
        return Inputs(
            self.numbers[:, kept],
            tuple(self.number_names[i] for i in kept),
            self.texts[:, texts],
            tuple(self.text_names[i] for i in texts),
        )

    def followed_by(self, others: "Inputs") -> "Inputs":
        """Return these examples and then others of the same columns."""
        return replace(
            self,
            numbers=np.concatenate([self.numbers, others.numbers]),
            texts=np.concatenate([self.texts, others.texts]),
        )

    def take(self, rows: Rows) -> "Inputs":
        """Return the examples of these rows, in this order."""
        return Inputs(self.numbers[rows], self.number_names, self.texts[rows], self.text_names)


def numeric(numbers: NDArray[Any], names: tuple[str, ...] | None = None) -> Inputs:
    """Take a matrix (n, p) of numbers; its columns are called x0, x1, … unless named.

    Examples
    --------
    >>> numeric(np.zeros((4, 2))).number_names
    ('x0', 'x1')
    """
    if names is None:
        names = tuple(f"x{i}" for i in range(numbers.shape[1]))
    return Inputs(numbers, names, np.empty((len(numbers), 0), dtype=object))


@dataclass(frozen=True, eq=False)
class Examples:
    """A whole data set as it was read.

    Attributes
    ----------
    name
        The known name, or the file's name.
    inputs
        Raw inputs; images are rows of pixels.
    y, classes
        Class index of each example, and the name of each class; or the number to predict for each
        example, and no class.
    sha256
        Of the source's bytes.
    image_shape, divisor
        For images: (height, width) and the pixel value that stands for 1.
    published
        Sizes of the published training, validation and test part, which lie in this order;
        None if the parts are drawn at random.
    target
        The column of a table that the labels come from; None where there are no columns.
    columns
        What each other column of a table is, in their order.
    notes
        What must be known of how the data were read.
    file_sha256
        Of the file's bytes, where `sha256` is that of its content.
    kept
        Rows of the source that are left; None where all are.
    groups
        The group (n,) of each example, of which none may be in two parts.
    times
        When each example (n,) was, if the later ones shall judge the earlier ones.
    groups_column, time_column
        The columns that these come from.
    n_given
        So many of the last examples are the test part, by the user's word; the others are parted.
    given_sha256
        Of the file that holds them.
    """

    name: str
    inputs: Inputs
    y: NDArray[Any]
    classes: tuple[str, ...]
    sha256: str
    image_shape: tuple[int, int] | None = None
    divisor: float = 1.0
    published: tuple[int, int, int] | None = None
    target: str | None = None
    columns: tuple[Column, ...] = ()
    notes: tuple[Note, ...] = ()
    file_sha256: str = ""
    kept: Rows | None = None
    groups: NDArray[np.object_] | None = None
    times: NDArray[np.float64] | None = None
    groups_column: str | None = None
    time_column: str | None = None
    n_given: int = 0
    given_sha256: str | None = None

    @property
    def task(self) -> TaskName:
        """Whether classes or numbers are predicted."""
        return "classification" if self.classes else "regression"


def images(pixels: NDArray[Any]) -> tuple[Inputs, tuple[int, int]]:
    """Return images (n, h, w) as rows of pixels, and (h, w).

    Examples
    --------
    >>> inputs, shape = images(np.zeros((5, 2, 3), dtype=np.uint8))
    >>> inputs.numbers.shape, inputs.number_names[-1], shape
    ((5, 6), 'pixel_1_2', (2, 3))
    """
    n, height, width = pixels.shape
    return numeric(pixels.reshape(n, -1), pixel_names((height, width))), (height, width)


def pixel_names(image_shape: tuple[int, int]) -> tuple[str, ...]:
    """Name the pixels of an image row by row."""
    height, width = image_shape
    return tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width))


def missing_notes(inputs: Inputs) -> list[Note]:
    """Return a note on missing values: one for all columns, or none."""
    numbers, texts = (
        [f"{name!r} ({count:,})" for name, count in zip(names, counts, strict=True) if count]
        for names, counts in (
            (inputs.number_names, np.isnan(inputs.numbers).sum(axis=0)),
            (inputs.text_names, (inputs.texts == MISSING).sum(axis=0)),
        )
    )
    if not (found := numbers + texts):
        return []
    filled = ["numbers are filled with the median of training, and a column says where"]
    how = "; ".join(filled[: len(numbers)] + ["texts are a category of their own"][: len(texts)])
    text = (
        f"of {inputs.n:,} rows, values are missing in {', '.join(found[:10])}"
        f"{', …' if len(found) > 10 else ''}: {how}."
    )
    return [Note(kind=NoteKind.FILLED, text=text)]


def check_columns(inputs: Inputs, notes: Sequence[Note], where: str) -> None:
    """Raise `DataError` where every column was left out, with the note on the last of them."""
    if inputs.number_names or inputs.text_names:
        return
    dropped = [note.text for note in notes if note.kind is NoteKind.DROPPED]
    raise DataError(f"{where}: {dropped[-1]} No other column is left: add some.")


def check_finite(inputs: Inputs, where: str) -> None:
    """Raise `DataError`, naming the first bad column, where a number is infinite."""
    if inputs.numbers.dtype.kind != "f":
        return
    bad = np.isinf(inputs.numbers)
    if bad.any():
        column = int(bad.any(axis=0).argmax())
        rows = np.flatnonzero(bad[:, column])
        plural = "s, the first" if len(rows) > 1 else ""
        raise DataError(
            f"{where}: column {inputs.number_names[column]!r} has {len(rows)} infinite"
            f" value{plural} in data row {rows[0] + 1}: correct it or drop such rows."
        )
