"""Which columns of a table are inputs, decided by the rows that train and validate alone.

A column that identifies rows, holds one value or repeats another is left out; a date is told by the
cycles it varies in. The rows of the test part have no say in that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tuner.data.files import MAX_TEXT, digest
from tuner.data.inputs import (
    FEW,
    MISSING,
    Column,
    Examples,
    Inputs,
    Part,
    Rows,
    check_columns,
    missing_notes,
)
from tuner.errors import DataError
from tuner.records import Note, NoteKind


def decided(examples: Examples, rows: Rows) -> Examples:
    """Return the examples of a table with the columns that are inputs, and what is to be said.

    Parameters
    ----------
    examples
        As they were read; those that came as arrays have no columns, and stay as they are.
    rows
        Those that train and validate.

    Raises
    ------
    DataError
        When no column is left, or a text is too long for a category.
    """
    if not examples.columns:
        return examples
    inputs, columns, notes = decide(examples.inputs, examples.columns, rows, examples.name)
    every = (*examples.notes, *notes)
    check_columns(inputs, every, examples.name)
    return replace(examples, inputs=inputs, columns=tuple(columns), notes=every)


def decide(
    inputs: Inputs, columns: Iterable[Column], rows: Rows, where: str
) -> tuple[Inputs, list[Column], list[Note]]:
    """Return the columns that are inputs, what each column is, and what is to be said of them.

    Parameters
    ----------
    inputs, columns
        All rows, and how each column is read.
    rows
        Those that decide, in any order.
    where
        What to call the table in error messages.
    """
    rows = np.sort(rows)
    seen = inputs.take(rows)
    left_out = {**_identifying_texts(seen, where)}
    left_out |= repeated(seen.without(left_out))
    numbered = dict(_numbered(seen.without(left_out), rows, inputs.n))
    counters = {name: note for name, note in numbered.items() if note.kind is NoteKind.DROPPED}
    rest = inputs.without(left_out)
    if counters and counters.keys() == {*rest.number_names, *rest.text_names}:
        numbered = {name: replace(note, kind=NoteKind.DOUBTFUL) for name, note in numbered.items()}
        counters = {}
    kept = rest.without(counters)
    notes = [*left_out.values(), *numbered.values(), *missing_notes(kept)]
    return kept, list(_settled(columns, seen, kept)), notes


def _settled(columns: Iterable[Column], seen: Inputs, kept: Inputs) -> Iterator[Column]:
    """Yield the columns with those marked that were left out, and the parts of dates."""
    names = {*kept.number_names, *kept.text_names}
    days = dict(zip(seen.number_names, seen.numbers.T, strict=True))
    for each in columns:
        if each.name not in names:
            yield replace(each, kind="dropped", parts=())
        elif each.kind == "date":
            yield replace(each, parts=varying_parts(days[each.name]))
        else:
            yield each


def _identifying_texts(seen: Inputs, where: str) -> dict[str, Note]:
    """Return what is to be said of columns in which most texts stand once, as names do."""
    notes = {}
    for name, texts in zip(seen.text_names, seen.texts.T, strict=True):
        known = texts[texts != MISSING]
        different = set(known.tolist())
        if len(different) > FEW and 2 * len(different) > len(known):
            text = (
                f"column {name!r} has {len(different):,} different texts in {len(known):,} rows, as"
                " names and identifiers do: it is left out."
            )
            notes[name] = Note(kind=NoteKind.DROPPED, text=text)
        elif long := [text for text in different if len(text) > MAX_TEXT]:
            row = int((texts == long[0]).argmax())
            raise DataError(
                f"{where}: column {name!r} holds texts of more than {MAX_TEXT:,} characters:"
                f" {long[0][:50]!r} in data row {row + 1}: drop the column, or shorten them."
            )
    return notes


def _numbered(seen: Inputs, rows: Rows, n: int) -> Iterator[tuple[str, Note]]:
    """Yield what is to be said of columns of numbers that count or number the rows."""
    numbers = seen.numbers
    if not numbers.size or len(rows) < FEW:
        return
    start = np.diff(numbers[:FEW], axis=0)
    ordered = (start > 0).all(axis=0) | (start < 0).all(axis=0)
    narrow = np.ptp(numbers, axis=0) <= n - 1  # False where one is missing
    for i in np.flatnonzero(ordered | narrow):
        name = seen.number_names[i]
        if note := counter_note(name, numbers[:, i], rows, n):
            yield name, note


def counter_note(name: str, values: NDArray[np.floating], rows: Rows, n: int) -> Note | None:
    """Return what is to be said of a column whose numbers count the rows; None of others.

    Parameters
    ----------
    name
        Of the column.
    values
        Some of its numbers (m,).
    rows
        Their rows (m,), in order, counted from 0.
    n
        How many rows the table has.
    """
    if len(values) < FEW or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return None
    starts = {*np.unique(values - rows)[:2].tolist()}, {*np.unique(values + rows)[:2].tolist()}
    if starts[0] in ({0}, {1}) or starts[1] in ({n - 1}, {n}):
        text = f"column {name!r} counts the rows: it is left out, as it says where an example stood"
        return Note(kind=NoteKind.DROPPED, text=f"{text}, not what it is.")
    steps = np.diff(values)
    in_order = (steps > 0).all() or (steps < 0).all()
    once = values.max() - values.min() <= n - 1 and len(np.unique(values)) == len(values)
    first = values.min() >= 1  # numbered from 1, or from 0
    if once and not in_order and values.min() >= 0 and values.max() <= n - 1 + first:
        text = f"column {name!r} numbers the rows in some order, as an identifier does"
        return Note(kind=NoteKind.DROPPED, text=f"{text}: it is left out.")
    if in_order or once:
        how = "goes up or down from row to row" if in_order else "numbers the rows in some order"
        text = f"column {name!r} {how}, as an identifier does: remove it if it is one."
        return Note(kind=NoteKind.DOUBTFUL, text=text)
    return None


def varying_parts(days: NDArray[np.float64]) -> tuple[Part, ...]:
    """Return the cycles in whose phase dates (n,) vary, given as days since 1970-01-01.

    Examples
    --------
    >>> varying_parts(np.array([0.0, 7, 14])), varying_parts(np.array([0, 0.5, 400]))
    ((), ('year', 'week', 'day'))
    """
    known = days[~np.isnan(days)]
    whole = np.floor(known)
    varies: dict[Part, bool] = {
        "year": bool(np.ptp(whole) > 366),
        "week": bool(np.ptp(whole) > 7 and np.ptp(whole % 7)),
        "day": bool(np.ptp(known - whole)),
    }
    return tuple(part for part, so in varies.items() if so)


def repeated(inputs: Inputs) -> dict[str, Note]:
    """Return what is to be said of columns that hold one value only, or repeat another."""
    notes: dict[str, Note] = {}
    seen: dict[str, str] = {}
    matrices = ((inputs.numbers, inputs.number_names), (inputs.texts, inputs.text_names))
    for matrix, names in matrices:
        if not len(matrix):
            continue
        constant = (matrix == matrix[:1]).all(axis=0)
        for i, name in enumerate(names):
            values = matrix[:, i]
            content = values.tobytes() if values.dtype != object else repr(values.tolist()).encode()
            if constant[i]:
                text = f"column {name!r} holds {str(values[0])[:30]!r} everywhere: it is left out."
            elif (other := seen.setdefault(digest(content), name)) != name:
                text = f"column {name!r} repeats column {other!r}: it is left out."
            else:
                continue
            notes[name] = Note(kind=NoteKind.DROPPED, text=text)
    return notes
