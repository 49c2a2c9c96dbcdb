"""Lines against epochs, for every chart that has them: the series, their limits and their axis."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox, TransformedBbox

from tuner.report.charts.canvas import EndLabel, label_etas, legend
from tuner.report.charts.theme import MUTED, Mark
from tuner.report.format import number

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
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 12))))
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
