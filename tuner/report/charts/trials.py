"""What the figures of a study share: trials as points, their axes, and what the legend says."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullLocator

from tuner.report.charts.canvas import (
    UNDER_TICKS,
    canvas,
    keys_of,
    label_etas,
    legend,
    size_inches,
    write_numbers,
)
from tuner.report.charts.theme import INK, MUTED, SERIES, STATE_SYMBOLS, STATES
from tuner.report.document import Column, whole
from tuner.report.fonts import drawable, lettered
from tuner.report.format import listing, number
from tuner.report.frames.study_space import Dimension, shortened
from tuner.report.measure import Measure


def main_range(points: pd.DataFrame, measure: Measure) -> tuple[float, float]:
    """Return the worst and the best value, as drawn, of what a figure is to show.

    What a few trials reached far from the others would press these together.

    Examples
    --------
    >>> points = pd.DataFrame({"outcome": "complete", "value": [10.0, 92.0, 93.0, 94.0]})
    >>> main_range(points, Measure("accuracy"))
    (88.0, 94.0)
    """
    known = points.dropna(subset=["value"])
    if known.empty:
        return 0.0, measure.scale
    scores = measure.sign * known["value"]
    sound = scores[known["outcome"] != "diverged"]
    complete = scores[known["outcome"] == "complete"]
    main = sound if len(sound) else scores
    best = float(scores.max())
    middle = float((complete if len(complete) else main).median())
    farthest = best - max(measure.some(best, _LEAST_RANGE), 4 * (best - middle))
    worst = float(main.min())
    if worst < farthest:
        worst = max(farthest, float(main.quantile(0.05)))
    return measure.sign * worst, measure.sign * best


_LEAST_RANGE = 3.0
"""Points that a figure shows at least."""


def limit_trials(axes: Axes, points: pd.DataFrame, measure: Measure) -> None:
    """Zoom on the values that matter; the title says where the axis begins, or ends."""
    low, high = sorted(main_range(points, measure))
    spare = max(0.08 * (high - low), measure.some(high, 0.25))
    least, most = measure.bounds
    bottom, top = max(least, low - spare), min(most, high + spare)
    axes.set_ylim(bottom, top)
    even_ticks(axes.yaxis)
    cut = ""
    if measure.sign > 0 and bool((points["value"] < bottom).any()):
        cut = f", from {number(bottom, 3)} up"
    if measure.sign < 0 and bool((points["value"] > top).any()):
        cut = f", up to {number(top, 3)}"
    axes.set_title(f"{measure.axis}{cut}", loc="left")


def even_ticks(axis: Axis, *, whole: bool = False, most: int = 6) -> None:
    """Set round ticks at even steps."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole))
    write_numbers(axis)
    axis.set_minor_locator(NullLocator())


def set_axis(axes: Axes, axis: Axis, dimension: Dimension, places: Sequence[float]) -> None:
    """Set scale, limits and ticks for a dimension; `places` are the values that must show."""
    name = "x" if isinstance(axis, XAxis) else "y"
    if dimension.scale == "choice":
        limits = (-0.6, max(0, len(dimension.choices) - 1) + 0.6)
    else:
        low, high = min([dimension.low, *places]), max([dimension.high, *places])
        limits = _spared(dimension, low, high)
    long = lettered(dimension.long, 32, "searched dimension")
    axes.set(**{f"{name}label": long, f"{name}scale": _SCALES[dimension.scale]})
    axes.set(**{f"{name}lim": limits})
    if dimension.scale == "log" and math.log(high) - math.log(low) >= math.log(_WIDE):
        label_etas(axis)
    elif dimension.scale == "choice":
        _set_choices(axis, dimension.choices)
    else:
        even_ticks(axis, whole=float(low).is_integer() and float(high).is_integer())


_SCALES = {"choice": "linear", "linear": "linear", "log": "log"}
_WIDE = 8
"""From the low to the high end of a logarithmic axis that is labelled in powers of ten."""


def _spared(dimension: Dimension, low: float, high: float) -> tuple[float, float]:
    """Leave some room beyond the ends of a range."""
    if dimension.scale == "log":
        spare = max(0.04 * (math.log(high) - math.log(low)), math.log(1.01))
        return max(low * math.exp(-spare), _SMALLEST), min(high * math.exp(spare), _LARGEST)
    spare = 0.04 * (high - low) or 0.5
    return low - spare, high + spare


