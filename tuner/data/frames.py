"""CSV, Parquet and Excel files as pandas tables; whatever is wrong is a one-line error."""

import codecs
import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Container, Iterable, Sequence
from importlib.util import find_spec
from itertools import chain, islice
from typing import Any

import pandas as pd

from tuner.data.files import check_cells, check_members
from tuner.errors import DataError, MissingExtraError
from tuner.records import Note, NoteKind

DELIMITERS = ",;\t|"

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

UNNAMED_INDEX = r"__index_level_\d+__"

CHUNK = 1 << 20
"""Bytes checked at once."""

MISSING_WORDS = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-", "<na>", "#n/a"))
"""Spellings of a missing value, in any case, of a column of numbers, dates or booleans."""

_SPELLED = sorted(
    {form(word) for word in MISSING_WORDS for form in (str, str.upper, str.title)} | {"NaN"}
)
_FRACTION = re.compile(r"[+-]?\d*(\.\d+|\d[eE][+-]?\d+)", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


class Csv:
    r"""A CSV file: its header is read at once, its columns when asked for.

    Columns are parted by comma, semicolon, tab or bar, whichever the header holds most of outside
    quotes, or by what a line `sep=;` says. Blanks around names are no part of them.

    Parameters
    ----------
    content
        Text as UTF-8, UTF-16 with a mark, or else Windows-1252, which is noted in `notes`.
    where
        Name of the file in error messages.

    Raises
    ------
    DataError
        When it is no text or its first line is no usable header.

    Examples
    --------
    >>> Csv(b"a;b\n1;x\n", "two.csv").frame().to_dict("list")
    {'a': [1], 'b': ['x']}
    """

    def __init__(self, content: bytes, where: str) -> None:
        self.where = where
        content, self.notes = _as_utf8(content, where)
        lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        number, first = next(
            ((i, line) for i, line in enumerate(lines, 1) if line.strip()), (0, "")
        )
        said = re.fullmatch(r'"?sep=(.)"?\s*', first, re.IGNORECASE)
        outside = re.sub('"[^"]*"', "", first)
        self._content = content
        self._skip = number if said else 0
        self.delimiter = said[1] if said else max(DELIMITERS, key=outside.count)
        rows = csv.reader(
            lines if said else chain([first], lines),
            delimiter=self.delimiter,
            skipinitialspace=True,
        )
        try:
            head = list(islice((row for row in rows if row), 6))
        except csv.Error as error:
            raise DataError(f"{where}: its first lines are no CSV ({error}).") from error
        if not head:
            raise DataError(f"{where}: is empty: write a header and rows.")
        self.names = [name.strip() for name in head[0]]
        self._check_header(head[1:])
        check_names(self.names, where)

    def frame(self, texts: Iterable[str] = ()) -> pd.DataFrame:
        """Return all columns, some of them as the texts they are written as.

        In the others the usual spellings of missing values are NaN.

        Raises
        ------
        DataError
            When a row is longer than the header.
        """
        known = set(texts)
        dtype = {i: str for i, name in enumerate(self.names) if name in known}
        missing = {i: [] if i in dtype else _SPELLED for i in range(len(self.names))}
        frame = self._read(dtype=dtype, na_values=missing)
        if len(frame.columns) != len(self.names):
            raise DataError(f"{self.where}: has no readable header: begin with column names.")
        frame.columns = pd.Index(self.names)
        return frame

    def written(self, names: Sequence[str]) -> pd.DataFrame:
        """Return columns as they are written, cells that count as missing included."""
        places = [self.names.index(name) for name in names]
        frame = self._read(dtype=str, usecols=places)
        return frame.set_axis([self.names[i] for i in sorted(places)], axis=1)

    @property
    def may_hold_codes(self) -> bool:
        """Whether anything in the file looks like a number with leading zeros."""
        pattern = rf'(?:^|["\n\r{re.escape(self.delimiter)}]) *[+-]?0\d'
        return re.search(pattern.encode(), self._content) is not None

    def _read(self, **options: Any) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                # pandas 2 never ends, and fills the memory, where line ends are mixed.
                one_line_end = self._content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                frame: pd.DataFrame = pd.read_csv(
                    io.BytesIO(one_line_end),
                    sep=self.delimiter,
                    encoding="utf-8-sig",
                    skiprows=self._skip,
                    index_col=False,
                    skipinitialspace=True,
                    keep_default_na=False,
                    skip_blank_lines=len(self.names) > 1,  # of one column, a missing value
                    low_memory=False,
                    **options,
                )
                return frame
        except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
            reason = str(error).rpartition("C error: ")[2].splitlines()[0].rstrip(". ")
            raise DataError(
                f"{self.where}: {reason}: give each row one cell for each of the"
                f" {len(self.names)} columns."
            ) from error

    def _check_header(self, rows: list[list[str]]) -> None:
        names, lengths = self.names, {len(row) for row in rows}
        if len(lengths) == 1 and (length := lengths.pop()) > len(names):
            raise DataError(
                f"{self.where}: the first line has {len(names)} cells and the next ones have"
                f" {length}: the header is not in the first line, or lacks a name. Begin the file"
                " with one name for each column."
            )
        whole = [name for name in names if _WHOLE.fullmatch(name)]
        if (
            any(map(_FRACTION.fullmatch, names))
            or (len(whole) > 1 and whole != sorted(set(whole), key=int))
            or (rows and self._is_like(rows))
        ):
            shown = self.delimiter.join(names[:4]) + (", …" if len(names) > 4 else "")
            raise DataError(
                f"{self.where}: the first line looks like data ({shown[:60]}): begin the file with"
                " column names."
            )

    def _is_like(self, rows: list[list[str]]) -> bool:
        """Tell whether the first line could stand among the rows: numbers, texts that recur."""
        whole = [name for name in self.names if _WHOLE.fullmatch(name)]
        texts = [i for i, name in enumerate(self.names) if name not in whole]
        recur = all(
            any(self.names[i] == row[i].strip() for row in rows if i < len(row)) for i in texts
        )
        return bool(whole and texts) and recur


def _as_utf8(content: bytes, where: str) -> tuple[bytes, list[Note]]:
    """Return text as UTF-8, and what is to be said of the encoding it had."""
    notes: list[Note] = []
    if encoding := next((name for mark, name in _MARKS if content.startswith(mark)), ""):
        try:
            content = content.decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: is not valid {encoding} text: save it as UTF-8.") from error
    elif (place := _first_not_utf8(content)) is not None:
        try:
            content = content.decode("cp1252").encode()
        except UnicodeDecodeError:
            raise DataError(
                f"{where}: byte {place} is not UTF-8: save the file as UTF-8 text."
            ) from None
        text = f"byte {place} is not UTF-8: the file is read as Windows-1252."
        notes = [Note(kind=NoteKind.READ_AS, text=text)]
    if b"\0" in content:
        raise DataError(f"{where}: holds zero bytes: save the file as UTF-8 text.")
    return content, notes


def _first_not_utf8(content: bytes) -> int | None:
    """Return the place of the first byte that is not UTF-8, without a copy of all of them."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), CHUNK):
        chunk = content[start : start + CHUNK]
        try:
            decoder.decode(chunk, final=start + CHUNK >= len(content))
        except UnicodeDecodeError as error:
            return start + error.start - (len(error.object) - len(chunk))
    return None


def check_names(names: list[str], where: str) -> None:
    """Raise `DataError` unless every column has a name of its own; the first may have none."""
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            raise DataError(f"{where}: two columns are called {name!r}: rename one.")
        if not name and i > 0:
            raise DataError(f"{where}: column {i + 1} has no name: write one in the header.")
        seen.add(name)


def read_parquet(content: bytes, where: str, only: Container[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file, or some of its columns; a named index is one, an unnamed one is not.

    Raises
    ------
    MissingExtraError
        When pyarrow is not installed.
    DataError
        When the file is damaged, holds nested columns, or would fill more than 2 GiB.
    """
    if find_spec("pyarrow") is None:
        raise MissingExtraError(
            f"{where}: Parquet needs pyarrow: pip install 'eta-tuner[parquet]'."
        )
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        schema = file.schema_arrow
        check_names([name.strip() for name in schema.names], where)
        wanted = [field for field in schema if only is None or field.name.strip() in only]
        for field in wanted:
            _check_flat(field, where)
        check_cells(file.metadata.num_rows, len(wanted), where)
        # Texts stay in the dictionary that the file keeps them in: repeated, they take no memory.
        texts = [field.name for field in wanted if pyarrow.types.is_string(field.type)]
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        table = file.read(columns=[field.name for field in wanted])
        table.validate(full=True)
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{where}: is not a valid Parquet file ({type(error).__name__}): write it again."
        ) from error
    unnamed = [name for name in frame.columns if re.fullmatch(UNNAMED_INDEX, name)]
    return frame.drop(columns=unnamed).set_axis(
        [name.strip() for name in frame.columns if name not in unnamed], axis=1
    )


