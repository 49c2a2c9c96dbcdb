"""What a report page is made of, and how it becomes one HTML file with its figures beside it."""

import gc
import hashlib
import math
from base64 import b64encode
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import matplotlib.figure
import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import rc_context
from pandas.api.types import is_numeric_dtype

from tuner.files import write_files
from tuner.report.charts.render import POINTS, render
from tuner.report.charts.theme import symbol_colors
from tuner.report.checks.base import CodedWarning
from tuner.report.format import number, percent
from tuner.report.language import texts
from tuner.report.stored import StoredRecord, stored_json
from tuner.report.summaries.base import Summary

_TEMPLATES = files("tuner.report") / "templates"

MOST, MOST_CARRIED = 1_950_000, 600_000
"""Bytes of a page, and of the downloads within it: a page stays below two megabytes."""


@dataclass(frozen=True)
class Column:
    """How a column of a table is headed and written.

    Attributes
    ----------
    heading
        For the reader.
    write
        From a finite number to text; unused in columns of text.
    missing
        What stands for a number that is not finite.
    symbols
        By the values of a column of text: a sign before the value, whose color is that of figures.
    names
        What is written for certain values of a column of text.
    """

    heading: str
    write: Callable[[float], str] = number
    missing: str = "–"
    symbols: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def numbers(heading: str, digits: int, *, pad: bool = False, missing: str = "–") -> Column:
    """Return a column of numbers with so many significant digits."""
    return Column(heading, partial(number, digits=digits, pad=pad), missing)


def whole(heading: str) -> Column:
    """Return a column of whole numbers."""
    return numbers(heading, 9)


def shares(heading: str, digits: int = 2) -> Column:
    """Return a column of shares, written in percent."""
    return Column(heading, partial(percent, digits=digits))


def rounded(heading: str, decimals: int = 2, *, scale: float = 1.0) -> Column:
    """Return a column of numbers times `scale`, rounded to so many decimals."""
    return Column(heading, lambda value: number(round(scale * value, decimals) + 0.0))


Columns = Mapping[Any, str | Column]
"""How the columns of a frame are written, by name and in order; a text is a heading."""


@dataclass(frozen=True)
class Cell:
    """One value as text, the number it is sorted by, and the symbol and style it has."""

    text: str
    key: str | None = None
    symbol: str = ""
    style: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a frame as a page shows them.

    Examples
    --------
    >>> frame = pd.DataFrame({"eta": [0.5, math.nan], "verdict": ["slow", "dead"], "seeds": 3})
    >>> table = Table("η tried", frame, {"verdict": "verdict", "eta": "η"})
    >>> for row in table.rows:
    ...     print([cell.text for cell in row])
    ['slow', '0.5']
    ['dead', '–']
    """

    kind: ClassVar[str] = "table"
    caption: str
    frame: pd.DataFrame
    columns: Columns
    sortable: bool = False

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Heading of each column, and whether it holds numbers."""
        return [(column.heading, numeric) for _, column, numeric in self._columns()]

    @property
    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """The values as text, row by row."""
        columns = (
            [_cell(column, value, numeric) for value in self.frame[name]]
            for name, column, numeric in self._columns()
        )
        return zip(*columns, strict=True)

    def _columns(self) -> Iterator[tuple[Hashable, Column, bool]]:
        for name, column in self.columns.items():
            numeric = is_numeric_dtype(self.frame[name])
            yield name, Column(column) if isinstance(column, str) else column, numeric


def _cell(column: Column, value: Any, numeric: bool) -> Cell:
    if not numeric:
        text, symbol = str(value), column.symbols.get(str(value))
        return Cell(
            column.names.get(text, text), symbol=symbol or "", style="" if symbol is None else text
        )
    if not math.isfinite(value):
        return Cell(column.missing, "Infinity")
    return Cell(column.write(float(value)), f"{value:.9g}")