_SMALLEST, _LARGEST = 1e-300, 1e300
"""Ends of an axis, beyond which matplotlib's own sums overflow."""


def _set_choices(axis: Axis, choices: Sequence[str]) -> None:
    labels = tick_texts(choices)
    axis.set_ticks(range(len(choices)), labels)
    axis.set_minor_locator(NullLocator())
    width = sum(max(map(len, label.split("\n"))) for label in labels) * _LETTER
    slanted = isinstance(axis, XAxis) and width > _ACROSS
    angle = 90 if len(choices) > _SLANTED else 40
    for label in axis.get_ticklabels():
        label.set_parse_math(False)
        if slanted:
            label.set(rotation=angle, ha="right", va="center", rotation_mode="anchor", size="small")


_LETTER, _ACROSS = 0.095, 4.2
"""Inches of a letter's width, with something to spare, and of an axis."""

_SLANTED = 8
"""Of more labels than these each stands upright."""


def tick_texts(choices: Sequence[str], most: int = 13) -> list[str]:
    r"""Write choices beside ticks: short, told apart, and only in letters that the font has.

    Examples
    --------
    >>> tick_texts(["cross-entropy", "交叉熵", "halving, patience 3"])
    ['cross-entropy', 'choice 2', 'halving\npatience 3']
    """
    lines = [[" ".join(part.split()) for part in text.split(", ")] for text in choices]
    short = ["\n".join(shortened(part, most) for part in parts) for parts in lines]
    usable = [
        short.count(text) == 1 and bool(text.strip()) and all(map(drawable, text.split("\n")))
        for text in short
    ]
    return [text if usable[k] else f"choice {k + 1}" for k, text in enumerate(short)]


_MARKER_SIZES = {"complete": 5.5, "pruned": 4.5, "diverged": 6.0, "failed": 4.5}


def sheet(*, margin: float = 0.25) -> tuple[Plot, Axes]:
    """Make an empty figure with room for values on the left, and `margin` inches right."""
    return canvas(margin=margin, left=LEFT)


LEFT = 0.66
"""Inches for the numbers along a vertical axis."""


