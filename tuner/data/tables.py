"""The user's own tables: CSV and Parquet."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.files import digest, read_bytes
from tuner.data.frames import check_names, read_csv, read_parquet
from tuner.data.inputs import Examples, Inputs, check_finite
from tuner.data.labels import encode_labels
from tuner.errors import DataError

TARGET_NAMES = ("target", "label", "class", "y")
"""Taken as the target, whatever their case, where the user names none."""

FRAME = "DataFrame"
"""What data that came as one are called."""

MOSTLY_NUMBERS = 0.5
"""A text column of which a larger share reads as numbers is taken as numbers with slips."""


def read_table(path: Path, target: str | None) -> Examples:
    """Read a CSV (.csv, .tsv) or Parquet (.parquet) file.

    Columns of numbers stay numbers; texts, categories and booleans become texts.

    Raises
    ------
    DataError
        When the file is damaged, or a column cannot be used; the message names it.
    MissingExtraError
        For Parquet without pyarrow.
    """
    content = read_bytes(path)
    examples = _examples(_read_frame(path, content), target, str(path))
    return replace(examples, name=path.name, sha256=digest(content))


def read_frame(frame: Any, target: str | None) -> Examples:
    """Take a DataFrame of pandas or polars; its identity is that of its content.

    Raises
    ------
    DataError
        As `read_table`, or when it is no DataFrame.
    """
    examples = _examples(_as_pandas(frame, FRAME), target, FRAME)
    inputs = examples.inputs
    texts = [inputs.number_names, inputs.text_names, inputs.texts.tolist(), examples.classes]
    sha256 = digest(
        json.dumps([examples.target, *texts]).encode(),
        np.ascontiguousarray(inputs.numbers).tobytes(),
        examples.y.astype("<i8").tobytes(),
    )
    return replace(examples, sha256=sha256)


def _as_pandas(frame: Any, where: str) -> pd.DataFrame:
    """Return a pandas table whose columns are called by texts."""
    if type(frame).__module__.startswith("polars."):
        frame = pd.DataFrame(frame.to_dict(as_series=False))
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"data of type {type(frame).__name__}: give a name, a path, or a DataFrame."
        )
    if frame.empty:
        raise DataError(f"{where}: has no rows: add examples.")
    named = frame.set_axis([str(name) for name in frame.columns], axis=1)
    check_names(list(named.columns), where)
    return named


def _examples(frame: pd.DataFrame, target: str | None, where: str) -> Examples:
    target = _choose_target(frame, target, where)
    y, classes = encode_labels(_labels(frame, target, where), f"{where}: target {target!r}")
    inputs = frame_inputs(frame.drop(columns=target), where)
    return Examples(where, inputs, y, classes, "", target=target)


def read_columns(path: Path, columns: tuple[str, ...], texts: tuple[str, ...]) -> Inputs:
    """Read those columns alone, some of them as text whatever they look like.

    Errors are those of `read_table`, and `DataError` when a column is missing.
    """
    return _columns(_read_frame(path, read_bytes(path), texts), columns, texts, str(path))


def frame_columns(
    frame: Any, columns: tuple[str, ...], texts: tuple[str, ...], where: str
) -> Inputs:
    """Take those columns of a DataFrame alone, as `read_columns` does."""
    return _columns(_as_pandas(frame, where), columns, texts, where)


def _columns(
    frame: pd.DataFrame, columns: tuple[str, ...], texts: tuple[str, ...], where: str
) -> Inputs:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"{where}: has no column {missing[0]!r}: add it as in training.")
    # As objects: as texts pandas 2 would make "nan" of a missing cell.
    as_objects = frame[list(columns)].astype(dict.fromkeys(texts, object))
    return frame_inputs(as_objects, where, texts)


def _read_frame(path: Path, content: bytes, texts: tuple[str, ...] = ()) -> pd.DataFrame:
    if path.suffix.lower() == ".parquet":
        frame = read_parquet(content, str(path))
    else:
        frame = read_csv(content, str(path), texts)
    if frame.empty:
        raise DataError(f"{path}: has a header but no rows: add examples.")
    return frame


def _choose_target(frame: pd.DataFrame, target: str | None, where: str) -> str:
    names = [str(name) for name in frame.columns]
    if target is None:
        usual = [name for name in names if name.lower() in TARGET_NAMES]
        if len(usual) == 1:
            return usual[0]
    elif target in names:
        return target
    problem = "say which column is the target" if target is None else f"has no column {target!r}"
    listed = ", ".join(" ".join(name.split()) for name in names[:20]) + (
        ", …" if len(names) > 20 else ""
    )
    raise DataError(f"{where}: {problem}: use --target with one of {listed}.")


def _labels(frame: pd.DataFrame, target: str, where: str) -> NDArray[Any]:
    labels = frame[target]
    missing = labels.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"{where}: target {target!r} is missing in {missing.sum()} rows, the first is data row "
            f"{missing.argmax() + 1}: fill them in or drop those rows."
        )
    if pd.api.types.is_numeric_dtype(labels.dtype):
        return labels.to_numpy()
    return labels.astype(str).to_numpy(dtype=object)


def frame_inputs(frame: pd.DataFrame, where: str, texts: tuple[str, ...] = ()) -> Inputs:
    """Sort the columns of a table into numbers and texts; `texts` are known to be such.

    Raises
    ------
    DataError
        When no column is left, a cell is missing or infinite, a column mixes numbers with a few
        texts, or holds neither numbers nor texts.
    """
    if frame.columns.empty:
        raise DataError(f"{where}: has no column beside the target: add some.")
    names = [str(name) for name in frame.columns]
    numbers = tuple(name for name in names if _is_number(frame[name], name in texts, where))
    texts = tuple(name for name in names if name not in numbers)
    inputs = Inputs(
        frame[list(numbers)].to_numpy(dtype=np.float64, na_value=np.nan),
        numbers,
        frame[list(texts)].astype(str).to_numpy(dtype=object),
        texts,
    )
    check_finite(inputs, where)
    return inputs


def _is_number(column: "pd.Series[Any]", is_text: bool, where: str) -> bool:
    """Decide the kind of a column; raise `DataError` if it has none."""
    kind = pd.api.types
    if kind.is_numeric_dtype(column.dtype) and not kind.is_bool_dtype(column.dtype):
        return not kind.is_complex_dtype(column.dtype)
    where = f"{where}: column {column.name!r}"
    if column.isna().any():
        raise DataError(
            f"{where} has {column.isna().sum()} missing values, the first in data row "
            f"{int(column.isna().to_numpy().argmax()) + 1}: fill them in or drop those rows."
        )
    if is_text or kind.is_bool_dtype(column.dtype):
        return False
    if not column.map(lambda cell: isinstance(cell, str | bool | int | float)).all():
        raise DataError(f"{where} holds neither numbers nor texts: turn it into one of them.")
    _check_slips(column.astype(str), where)
    return False


def _check_slips(texts: "pd.Series[str]", where: str) -> None:
    """Raise `DataError` for numbers mixed with a few texts, or written with a comma."""
    number = pd.to_numeric(texts, errors="coerce").notna().to_numpy()
    almost = pd.to_numeric(texts.str.replace(",", ""), errors="coerce").notna().to_numpy()
    if almost.mean() > MOSTLY_NUMBERS and not number.all():
        row = int(number.argmin())
        raise DataError(
            f"{where} holds numbers but {texts.iloc[row]!r} in data row {row + 1}: write a number "
            "such as 1234.5, or drop the row."
        )
