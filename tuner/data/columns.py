"""What a column of a table holds, told from its cells, and how such cells are read.

Each column is of one of five kinds, each with its way of reading: numbers, booleans, categories,
dates, and columns left out. The kind is decided once, from the data of training; new data are read
the same way or refused.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.frames import MISSING_WORDS
from tuner.data.inputs import FEW, MISSING, Column
from tuner.errors import DataError
from tuner.records import Note, NoteKind

MOSTLY = 0.5
"""A text column of which a larger share reads as numbers or dates is taken as such with slips."""

EXACT = 2**53
"""Below, every whole number is a float64 of its own, which no other is read as."""

BOOLEANS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"))

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "))
_SWAPPED = str.maketrans(".,", ",.")
_CURRENCY = "$€£¥₹₽₩₺₿"
_UNIT = rf"%‰°²³µ/{_CURRENCY}A-Za-z"
_NUMBER = re.compile(
    rf"(?P<before>[{_CURRENCY}]?) ?(?P<sign>[+\-−]?) ?(?P<inside>[{_CURRENCY}]?) ?"
    r"(?P<digits>(?!0)\d{1,3}(?P<group>[ '’,])\d{3}(?:(?P=group)\d{3})*(?:\.\d*)?"
    r"|(?!0\d)\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
    r"|\.\d+(?:[eE][+-]?\d+)?)"
    rf" ?(?P<after>[{_UNIT}]{{0,10}})",
    re.ASCII,
)
_CODE = re.compile(r"[+-]?0\d+", re.ASCII)
_COMMA = re.compile(r"[+\-−]?\d[\d.,]*,\d+|[+\-−]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_THOUSANDS = re.compile(r"[+\-−]?[1-9]\d{0,2}(\.\d{3})?", re.ASCII)

_DATE_LIKE = re.compile(r"\d{1,4}[-/.: ][\dA-Za-z].*\d(Z|z)?|[A-Za-z]{3,9} \d.*\d{4}")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y")
_MONTHS = ("%m/%d/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")
_CLOCK = ("", " %H:%M", " %H:%M:%S")
DATES = ("ISO8601", *(day + clock for day in (*_DAYS, *_MONTHS) for clock in _CLOCK), "%H:%M")


@dataclass(frozen=True, eq=False)
class Texts:
    """The cells of a column as texts without blanks at their ends: `different[codes]`.

    A missing cell is an empty text. `rows` are the data rows of the cells, counted from 0.
    """

    codes: NDArray[np.intp]
    different: NDArray[np.object_]
    rows: NDArray[np.intp]

    @classmethod
    def of(cls, cells: "pd.Series[Any]") -> "Texts":
        """Take the cells of a column."""
        if isinstance(cells.dtype, pd.CategoricalDtype):  # its texts are not repeated in memory
            codes = np.asarray(cells.cat.codes, dtype=np.intp)
            found = np.asarray(cells.cat.categories.astype(object))
        else:
            codes, every = pd.factorize(cells.astype(object))
            found = np.asarray(every, dtype=object)
        stripped = [str(text).translate(_SPACES).strip() for text in found]
        missing = [""] if (codes < 0).any() else []  # its code is -1, the last text
        places, different = pd.factorize(np.array(stripped + missing, dtype=object))
        return cls(places[codes], np.asarray(different, dtype=object), np.arange(len(codes)))

    def where(self, chosen: NDArray[np.bool_]) -> "Texts":
        """Return the cells whose text is marked."""
        kept = chosen[self.codes]
        codes = (np.cumsum(chosen) - 1)[self.codes[kept]]
        return Texts(codes, self.different[chosen], self.rows[kept])

    @property
    def present(self) -> "Texts":
        """The cells that are not spelled as missing."""
        return self.where(~self.missing)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which of the different texts are spellings of a missing value."""
        spelled = (str(text).casefold() in MISSING_WORDS for text in self.different)
        return np.fromiter(spelled, bool, len(self.different))

    @property
    def cells(self) -> NDArray[np.object_]:
        """The text (n,) of each cell."""
        every: NDArray[np.object_] = self.different[self.codes]
        return every

    def row(self, bad: NDArray[np.bool_]) -> str:
        """Return the first text that is marked as bad, and its data row, in words."""
        cell = int(bad[self.codes].argmax())
        return f"{str(self.different[self.codes[cell]])[:50]!r} in data row {self.rows[cell] + 1}"

    def share(self, chosen: NDArray[np.bool_]) -> float:
        """Return the share of the cells whose text is marked."""
        return float(chosen[self.codes].mean())


