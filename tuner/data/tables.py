"""The user's own tables: CSV and Parquet files, and DataFrames."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_object_dtype

from tuner.data import columns
from tuner.data.columns import Texts
from tuner.data.deciding import counter_note
from tuner.data.files import check_cells, digest, plain_suffix, read_unpacked
from tuner.data.frames import Csv, check_names, parquet_names, read_excel, read_parquet
from tuner.data.inputs import (
    Column,
    Examples,
    Inputs,
    Roles,
    check_finite,
)
from tuner.data.labels import Target, encode_target, is_quantity
from tuner.errors import DataError, OptionError, TargetError
from tuner.records import Note, NoteKind, TaskChoice

TARGET_NAMES = ("target", "label", "class", "y")
"""Taken as the target, whatever their case, where the user names none."""

MISSING_LABELS = {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"}
"""Spellings of a missing label in a CSV file; others, such as `-` and `?`, are classes."""

FRAME = "DataFrame"
"""What data that came as one are called."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table and where it came from.

    Attributes
    ----------
    frame
        Columns called by texts.
    where
        What to call it in error messages.
    csv
        The file, where its cells have no types of their own.
    """

    frame: pd.DataFrame
    where: str
    csv: Csv | None = None

    def without(self, names: Sequence[str], target: str | None) -> "Table":
        """Leave columns out; raise `DataError` where one is not there, or is the target."""
        for name in names:
            if name == target:
                raise DataError(f"{self.where}: {name!r} is the target: it cannot be dropped.")
            if name not in self.frame.columns:
                listed = ", ".join(map(str, self.frame.columns[:20]))
                raise DataError(f"{self.where}: has no column {name!r} to drop: it has {listed}.")
        return replace(self, frame=self.frame.drop(columns=list(names)))

    def check_labels(self, target: str) -> None:
        """Raise `DataError` where labels are missing, and say how they are written."""
        labels = Texts.of(self.frame[target])
        words = MISSING_LABELS if self.csv else {""}
        missing = np.array([text in words for text in labels.different])[labels.codes]
        if not missing.any():
            return
        row = int(missing.argmax())
        says, more = "", ""
        if text := labels.cells[row]:
            says = f" (the file says {text!r}, which counts as missing)"
            more = f"; if {text!r} is a value of its own, write it otherwise, such as '{text}_'"
        plural = "s, the first" if missing.sum() > 1 else ""
        raise DataError(
            f"{self.where}: target {target!r} has {missing.sum()} missing value{plural} in data row"
            f" {row + 1}{says}: fill it in or drop such rows{more}."
        )


@dataclass(frozen=True, eq=False)
class Opened:
    """A table as it was read from a file: its target, identity, and what is to be said of it."""

    table: Table
    target: str
    sha256: str
    notes: Sequence[Note]


def read_table(path: Path, roles: Roles) -> Examples:
    """Read a CSV (.csv, .tsv), Parquet (.parquet) or Excel (.xlsx) file, also a packed one.

    Columns of numbers stay numbers; texts, categories and booleans become texts
    (`tuner.data.columns`).

    Raises
    ------
    DataError
        When the file is damaged, or a column cannot be used; the message names it.
    MissingExtraError
        For Parquet without pyarrow, for Excel without openpyxl.
    """
    opened = open_table(path, roles.target)
    found = _examples(opened.table, opened.target, roles)
    return replace(found, name=path.name, sha256=opened.sha256, notes=(*opened.notes, *found.notes))


def open_table(path: Path, target: str | None) -> Opened:
    """Read a file and choose its target; errors as `read_table`."""
    content = read_unpacked(path)
    notes: list[Note] = []
    if plain_suffix(path) in (".parquet", ".xlsx"):
        if plain_suffix(path) == ".parquet":
            frame = read_parquet(content, str(path))
        else:
            frame, notes = read_excel(content, str(path))
        table = Table(_filled(frame, path), str(path))
        target = _choose_target([str(name) for name in frame.columns], target, str(path))
    else:
        csv = Csv(content, str(path))
        target, notes = _choose_target(csv.names, target, str(path)), csv.notes
        table = Table(_filled(csv.frame([target]), path), str(path), csv)
    return Opened(table, target, digest(content), notes)


def read_frame(frame: Any, roles: Roles) -> Examples:
    """Take a DataFrame of pandas or polars; its identity is that of its content.

    Raises
    ------
    DataError
        As `read_table`, or when it is no DataFrame.
    """
    table = Table(as_pandas(frame, FRAME), FRAME)
    names = [str(name) for name in table.frame.columns]
    examples = _examples(table, _choose_target(names, roles.target, FRAME), roles)
    return replace(examples, sha256=content_digest(examples))


def content_digest(examples: Examples) -> str:
    """Return the SHA-256 of inputs and labels, for examples that come from no file."""
    inputs = examples.inputs
    texts = [inputs.number_names, inputs.text_names, inputs.texts.tolist(), examples.classes]
    return digest(
        json.dumps([examples.target, *texts]).encode(),
        np.ascontiguousarray(inputs.numbers).tobytes(),
        examples.y.astype("<i8" if examples.classes else "<f8").tobytes(),
    )


def as_pandas(frame: Any, where: str) -> pd.DataFrame:
    """Return a pandas table whose columns are called by texts; a named index is one of them."""
    if type(frame).__module__.startswith("polars."):
        frame = pd.DataFrame(frame.to_dict(as_series=False))
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"data of type {type(frame).__name__}: give a name, a path, or a DataFrame."
        )
    if frame.empty:
        raise DataError(f"{where}: has no rows: add examples.")
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    named: pd.DataFrame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
    check_names(list(named.columns), where)
    check_cells(len(named), len(named.columns), where)
    for name in [name for name, dtype in named.dtypes.items() if is_object_dtype(dtype)]:
        signaling = np.array([isinstance(c, Decimal) and c.is_snan() for c in named[name]])
        if signaling.any():  # pandas cannot look at them
            named = named.assign(**{str(name): named[name].mask(signaling)})
    return named


def _filled(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    if frame.empty:
        raise DataError(f"{path}: has a header but no rows: add examples.")
    check_cells(len(frame), len(frame.columns), str(path))
    return frame


def _choose_target(names: list[str], target: str | None, where: str) -> str:
    if target is None:
        usual = [name for name in names if name.lower() in TARGET_NAMES]
        coordinate = usual and usual[0].lower() == "y" and "x" in map(str.lower, names)
        if len(usual) == 1 and not (coordinate and len(names) > 2):
            return usual[0]
    elif target.strip() in names:
        return target.strip()
    problem = "say which column is the target" if target is None else f"has no column {target!r}"
    listed = ", ".join(" ".join(name.split()) for name in names[:20]) + (
        ", …" if len(names) > 20 else ""
    )
    raise TargetError(where, problem, listed)


def _examples(table: Table, target: str, roles: Roles) -> Examples:
    found, judging = target_of(table, target, roles.task), judging_of(table, target, roles)
    drop = tuple(dict.fromkeys([*roles.drop, *([roles.groups] if roles.groups else [])]))
    inputs, kinds, notes = recognize_columns(table.without(drop, target), target)
    return Examples(
        table.where,
        inputs,
        found.y,
        found.classes,
        "",
        target=target,
        columns=(*kinds, *(Column(name=name, kind="dropped") for name in drop)),
        notes=(*_alike(found.classes, target), *found.notes, *notes),
        groups=judging.groups,
        times=judging.times,
        groups_column=roles.groups,
        time_column=roles.time,
    )


@dataclass(frozen=True, eq=False)
class Judging:
    """The group (n,) of each row, and its time (n,), where they say which rows judge which."""

    groups: NDArray[np.object_] | None = None
    times: NDArray[np.float64] | None = None


def judging_of(table: Table, target: str, roles: Roles) -> Judging:
    """Return groups and times of the rows.

    Raises
    ------
    DataError
        When a column is not there, is the target, or lacks values; or when times are neither
        numbers nor dates.
    OptionError
        When both groups and time are given.
    """
    if roles.groups and roles.time:
        raise OptionError("groups cannot go together with time: leave one out.")
    groups = times = None
    if roles.groups:
        cells = _cells_for("groups", table, roles.groups, target)
        texts = Texts.of(table.csv.written([roles.groups])[roles.groups] if table.csv else cells)
        _check_complete(texts.missing[texts.codes], table.where, roles.groups)
        groups = texts.cells
    if roles.time:
        cells = _cells_for("time", table, roles.time, target)
        times = _times(cells, table)
        _check_complete(np.isnan(times), table.where, roles.time)
    return Judging(groups, times)


def _cells_for(role: str, table: Table, name: str, target: str) -> "pd.Series[Any]":
    if name == target:
        raise DataError(f"{table.where}: {name!r} is the target: choose another column for {role}.")
    if name not in table.frame.columns:
        listed = ", ".join(map(str, table.frame.columns[:20]))
        raise DataError(f"{table.where}: has no column {name!r} for {role}: it has {listed}.")
    return table.frame[name]


def _times(cells: "pd.Series[Any]", table: Table) -> NDArray[np.float64]:
    english = table.csv is None or table.csv.delimiter == ","
    column, _ = columns.recognize(cells, table.where, typed=table.csv is None, thousands=english)
    if column.kind not in ("number", "date"):
        raise DataError(
            f"{table.where}: column {column.name!r} holds neither numbers nor dates: choose another"
            " one for time."
        )
    return columns.read(cells, column, table.where).astype(np.float64)


def _check_complete(missing: NDArray[np.bool_], where: str, name: str) -> None:
    if missing.any():
        plural = "s, the first" if missing.sum() > 1 else ""
        raise DataError(
            f"{where}: column {name!r} has {missing.sum()} missing value{plural} in data row"
            f" {missing.argmax() + 1}, so the part of the row is not known: fill it in or drop it."
        )


def target_of(table: Table, target: str, task: TaskChoice = "auto") -> Target:
    """Return what is to be predicted: classes as they are written, or numbers.

    Raises
    ------
    DataError
        When a value is missing or cannot be used.
    """
    table.check_labels(target)
    labels, where = table.frame[target], f"{table.where}: target {target!r}"
    if pd.api.types.is_numeric_dtype(labels.dtype):
        return encode_target(labels.to_numpy(), where, task)
    if task != "classification":
        numbers = _written_numbers(table, target)
        if numbers is not None and (task == "regression" or is_quantity(numbers)):
            return encode_target(numbers, where, task)
    return encode_target(Texts.of(labels).cells, where, task)


def _written_numbers(table: Table, target: str) -> NDArray[np.float64] | None:
    """Return a target that is written as numbers, maybe with a unit or decimal commas."""
    english = table.csv is None or table.csv.delimiter == ","
    cells, typed = table.frame[target], table.csv is None
    try:
        column, _ = columns.recognize(cells, table.where, typed=typed, thousands=english)
    except DataError:  # a column of inputs must not be like that, labels may
        return None
    return columns.read(cells, column, table.where) if column.kind == "number" else None


def _alike(classes: tuple[str, ...], target: str) -> list[Note]:
    """Return the doubt whether two labels that are one number are two classes."""
    values: dict[float, str] = {}
    for name in classes:
        try:
            other = values.setdefault(float(name), name)
        except ValueError:
            continue
        if other != name:
            text = (
                f"target {target!r}: {other!r} and {name!r} are two classes, as they are written."
            )
            return [Note(kind=NoteKind.DOUBTFUL, text=text)]
    return []


def recognize_frame(frame: Any, where: str) -> tuple[Inputs, list[Column], list[Note]]:
    """Return all columns of a DataFrame that holds no target, as `recognize_columns` does."""
    inputs, found, notes = recognize_columns(Table(as_pandas(frame, where), where), None)
    return inputs, found, notes


def recognize_columns(table: Table, target: str | None) -> tuple[Inputs, list[Column], list[Note]]:
    """Return all columns but the target: as numbers and texts, what each is, what to say of it.

    Raises
    ------
    DataError
        When there is no column, a number is infinite, a column mixes numbers with a few texts, or
        holds neither numbers nor texts.
    """
    if target is not None:
        table = replace(table, frame=table.frame.drop(columns=target))
    table, notes = _without_blank_index(table)
    table = _with_texts(table)
    frame, where = table.frame, table.where
    if frame.columns.empty:
        raise DataError(f"{where}: has no column beside the target: add some.")
    found = []
    english = table.csv is None or table.csv.delimiter == ","
    empty = set(frame.columns[frame.isna().all().to_numpy()])
    for column_name, dtype in frame.dtypes.items():
        name = str(column_name)
        if _is_plain(dtype) and name not in empty:
            found.append(Column(name=name, kind="number"))
            continue
        column, said = columns.recognize(
            frame[name], where, typed=table.csv is None, thousands=english
        )
        found.append(column)
        notes += said
    inputs = _inputs(frame, found, where)
    check_finite(inputs, where)
    return inputs, found, [*notes, *_thousands_notes(table, inputs)]


def _without_blank_index(table: Table) -> tuple[Table, list[Note]]:
    """Leave out a first column without a name, the index that pandas writes."""
    if table.frame.columns.empty or table.frame.columns[0] != "":
        return table, []
    index = table.frame[""]
    places = np.arange(len(index))
    counts = columns.is_number(index) and counter_note(
        "", index.to_numpy(float), places, len(index)
    )
    text = "the first column has no name: it is left out, as the index that pandas writes."
    notes = [] if counts else [Note(kind=NoteKind.DROPPED, text=text)]
    return replace(table, frame=table.frame.drop(columns="")), notes


def _with_texts(table: Table) -> Table:
    """Return as written what the reader of CSV files has changed.

    These are whole numbers with leading zeros, spellings of missing values among texts, and whole
    numbers that a missing one has made inexact.
    """
    if table.csv is None:
        return table
    frame = table.frame
    gaps = set(frame.columns[frame.isna().any().to_numpy()])
    numbers = [str(name) for name, dtype in frame.dtypes.items() if _is_plain(dtype)]
    changed = [str(name) for name in frame.columns if name in gaps and name not in numbers]
    lacking = frame[[name for name in numbers if name in gaps]]
    exact = lacking.abs().max() < columns.EXACT  # False where all are missing
    changed += map(str, lacking.columns[~exact.to_numpy(dtype=bool)])
    if table.csv.may_hold_codes:
        whole = [name for name in numbers if name in gaps or frame[name].dtype.kind in "iu"]
        texts = table.csv.written(whole) if whole else frame
        changed += [name for name in whole if columns.holds_codes(texts[name])]
    if not changed:
        return table
    written = table.csv.written(list(dict.fromkeys(changed)))
    return replace(table, frame=frame.assign(**{str(name): written[name] for name in written}))


def _thousands_notes(table: Table, inputs: Inputs) -> Iterator[Note]:
    """Yield the doubt about columns of numbers whose points may part thousands."""
    if table.csv is None:
        return
    floats = {str(name) for name, dtype in table.frame.dtypes.items() if dtype == np.float64}
    for name, values in zip(inputs.number_names, inputs.numbers.T, strict=True):
        if name in floats and columns.may_part_thousands(values):
            yield from columns.thousands_note(name, table.csv.written([name])[name])


def _is_plain(dtype: Any) -> bool:
    """Tell whether a column is of one of NumPy's types of real numbers."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iuf"


