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

from tuner.records import SCHEMA, DataSummary
from tuner.report.checks.base import Caution
from tuner.report.summaries.base import Summary

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


def announce_target(data: DataSummary, asked: str | None) -> None:
    """Print on stderr which column of a table is the target where none was asked for."""
    if asked is None and data.target is not None:
        print(
            f"target: column {data.target!r}, because of its name: give a target to choose"
            " another.",
            file=sys.stderr,
        )


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


def print_sentences(sentences: Iterable[str]) -> None:
    """Print each on lines of its own, broken between words only."""
    for sentence in sentences:
        print(textwrap.fill(sentence, width(), break_long_words=False, break_on_hyphens=False))


def print_summary(summary: Summary, cautions: Iterable[Caution] = ()) -> None:
    """Print a result in words, what to do next, and the warnings that matter."""
    print_sentences(filter(None, (summary.text, summary.advice)))
    print_warnings(cautions)


def print_warnings(cautions: Iterable[Caution]) -> None:
    """Print the warnings by which a result may mislead; the report and `--json` hold all."""
    for caution in cautions:
        if caution.severity != "low":
            print_sentences([f"{caution.code} {caution.title}. {caution.text} {caution.advice}"])


def warnings_json(cautions: Iterable[Caution]) -> list[dict[str, str]]:
    """Return all warnings as `--json` prints them."""
    return [caution.document for caution in cautions]


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
    """Print nothing."""
