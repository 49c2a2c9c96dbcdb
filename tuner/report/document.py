"""What a report page is made of, whatever its kind, and how it becomes HTML.

A kind of report fills these values and adds one template that extends `base.html.j2`.
"""

import hashlib
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import ClassVar

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from matplotlib.figure import Figure

from tuner.report.charts.canvas import NARROW, WIDE, Size
from tuner.report.charts.render import adaptive, darkened, data_uri, png, svg
from tuner.report.charts.theme import symbol_colors
from tuner.report.stored import StoredRecord, stored_json

_TEMPLATES = files("tuner.report") / "templates"

MOST = 1_850_000
"""Bytes of a page without its frame."""

MOST_CARRIED = 600_000
"""Bytes of downloads that a page carries within itself."""


@dataclass(frozen=True)
class Column:
    """One column of a table: which of the frame, its heading, and how a value is written.

    Attributes
    ----------
    name
        In the frame.
    heading
        For the reader.
    write
        From value to text.
    numeric
        Aligned right and sorted by number.
    symbols
        A sign set before certain values, in the colour that figures give them.
    """

    name: Hashable
    heading: str
    write: Callable[..., str] = str
    numeric: bool = False
    symbols: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One value as text, and the number it is sorted by (None: by its text)."""

    text: str
    key: str | None = None
    symbol: str = ""


@dataclass(frozen=True)
class Head:
    """What stands above a column of a table."""

    heading: str
    numeric: bool


@dataclass(frozen=True)
class Table:
    """A table as a page shows it."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sortable: bool = False

    @property
    def weight(self) -> int:
        """About how many bytes it adds to a page."""
        return sum(len(c.text.encode()) + len(c.key or "") + 45 for row in self.rows for c in row)


def table(
    frame: pd.DataFrame, caption: str, columns: tuple[Column, ...], *, sortable: bool = False
) -> Table:
    """Write the columns named of a frame.

    Examples
    --------
    >>> frame = pd.DataFrame({"eta": [0.5], "seeds": [3]})
    >>> table(frame, "η tried", (Column("eta", "η", str, numeric=True),)).rows
    ((Cell(text='0.5', key='0.5', symbol=''),),)
    """
    values = zip(*(frame[column.name] for column in columns), strict=True)
    rows = tuple(
        tuple(_cell(column, value) for column, value in zip(columns, row, strict=True))
        for row in values
    )
    heads = tuple(Head(column.heading, column.numeric) for column in columns)
    return Table(caption, heads, rows, sortable)


def _cell(column: Column, value: object) -> Cell:
    if not column.numeric:
        return Cell(column.write(value), symbol=column.symbols.get(str(value), ""))
    key = float(str(value))
    return Cell(column.write(key), f"{key:.9g}" if math.isfinite(key) else "Infinity")


@dataclass(frozen=True)
class Picture:
    """A figure on a page.

    Attributes
    ----------
    name
        Of the PNG file beside the page, without its ending.
    title, alt, note
        Heading, the picture in words, and how to read it.
    sources
        Media query and `data:` address of each variant but the last resort.
    wide
        `data:` address of the last resort: light, for a desk.
    size
        Width and height of `wide` in CSS pixels.
    png
        The file's bytes.
    table
        The data drawn.
    """

    kind: ClassVar[str] = "picture"
    name: str
    title: str
    alt: str
    note: str
    sources: tuple[tuple[str, str], ...]
    wide: str
    size: tuple[int, int]
    png: bytes
    table: Table

    @property
    def weight(self) -> int:
        """About how many bytes it adds to a page."""
        return len(self.wide) + sum(len(each) for _, each in self.sources) + self.table.weight


def lean(picture: Picture) -> Picture:
    """Halve what a figure adds to a page of many: each drawing turns dark by itself."""
    (narrow,) = (address for media, address in picture.sources if media == _SLIM)
    return replace(picture, sources=((_SLIM, _adaptive(narrow)),), wide=_adaptive(picture.wide))


def _adaptive(address: str) -> str:
    media_type, content = address.removeprefix("data:").split(";base64,")
    return data_uri(adaptive(b64decode(content).decode()), media_type)


_DARK = "screen and (prefers-color-scheme: dark)"
_SLIM = "screen and (max-width: 40rem)"


def picture(
    draw: Callable[[Size], Figure],
    data: Table,
    *,
    name: str,
    title: str,
    alt: str,
    note: str,
    sizes: tuple[Size, Size] = (WIDE, NARROW),
) -> Picture:
    """Render one figure for wide and narrow screens, light and dark, and as PNG."""
    figure = draw(sizes[0])
    wide, narrow = svg(figure), svg(draw(sizes[1]))
    variants = (
        (f"{_SLIM} and (prefers-color-scheme: dark)", darkened(narrow)),
        (_SLIM, narrow),
        (_DARK, darkened(wide)),
    )
    return Picture(
        name=name,
        title=title,
        alt=alt,
        note=note,
        sources=tuple((media, data_uri(drawing, "image/svg+xml")) for media, drawing in variants),
        wide=data_uri(wide, "image/svg+xml"),
        size=(round(sizes[0][0] * 96), round(sizes[0][1] * 96)),
        png=png(figure),
        table=data,
    )


def light_picture(
    draw: Callable[[Size], Figure], *, name: str, title: str, alt: str, sizes: tuple[Size, Size]
) -> Picture:
    """Render a figure for a page of many, a fifth of the size: letters are text, dark is within.

    The data drawn stand elsewhere on the page.
    """
    figure = draw(sizes[0])
    wide, narrow = (adaptive(svg(each, outlines=False)) for each in (figure, draw(sizes[1])))
    return Picture(
        name=name,
        title=title,
        alt=alt,
        note="",
        sources=((_SLIM, data_uri(narrow, "image/svg+xml")),),
        wide=data_uri(wide, "image/svg+xml"),
        size=(round(sizes[0][0] * 96), round(sizes[0][1] * 96)),
        png=png(figure),
        table=Table("", (), ()),
    )


@dataclass(frozen=True)
class Download:
    """A file that a page carries within itself."""

    name: str
    address: str


def csv_download(name: str, frame: pd.DataFrame) -> Download:
    """Offer a table as CSV."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return Download(name, data_uri(text, "text/csv;charset=utf-8"))


def record_download(record: StoredRecord) -> Download:
    """Offer the record from which the report can be rebuilt: the file beside the page."""
    return Download("records.json", data_uri(stored_json(record), "application/json"))


def small_enough(*downloads: Download, most: int = MOST_CARRIED) -> tuple[Download, ...]:
    """Keep the downloads that together have at most so many bytes, first come first.

    Examples
    --------
    >>> small_enough(Download("a", "data:,a"), Download("b", "data:," + "b" * 10**7))
    (Download(name='a', address='data:,a'),)
    """
    kept: list[Download] = []
    for each in downloads:
        if sum(len(other.address) for other in kept) + len(each.address) <= most:
            kept.append(each)
    return tuple(kept)


def render(template: str, values: Mapping[str, object]) -> bytes:
    """Fill a template; whatever it shows of `values` appears as text, never as HTML."""
    style, script = _part("report.css") + symbol_colors(), _part("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)};"
        f" script-src {_digest(script)}; base-uri 'none'; form-action 'none'"
    )
    html = fill(template, {**values, "style": style, "script": script, "policy": policy})
    return html.encode("utf-8", "backslashreplace")


def fill(template: str, values: Mapping[str, object]) -> str:
    """Fill a template that is no page of its own, as `render` does."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _digest(content: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"
