"""Accuracy against another objective: which trials no other beats in both."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.study_axes import limit_trials, set_axis
from tuner.report.charts.study_parts import (
    best_key,
    draw_trials,
    few,
    ring_best,
    say_nothing,
    sheet,
    state_keys,
    under,
)
from tuner.report.charts.theme import INK, styled
from tuner.report.frames.study_space import Dimension

UNITS = {"parameters": "weights and biases", "seconds": "training time in s"}


def front(record: StudyRecord, index: int) -> pd.DataFrame:
    """Return every trial by accuracy and one further objective.

    Parameters
    ----------
    record
        Of a study with several objectives.
    index
        Which of its objectives, from 1; to be low.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `cost`, the objective; `accuracy` in %; `front`, whether no complete
        trial is at least as good in both and better in one; `best`, whether it is the most
        accurate.
    """
    best = record.result.best
    rows = [
        (
            trial.number,
            trial.outcome,
            trial.objective(index),
            100 * trial.accuracy,
            best is not None and trial.number == best.number,
        )
        for trial in record.result.trials
    ]
    frame = pd.DataFrame(rows, columns=["number", "outcome", "cost", "accuracy", "best"])
    frame = frame.dropna(subset=["cost", "accuracy"]).reset_index(drop=True)
    frame = frame.astype({"cost": float, "accuracy": float, "best": bool})
    ranked = frame[frame["outcome"] == "complete"].sort_values(
        ["cost", "accuracy"], ascending=[True, False], kind="stable"
    )
    highest = ranked["accuracy"].cummax()
    leading = ranked.index[ranked["accuracy"] > highest.shift(fill_value=-1.0)]
    return frame.assign(front=frame.index.isin(leading))


def draw_front(points: pd.DataFrame, name: str, *, most: int = 500) -> Figure:
    """Draw accuracy against another objective, with the front as a stair.

    Parameters
    ----------
    points
        From `front`.
    name
        Of the objective.
    most
        About as many points are drawn.
    """
    low, high = (points["cost"].min(), points["cost"].max()) if len(points) else (0.0, 1.0)
    scale = "log" if low > 0 and high / low > 20 else "linear"
    axis = Dimension(UNITS.get(name, name), "log" if scale == "log" else "linear", low, high)
    leading = points[points["front"]].sort_values("cost")
    best = points[points["best"]]
    drawn = few(points, most, int(best["number"].iloc[0]) if len(best) else None)
    with styled():
        figure, axes = sheet()
        set_axis(axes, axes.xaxis, axis, [])
        limit_trials(axes, points)
        draw_trials(axes, drawn, x="cost", y="accuracy", small=len(drawn) > 60)
        reach = [*leading["cost"], axes.get_xlim()[1]][: 2 * len(leading)]
        stair = [*leading["accuracy"], *leading["accuracy"].tail(1)]
        axes.step(reach, stair, where="post", color=INK, lw=1.3, gid="front")
        axes.plot(leading["cost"], leading["accuracy"], "D", gid="leading", zorder=4, **_LEADING)
        keys = state_keys(points["outcome"])
        if len(leading):
            keys.append(Line2D([], [], color=INK, lw=1.3, label="front", **_LEADING, marker="D"))
        if len(best):
            ring_best(axes, float(best["cost"].iloc[0]), float(best["accuracy"].iloc[0]))
            keys.append(best_key())
        if points.empty:
            say_nothing(axes, "no trial has both objectives")
        under(figure, axes, keys)
    return figure


_LEADING: dict[str, Any] = {"markersize": 6, "markerfacecolor": "none", "markeredgecolor": INK}