def _inputs(frame: pd.DataFrame, kinds: Sequence[Column], where: str) -> Inputs:
    """Read columns as what they are: numbers and dates into one matrix, texts into another."""
    numbers = [each for each in kinds if each.kind in ("number", "date")]
    texts = [each for each in kinds if each.kind in ("boolean", "category")]
    # Plain numbers at once: one by one, 100,000 columns take a minute.
    dtypes = frame.dtypes.to_dict()
    places = [
        i for i, each in enumerate(numbers) if not each.written and _is_plain(dtypes[each.name])
    ]
    plain = frame[[numbers[i].name for i in places]].to_numpy(dtype=np.float64)
    matrix = plain if len(places) == len(numbers) else np.empty((len(frame), len(numbers)))
    if matrix is not plain:
        matrix[:, places] = plain
    exact = np.fmax.reduce(np.abs(plain), axis=0, initial=0) < columns.EXACT
    one_by_one = set(range(len(numbers))).difference(np.array(places, dtype=int)[exact])
    if one_by_one and matrix is plain:
        matrix = plain.copy()  # pandas may have lent its own
    for i in sorted(one_by_one):
        each = numbers[i]
        matrix[:, i] = columns.read(frame[each.name], each, where)
    words = np.empty((len(frame), len(texts)), dtype=object)
    for i, each in enumerate(texts):
        words[:, i] = columns.read(frame[each.name], each, where)
    return Inputs(
        matrix, tuple(each.name for each in numbers), words, tuple(each.name for each in texts)
    )


