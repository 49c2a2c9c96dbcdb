"""What a table would be taken for, column by column, before anything is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tuner.data.deciding import decide
from tuner.data.files import plain_suffix
from tuner.data.inputs import MISSING, Column, Inputs
from tuner.data.loading import TABLES
from tuner.data.preprocessing import Preprocessing, fit
from tuner.data.tables import open_table, recognize_columns, target_of
from tuner.errors import DataError
from tuner.records import Note, TaskChoice, TaskName


@dataclass(frozen=True, kw_only=True)
class CheckedColumn:
    """What a column was taken for.

    Attributes
    ----------
    column
        How it is read.
    missing, different
        Cells without a value, and different values of the others.
    inputs
        Inputs of a network that are made of it.
    """

    column: Column
    missing: int
    different: int
    inputs: int

    @property
    def details(self) -> str:
        """How its cells are written and what is added, in words."""
        column, found = self.column, []
        if column.kind == "number" and column.written:
            found.append(f"written with {column.written}")
        if column.kind == "number" and column.decimal == ",":
            found.append("decimal commas")
        if column.kind == "boolean":
            found.append(" or ".join(column.written.split("|")))
        if column.parts:
            found.append(f"with the time of {' and '.join(column.parts)}")
        return ", ".join(found)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a table was taken for.

    Attributes
    ----------
    rows
        Number of examples.
    target
        The column to predict.
    classes
        Its classes; none where it cannot be used, or numbers are predicted.
    task
        Whether classes or numbers are predicted.
    problem
        Why the target cannot be used; empty where it can.
    columns
        The others, in their order.
    notes
        What is to be said of them.
    """

    rows: int
    target: str
    classes: tuple[str, ...]
    task: TaskName
    problem: str
    columns: tuple[CheckedColumn, ...]
    notes: tuple[Note, ...]


def check_table(
    source: str,
    target: str | None = None,
    task: TaskChoice = "auto",
    drop: Sequence[str] = (),
) -> Checked:
    """Read a table as `load` does, and return what each column was taken for by all of its rows.

    Unlike there, a target that cannot be used is no error: `Checked.problem` says what is wrong.

    Raises
    ------
    DataError
        When the file is no table, or as `load`.
    """
    path = Path(source)
    if plain_suffix(path) not in TABLES:
        raise DataError(f"{source}: is not a table: give a file that ends in {', '.join(TABLES)}.")
    opened = open_table(path, target)
    table = opened.table.without(drop, opened.target)
    found, problem = None, ""
    try:
        found = target_of(opened.table, opened.target, task)
    except DataError as error:
        problem = str(error)
    inputs, columns, read = recognize_columns(table, opened.target)
    inputs, columns, notes = decide(inputs, columns, np.arange(inputs.n), table.where)
    fitted = fit(inputs, tuple(columns))
    cells = opened.table.frame
    return Checked(
        rows=inputs.n,
        target=opened.target,
        classes=found.classes if found else (),
        task="regression" if found and not found.classes else "classification",
        problem=problem,
        columns=tuple(_checked(each, inputs, fitted, cells) for each in columns),
        notes=(*opened.notes, *(found.notes if found else ()), *read, *notes),
    )


def _checked(
    column: Column, inputs: Inputs, fitted: Preprocessing, cells: pd.DataFrame
) -> CheckedColumn:
    if column.name in inputs.number_names:
        values = inputs.numbers[:, inputs.number_names.index(column.name)]
        missing = int(np.isnan(values).sum())
        different = len(np.unique(values[~np.isnan(values)]))
    elif column.name in inputs.text_names:
        texts = inputs.texts[:, inputs.text_names.index(column.name)]
        missing = int((texts == MISSING).sum())
        different = len(set(texts)) - (missing > 0)
    else:
        missing, different = int(cells[column.name].isna().sum()), cells[column.name].nunique()
    return CheckedColumn(
        column=column,
        missing=missing,
        different=different,
        inputs=fitted.inputs_of(column),
    )