@dataclass(frozen=True)
class Parsed:
    """A text that reads as a number: its value, unit, and whether its digits are grouped."""

    value: float
    unit: str
    grouped: bool


def parse_number(text: str, decimal: str = ".") -> Parsed | None:
    """Read a number that may have a unit or grouped digits; None for other texts and codes.

    With a comma for `decimal`, points and commas have changed places.

    Examples
    --------
    >>> parse_number("31 639"), parse_number("-$12.5").value, parse_number("5.5%").unit
    (Parsed(value=31639.0, unit='', grouped=True), -12.5, '%')
    >>> parse_number("007"), parse_number("1,5"), parse_number("12-15")
    (None, None, None)
    >>> parse_number("1,234.5").value, parse_number("1.234,5", ",").value
    (1234.5, 1234.5)
    """
    found = _NUMBER.fullmatch(text if decimal == "." else text.translate(_SWAPPED))
    if found is None:
        return None
    digits = re.sub("[ '’,]", "", found["digits"])
    sign = -1.0 if found["sign"] in ("-", "−") else 1.0
    unit = found["before"] + found["inside"] + found["after"]
    return Parsed(sign * float(digits), unit, digits != found["digits"])


def recognize(
    cells: "pd.Series[Any]", where: str, *, typed: bool, thousands: bool = True
) -> tuple[Column, list[Note]]:
    """Decide what a column holds.

    Parameters
    ----------
    cells
        The column, called by its name.
    where
        What to call its file in error messages.
    typed
        Whether the source has types of its own, so that texts of digits are meant as texts.
    thousands
        Whether a comma before three digits parts thousands, where nothing else tells.

    Raises
    ------
    DataError
        When the column mixes numbers or dates with a few other texts, its dates may be read in two
        ways, or it holds neither numbers nor texts.
    """
    make = partial(Column, name=str(cells.name))
    where = f"{where}: column {str(cells.name)!r}"
    if cells.isna().all():
        return make(kind="dropped"), _empty_notes(str(cells.name))
    if is_number(cells):
        return make(kind="number"), []
    if is_date(cells):
        return make(kind="date"), [_date_note(str(cells.name))]
    _check_cells(cells, where)
    repeated = isinstance(cells.dtype, pd.CategoricalDtype)
    different = cells.cat.categories if repeated else cells.dropna()
    typed = typed and not any(isinstance(cell, int | float | Decimal) for cell in different)
    return _recognize_texts(Texts.of(cells), make, where, typed=typed, thousands=thousands)


def _recognize_texts(
    written: Texts, make: "partial[Column]", where: str, *, typed: bool, thousands: bool
) -> tuple[Column, list[Note]]:
    texts, name = written.present, make.keywords["name"]
    if not any(written.different):
        return make(kind="dropped"), _empty_notes(name)
    if not len(texts.codes):
        return make(kind="category"), []
    if words := _boolean_words(texts.different):
        return make(kind="boolean", written="|".join(words)), []
    decimal, parsed = _parsed(texts, where, thousands=thousands)
    units = {each.unit for each in parsed if each}
    whole = len(units) == 1 and None not in parsed
    if whole and not (units == {""} and typed and not _nearly_all_different(texts)):
        unit = units.pop()
        column = make(kind="number", written=unit, decimal=decimal)
        return column, _number_notes(column, texts, parsed, typed=typed)
    if whole:
        return make(kind="category"), []
    if form := _date_format(texts, where):
        return make(kind="date", written=form), [_date_note(name)]
    _check_slips(texts, parsed, where)
    return make(kind="category"), []


def _parsed(
    texts: Texts, where: str, *, thousands: bool
) -> tuple[Literal[".", ","], list[Parsed | None]]:
    """Return what parts whole from fraction, and each different text as a number.

    Raises
    ------
    DataError
        When all commas may part thousands or fractions, and nothing tells which.
    """
    point = [parse_number(text) for text in texts.different]
    if None not in point and not any("," in text for text in texts.different):
        return ".", point
    comma = [parse_number(text, ",") for text in texts.different]
    if None in comma or (None not in point and thousands):
        return ".", point
    if None not in point:
        unclear = np.array(["," in text for text in texts.different])
        raise DataError(
            f"{where} holds {texts.row(unclear)}, whose comma may part thousands or a fraction:"
            " write numbers such as 1234.5."
        )
    return ",", comma