def read_columns(path: Path, kinds: Iterable[Column]) -> tuple[Inputs, tuple[str, ...]]:
    """Read those columns alone, each as what it was in training; return the names of others too.

    Errors are those of `read_table`, and `DataError` when a column is missing.
    """
    content, kinds = read_unpacked(path), list(kinds)
    if plain_suffix(path) == ".parquet":
        only = {each.name for each in kinds if each.kind != "dropped"}
        frame = read_parquet(content, str(path), only)
        inputs, _ = _columns(Table(_filled(frame, path), str(path)), kinds)
        return inputs, _others(parquet_names(content), kinds)
    if plain_suffix(path) == ".xlsx":
        frame = read_excel(content, str(path))[0]
        return _columns(Table(_filled(frame, path), str(path)), kinds)
    csv = Csv(content, str(path))
    texts = [
        each.name for each in kinds if each.kind != "number" or each.written or each.decimal == ","
    ]
    return _columns(Table(_filled(csv.frame(texts), path), str(path), csv), kinds)


def read_texts(path: Path, name: str) -> list[str]:
    """Return the cells of one column as they are written.

    Raises
    ------
    DataError
        When the file cannot be read or has no such column.
    """
    content = read_unpacked(path)
    if plain_suffix(path) in (".parquet", ".xlsx"):
        parquet = plain_suffix(path) == ".parquet"
        frame = read_parquet(content, str(path)) if parquet else read_excel(content, str(path))[0]
        names = list(map(str, frame.columns))
    else:
        csv = Csv(content, str(path))
        names = csv.names
    if name not in names:
        listed = ", ".join(names[:20])
        raise DataError(f"{path}: has no column {name!r}: it has {listed}.")
    if plain_suffix(path) not in (".parquet", ".xlsx"):
        frame = csv.written([name])
    cells: list[str] = Texts.of(frame[name]).cells.tolist()
    return cells


