"""CSV and Parquet files as pandas tables, with one clear line for whatever may be wrong."""

import csv
import io
import warnings
from importlib.util import find_spec

import pandas as pd

from tuner.data.files import MAX_BYTES
from tuner.errors import DataError, MissingExtraError


def read_csv(content: bytes, where: str, texts: tuple[str, ...] = ()) -> pd.DataFrame:
    r"""Read a CSV file; comma, semicolon or tab, whichever the header holds most of.

    A first column without a name, the index that pandas writes, is left out.

    Parameters
    ----------
    content
        UTF-8 text.
    where
        What to call the file in error messages.
    texts
        Columns to read as text even where they look like something else.

    Raises
    ------
    DataError
        When the text is not UTF-8, the header is unusable, or a row is longer than the header.

    Examples
    --------
    >>> read_csv(b"a;b\n1;x\n", "two.csv").to_dict("list")
    {'a': [1], 'b': ['x']}
    """
    delimiter, names = _csv_header(_decode(content, where), where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frame = pd.read_csv(
                io.BytesIO(content),
                sep=delimiter,
                encoding="utf-8-sig",
                dtype=dict.fromkeys(texts, str),
                index_col=False,
                skipinitialspace=True,
                low_memory=False,
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        reason = str(error).rpartition("C error: ")[2].splitlines()[0].rstrip(". ")
        raise DataError(
            f"{where}: {reason}: give each row one cell for each of the {len(names)} columns."
        ) from error
    if len(frame.columns) != len(names):
        raise DataError(f"{where}: has no readable header: begin the file with column names.")
    frame.columns = pd.Index(names)
    booleans = tuple(str(name) for name in frame.select_dtypes("bool").columns)
    if set(booleans) - set(texts):
        return read_csv(content, where, (*texts, *booleans))
    return frame.drop(columns="") if names[0] == "" else frame


def _decode(content: bytes, where: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: byte {error.start} is not UTF-8: save the file as UTF-8 text."
        ) from error
    if "\0" in text:
        raise DataError(f"{where}: holds zero bytes: save the file as UTF-8 text.")
    return text


def _csv_header(text: str, where: str) -> tuple[str, list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise DataError(f"{where}: is empty: write a header and rows.")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    names = next(row for row in reader if row)
    check_names(names, where)
    return delimiter, names


def check_names(names: list[str], where: str) -> None:
    """Raise `DataError` unless every column has a name of its own; the first may have none."""
    for i, name in enumerate(names):
        if name in names[:i]:
            raise DataError(f"{where}: two columns are called {name!r}: rename one.")
        if not name.strip() and i > 0:
            raise DataError(f"{where}: column {i + 1} has no name: write one in the header.")


def read_parquet(content: bytes, where: str) -> pd.DataFrame:
    """Read a Parquet file.

    Raises
    ------
    MissingExtraError
        When pyarrow is not installed.
    DataError
        When the file is damaged, or would fill more than 2 GiB.
    """
    if find_spec("pyarrow") is None:
        raise MissingExtraError(
            f"{where}: Parquet needs pyarrow: pip install 'eta-tuner[parquet]'."
        )
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        check_names(file.schema_arrow.names, where)
        _check_cells(file.metadata.num_rows * file.metadata.num_columns, where)
        table = file.read()
        table.validate(full=True)
        frame: pd.DataFrame = table.to_pandas()
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{where}: is no sound Parquet file ({type(error).__name__}): write it again."
        ) from error
    return frame


def _check_cells(cells: int, where: str) -> None:
    if cells * 8 > MAX_BYTES:
        raise DataError(f"{where}: holds {cells} cells, more than 2 GiB: use a part.")
