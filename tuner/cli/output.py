"""How results reach stdout, and narration stderr."""

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tuner.cli.console import printable, unfiltered
from tuner.records import SCHEMA, DataSummary
from tuner.report.checks.base import CodedWarning
from tuner.report.summaries.base import Summary

if TYPE_CHECKING:
    from rich.progress import Progress

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


def note(text: str, kind: str = "note") -> None:
    """Print on stderr, in one line, what a user should know beside the results."""
    print(f"{kind}: {printable(text)}", file=sys.stderr)


def announce_target(data: DataSummary, asked: str | None) -> None:
    """Print on stderr which column of a table is the target where none was asked for."""
    if asked is None and data.target is not None:
        because = "because of its name: give a target to choose another."
        note(f"column {data.target!r}, {because}", "target")


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
        table.add_row(*(Text(printable(cell), styles.get(cell, "")) for cell in row))
    console = Console(width=width())
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip(), file=unfiltered(sys.stdout))


def print_sentences(sentences: Iterable[str]) -> None:
    """Print each on lines of its own, broken between words only."""
    for sentence in sentences:
        print(textwrap.fill(sentence, width(), break_long_words=False, break_on_hyphens=False))


def print_summary(summary: Summary, cautions: Iterable[CodedWarning] = ()) -> None:
    """Print a result in words, what to do next, and the warnings that matter."""
    print_sentences(filter(None, (summary.text, summary.advice)))
    print_warnings(cautions)


def print_warnings(cautions: Iterable[CodedWarning]) -> None:
    """Print the warnings by which a result may mislead; the report and `--json` hold all."""
    for caution in cautions:
        if caution.severity != "low":
            print_sentences([f"{caution.code} {caution.title}. {caution.text} {caution.advice}"])


def warnings_json(cautions: Iterable[CodedWarning]) -> list[dict[str, str]]:
    """Return all warnings as `--json` prints them."""
    return [caution.document for caution in cautions]


def width() -> int:
    """Return how many columns of the terminal to write to."""
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds.

    Examples
    --------
    >>> clock(83.2)
    '1:23'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def watched() -> bool:
    """Return whether somebody watches stderr: progress is for a terminal only."""
    return bool(sys.stderr and sys.stderr.isatty())


@contextmanager
def narration() -> Iterator[Say]:
    """Return a function that shows what is being done, in one line that vanishes at the end."""
    if not watched():
        yield lambda _: None
        return
    with Console(file=unfiltered(sys.stderr)).status("") as status:
        yield lambda text: status.update(Text(printable(text), no_wrap=True, overflow="ellipsis"))


class Bar:
    """Shows on stderr how far a piece of work is, where that is a terminal.

    Parameters
    ----------
    progress
        Where it is drawn, if anywhere.
    """

    def __init__(self, progress: "Progress | None") -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, said="") if progress else None
        self._told: list[tuple[float, float]] = []
        self._notice = ""

    def say(self, words: str) -> None:
        """Show what is done before and after the work that can be counted."""
        self._draw(None, None, words)

    def notice(self, words: str) -> None:
        """Show this from now on in place of what is done."""
        self._notice = words
        self.say(words)

    def show(self, done: float, total: float, doing: str, known: Iterable[str] = ()) -> None:
        """Show how much of the work is done, what is known, the time left, and what is done now."""
        now = time.monotonic()
        if not self._told or self._told[-1][1] != done:
            self._told.append((now, done))
        left = time_left(self._told, total, now)
        countdown = [] if left is None else [f"{clock(left)} left"]
        self._draw(done, total, "  ".join([*known, *countdown, self._notice or doing]))

    def _draw(self, done: float | None, total: float | None, words: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, said=printable(words))


@contextmanager
def progress_bar(*, percent: bool = False) -> Iterator[Bar]:
    """Return a bar that vanishes at the end; it counts "3/16" or in percent."""
    if not watched():
        yield Bar(None)
        return
    from rich import progress

    amount = progress.TaskProgressColumn() if percent else progress.MofNCompleteColumn()
    words = progress.TextColumn(
        "{task.fields[said]}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    columns = (progress.BarColumn(14), amount, words)
    console = Console(file=unfiltered(sys.stderr))
    console.width -= len("^C ")  # which the terminal writes behind the bar, on the same line
    with progress.Progress(*columns, console=console, transient=True, expand=True) as bars:
        yield Bar(bars)


def time_left(told: Sequence[tuple[float, float]], target: float, now: float) -> float | None:
    """Return the seconds until all is done, as far as it is known.

    Parameters
    ----------
    told
        When so much was done, beginning with this run.
    target
        How much is wanted.
    now
        The time.

    Examples
    --------
    >>> time_left([(100.0, 0), (110.0, 12)], 24, now=114.0), time_left([(100.0, 0)], 24, now=110.0)
    (6.0, None)
    """
    (began, first), (last, done) = told[0], told[-1]
    if done == first:
        return None
    return max(0.0, (last - began) * (target - done) / (done - first) - (now - last))
