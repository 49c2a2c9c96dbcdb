"""A test part that the user gives as a table of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.inputs import Examples, Roles
from tuner.data.labels import Target
from tuner.data.tables import (
    Judging,
    Table,
    as_pandas,
    content_digest,
    frame_columns,
    judging_of,
    open_table,
    read_columns,
    target_of,
)
from tuner.errors import DataError
from tuner.records import Note, NoteKind


def given_test(source: Any, examples: Examples, roles: Roles) -> Examples:
    """Add to the examples of a table those of another one, which are to be its test part.

    Its columns are read as those of the first one.

    Parameters
    ----------
    source
        The path of a table, or a DataFrame.
    examples, roles
        The table, and what its columns are for.

    Raises
    ------
    DataError
        When it is the same table, a column is missing, it holds a class that the table lacks, or a
        group of it.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        opened = open_table(path, examples.target)
        table, sha256 = opened.table, opened.sha256
        inputs, _ = read_columns(path, examples.columns)
    else:
        table, sha256 = Table(as_pandas(source, "test_data"), "test_data"), ""
        inputs, _ = frame_columns(source, examples.columns, table.where)
    target = str(examples.target)
    if target not in table.frame.columns:
        raise DataError(f"{table.where}: has no column {target!r}, the target: add it.")
    found = target_of(table, target, examples.task)
    y, judging = _as_in(examples, found, table.where), judging_of(table, target, roles)
    added = Examples(table.where, inputs, y, examples.classes, sha256, target=target)
    sha256 = sha256 or content_digest(added)
    if sha256 == examples.sha256:
        raise DataError(f"{table.where}: is the table that trains: give another one to test on.")
    _check_apart(examples, judging, table.where)
    return replace(
        examples,
        inputs=examples.inputs.followed_by(inputs),
        y=np.concatenate([examples.y, y]),
        notes=(*examples.notes, *_shared_notes(examples, added)),
        groups=_joined(examples.groups, judging.groups),
        times=_joined(examples.times, judging.times),
        n_given=len(y),
        given_sha256=sha256,
    )


def _joined(first: NDArray[Any] | None, second: NDArray[Any] | None) -> NDArray[Any] | None:
    return None if first is None or second is None else np.concatenate([first, second])


def _as_in(examples: Examples, found: Target, where: str) -> NDArray[Any]:
    """Return the class index (n,) in the first table of each label, or its number."""
    if not examples.classes:
        return found.y
    place = {name: i for i, name in enumerate(examples.classes)}
    for name in found.classes:
        if name not in place:
            raise DataError(
                f"{where}: holds the class {name!r}, which no example that trains has: leave such"
                " rows out."
            )
    places = np.array([place[name] for name in found.classes], dtype=np.intp)
    indices: NDArray[np.intp] = places[found.y]
    return indices


def _check_apart(examples: Examples, judging: Judging, where: str) -> None:
    if examples.groups is None or judging.groups is None:
        return
    shared = sorted(set(examples.groups) & set(judging.groups))
    if shared:
        raise DataError(
            f"{where}: holds the group {shared[0]!r}, which trains too: leave such rows out of one"
            " of the tables."
        )


def _shared_notes(examples: Examples, added: Examples) -> list[Note]:
    """Return the doubt about rows of a test part that stand among the others too."""
    shared = _rows_of(examples) & _rows_of(added)
    if not shared:
        return []
    text = f"{len(shared):,} different rows of the test part stand in the table that trains too."
    return [Note(kind=NoteKind.DOUBTFUL, text=text)]


def _rows_of(examples: Examples) -> set[int]:
    """Return a hash of each different row, target included."""
    inputs = examples.inputs
    frame = pd.concat([pd.DataFrame(inputs.numbers), pd.DataFrame(inputs.texts)], axis=1)
    frame = frame.set_axis(range(len(frame.columns)), axis=1).assign(y=examples.y)
    return set(pd.util.hash_pandas_object(frame, index=False).tolist())
