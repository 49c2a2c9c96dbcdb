"""One bar for a study: how far it is, how good, and what it does now."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tuner.report.format import percent

if TYPE_CHECKING:
    from rich.progress import Progress

    from tuner.study.progress import StudyProgress

WIDTH = 14


class Bar:
    """Shows a study on stderr where that is a terminal; elsewhere nobody watches.

    Parameters
    ----------
    progress
        Where it is drawn, if anywhere.
    """

    def __init__(self, progress: "Progress | None") -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, said="") if progress else None
        self._told: list[tuple[float, int]] = []
        self._notice = ""

    def say(self, words: str) -> None:
        """Show what is done before there are trials."""
        self._draw(0, None, words)

    def notice(self, words: str) -> None:
        """Show this from now on in place of what is done."""
        self._notice = words
        self._draw(None, None, words)

    def watch(self, progress: "StudyProgress") -> None:
        """Show how far the study is."""
        now, told = time.monotonic(), len(progress.trials)
        if not self._told or self._told[-1][1] != told:
            self._told.append((now, told))
        left = time_left(self._told, progress.target, now)
        states = [trial.state.name for trial in progress.trials]
        complete = [trial.values[0] for trial in progress.trials if trial.state.name == "COMPLETE"]
        parts = said(states.count("PRUNED"), complete, left)
        doing = self._notice or progress.doing
        self._draw(told, progress.target, "  ".join([*parts, doing]))

    def _draw(self, done: int | None, total: int | None, words: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, said=words)


@contextmanager
def study_bar() -> Iterator[Bar]:
    """Return a bar that vanishes at the end."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    words = TextColumn(
        "{task.fields[said]}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    columns = (BarColumn(WIDTH), MofNCompleteColumn(), words)
    console = Console(stderr=True)
    console.width -= len("^C ")  # which the terminal writes behind the bar, on the same line
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        yield Bar(progress)


def said(pruned: int, complete: Sequence[float], left: float | None) -> Iterator[str]:
    """Describe how good the study is, and how long it will take.

    Examples
    --------
    >>> list(said(3, [0.9, 0.947], 83.2))
    ['3 pruned', 'best 94.70 %', '1:23 left']
    """
    if pruned:
        yield f"{pruned} pruned"
    if complete:
        yield f"best {percent(max(complete))}"
    if left is not None:
        minutes, seconds = divmod(round(left), 60)
        yield f"{minutes}:{seconds:02} left"


def time_left(told: Sequence[tuple[float, int]], target: int, now: float) -> float | None:
    """Return the seconds until the last trial is told, as far as it is known.

    Parameters
    ----------
    told
        When there were so many trials, beginning with this run.
    target
        How many are wanted.
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