def _empty_notes(name: str) -> list[Note]:
    text = f"column {name!r} is empty: it is left out."
    return [Note(kind=NoteKind.DROPPED, text=text)]


def read(cells: "pd.Series[Any]", column: Column, where: str) -> NDArray[Any]:
    """Read the cells of a column as what it is: numbers (n,), or texts (n,) as objects.

    A missing number or date is NaN, a missing text `MISSING`.

    Raises
    ------
    DataError
        When a cell cannot be read so; the message names its row.
    """
    where = f"{where}: column {column.name!r}"
    if column.kind == "number" and is_number(cells) and not column.written:
        return _exact(cells, where)
    if column.kind == "date" and is_date(cells):
        return _days(cells)
    _check_cells(cells, where)
    texts = Texts.of(cells)
    if column.kind == "number":
        return _numbers(texts, column, where)
    if column.kind == "date":
        return _dates(texts, column.written, where)
    if column.kind == "boolean":
        spelled = {word: i for pair in (*BOOLEANS, ("0", "1")) for i, word in enumerate(pair)}
        words, known = column.written.split("|"), np.where(texts.missing, "", texts.different)
        spellings = [spelled.get(str(text).casefold()) for text in known]
        same = [text if i is None else words[i] for text, i in zip(known, spellings, strict=True)]
        texts = replace(texts, different=np.array(same, dtype=object))
    named = np.where(texts.different == "", MISSING, texts.different)
    return replace(texts, different=named).cells


def is_number(cells: "pd.Series[Any]") -> bool:
    """Tell whether a column has a type of real numbers."""
    kind = pd.api.types
    if cells.dtype == object:
        return all(
            isinstance(cell, int | float | Decimal) and cell is not True and cell is not False
            for cell in cells.dropna()
        )
    return (
        kind.is_numeric_dtype(cells.dtype)
        and not kind.is_bool_dtype(cells.dtype)
        and not kind.is_complex_dtype(cells.dtype)
    )


def is_date(cells: "pd.Series[Any]") -> bool:
    """Tell whether a column has a type of dates."""
    if cells.dtype == object:
        return all(isinstance(cell, date) for cell in cells.dropna())
    return bool(pd.api.types.is_datetime64_any_dtype(cells.dtype))


def holds_codes(cells: "pd.Series[Any]") -> bool:
    """Tell whether texts of digits begin with zeros somewhere, as codes do."""
    return any(_CODE.fullmatch(text.strip()) for text in cells.unique())


def thousands_note(name: str, written: Iterable[str]) -> list[Note]:
    """Return the doubt whether the points of a column part thousands, as in 1.450 beside 373.

    Examples
    --------
    >>> [note.kind.value for note in thousands_note("price", ["373", "1.450"])]
    ['doubtful']
    >>> thousands_note("price", ["373", "1.45"]), thousands_note("price", ["1.450", "2.125"])
    ([], [])
    """
    stripped = (text.strip() for text in written)
    cells = [text for text in stripped if text.casefold() not in MISSING_WORDS]
    pointed = [text for text in cells if "." in text]
    if not 0 < len(pointed) < len(cells) or not all(map(_THOUSANDS.fullmatch, cells)):
        return []
    plain = next(text for text in cells if "." not in text)
    return [
        Note(
            kind=NoteKind.DOUBTFUL,
            text=f"column {name!r} holds {pointed[0]} beside {plain}: the point is read as a"
            f" decimal point; if it parts thousands, write {pointed[0].replace('.', '')}.",
        )
    ]


def may_part_thousands(values: NDArray[Any]) -> bool:
    """Tell whether numbers could be thousands that were read as decimals: 1.45 beside 373."""
    values = values[~np.isnan(values)]
    if values.dtype.kind != "f" or not np.isfinite(values).all():
        return False
    if np.abs(values).max(initial=0) >= 1000:
        return False
    whole = values == np.floor(values)
    if not 0 < whole.sum() < len(values):
        return False
    thousands = np.round(values * 1000, 6)
    return bool((thousands == np.floor(thousands)).all())


