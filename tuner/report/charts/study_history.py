"""The course of a study, trial after trial."""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.canvas import HIGH, panels
from tuner.report.charts.study_axes import even_ticks, limit_trials
from tuner.report.charts.study_parts import (
    LEFT,
    RUNG,
    best_key,
    draw_trials,
    few,
    ring_best,
    rung_key,
    say_nothing,
    state_keys,
    under,
)
from tuner.report.charts.theme import INK, styled
from tuner.report.frames.study import trial_table


def search_history(record: StudyRecord) -> pd.DataFrame:
    """Return the trials in their order.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `accuracy` in %; `best_so_far`, the highest of the complete trials up
        to this one, in %; `epochs` trained; `best`, whether it is the best trial.
    """
    frame = trial_table(record)[["number", "outcome", "accuracy", "epochs"]].copy()
    frame["accuracy"] *= 100
    states = [trial.state for trial in record.result.trials]
    complete = pd.Series([state == "complete" for state in states], index=frame.index, dtype=bool)
    frame["best_so_far"] = frame["accuracy"].where(complete).cummax().ffill()
    best = record.result.best
    frame["best"] = frame["number"] == (best.number if best else -1)
    return frame


def rungs(record: StudyRecord) -> tuple[int, ...]:
    """Return the epochs at which weak trials were ended."""
    return record.plan.rungs


def draw_history(history: pd.DataFrame, ends: tuple[int, ...], *, most: int = 500) -> Figure:
    """Draw accuracy and length of the trials against their number.

    Parameters
    ----------
    history, ends
        From `search_history` and `rungs`.
    most
        About as many points are drawn.
    """
    best = history[history["best"]]
    drawn = few(history, most, int(best["number"].iloc[0]) if len(best) else None)
    with styled():
        figure, (top, low) = panels(HIGH, margin=0.2, ratios=(3, 1.6), left=LEFT)
        limit_trials(top, history)
        small = len(drawn) > 60
        draw_trials(top, drawn.dropna(subset="accuracy"), x="number", y="accuracy", small=small)
        top.step(history["number"], history["best_so_far"], where="post", gid="so far", **_SO_FAR)
        for number, value in zip(best["number"], best["accuracy"], strict=True):
            ring_best(top, number, value)
        _draw_lengths(low, drawn, ends, small=small)
        low.set_xlim(-0.5, max([1, *history["number"]]) + 0.5)
        low.set_xlabel("trial")
        even_ticks(low.xaxis, whole=True)
        if history.empty:
            say_nothing(top, "no trial has ended")
        keys: list[Artist] = [*state_keys(history["outcome"]), *([best_key()] * len(best))]
        keys += [Line2D([], [], label="best so far", **_SO_FAR)] * bool(len(best))
        keys += [rung_key()] * bool(ends)
        under(figure, low, keys)
    return figure


_SO_FAR: dict[str, Any] = {"color": INK, "linewidth": 1.5, "linestyle": "-"}


def _draw_lengths(axes: Axes, trials: pd.DataFrame, ends: tuple[int, ...], *, small: bool) -> None:
    known = trials.dropna(subset="epochs")
    axes.set_ylim(0, 1.08 * max([1, *ends, *known["epochs"]]))
    even_ticks(axes.yaxis, whole=True, most=4)
    for epoch in ends:
        axes.axhline(epoch, gid="rung", **RUNG)
    draw_trials(axes, known, x="number", y="epochs", small=small)
    axes.set_title("epochs trained", loc="left")
