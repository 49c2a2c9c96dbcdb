"""How results reach stdout, and narration stderr."""

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tuner.cli.console import printable, unfiltered
from tuner.records import SCHEMA, DataSummary
from tuner.report.checks.base import CodedWarning
from tuner.report.summaries.base import Summary

NARROWEST, WIDEST = 40, 120

PLAIN_SECONDS = 30
"""Where stderr is no terminal, progress is a line of its own each time so long has passed."""

Words = str | Callable[[], str]
"""A text, or what composes it each time it is drawn: a clock in it moves."""

Say = Callable[[Words], None]


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


def print_summary(summary: Summary, warnings: Iterable[CodedWarning] = ()) -> None:
    """Print a result in words, what to do next, and the warnings that matter."""
    print_sentences(filter(None, (summary.text, summary.advice)))
    print_warnings(warnings)


def print_warnings(warnings: Iterable[CodedWarning]) -> None:
    """Print the warnings by which a result may mislead; the report and `--json` hold all."""
    for warning in warnings:
        if warning.severity != "low":
            print_sentences([f"{warning.code} {warning.title}. {warning.text} {warning.advice}"])


def warnings_json(warnings: Iterable[CodedWarning]) -> list[dict[str, str]]:
    """Return all warnings as `--json` prints them."""
    return [warning.document for warning in warnings]


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


class _Drawn:
    """Words as rich draws them, composed anew each time."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __str__(self) -> str:
        return printable(self._words if isinstance(self._words, str) else self._words())

    def __rich__(self) -> Text:
        return Text(str(self), no_wrap=True, overflow="ellipsis")


def _plain_lines() -> Callable[[_Drawn], None]:
    """Return what prints progress where nothing can be drawn: seldom, and nothing in short runs."""
    last = time.monotonic()

    def say(drawn: _Drawn) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            print(drawn, file=sys.stderr, flush=True)

    return say


@contextmanager
def narration() -> Iterator[Say]:
    """Return a function that shows what is being done, in one line that vanishes at the end."""
    if not watched():
        plain = _plain_lines()
        yield lambda words: plain(_Drawn(words))
        return
    with Console(file=unfiltered(sys.stderr)).status("") as status:
        yield lambda words: status.update(_Drawn(words))


class Bar:
    """Shows on stderr how far a piece of work is.

    Parameters
    ----------
    draw
        Draws how much of how much is done, where it can be counted, and words.
    """

    def __init__(self, draw: Callable[[float | None, float | None, _Drawn], None]) -> None:
        self._draw, self._began = draw, time.monotonic()
        self._told: list[tuple[float, float]] = []
        self._notice = ""

    def say(self, words: Words) -> None:
        """Show what is done before and after the work that can be counted."""
        self._draw(None, None, _Drawn(words))

    def notice(self, words: Words) -> None:
        """Show this from now on in place of what is done."""
        self._notice = str(_Drawn(words))
        self.say(words)

    def show(
        self,
        done: float,
        total: float,
        doing: str,
        known: Iterable[str] = (),
        left: float | None = None,
    ) -> None:
        """Show how much of the work is done, what is known, the time left, and what is done now.

        Parameters
        ----------
        left
            Seconds to the end; by default as `time_left` reckons.
        """
        now = time.monotonic()
        if not self._told or self._told[-1][1] != done:
            self._told.append((now, done))
        ahead = time_left(self._told, total, now) if left is None else left

        def words() -> str:
            time_now = time.monotonic()
            countdown = (
                f"{clock(time_now - self._began)} so far"
                if ahead is None
                else f"about {clock(max(0, ahead - (time_now - now)))} left"
            )
            return "  ".join([*known, countdown, self._notice or doing])

        self._draw(done, total, _Drawn(words))


@contextmanager
def progress_bar(*, percent: bool = False) -> Iterator[Bar]:
    """Return a bar that vanishes at the end; it counts "3/16" or in percent."""
    if not watched():
        plain = _plain_lines()

        def print_line(done: float | None, total: float | None, words: _Drawn) -> None:
            if done is None or not total:
                plain(words)
            else:
                count = f"{done / total:.0%}" if percent else f"{done:g}/{total:g}"
                plain(_Drawn(f"{count}  {words}"))

        yield Bar(print_line)
        return
    from rich import progress

    amount = progress.TaskProgressColumn() if percent else progress.MofNCompleteColumn()
    text = progress.TextColumn(
        "{task.fields[words]}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    console = Console(file=unfiltered(sys.stderr))
    console.width -= len("^C ")  # which the terminal writes behind the bar, on the same line
    bars = progress.Progress(
        progress.BarColumn(14), amount, text, console=console, transient=True, expand=True
    )
    with bars:
        task = bars.add_task("", total=None, words="")
        yield Bar(
            lambda done, total, words: bars.update(task, completed=done, total=total, words=words)
        )


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
