"""The figures of the article's experiments: one function makes the data, another the picture."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tuner.records import ExperimentRecord, Panel
from tuner.report.charts.canvas import WIDTH, draw_line, key, write_numbers
from tuner.report.charts.theme import MARKS, Mark, styled
from tuner.report.fonts import lettered
from tuner.report.format import number

OVER_TIME = ("epochs", "training steps")

LONGEST = 90
"""Letters of a title or name."""


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


def draw_panels(curves: pd.DataFrame, panels: Sequence[Panel]) -> Figure:
    """Draw the panels: means as lines, ranges over seeds as bands behind them.

    Parameters
    ----------
    curves
        From `panel_curves`.
    panels
        Their titles and axes.
    """
    every = list(MARKS.values())
    names = dict.fromkeys(curves["line"])
    marks = {name: every[i % len(every)] for i, name in enumerate(names)}
    with styled():
        height = 0.9 + 2.4 * len(panels)
        figure = Figure(figsize=(WIDTH, height), facecolor="none", layout="constrained")
        stack = figure.subplots(len(panels), squeeze=False, subplot_kw={"facecolor": "none"})
        for axes, panel in zip(stack.flat, panels, strict=True):
            _draw_panel(axes, panel, curves[curves["panel"] == panel.title], marks)
        figure.legend(
            handles=[
                key(mark, lettered(name, LONGEST, f"line {place}"))
                for place, (name, mark) in enumerate(marks.items(), 1)
            ],
            loc="outside lower left",
            ncols=2,
            fontsize="small",
            handlelength=2.6,
            columnspacing=1.2,
        )
    return figure


def _draw_panel(axes: Axes, panel: Panel, curves: pd.DataFrame, marks: Mapping[str, Mark]) -> None:
    axes.set_title(lettered(panel.title, LONGEST, ""), loc="left")
    axes.set_xlabel(lettered(panel.x_title, LONGEST, ""), fontsize="small")
    axes.tick_params(labelsize="small")
    if panel.log_x:
        axes.set_xscale("log")
    if panel.log_y:
        axes.set_yscale("log")
    known = curves[["y", "low", "high"]].melt()["value"].dropna()
    if len(known):
        low, high = known.min(), known.max()
        spare = 0.05 * (high - low) or 0.5
        axes.set_ylim(*((low / 1.2, high * 1.2) if panel.log_y else (low - spare, high + spare)))
    for i, (name, line) in enumerate(curves.groupby("line", sort=False)):
        mark, line = marks[str(name)], line.reset_index(drop=True)
        if line["low"].notna().any():
            style: dict[str, Any] = {"color": mark.color, "alpha": 0.18, "linewidth": 0}
            axes.fill_between(line["x"], line["low"], line["high"], **style)
        draw_line(
            axes, line["x"], line["y"], mark, gid=lettered(str(name), LONGEST, f"line {i}"), start=i
        )
    _limit(axes, panel, curves)
    whole = bool((curves["x"] % 1 == 0).all())
    for axis, log, integer in (
        (axes.xaxis, panel.log_x, whole),
        (axes.yaxis, panel.log_y, False),
    ):
        if not log:
            ticks = MaxNLocator(5, steps=[1, 2, 5, 10], integer=integer, min_n_ticks=1)
            axis.set_major_locator(ticks)
        write_numbers(axis)


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
    axes.set_title(f"{lettered(panel.title, LONGEST, '')}, {cut}", loc="left")
