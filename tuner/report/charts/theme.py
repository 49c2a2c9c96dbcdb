"""How every figure looks: colors, markers and lines of the verdicts, and the settings of a plot.

A figure is drawn once, in the light colors; on a dark screen each is exchanged for its partner
(`LIGHT_TO_DARK`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from matplotlib import rcParams, style

from tuner.records import Verdict

INK, MUTED, GRID, SHADE, PAPER = "#1d2126", "#5b626b", "#dfe3e8", "#fbe9b7", "#ffffff"
Line = Literal["-"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Mark:
    """How one verdict is drawn: told apart by color, by marker and by line.

    Attributes
    ----------
    color, dark
        On light and on dark paper, safe for color-blind readers (after Okabe and Ito).
    marker, line
        In matplotlib's notation.
    symbol
        The marker as a character, for tables.
    """

    color: str
    dark: str
    marker: str
    line: Line
    symbol: str


MARKS: Mapping[Verdict, Mark] = {
    Verdict.DECREASING: Mark("#0072b2", "#5bb8ee", "o", "-", "●"),
    Verdict.SLOW: Mark("#008a64", "#35c79d", "v", (0, (6.0, 2.0)), "▼"),
    Verdict.OSCILLATING: Mark("#a8447f", "#e59bcb", "D", (0, (5.0, 1.5, 1.2, 1.5)), "◆"),
    Verdict.DIVERGED: Mark("#c75000", "#ff8f47", "^", (0, (1.4, 1.4)), "▲"),
    Verdict.DEAD: Mark("#6c6f73", "#b0b4b9", "s", (0, (2.5, 2.5)), "■"),
}

SERIES: Mapping[str, Mark] = {
    "training": replace(MARKS[Verdict.DECREASING], line="-"),
    "validation": replace(MARKS[Verdict.DIVERGED], marker="s", line=(0, (5.0, 1.4)), symbol="■"),
    "gap": replace(MARKS[Verdict.OSCILLATING], line="-"),
}
"""How the curves of a run are drawn; colors are shared with the verdicts."""

STATES: Mapping[str, Mark] = {
    "complete": MARKS[Verdict.DECREASING],
    "pruned": replace(MARKS[Verdict.DEAD], marker="x", symbol="×"),
    "diverged": MARKS[Verdict.DIVERGED],
    "failed": MARKS[Verdict.DEAD],
}
"""How the trials of a study are drawn, by how they ended."""

LEVELS: Mapping[str, str] = {
    "#e3edf6": "#26323e",
    "#b3d0e6": "#2f4d68",
    "#7fb3d9": "#3a709b",
    "#4590c4": "#4f97cc",
    "#15679f": "#86bfe9",
    "#083a66": "#d3e9fb",
}
"""Colors of a quantity from low to high, on light and on dark paper: ever further from it."""

LIGHT_TO_DARK: Mapping[str, str] = {
    INK: "#e7e9ec",
    MUTED: "#a7aeb7",
    GRID: "#343a42",
    SHADE: "#4a3f1d",
    PAPER: "#15181c",
    **LEVELS,
} | {mark.color: mark.dark for mark in MARKS.values()}

_SETTINGS: Mapping[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titley": 1.0,  # placed once, not by measuring all that stands above the axes
    "axes.titlesize": "medium",
    "axes.titlepad": 9,  # clear of the markers on the upper edge
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "text.color": INK,
    "xtick.bottom": False,  # the lines of the grid mark the places
    "ytick.left": False,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "tuner",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw with our settings alone, whatever the user's matplotlibrc; all is put back after.

    Only the dots to the inch are those of the caller.

    Examples
    --------
    >>> from matplotlib import rcParams
    >>> before = rcParams["svg.hashsalt"]
    >>> with styled():
    ...     rcParams["svg.hashsalt"]
    'tuner'
    >>> rcParams["svg.hashsalt"] == before
    True
    """
    with style.context(["default", {**_SETTINGS, "figure.dpi": rcParams["figure.dpi"]}]):
        yield


SYMBOLS: Mapping[str, str] = {str(verdict): mark.symbol for verdict, mark in MARKS.items()}
STATE_SYMBOLS: Mapping[str, str] = {state: mark.symbol for state, mark in STATES.items()}


def symbol_colors() -> str:
    """Return the CSS that colors the symbols of verdicts and trials as the figures do."""
    marks = {**{str(verdict): mark for verdict, mark in MARKS.items()}, **STATES}
    light = "".join(f".{name} b{{color:{mark.color}}}\n" for name, mark in marks.items())
    dark = "".join(f".{name} b{{color:{mark.dark}}}\n" for name, mark in marks.items())
    return f"{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"