def draw_trials(axes: Axes, points: pd.DataFrame, *, x: str, y: str, small: bool = False) -> None:
    """Draw trials as points, told apart by marker and color; those beyond stand on the edge."""
    low, high = axes.get_ylim()
    for state, those in points.groupby("outcome"):
        mark, size = STATES[str(state)], _MARKER_SIZES[str(state)] * (0.75 if small else 1.0)
        axes.plot(
            those[x],
            those[y].clip(low, high),
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


def draw_best(
    axes: Axes, points: pd.DataFrame, x: str, y: str, *, size: float = 11
) -> list[Artist]:
    """Ring the points of the best trial; return the legend entry of the ring, if there is one."""
    best = points[points["best"]]
    for place, value in zip(best[x], best[y], strict=True):
        if math.isfinite(place) and math.isfinite(value):
            ring = _RING | {"markersize": size}
            axes.plot(place, value, gid="best", clip_on=False, zorder=5, **ring)
    return [Line2D([], [], label="best trial", **_RING | {"markersize": 8})] * (not best.empty)


_RING: dict[str, Any] = {
    "marker": "o",
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 1.5,
    "linestyle": "none",
}


RUNG: dict[str, Any] = {"color": MUTED, "linewidth": 1.2, "linestyle": (0, (2, 2))}
"""How an epoch at which weak trials are ended is drawn."""


def rung_key() -> Artist:
    """Make the legend entry of a rung."""
    return Line2D([], [], label="rung", **RUNG)


def under(figure: Plot, axes: Axes, keys: Sequence[Artist]) -> None:
    """Put the legend under the axes, lower where the labels of the axis are slanted."""
    legend(figure, axes, keys)
    labels = axes.get_xticklabels()
    if not any(label.get_rotation() or "\n" in label.get_text() for label in labels):
        return
    height = max(label.get_window_extent().height for label in labels) / figure.dpi
    extra = max(0.0, height - _LINE_HEIGHT)
    figure.subplots_adjust(bottom=figure.subplotpars.bottom + extra / figure.get_figheight())
    axes.xaxis.set_label_coords(0.5, -(UNDER_TICKS + extra) / size_inches(axes)[1])


_LINE_HEIGHT = 0.14
"""Inches that one line of tick labels takes."""


def draw_levels(axes: Axes, places: Iterable[float], levels: "pd.Series[float]") -> list[Artist]:
    """Draw the mean of each choice as a line across it; return the legend entry."""
    color = SERIES["gap"].color
    middles = np.array([*places], dtype=float)
    axes.hlines(levels, middles - _HALF, middles + _HALF, color=color, lw=2, gid="means")
    return [Line2D([], [], color=color, lw=2, label="mean")]


def draw_bands(
    axes: Axes, places: Iterable[float], lows: Iterable[float], highs: Iterable[float]
) -> list[Artist]:
    """Draw the interval of each choice, where it is known, as a band; return the legend entry."""
    color, known = SERIES["gap"].color, False
    for place, low, high in zip(places, lows, highs, strict=True):
        if math.isfinite(low):
            known, ends = True, [place - _HALF, place + _HALF]
            axes.fill_between(ends, low, high, color=color, alpha=0.16, lw=0, gid="band")
    return [interval_key()] * known


_HALF = 0.36
"""Of the width that the mean of a choice takes."""


def interval_key() -> Artist:
    """Make the legend entry of the 95 % interval of a mean."""
    return Patch(color=SERIES["gap"].color, alpha=0.16, lw=0, label="95 % interval")


def few(points: pd.DataFrame, most: int) -> pd.DataFrame:
    """Leave rows out evenly until about `most` are left, but none whose `best` is true."""
    step = -(-len(points) // max(1, most))
    if step <= 1:
        return points
    even = pd.Series(range(len(points)), index=points.index) % step == 0
    rest: pd.DataFrame = points.loc[even | points.get("best", False)]
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


MOST_IN_ONE = 500
"""Points in one figure."""


MOST_ROWS = 40
"""Rows in the data table of a figure; the table of trials and its CSV file hold all."""


TRIAL, OUTCOME = whole("trial"), Column("outcome", symbols=STATE_SYMBOLS)


def file_name(name: str, index: int) -> str:
    """Return a name that any file system takes.

    Examples
    --------
    >>> file_name("batch_size", 1), file_name("../<b>", 2)
    ('batch-size', 'dimension-3')
    """
    return (
        name.replace("_", "-") if re.fullmatch(r"[a-z_]{1,30}", name) else f"dimension-{index + 1}"
    )


def best_rows(
    caption: str, frame: pd.DataFrame, measure: Measure, points: str = "trials"
) -> tuple[str, pd.DataFrame]:
    """Return the best rows where there are too many for a page, and a caption that says so."""
    if len(frame) <= MOST_ROWS:
        return caption, frame
    kept = best_of(frame, MOST_ROWS, measure)
    return f"{caption} (the {MOST_ROWS} best of {len(frame)} {points})", kept


def best_of(frame: pd.DataFrame, most: int, measure: Measure) -> pd.DataFrame:
    """Return the rows with the best values."""
    places = (measure.sign * frame["value"]).nlargest(most).index
    rows: pd.DataFrame = frame.loc[places]
    return rows


def left_out(points: pd.DataFrame, most: int) -> str:
    """Note that not all points are drawn.

    Examples
    --------
    >>> left_out(pd.DataFrame({"a": range(10)}), 4)
    ' Of 10 points about 4 are drawn, evenly chosen; the CSV file holds all.'
    """
    if len(points) <= most:
        return ""
    return (
        f" Of {len(points)} points about {most} are drawn, evenly chosen; the CSV file holds all."
    )


def moved(*axes: Dimension) -> str:
    """State that points on one choice are moved apart."""
    if not any(axis.scale == "choice" for axis in axes):
        return ""
    return " Points of one choice are spread out so that none hides another."


def outcomes(points: pd.DataFrame) -> str:
    """Return how many trials ended in each way."""
    amounts = points.drop_duplicates("number")["outcome"].value_counts(sort=False)
    return listing([f"{amount} {state}" for state, amount in amounts.items()]) or "none"


def best_trial_words(points: pd.DataFrame) -> str:
    """Return which trial is the best, as the beginning of a sentence; empty where none is."""
    best = points[points["best"]]
    if best.empty:
        return ""
    return f" The best trial is number {best['number'].iloc[0]}"
