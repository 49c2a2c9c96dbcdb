"""The parts of a figure: an empty canvas, its limits, legend and line-end labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tuner.records import Verdict
from tuner.report.charts.annotations import Landmarks
from tuner.report.charts.theme import MARKS, MUTED, Mark
from tuner.report.format import number

Size = tuple[float, float]
WIDE: Size = (8.0, 4.8)
NARROW: Size = (3.6, 5.2)
"""Width and height of a figure in inches: for a desk and for a telephone."""

_LABEL_GAP = 0.175
"""Inches from one line-end label to the next."""


def canvas(size: Size, *, margin: float) -> tuple[Figure, Axes]:
    """Make an empty figure, with `margin` inches kept free on its right for labels."""
    figure, (axes,) = panels(size, margin=margin, ratios=(1,))
    return figure, axes


def panels(
    size: Size, *, margin: float, ratios: Sequence[float], left: float = 0.5
) -> tuple[Figure, tuple[Axes, ...]]:
    """Make an empty figure of panels one below the other, which share the horizontal axis.

    `left` and `margin` are the inches kept free on either side.
    """
    width, height = size
    figure = Figure(figsize=size, facecolor="none")
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
    axes.set_title(title, loc="left", fontsize="medium")


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


def verdict_keys(verdicts: Iterable[Verdict], *, lines: bool) -> list[Artist]:
    """Make one legend entry for each verdict that occurs, in the order of the verdicts."""
    occurring = set(verdicts)
    return [
        Line2D(
            [],
            [],
            color=mark.color,
            marker=mark.marker,
            markersize=5.5,
            linestyle=mark.line if lines else "none",
            linewidth=2,
            label=str(verdict),
        )
        for verdict, mark in MARKS.items()
        if verdict in occurring
    ]


def label_etas(axis: Axis) -> None:
    """Write the learning rates along a logarithmic axis, whose limits stand."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(
        LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 100 else (1.0,), numticks=9)
    )
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda eta, _: number(eta)))


def legend(figure: Figure, axes: Axes, keys: Sequence[Artist], *, columns: int) -> None:
    """Put the legend under the axes: `keys`, then the labelled artists of the axes."""
    own, _ = axes.get_legend_handles_labels()
    handles = [*keys, *own]
    rows = -(-len(handles) // columns)
    figure.subplots_adjust(bottom=(0.58 + 0.2 * rows) / figure.get_figheight())
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
    inches = _inches(axes)[1]
    ends = [1.0 if label.end is None else (label.end[1] - low) / (high - low) for label in labels]
    heights = spread(ends, gap=_LABEL_GAP / inches)
    for label, height in zip(labels, heights, strict=True):
        _draw_end_label(axes, label, height)
    _beside(axes, 0.33, max(heights, default=1.0) + 0.12 / inches, title, color=MUTED)


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
    return 1 + inches / _inches(axes)[0]


def _inches(axes: Axes) -> tuple[float, float]:
    """Return width and height of the axes."""
    box = axes.get_window_extent().transformed(axes.figure.dpi_scale_trans.inverted())
    return box.width, box.height


def room(axes: Axes, x: float) -> tuple[float, float]:
    """Return the inches that are free left and right of the line at `x`."""
    share = axes.transAxes.inverted().transform(axes.transData.transform((x, 0)))[0]
    width = _inches(axes)[0]
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


def verdicts_of(names: Iterable[str]) -> list[Verdict]:
    """Turn the verdict column of a table back into verdicts."""
    return [Verdict(name) for name in names]
