"""The parts of a figure: an empty canvas, its limits, legend and line-end labels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from tuner.report.charts.annotations import Landmarks
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


def draw_baseline(axes: Axes, marks: Landmarks) -> None:
    """Draw what a constant prediction costs, when that is known."""
    if marks.baseline is not None:
        axes.axhline(marks.baseline, label="constant prediction", **_BASELINE)


_BASELINE: dict[str, Any] = {
    "color": MUTED,
    "linestyle": (0, (7, 3)),
    "linewidth": 1.2,
    "gid": "baseline",
}


def key(mark: Mark, label: str, *, line: bool = True) -> Line2D:
    """Make the legend entry of a mark, with its line or without."""
    style: dict[str, Any] = {"linestyle": mark.line if line else "none", "marker": mark.marker}
    return Line2D([], [], color=mark.color, markersize=5.5, linewidth=1.8, label=label, **style)


def keys_of(marks: Mapping[Any, Mark], names: Iterable[str], *, line: bool) -> list[Line2D]:
    """Make one legend entry for each name that occurs, in the order of the marks."""
    occurring = set(names)
    return [key(mark, str(name), line=line) for name, mark in marks.items() if name in occurring]


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
    """Move heights in [0, 1] apart until neighbours are `gap` apart, or evenly where none fits.

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
