"""Strategies of training against each other: what each reaches, and what it costs."""

import math
import re

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tuner.records import StudyRecord
from tuner.report.charts.canvas import HIGH, panels
from tuner.report.charts.study_axes import even_ticks, limit_trials, set_axis
from tuner.report.charts.study_parts import (
    LEFT,
    apart,
    draw_trials,
    few,
    state_keys,
    under,
)
from tuner.report.charts.theme import SERIES, styled
from tuner.report.frames.study import PARAMS, mean_of_trials, seed_table, trial_table
from tuner.report.frames.study_space import Dimension, plain

PARTS = ("schedule", "patience", "factor")
"""The dimensions that make a strategy."""

MOST_VALUES, MOST_STRATEGIES = 8, 12
"""A part with more values than these tells strategies apart no longer; the best are shown."""


def strategies(record: StudyRecord) -> pd.DataFrame:
    """Return every network with its strategy.

    Returns
    -------
    pandas.DataFrame
        `number` of the trial; `seed`; `strategy`, in words; `outcome`; `accuracy` in %; `epochs`
        trained. Of more than twelve strategies only the most accurate. Empty where none was
        searched.
    """
    frame = trial_table(record)
    values = {part: frame[PARAMS + part].map(plain) for part in PARTS if PARAMS + part in frame}
    told = {part: texts for part, texts in values.items() if 1 < texts.nunique() <= MOST_VALUES}
    names = [
        ", ".join(
            f"{part} {texts[row]}" if part != "schedule" else texts[row]
            for part, texts in told.items()
        )
        for row in frame.index
    ]
    known = frame.assign(strategy=names).dropna(subset=["accuracy"])
    named = dict(zip(known["number"], known["strategy"], strict=True)) if told else {}
    frame = seed_table(record)
    frame = frame[frame["number"].isin(named)]
    frame = frame.assign(strategy=frame["number"].map(named), accuracy=100 * frame["accuracy"])
    means = frame.groupby("strategy")["accuracy"].mean().nlargest(MOST_STRATEGIES)
    return frame[frame["strategy"].isin(means.index)][_COLUMNS].reset_index(drop=True)


_COLUMNS = ["number", "seed", "strategy", "outcome", "accuracy", "epochs"]


def strategy_means(trials: pd.DataFrame) -> pd.DataFrame:
    """Compare strategies.

    Returns
    -------
    pandas.DataFrame
        `strategy`, by name; `trials`, all of them; `complete`; `accuracy`, the mean of the complete
        trials in %; `low` and `high`, its 95 % interval over trials, or over the seeds of a single
        one; `epochs`, the mean of all.
    """
    rows = []
    for name, group in sorted(trials.groupby("strategy"), key=lambda each: _natural(str(each[0]))):
        complete = group[group["outcome"] == "complete"]
        amounts = group["number"].nunique(), complete["number"].nunique()
        rows.append((str(name), *amounts, *mean_of_trials(complete), group["epochs"].mean()))
    columns = ["strategy", "trials", "complete", "accuracy", "low", "high", "epochs"]
    return pd.DataFrame(rows, columns=columns)


def _natural(name: str) -> list[str | int]:
    """Sort numbers within a name by their size.

    Examples
    --------
    >>> sorted(["patience 10", "patience 5"], key=_natural)
    ['patience 5', 'patience 10']
    """
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def draw_strategies(trials: pd.DataFrame, means: pd.DataFrame, *, most: int = 300) -> Figure:
    """Draw accuracy and epochs of each strategy.

    Parameters
    ----------
    trials, means
        From `strategies` and `strategy_means`.
    most
        About as many points are drawn.
    """
    axis = Dimension("strategy", "choice", choices=tuple(means["strategy"]))
    places = trials["strategy"].map(axis.place).astype(float)
    trials = trials.assign(place=apart(places))
    drawn = few(trials, most, None)
    with styled():
        figure, (top, low) = panels(HIGH, margin=0.2, ratios=(3, 2), left=LEFT)
        set_axis(low, low.xaxis, axis, [])
        limit_trials(top, trials)
        low.set_ylim(0, 1.08 * max([1.0, *trials["epochs"].dropna()]))
        low.set_title("epochs trained", loc="left")
        even_ticks(low.yaxis, whole=True, most=4)
        draw_trials(top, drawn, x="place", y="accuracy", small=len(drawn) > 60)
        draw_trials(low, drawn.dropna(subset="epochs"), x="place", y="epochs", small=True)
        keys = state_keys(trials["outcome"])
        keys += _draw_level(top, means["accuracy"]) + _draw_intervals(top, means)
        _draw_level(low, means["epochs"])
        under(figure, low, keys)
    return figure


_HALF = 0.36


def _draw_level(axes: Axes, level: "pd.Series[float]") -> list[Artist]:
    left = [place - _HALF for place in range(len(level))]
    right = [place + _HALF for place in range(len(level))]
    color = SERIES["gap"].color
    axes.hlines(level, left, right, color=color, linewidth=2, gid="means")
    return [Line2D([], [], color=color, lw=2, label="mean")]


def _draw_intervals(axes: Axes, means: pd.DataFrame) -> list[Artist]:
    color = SERIES["gap"].color
    for place, (low, high) in enumerate(zip(means["low"], means["high"], strict=True)):
        if math.isfinite(low):
            ends = [place - _HALF, place + _HALF]
            axes.fill_between(ends, low, high, color=color, alpha=0.16, lw=0, gid="band")
    known = bool(means["low"].notna().any())
    return [Patch(color=color, alpha=0.16, lw=0, label="95 % interval")] * known