def _check_cells(cells: "pd.Series[Any]", where: str) -> None:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = pd.Series(cells.cat.categories)
    if cells.dtype != object and (
        pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_string_dtype(cells.dtype)
    ):
        return
    kinds = set(map(type, cells.dropna()))
    if not all(issubclass(kind, str | bool | int | float | Decimal | np.bool_) for kind in kinds):
        raise DataError(f"{where} holds neither numbers nor texts: turn it into one of them.")


def _exact(cells: "pd.Series[Any]", where: str) -> NDArray[Any]:
    """Return numbers as float64; refuse whole numbers that float64 cannot tell apart."""
    try:
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    except (OverflowError, ValueError) as error:
        raise DataError(f"{where} holds a number beyond float64: rescale or drop it.") from error
    exact = cells.dtype == object or pd.api.types.is_integer_dtype(cells.dtype)
    there = np.isfinite(values)
    if exact and np.abs(values[there]).max(initial=0) >= EXACT:
        _check_exact(cells.astype(object).to_numpy()[there], values[there], where)
    return values


def _check_exact(whole: NDArray[Any], values: NDArray[np.float64], where: str) -> None:
    order = np.argsort(values, kind="stable")
    alike = np.flatnonzero(np.diff(values[order]) == 0)
    for one, other in zip(order[alike], order[alike + 1], strict=True):
        if whole[one] != whole[other]:
            raise DataError(
                f"{where} holds {whole[one]} and {whole[other]}, which are one number to 16 digits:"
                " drop the column if it is an identifier, or subtract a common part."
            )


def _boolean_words(different: NDArray[np.object_]) -> tuple[str, str] | None:
    """Return how false and true are spelled where a column holds nothing else."""
    folded = {str(text).casefold() for text in different}
    for pair in BOOLEANS:
        if folded and folded <= set(pair):
            if pair == BOOLEANS[0]:
                return "False", "True"
            spelled = {str(text).casefold(): str(text) for text in sorted(different, reverse=True)}
            false, true = (spelled.get(word, word) for word in pair)
            return false, true
    return None


def _numbers(written: Texts, column: Column, where: str) -> NDArray[np.float64]:
    texts, found, unit = written.present, np.full(len(written.codes), np.nan), column.written
    parsed = [parse_number(str(text), column.decimal) for text in texts.different]
    bad = np.array([each is None or each.unit != unit for each in parsed], dtype=bool)
    if bad.any():
        was = f"numbers with {unit}" if unit else "numbers"
        was += " and decimal commas" if column.decimal == "," else ""
        raise DataError(
            f"{where} held {was} in training and holds {texts.row(bad)}: write it as in training."
        )
    values = np.array([each.value for each in parsed if each], dtype=np.float64)
    if len(values) and np.abs(values).max() >= EXACT:
        digits = [re.sub("[^0-9-]", "", str(text)) for text in texts.different]
        plain = [
            column.decimal not in str(text) and "e" not in str(text).lower()
            for text in texts.different
        ]
        if all(plain):
            _check_exact(np.array(digits, dtype=object), values, where)
    found[texts.rows] = values[texts.codes]
    return found


def _number_notes(
    column: Column, texts: Texts, parsed: list[Parsed | None], *, typed: bool
) -> list[Note]:
    """Return what is to be said of numbers that are not written as Python writes them."""
    unit, how = column.written, ""
    if unit:
        how = f"numbers written with {unit}: read without it"
    elif column.decimal == ",":
        how = "numbers with decimal commas: read as such"
    elif any(each and each.grouped for each in parsed):
        how = "numbers whose digits are grouped: read as one number each"
        if comma := next((text for text in texts.different if "," in text), ""):
            how = f"numbers such as {comma}: the comma is read as parting thousands"
    elif typed:
        how = "numbers written as texts: read as numbers"
    if not how:
        return []
    return [Note(kind=NoteKind.READ_AS, text=f"column {column.name!r} holds {how}.")]


