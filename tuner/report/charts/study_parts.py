"""The parts of a study's figures: trials as points, and what the legend says."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tuner.report.charts.canvas import canvas, keys_of, legend
from tuner.report.charts.theme import INK, MUTED, STATES

_MARKER_SIZES = {"complete": 5.5, "pruned": 4.5, "diverged": 6.0, "failed": 4.5}


def sheet(*, margin: float = 0.25) -> tuple[Figure, Axes]:
    """Make an empty figure with room for accuracies on the left, and `margin` inches right."""
    return canvas(margin=margin, left=LEFT)


LEFT = 0.66
"""Inches for the numbers along a vertical axis."""


def draw_trials(axes: Axes, points: pd.DataFrame, *, x: str, y: str, small: bool = False) -> None:
    """Draw trials as points, told apart by marker and colour; below the axes they stand on them."""
    floor = axes.get_ylim()[0]
    for state, those in points.groupby("outcome"):
        mark, size = STATES[str(state)], _MARKER_SIZES[str(state)] * (0.75 if small else 1.0)
        axes.plot(
            those[x],
            those[y].clip(lower=floor),
            mark.marker,
            color=mark.color,
            markersize=size,
            alpha=0.75,
            linestyle="none",
            clip_on=False,
            gid=str(state),
            zorder=2 if state == "pruned" else 3,
        )


def state_keys(states: Iterable[str]) -> list[Artist]:
    """Make one legend entry for each way in which trials ended."""
    return [*keys_of(STATES, states, line=False)]


def ring_best(axes: Axes, x: float, y: float, *, size: float = 11) -> None:
    """Ring the best trial."""
    if math.isfinite(x) and math.isfinite(y):
        ring = _RING | {"markersize": size}
        axes.plot(x, y, gid="best", clip_on=False, zorder=5, **ring)


_RING: dict[str, Any] = {
    "marker": "o",
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 1.5,
    "linestyle": "none",
}


def best_key() -> Artist:
    """Make the legend entry of the best trial's ring."""
    return Line2D([], [], label="best trial", **_RING | {"markersize": 8})


RUNG: dict[str, Any] = {"color": MUTED, "linewidth": 1.2, "linestyle": (0, (2, 2))}
"""How an epoch at which weak trials are ended is drawn."""


def rung_key() -> Artist:
    """Make the legend entry of a rung."""
    return Line2D([], [], label="rung", **RUNG)


def under(figure: Figure, axes: Axes, keys: Sequence[Artist]) -> None:
    """Put the legend under the axes, lower where the labels of the axis are slanted."""
    legend(figure, axes, keys)
    box = axes.xaxis.get_tightbbox()
    if box is not None:
        extra = max(0.0, box.height / figure.dpi - _AXIS_HEIGHT)
        figure.subplots_adjust(bottom=figure.subplotpars.bottom + extra / figure.get_figheight())


_AXIS_HEIGHT = 0.46
"""Inches that ticks, their labels in one line and the name of an axis take."""


def say_nothing(axes: Axes, text: str) -> None:
    """Say in the middle of empty axes why they are."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", gid="nothing")


def few(points: pd.DataFrame, most: int, best: int | None) -> pd.DataFrame:
    """Leave rows out evenly until about `most` are left, but never those of the best trial."""
    step = -(-len(points) // max(1, most))
    if step <= 1:
        return points
    even = pd.Series(range(len(points)), index=points.index) % step == 0
    rest: pd.DataFrame = points.loc[even | (points["number"] == best)]
    return rest


def apart(places: "pd.Series[float]", width: float = 0.22) -> "pd.Series[float]":
    """Move points on one choice apart, always in the same way.

    Examples
    --------
    >>> apart(pd.Series([0.0, 0.0, 0.0])).round(2).tolist()
    [0.0, -0.11, 0.11]
    """
    turn = places.groupby(places).cumcount().astype(int)
    return places + width * turn.map(_scattered)


def _scattered(turn: int) -> float:
    """Return the place of a turn in -1 … 1: 0, -1/2, 1/2, -3/4, 1/4, … (van der Corput)."""
    place, share = 0.0, 0.5
    turn += 1
    while turn:
        place += share * (turn % 2)
        turn, share = turn // 2, share / 2
    return 2 * place - 1