def frame_columns(
    frame: Any, kinds: Iterable[Column], where: str
) -> tuple[Inputs, tuple[str, ...]]:
    """Take those columns of a DataFrame alone, as `read_columns` does."""
    return _columns(Table(as_pandas(frame, where), where), list(kinds))


def array_columns(x: NDArray[Any], kinds: Sequence[Column]) -> Inputs:
    """Take the columns of an array (n, d) of texts as those."""
    names = [each.name for each in kinds]
    return frame_columns(pd.DataFrame(x, columns=names), kinds, "x")[0]


def _others(names: Iterable[str], kinds: Iterable[Column]) -> tuple[str, ...]:
    known = {each.name for each in kinds}
    return tuple(name for name in names if name and name not in known)


def _columns(table: Table, kinds: list[Column]) -> tuple[Inputs, tuple[str, ...]]:
    wanted = [each for each in kinds if each.kind != "dropped"]
    there = set(table.frame.columns)
    if missing := [each.name for each in wanted if each.name not in there]:
        named = ", ".join(map(repr, missing[:20])) + (", …" if len(missing) > 20 else "")
        columns, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
        alike = [name for name in there if name.casefold() == missing[0].casefold()]
        hint = f"; {alike[0]!r} is another name" if alike else ""
        raise DataError(
            f"{table.where}: has no {columns} {named}: add {them} as in training{hint}."
        )
    inputs = _inputs(table.frame, wanted, table.where)
    check_finite(inputs, table.where)
    return inputs, _others(map(str, table.frame.columns), kinds)