def parquet_names(content: bytes) -> list[str]:
    """Return the names of the columns of a sound Parquet file, an unnamed index apart."""
    import pyarrow.parquet

    names = pyarrow.parquet.ParquetFile(io.BytesIO(content)).schema_arrow.names
    return [name.strip() for name in names if not re.fullmatch(UNNAMED_INDEX, name)]


def read_excel(content: bytes, where: str) -> tuple[pd.DataFrame, list[Note]]:
    """Read the first sheet of an Excel file, and say so where it has more.

    Raises
    ------
    MissingExtraError
        When openpyxl is not installed.
    DataError
        When the file is damaged or would unpack to more than 2 GiB.
    """
    if find_spec("openpyxl") is None:
        raise MissingExtraError(f"{where}: Excel needs openpyxl: pip install 'eta-tuner[excel]'.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_members(archive.infolist(), where)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pd.ExcelFile(io.BytesIO(content), engine="openpyxl") as book:
                sheets = [str(name) for name in book.sheet_names]
                cells = book.parse(0, header=None, dtype=object, keep_default_na=False)
    except DataError:
        raise
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{where}: is not a valid Excel file ({type(error).__name__}): save it again as .xlsx."
        ) from error
    cells = cells.where(cells != "", None).dropna(how="all").dropna(how="all", axis=1)
    if cells.empty:
        raise DataError(f"{where}: sheet {sheets[0]!r} is empty: put the table first.")
    names = ["" if pd.isna(name) else str(name).strip() for name in cells.iloc[0]]
    check_names(names, where)
    frame = cells.iloc[1:].set_axis(names, axis=1).reset_index(drop=True).infer_objects()
    more = len(sheets) > 1
    text = f"sheet {sheets[0]!r} is read, the first of {len(sheets)}."
    return frame, [Note(kind=NoteKind.READ_AS, text=text)] if more else []


def _check_flat(field: Any, where: str) -> None:
    import pyarrow

    if pyarrow.types.is_nested(field.type):
        raise DataError(
            f"{where}: column {field.name!r} holds neither numbers nor texts but {field.type}: turn"
            " it into one of them."
        )