def _check_slips(texts: Texts, parsed: list[Parsed | None], where: str) -> None:
    """Raise `DataError` for numbers mixed with a few texts, in two units, or with a comma."""
    number = np.array([each is not None for each in parsed])
    comma = np.array([_COMMA.fullmatch(str(text)) is not None for text in texts.different])
    if any(_CODE.fullmatch(str(text)) for text in texts.different):
        return  # codes such as 007 are texts, and so is 100 beside them
    plain = number & np.array([each is not None and not each.unit for each in parsed])
    if texts.share(plain | comma) > MOSTLY:
        raise DataError(
            f"{where} holds numbers but {texts.row(~plain)}: write a number such as 1234.5, or drop"
            " the row."
        )
    if texts.share(number) > MOSTLY and _nearly_all_different(texts):
        units = sorted({each.unit for each in parsed if each})
        raise DataError(
            f"{where} holds numbers with {' and '.join(repr(unit) for unit in units[:4])}, or with"
            f" {texts.row(~number) if (~number).any() else 'two units'}: write all in one unit."
        )


def _date_format(texts: Texts, where: str) -> str | None:
    """Return the format of a column of dates; None for other columns."""
    if not len(texts.different) or not _DATE_LIKE.fullmatch(str(texts.different[0])):
        return None
    shares = {
        form: texts.share(~np.isnan(_parse_dates(texts.different, form)))
        for form in _like(str(texts.different[0]))
    }
    fit = [form for form, share in shares.items() if share == 1]
    if not fit:
        almost = max(shares, key=lambda form: shares[form], default="")
        if almost and shares[almost] > MOSTLY:
            bad = np.isnan(_parse_dates(texts.different, almost))
            raise DataError(
                f"{where} holds dates but {texts.row(bad)}: write a date, or drop the row."
            )
        return None
    if len(fit) > 1:
        raise DataError(
            f"{where} holds dates such as {texts.different[0]!r}, whose day and month may be"
            " swapped: write them as 2024-12-31."
        )
    return fit[0]


def _like(text: str) -> Iterator[str]:
    """Yield the formats of which a text is a date."""
    for form in DATES:
        if not np.isnan(_parse_dates(np.array([text], dtype=object), form))[0]:
            yield form


def _parse_dates(texts: NDArray[np.object_], form: str) -> NDArray[np.float64]:
    """Return the days since 1970-01-01 of each text, NaN for what is no date of that format."""
    if form == "ISO8601":
        texts = np.array([t if _ISO.fullmatch(str(t)) else None for t in texts], dtype=object)
    days = _days(
        pd.to_datetime(pd.Series(texts, dtype=object), format=form, errors="coerce", utc=True)
    )
    for place in np.flatnonzero(np.isnan(days)):  # pandas 2 knows the years 1678 to 2261 only
        days[place] = _far_day(str(texts[place]), form)
    return days


def _far_day(text: str, form: str) -> float:
    try:
        parsed = (
            datetime.fromisoformat(text) if form == "ISO8601" else datetime.strptime(text, form)
        )
    except ValueError:
        return math.nan
    return float(_days(pd.Series([parsed], dtype=object))[0])


def _days(cells: "pd.Series[Any]") -> NDArray[np.float64]:
    """Return the days since 1970-01-01 of dates of whatever resolution, NaN for missing ones."""
    if cells.dtype == object:
        known = [None if pd.isna(cell) else _naive(cell) for cell in cells]
        stamps = np.array(known, dtype="datetime64[us]")
    else:
        stamps = (cells.dt.tz_convert(None) if cells.dt.tz else cells).to_numpy()
    return np.asarray((stamps - np.zeros(1, stamps.dtype)) / np.timedelta64(1, "D"))


def _naive(when: date) -> date:
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.astimezone(UTC).replace(tzinfo=None)
    return when


def _dates(written: Texts, form: str, where: str) -> NDArray[np.float64]:
    texts, found = written.present, np.full(len(written.codes), np.nan)
    days = _parse_dates(texts.different, form or "ISO8601")
    if np.isnan(days).any():
        raise DataError(
            f"{where} held dates in training and holds {texts.row(np.isnan(days))}: write it as in"
            " training."
        )
    found[texts.rows] = days[texts.codes]
    return found


def _date_note(name: str) -> Note:
    text = f"column {name!r} holds dates: read as days since 1970-01-01."
    return Note(kind=NoteKind.READ_AS, text=text)


def _nearly_all_different(texts: Texts) -> bool:
    return len(texts.different) > FEW and 2 * len(texts.different) > len(texts.codes)
