"""The parts of a figure: its canvas, limits, legend, lines and the labels at their ends."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox, TransformedBbox

from tuner.report.charts.theme import MUTED, Mark
from tuner.report.format import number

WIDTH = 5.2
"""Width of every figure in inches: readable on a phone of 360 pixels, and on a desk."""

LOW, HIGH, HIGHEST = 4.3, 5.4, 7.2
"""Height in inches of a figure with one, two and three panels."""

_NO_LABEL = -0.1, 0.5
"""Where the label of an axis that has none stands: else all ticks are measured to place it."""

UNDER_TICKS = 0.29
"""Inches from the axes to the name of the horizontal axis, under one line of tick labels."""

_LABEL_GAP = 0.19
"""Inches from one line-end label to the next."""


def canvas(*, margin: float, left: float = 0.5, height: float = LOW) -> tuple[Figure, Axes]:
    """Make an empty figure, with `margin` inches kept free on its right for labels."""
    figure, (axes,) = panels(height, margin=margin, ratios=(1,), left=left)
    return figure, axes


def panels(
    height: float, *, margin: float, ratios: Sequence[float], left: float = 0.5
) -> tuple[Figure, tuple[Axes, ...]]:
    """Make an empty figure of panels one below the other, which share the horizontal axis.

    `left` and `margin` are the inches kept free on either side.
    """
    width = WIDTH
    figure = Figure(figsize=(width, height), facecolor="none")
    stack = figure.subplots(
        len(ratios),
        sharex=True,
        squeeze=False,
        height_ratios=ratios,
        subplot_kw={"facecolor": "none"},
    )
    figure.subplots_adjust(
        left=left / width,
        right=1 - margin / width,
        top=1 - 0.36 / height,
        hspace=0.4 * len(ratios) / (height - 1.3),
    )
    for axes in stack[:, 0]:
        axes.yaxis.set_label_coords(*_NO_LABEL)
    for axes in stack[:-1, 0]:
        axes.xaxis.set_label_coords(*_NO_LABEL)
    return figure, tuple(stack[:, 0])


def limit_costs(
    axes: Axes,
    costs: Iterable[float],
    cut: float | None,
    *,
    title: str = "training cost",
    headroom: float = 1.06,
) -> None:
    """Show the finite costs from 0 up; where they are cut, at `cut`, the title says so.

    The highest of all lines drawn comes to stand at 1 / `headroom` of the height.
    """
    known = [0.0, *costs]
    top = headroom * max(known) or 1.0
    if cut is not None and max(known) > cut:
        top = cut
        title += f", cut at {number(top)}"
    axes.set_ylim(1.06 * min(known), top)
    axes.set_title(title, loc="left")


def key(mark: Mark, label: str, *, line: bool = True) -> Line2D:
    """Make the legend entry of a mark, with its line or without."""
    style: dict[str, Any] = {"linestyle": mark.line if line else "none", "marker": mark.marker}
    return Line2D([], [], color=mark.color, markersize=5.5, linewidth=1.8, label=label, **style)


def keys_of(marks: Mapping[Any, Mark], names: Iterable[str], *, line: bool) -> list[Line2D]:
    """Make one legend entry for each name that occurs, in the order of the marks."""
    occurring = set(names)
    return [key(mark, str(name), line=line) for name, mark in marks.items() if name in occurring]


def write_numbers(axis: Axis) -> None:
    """Write the numbers along an axis as pages write them."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 12))))


_MOST_DECADES = 9


