"""The figures of the article's experiments: one function makes the data, another the picture."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tuner.records import ExperimentRecord, Panel
from tuner.report.charts.canvas import Size
from tuner.report.charts.theme import MARKS, Mark, styled
from tuner.report.format import number

_NARROW = 5.0
"""Inches below which panels stand one below the other."""

OVER_TIME = ("epochs", "training steps")


def panel_curves(experiment: ExperimentRecord) -> pd.DataFrame:
    """Return every line of an experiment's pictures in long form.

    Returns
    -------
    pandas.DataFrame
        `panel`, its title; `line`; `x`; `y`, and `low` and `high` over seeds (NaN where there are
        none).
    """
    rows = [
        (panel.title, series.name, *point)
        for panel in experiment.panels
        for series in panel.series
        for point in zip(
            series.x,
            series.y,
            series.low or (math.nan,) * len(series.x),
            series.high or (math.nan,) * len(series.x),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=["panel", "line", "x", "y", "low", "high"])


def panels_size(panels: Sequence[Panel], *, narrow: bool) -> Size:
    """Return width and height in inches for so many panels."""
    count = len(panels)
    if narrow:
        return (3.6, 0.8 + 2.35 * count)
    return (8.0, 3.9 if count < 4 else 6.4)


def draw_panels(curves: pd.DataFrame, panels: Sequence[Panel], size: Size) -> Figure:
    """Draw the panels: means as lines, ranges over seeds as bands behind them.

    Parameters
    ----------
    curves
        From `panel_curves`.
    panels
        Their titles and axes.
    size
        From `panels_size`.
    """
    narrow, names = size[0] < _NARROW, list(dict.fromkeys(curves["line"]))
    rows, columns = _grid(len(panels), narrow=narrow)
    marks = dict(zip(names, _marks(len(names)), strict=True))
    with styled():
        figure = Figure(figsize=size, facecolor="none", layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, subplot_kw={"facecolor": "none"})
        for axes, panel in zip(grid.flat, panels, strict=True):
            _draw_panel(axes, panel, curves[curves["panel"] == panel.title], marks)
        figure.legend(
            handles=[_key(name, mark) for name, mark in marks.items()],
            loc="outside lower left",
            ncols=2 if narrow else 4,
            fontsize="small",
            handlelength=2.6,
            columnspacing=1.2,
        )
    return figure


def _grid(count: int, *, narrow: bool) -> tuple[int, int]:
    if narrow:
        return count, 1
    return (2, 2) if count == 4 else (1, count)


def _marks(count: int) -> list[Mark]:
    every = list(MARKS.values())
    return [every[i % len(every)] for i in range(count)]


def _draw_panel(axes: Axes, panel: Panel, curves: pd.DataFrame, marks: Mapping[str, Mark]) -> None:
    axes.set_title(panel.title, loc="left", fontsize="medium")
    axes.set_xlabel(panel.x_title, fontsize="small")
    axes.tick_params(labelsize="small")
    if panel.log_x:
        axes.set_xscale("log")
    if panel.log_y:
        axes.set_yscale("log")
    for i, (name, line) in enumerate(curves.groupby("line", sort=False)):
        _draw_line(axes, line, str(name), marks[str(name)], start=i)
    _limit(axes, panel, curves)
    for axis, log in ((axes.xaxis, panel.log_x), (axes.yaxis, panel.log_y)):
        if not log:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 12))))


def _draw_line(axes: Axes, line: pd.DataFrame, name: str, mark: Mark, *, start: int) -> None:
    if line["low"].notna().any():
        style: dict[str, Any] = {"color": mark.color, "alpha": 0.18, "linewidth": 0}
        axes.fill_between(line["x"], line["low"], line["high"], **style)
    axes.plot(
        line["x"],
        line["y"],
        color=mark.color,
        linestyle=mark.line,
        linewidth=1.6,
        marker=mark.marker,
        markersize=4,
        markevery=(0.03 * (start % 6), 0.18),  # shares of the diagonal of the axes
        gid=name,
    )


def _limit(axes: Axes, panel: Panel, curves: pd.DataFrame) -> None:
    """Leave out of a panel over seeds what only its first epochs would need, and say so."""
    known, over_seeds = curves.dropna(subset="y"), curves["low"].notna().any()
    if panel.log_y or panel.x_title not in OVER_TIME or known.empty or not over_seeds:
        return
    later = known[known["x"] > 0.1 * known["x"].max()]
    low, high = later["y"].min(), later["y"].max()
    below, above = low - known["y"].min(), known["y"].max() - high
    if not (high > low and max(below, above) > 0.6 * (high - low)):
        return
    spare = 0.08 * (high - low)
    bands = later[["low", "high"]].melt()["value"].dropna().clip(low - 3 * spare, high + 3 * spare)
    bottom, top = min([low, *bands]) - spare, max([high, *bands]) + spare
    axes.set_ylim(bottom, top)
    cut = f"from {number(bottom, 3)} up" if below > above else f"cut at {number(top, 3)}"
    axes.set_title(f"{panel.title}, {cut}", loc="left", fontsize="medium")


def _key(name: str, mark: Mark) -> Line2D:
    return Line2D(
        [],
        [],
        color=mark.color,
        linestyle=mark.line,
        marker=mark.marker,
        markersize=4.5,
        linewidth=1.6,
        label=name,
    )
