"""The learning curves of a study's trials, through its rungs."""

import math
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.canvas import EndLabel, draw_end_labels
from tuner.report.charts.study_axes import even_ticks, limit_trials
from tuner.report.charts.study_parts import RUNG, draw_trials, rung_key, say_nothing, sheet, under
from tuner.report.charts.theme import SERIES, STATES, Line, styled
from tuner.report.frames.study import curve_table

DRAWN_CURVES, DRAWN_POINTS = 60, 2400
"""Of more trials, or of longer ones, some are left out."""


def learning_curves(record: StudyRecord, *, most: int = DRAWN_CURVES) -> pd.DataFrame:
    """Return the curves that are drawn: of many trials the best half, and others evenly.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `epoch`; `accuracy` in %, the mean of the seeds; `best`, whether it is
        the curve of the best trial. Of long curves some epochs are left out.
    """
    curves = curve_table(record)
    curves["accuracy"] *= 100
    best = record.result.best
    curves["best"] = curves["number"] == (best.number if best else -1)
    curves = curves[curves["number"].isin(_chosen(curves, most))]
    step = max(1, -(-len(curves) // DRAWN_POINTS))
    last = curves.groupby("number")["epoch"].transform("max")
    kept = (curves["epoch"] % step == 0) | (curves["epoch"] == 1) | (curves["epoch"] == last)
    peak = curves["best"] & (curves["accuracy"] == curves.loc[curves["best"], "accuracy"].max())
    rest: pd.DataFrame = curves[kept | peak]
    return rest.reset_index(drop=True)


def _chosen(curves: pd.DataFrame, most: int) -> set[int]:
    peaks = curves.groupby("number")["accuracy"].max().sort_values(ascending=False, kind="stable")
    best = curves.loc[curves["best"], "number"].head(1).tolist()
    if len(peaks) <= most:
        return set(peaks.index)
    half = most // 2
    others = sorted(peaks.index[half:])
    return {*best, *peaks.index[:half], *others[:: -(-len(others) // half)]}


def draw_learning_curves(curves: pd.DataFrame, ends: tuple[int, ...]) -> Figure:
    """Draw validation accuracy against epochs: trials thin, the best bold, ends marked.

    Parameters
    ----------
    curves, ends
        From `learning_curves` and `rungs`.
    """
    others, best = curves[~curves["best"]], curves[curves["best"]]
    with styled():
        figure, axes = sheet(margin=0.85)
        lasts = curves.drop_duplicates("number", keep="last")
        limit_trials(axes, curves)
        for epoch in ends:
            axes.axvline(epoch, gid="rung", **RUNG)
        for state, those in others.groupby("outcome"):
            _draw_thin(axes, str(state), those)
        _draw_ends(axes, lasts[~lasts["best"]])
        axes.set_xlim(0, max([1, *curves["epoch"]]))
        axes.set_xlabel("epochs")
        even_ticks(axes.xaxis, whole=True)
        mark = SERIES["training"]
        axes.plot(best["epoch"], best["accuracy"], color=mark.color, lw=2.6, gid="winner", zorder=4)
        keys = _curve_keys(others["outcome"], bool(ends), bool(len(best)))
        under(figure, axes, keys)
        if curves.empty:
            say_nothing(axes, "no trial kept its curve")
        elif len(best):
            end = (float(best["epoch"].iloc[-1]), float(best["accuracy"].iloc[-1]))
            text = f"trial {best['number'].iloc[0]}"
            draw_end_labels(axes, [EndLabel(text, end, mark, strong=True)], title="best")
    return figure


def _draw_thin(axes: Axes, state: str, curves: pd.DataFrame) -> None:
    """Draw the curves of one outcome as a single line with gaps, which keeps the file small."""
    gaps = curves.drop_duplicates("number", keep="last").assign(accuracy=math.nan)
    parted = pd.concat([curves, gaps]).sort_values(["number"], kind="stable")
    style: dict[str, Any] = {"color": STATES[state].color, "linestyle": _LINES[state]}
    axes.plot(parted["epoch"], parted["accuracy"], lw=0.8, alpha=0.5, gid=state, zorder=2, **style)


_LINES: dict[str, Line] = {
    "complete": "-",
    "pruned": (0, (4, 1.5)),
    "diverged": (0, (1, 1)),
    "failed": "-",
}


def _draw_ends(axes: Axes, lasts: pd.DataFrame) -> None:
    ended = lasts[lasts["outcome"] != "complete"]
    draw_trials(axes, ended, x="epoch", y="accuracy", small=len(ended) > 60)


def _curve_keys(states: "pd.Series[str]", rungs: bool, best: bool) -> list[Artist]:
    keys: list[Artist] = [Line2D([], [], color=SERIES["training"].color, lw=2.6, label="best")]
    found = set(states)
    thin = [
        Line2D(
            [],
            [],
            color=STATES[state].color,
            lw=1,
            ls=line,
            marker="" if state == "complete" else STATES[state].marker,
            ms=5,
            label=state,
        )
        for state, line in _LINES.items()
        if state in found
    ]
    return [*keys * best, *thin, *[rung_key()] * rungs]