def label_etas(axis: Axis) -> None:
    """Write the learning rates along a logarithmic axis, whose limits stand."""
    low, high = axis.get_view_interval()
    if high < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=9))
    else:  # LogLocator overflows near the largest numbers
        first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
        step = -(-(last - first + 1) // _MOST_DECADES)
        decades = range(first + -first % step, last + 1, step)
        axis.set_major_locator(FixedLocator([float(f"1e{decade}") for decade in decades]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda eta, _: number(eta)))


def legend(figure: Figure, axes: Axes, keys: Sequence[Artist], *, columns: int = 3) -> None:
    """Put the legend under the axes: `keys`, then the labelled artists of the axes."""
    own, _ = axes.get_legend_handles_labels()
    handles = [*keys, *own]
    rows = -(-len(handles) // columns)
    figure.subplots_adjust(bottom=(0.58 + 0.2 * rows) / figure.get_figheight())
    axes.xaxis.set_label_coords(0.5, -UNDER_TICKS / size_inches(axes)[1])
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(axes.get_position().x0, 0.0),
        ncols=columns,
        borderpad=0.2,
        borderaxespad=0.2,
        handlelength=2.7,
        columnspacing=1.3,
        fontsize="small",
    )


@dataclass(frozen=True)
class EndLabel:
    """The label of one line, in the margin on the right.

    Attributes
    ----------
    text
        What it says.
    end
        Last visible point of the line; None when the line left the picture.
    mark
        How the line is drawn.
    strong
        Set in bold.
    """

    text: str
    end: tuple[float, float] | None
    mark: Mark
    strong: bool = False


def draw_end_labels(axes: Axes, labels: Sequence[EndLabel], title: str) -> None:
    """Write the labels one above the other, each as near to the end of its line as fits."""
    low, high = axes.get_ylim()
    tall = size_inches(axes)[1]
    ends = [1.0 if label.end is None else (label.end[1] - low) / (high - low) for label in labels]
    heights = spread(ends, gap=_LABEL_GAP / tall)
    for label, height in zip(labels, heights, strict=True):
        _draw_end_label(axes, label, height)
    _beside(axes, 0.33, max(heights, default=1.0) + 0.12 / tall, title, color=MUTED)


def _draw_end_label(axes: Axes, label: EndLabel, height: float) -> None:
    whole, mark = axes.transAxes, label.mark
    style: dict[str, Any] = {"transform": whole, "clip_on": False, "color": mark.color}
    if label.end is not None:
        x, y = whole.inverted().transform(axes.transData.transform(label.end))
        leader = _LEADER if x > 0.999 else _FAR_LEADER
        axes.plot([x, _right_of(axes, 0.14)], [y, height], gid="leader", **(style | leader))
    axes.plot(_right_of(axes, 0.22), height, mark.marker, markersize=5, gid="end", **style)
    weight = "bold" if label.strong else "normal"
    _beside(axes, 0.33, height, label.text, weight=weight, va="center_baseline")


_LEADER: dict[str, Any] = {"linewidth": 0.6}
_FAR_LEADER: dict[str, Any] = {"linewidth": 0.6, "linestyle": (0, (1, 3)), "color": MUTED}


def _beside(axes: Axes, inches: float, height: float, text: str, **style: Any) -> None:
    x = _right_of(axes, inches)
    axes.text(x, height, text, transform=axes.transAxes, fontsize="small", **style)


def _right_of(axes: Axes, inches: float) -> float:
    """Return the place `inches` right of the axes, as a fraction of their width."""
    return 1 + inches / size_inches(axes)[0]


def size_inches(axes: Axes) -> tuple[float, float]:
    """Return width and height of the axes."""
    box = axes.get_window_extent().transformed(axes.figure.dpi_scale_trans.inverted())
    return box.width, box.height


def room(axes: Axes, x: float) -> tuple[float, float]:
    """Return the inches that are free left and right of the line at `x`."""
    share = axes.transAxes.inverted().transform(axes.transData.transform((x, 0)))[0]
    width = size_inches(axes)[0]
    return share * width, (1 - share) * width


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Move heights in [0, 1] apart until neighbors are `gap` apart, or evenly where none fits.

    Examples
    --------
    >>> spread([0.5, 0.5, 0.9], gap=0.25)
    [0.5, 0.75, 1.0]
    >>> spread([1.0, 1.0], gap=0.25)
    [0.75, 1.0]
    """
    gap = min(gap, 1 / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    floor = 0.0
    for index in order:
        placed[index] = max(wanted[index], floor)
        floor = placed[index] + gap
    ceiling = 1.0
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed


_MARKERS = 8
"""About so many markers stand on a line."""


def draw_line(
    axes: Axes,
    x: "pd.Series[Any]",
    y: "pd.Series[float]",
    mark: Mark,
    *,
    gid: str,
    text: str = "",
    start: int = 0,
) -> EndLabel:
    """Draw one series, with a cross where it ends before its last value.

    Parameters
    ----------
    axes
        With its limits set: what lies far above is cut off.
    x, y
        Places and values; NaN where a value is not finite.
    mark
        Color, line and marker.
    gid
        Name of the line among the artists.
    text
        What stands at its end, if anything.
    start
        Place of the first marker, so that those of several series do not coincide.
    """
    low, top = axes.get_ylim()
    (line,) = axes.plot(
        x,
        y.clip(upper=3 * top) if top > 0 else y,
        color=mark.color,
        linestyle=mark.line,
        linewidth=1.8,
        marker=mark.marker,
        markersize=5,
        markevery=(start, max(1, len(x) // _MARKERS)),
        gid=gid,
        zorder=3,
    )
    known = y.dropna()
    if known.empty:
        say_nothing(axes, "no finite cost" if len(y) else "no epoch finished")
        return EndLabel(text + " ×" * bool(len(y)), None, mark)
    # what lies on the border of the axes is drawn whole, unless the line leaves them there
    below, above = _SPARE * bool(known.min() >= low), _SPARE * bool(known.max() <= top)
    line.set_clip_path(None)
    line.set_clip_box(TransformedBbox(Bbox([[-1, -below], [2, 1 + above]]), axes.transAxes))
    last = known.index[-1]
    end = (float(x[last]), float(known[last]))
    stops = bool(last != y.index[-1])
    if stops and end[1] <= top:
        axes.plot(*end, "x", color=mark.color, ms=9, mew=2.2, gid="lost", clip_on=False, zorder=4)
    ending = " ×" if stops else " ↑" * bool(end[1] > top)
    return EndLabel(text + ending, end if low <= end[1] <= top else None, mark)


_SPARE = 0.1


def say_nothing(axes: Axes, text: str) -> None:
    """Write in the middle of empty axes why they are empty."""
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": MUTED, "gid": "nothing"}
    axes.text(0.5, 0.5, text, transform=axes.transAxes, **style)


def draw_etas(
    axes: Axes, etas: Sequence[tuple["pd.Series[Any]", "pd.Series[float]", Mark]]
) -> None:
    """Draw learning rates as steps: that of epoch k holds from k - 1 to k.

    Parameters
    ----------
    axes
        A panel of its own.
    etas
        Epochs, learning rates and mark of each series.
    """
    known = sorted({eta for _, values, _ in etas for eta in values.dropna()}) or [1.0]
    axes.set_yscale("log")
    axes.set_ylim(known[0] / 1.8, known[-1] * 1.8)
    label_etas(axes.yaxis)
    if len(known) == 1:
        axes.set_yticks(known)
    for epochs, values, mark in etas:
        if values.notna().any():
            style: dict[str, Any] = {"color": mark.color, "linestyle": mark.line, "linewidth": 1.7}
            steps = [values.iloc[0], *values]
            axes.plot([0, *epochs], steps, drawstyle="steps-pre", gid="eta", clip_on=False, **style)
    axes.set_title("learning rate η", loc="left")


def limit_accuracies(axes: Axes, values: "pd.Series[float]", *, at_least: float) -> str:
    """Zoom on the accuracies reached after the first few epochs; say where the axis begins."""
    low = limit_values(axes, values, at_least=at_least, least=0.0, most=100.0)
    return f", from {number(low, 3)} up" if bool((values < low).any()) else ""


def limit_values(
    axes: Axes,
    values: "pd.Series[float]",
    *,
    at_least: float,
    also: float = math.nan,
    least: float = -math.inf,
    most: float = math.inf,
) -> float:
    """Show all values but the most extreme twentieth on either side, and what comes last."""
    known = values.dropna()
    if known.empty:
        known = pd.Series([0.0, 1.0 if most == math.inf else most])
    low, high = np.nanmin([known.quantile(0.05), known.tail(4).min(), also]), known.max()
    if most == math.inf:
        high = np.nanmax([known.quantile(0.95), known.tail(4).max(), also])
    spare = max(0.08 * (high - low), (at_least - (high - low)) / 2)
    limits = max(least, low - spare), min(most, high + spare)
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    write_numbers(axes.yaxis)
    return float(limits[0])


def finish_epochs(
    figure: Figure, lowest: Axes, last: int, keys: Sequence[Artist], *, columns: int = 3
) -> None:
    """Set the shared axis of epochs, under the lowest panel, and the legend under that."""
    lowest.set_xlim(0, max(1, last))
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    lowest.xaxis.set_major_locator(ticks)
    lowest.set_xlabel("epochs")
    legend(figure, lowest, keys, columns=columns)