@dataclass(frozen=True)
class Drawing:
    """A figure drawn: the address of its SVG, width and height in CSS pixels, and its PNG."""

    address: str
    size: tuple[int, int]
    png: bytes


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure on a page, which draws itself.

    Attributes
    ----------
    name
        Of the PNG file beside the page, without its ending.
    title, alt, note
        Heading, the picture in words, and how to read it.
    draw
        Makes the picture.
    table
        The data drawn; None where they stand elsewhere on the page.
    """

    kind: ClassVar[str] = "figure"
    name: str
    title: str
    table: Table | None
    draw: Callable[[], matplotlib.figure.Figure]
    alt: str
    note: str

    def drawn(self, *, dark: bool = True) -> Drawing:
        """Draw it once; where `dark` is true the SVG turns dark with the page."""
        with rc_context({"figure.dpi": POINTS}):  # text is measured once for layout and drawing
            figure = self.draw()
        width, height = figure.get_size_inches()
        rendered = render(figure, dark=dark)
        address = data_uri(rendered.svg, "image/svg+xml")
        return Drawing(address, (round(96 * width), round(96 * height)), rendered.png)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    content: str


@dataclass(frozen=True)
class Code:
    """A command to type."""

    kind: ClassVar[str] = "code"
    content: str


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar[str] = "heading"
    content: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    kind: ClassVar[str] = "points"
    content: tuple[str, ...]


@dataclass(frozen=True)
class Links:
    """A list of places on the page: the id of a section, its name, and what to say of it."""

    kind: ClassVar[str] = "links"
    content: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Folded:
    """Parts that are shown when asked for."""

    kind: ClassVar[str] = "folded"
    summary: str
    parts: tuple["Part", ...]


Part = Text | Code | Heading | Points | Links | Folded | Figure | Table


@dataclass(frozen=True)
class Section:
    """A part of the evidence under a heading of its own.

    Attributes
    ----------
    id
        By which a link finds it.
    heading
        For the reader.
    parts
        In their order; figures are numbered through all sections.
    """

    id: str
    heading: str
    parts: Sequence[Part]


Group = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and name and value of each fact under it."""


@dataclass(frozen=True)
class Provenance:
    """How a result came about: the command, and groups of facts about what it worked with."""

    command: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Download:
    """A file that a page carries within itself."""

    name: str
    address: str


def csv_download(name: str, frame: pd.DataFrame) -> Download:
    """Return a table as CSV."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return Download(name, data_uri(text, "text/csv;charset=utf-8"))


def record_download(record: StoredRecord) -> Download:
    """Return the record from which the report can be rebuilt: the file beside the page."""
    return Download("records.json", data_uri(stored_json(record), "application/json"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """All of a page.

    Attributes
    ----------
    name
        Of the file, without its ending.
    title
        What kind of report it is, in words.
    data_name
        Name of the data.
    summary, warnings, sections, provenance, downloads
        In the order of the page; a section without parts is left out, and of the downloads those
        for which the page has no room.
    whole
        Whether a `records.json` with all of it lies beside the page.
    language
        Of the page's own words: `en` or `zh`.
    """

    name: str
    title: str
    data_name: str
    summary: Summary
    warnings: tuple[CodedWarning, ...] = ()
    sections: tuple[Section, ...]
    provenance: Provenance
    downloads: tuple[Download, ...]
    whole: bool = True
    language: str = "en"


@dataclass(frozen=True)
class ReportFiles:
    """Where a report was written: the page, and its figures as PNG."""

    html: Path
    figures: tuple[Path, ...]


def write_report(report: Report, folder: Path) -> ReportFiles:
    """Write `NAME.html` and its figures: all of it, or nothing.

    The same report gives the same bytes.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    figures = [part for each in report.sections for part in each.parts if isinstance(part, Figure)]
    with _collector_paused():
        drawings = {each.name: each.drawn() for each in figures}
    contents = {f"{name}.png": drawing.png for name, drawing in drawings.items()}
    page = _page(report, drawings)
    *images, html = write_files(folder, contents | {f"{report.name}.html": page})
    return ReportFiles(html, tuple(images))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking again and again through figures that are in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _page(report: Report, drawings: Mapping[str, Drawing]) -> bytes:
    """Fill the template; whatever it shows of the report appears as text, never as HTML."""
    style, script = _template("report.css") + symbol_colors(), _template("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)};"
        f" script-src {_digest(script)}; base-uri 'none'; form-action 'none'"
    )
    words = texts(report.language).words
    shown = {"report": report, "t": words}
    body = fill("body.html.j2", {**shown, "drawings": drawings})
    room = min(MOST_CARRIED, MOST - len(body.encode("utf-8", "backslashreplace")))
    downloads = small_enough(report.downloads, room)
    frame = {"body": Markup(body), "downloads": downloads}  # noqa: S704 (escaped where it is made)
    page = {**frame, "style": style, "script": script, "policy": policy}
    return fill("report.html.j2", shown | page).encode("utf-8", "backslashreplace")


def small_enough(downloads: Sequence[Download], most: int) -> tuple[Download, ...]:
    """Keep the downloads that together have at most so many bytes, first come first.

    Examples
    --------
    >>> small_enough([Download("a", "data:,a"), Download("b", "data:," + "b" * 10**7)], 10_000)
    (Download(name='a', address='data:,a'),)
    """
    kept: list[Download] = []
    for each in downloads:
        if sum(len(other.address) for other in kept) + len(each.address) <= most:
            kept.append(each)
    return tuple(kept)


def fill(template: str, values: Mapping[str, object]) -> str:
    """Fill a template."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _digest(content: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"


def data_uri(content: bytes | str, media_type: str) -> str:
    """Put content into an address of its own, so that a page needs no second file.

    Examples
    --------
    >>> data_uri("a,b", "text/csv")
    'data:text/csv;base64,YSxi'
    """
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    return f"data:{media_type};base64,{b64encode(raw).decode('ascii')}"
