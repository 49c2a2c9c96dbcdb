"""The parts of a run's figures: curves, limits, η, and the moments that matter."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox, TransformedBbox

from tuner.report.charts.annotations import RunMarks
from tuner.report.charts.canvas import EndLabel, label_etas, legend
from tuner.report.charts.theme import INK, MUTED, SERIES, Mark
from tuner.report.format import number

_SMALL = 5.0
"""Inches below which a figure is narrow."""


def draw_line(
    axes: Axes, epochs: "pd.Series[int]", values: "pd.Series[float]", name: str, text: str
) -> EndLabel:
    """Draw one curve of a run with a few markers, and a cross where it stops before the run."""
    start = max(1, len(epochs) // 8) // 2 if name == "validation" else 0
    return draw_marked(axes, epochs, values, SERIES[name], EndWords(name, text), start=start)


@dataclass(frozen=True)
class EndWords:
    """What a curve is: its name among the artists, and what stands at its end."""

    gid: str
    text: str


def draw_marked(
    axes: Axes,
    epochs: "pd.Series[int]",
    values: "pd.Series[float]",
    mark: Mark,
    words: EndWords,
    *,
    start: int = 0,
) -> EndLabel:
    """Draw one curve as `mark` says; its first marker stands at epoch number `start`."""
    top, text = axes.get_ylim()[1], words.text
    step = max(1, len(epochs) // 8)
    drawable = values.clip(upper=3 * top) if top > 0 else values
    (line,) = axes.plot(
        epochs,
        drawable,
        color=mark.color,
        linestyle=mark.line,
        linewidth=1.8,
        marker=mark.marker,
        markersize=5,
        markevery=(start, step),
        gid=words.gid,
        zorder=3,
    )
    known = values.dropna()
    if known.empty:
        nothing = "no finite cost" if len(values) else "no epoch finished"
        axes.text(0.5, 0.5, nothing, transform=axes.transAxes, ha="center", color=MUTED)
        return EndLabel(text + " ×" * bool(len(values)), None, mark)
    _let_borders_show(axes, line, known)
    last = known.index[-1]
    end = (float(epochs[last]), float(known[last]))
    stops = bool(last != values.index[-1])
    if stops and end[1] <= top:
        axes.plot(*end, "x", color=mark.color, ms=9, mew=2.2, gid="lost", **_ABOVE)
    inside = axes.get_ylim()[0] <= end[1] <= top
    return EndLabel(
        text + (" ×" if stops else " ↑" * bool(end[1] > top)), end if inside else None, mark
    )


def _let_borders_show(axes: Axes, line: Line2D, values: "pd.Series[float]") -> None:
    """Draw whole what lies on the border of the axes, unless the line leaves them there."""
    low, high = axes.get_ylim()
    below, above = _SPARE * bool(values.min() >= low), _SPARE * bool(values.max() <= high)
    line.set_clip_path(None)
    line.set_clip_box(TransformedBbox(Bbox([[-1, -below], [2, 1 + above]]), axes.transAxes))


_SPARE = 0.1

_ABOVE: dict[str, Any] = {"clip_on": False, "zorder": 4}


def limit_accuracies(axes: Axes, curves: pd.DataFrame) -> None:
    """Zoom on the accuracies reached after the first few epochs; 100 % is the end of the scale."""
    every = curves[["training_accuracy", "validation_accuracy"]]
    low = limit_values(axes, every.melt()["value"], at_least=5.0, least=0.0, most=100.0)
    cut = (
        ""
        if every.min().min() >= low or every.isna().all(axis=None)
        else f", from {number(low, 3)} up"
    )
    axes.set_title(f"accuracy in %{cut}", loc="left", fontsize="medium")


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
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 12))))
    return float(limits[0])


def draw_eta(axes: Axes, curves: pd.DataFrame) -> None:
    """Draw η as steps: that of epoch k holds from k - 1 to k."""
    etas = curves["eta"].tolist() or [1.0]
    steps = [etas[0], *curves["eta"]]
    axes.set_yscale("log")
    axes.set_ylim(min(etas) / 1.8, max(etas) * 1.8)
    label_etas(axes.yaxis)
    if len(set(etas)) == 1:
        axes.set_yticks([etas[0]])
    axes.plot(
        [0, *curves["epoch"]], steps, color=INK, lw=1.8, drawstyle="steps-pre", gid="eta", zorder=3
    )
    axes.set_title("learning rate η", loc="left", fontsize="medium")


def draw_moments(stack: tuple[Axes, ...], marks: RunMarks) -> None:
    """Draw best epoch, stop and each change of η through all panels."""
    for axes in stack:
        for epoch in marks.divided:
            axes.axvline(epoch, gid="divided", **_DIVIDED)
        if marks.best is not None:
            axes.axvline(marks.best[0], gid="best", **_BEST)
        axes.axvline(marks.last, gid="stop", clip_on=False, **_STOP)


_DIVIDED: dict[str, Any] = {"color": MUTED, "linestyle": (0, (1, 2)), "linewidth": 1}
_BEST: dict[str, Any] = {"color": INK, "linestyle": "-", "linewidth": 1}
_STOP: dict[str, Any] = {"color": INK, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.3}


def finish(figure: Figure, lowest: Axes, marks: RunMarks, names: tuple[str, ...]) -> None:
    """Set the shared axis of epochs, under the lowest panel, and the legend under that."""
    narrow = figure.get_figwidth() < _SMALL
    ticks = MaxNLocator(4 if narrow else 8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    lowest.set_xlim(0, max(1, marks.last))
    lowest.xaxis.set_major_locator(ticks)
    lowest.set_xlabel("epochs")
    keys: list[Artist] = [_series_key(name) for name in names]
    keys += [Line2D([], [], label="best epoch", **_BEST)] * (marks.best is not None)
    keys += [Line2D([], [], label=f"stop: {marks.stop}", **_STOP)]
    keys += [Line2D([], [], label="η divided", **_DIVIDED)] * bool(marks.divided)
    legend(figure, lowest, keys, columns=2 if narrow else 5)


def _series_key(name: str) -> Line2D:
    mark = SERIES[name]
    style: dict[str, Any] = {"linestyle": mark.line, "marker": mark.marker, "markersize": 5}
    return Line2D([], [], color=mark.color, linewidth=1.8, label=name, **style)
