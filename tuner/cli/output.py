"""How results reach stdout, and narration stderr."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.records import SCHEMA

NARROWEST, WIDEST = 40, 120

Say = Callable[[str], None]


def json_text(document: Mapping[str, object]) -> str:
    """Return strict JSON with its schema number, which has no NaN and no infinity.

    Examples
    --------
    >>> json_text({"eta": 0.5, "bracket": (1.0, None)})
    '{"schema": 1, "eta": 0.5, "bracket": [1.0, null]}'
    """
    return json.dumps({"schema": SCHEMA, **document}, allow_nan=False)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    colors: Mapping[str, str] | None = None,
) -> None:
    """Print aligned columns; the last one is wrapped to the width of the terminal.

    Parameters
    ----------
    columns
        Headings.
    rows
        Cells.
    right
        Headings of the columns that hold numbers.
    colors
        Style of a cell by its text; shown on a terminal only.
    """
    styles = colors or {}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        last = column == columns[-1]
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=not last,
            overflow="fold" if last else "ellipsis",
        )
    for row in rows:
        table.add_row(*(Text(cell, styles.get(cell, "")) for cell in row))
    console = Console(width=width())
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def cost(value: float) -> str:
    """Write a cost for a column of them.

    >>> cost(0.12345), cost(123456.0)
    ('0.123', '1.23e+05')
    """
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.3g}"


def interval(share: float, examples: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of so many examples."""
    from tuner.stats import wilson

    return wilson(share, examples)


def sureness(low: float, high: float, examples: int) -> str:
    """Describe how sure a share is.

    >>> sureness(0.8706, 0.9234, 500)
    '95 % interval 87.06 to 92.34 % on 500 examples'
    """
    return f"95 % interval {100 * low:.2f} to {100 * high:.2f} % on {examples:,} examples"


def print_sentences(sentences: Iterable[str]) -> None:
    """Print each on lines of its own, broken between words only."""
    for sentence in sentences:
        print(textwrap.fill(sentence, width(), break_long_words=False, break_on_hyphens=False))


def width() -> int:
    """Return how many columns of the terminal to write to."""
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


@contextmanager
def narration() -> Iterator[Say]:
    """Return a function that shows what is being done, in one line that vanishes at the end.

    Where stderr is no terminal nobody watches, and nothing is shown.
    """
    if not (sys.stderr and sys.stderr.isatty()):
        yield _say_nothing
        return
    console = Console(stderr=True)
    with console.status("") as status:
        yield lambda text: status.update(Text(text, no_wrap=True, overflow="ellipsis"))


def _say_nothing(_: str) -> None:
    """Say nothing."""
