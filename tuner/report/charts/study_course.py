"""The course of a study: its trials one after the other, and their learning curves."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.canvas import HIGH, EndLabel, draw_end_labels, panels, say_nothing
from tuner.report.charts.theme import INK, SERIES, STATES, Line, styled
from tuner.report.charts.trials import (
    LEFT,
    MOST_IN_ONE,
    OUTCOME,
    RUNG,
    TRIAL,
    best_rows,
    best_trial_words,
    draw_best,
    draw_trials,
    even_ticks,
    few,
    left_out,
    limit_trials,
    outcomes,
    rung_key,
    sheet,
    state_keys,
    under,
)
from tuner.report.document import Columns, Figure, Table, whole
from tuner.report.format import count, listing
from tuner.report.frames.study import curve_table
from tuner.report.measure import Measure


def search_history(record: StudyRecord) -> pd.DataFrame:
    """Return the trials in their order.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `value`, as drawn; `best_so_far`, the best of the complete trials up
        to this one; `epochs` trained; `best`, whether it is the best trial.
    """
    best, measure = record.result.best, Measure(record.result.metric)
    rows = [
        (
            trial.number,
            trial.outcome,
            measure.scale * trial.value,
            measure.sign * measure.scale * trial.value if trial.state == "complete" else math.nan,
            max(trial.epochs, default=math.nan),
            trial is best,
        )
        for trial in record.result.trials
    ]
    columns = ["number", "outcome", "value", "best_so_far", "epochs", "best"]
    kinds = {"number": int, "value": float, "best_so_far": float, "epochs": float, "best": bool}
    frame = pd.DataFrame(rows, columns=columns).astype(kinds)
    return frame.assign(best_so_far=measure.sign * frame["best_so_far"].cummax().ffill())


def rungs(record: StudyRecord) -> tuple[int, ...]:
    """Return the epochs at which weak trials were ended."""
    return record.plan.rungs


def draw_history(
    history: pd.DataFrame, measure: Measure, ends: tuple[int, ...], *, most: int = 500
) -> Plot:
    """Draw value and length of the trials against their number.

    Parameters
    ----------
    history, measure, ends
        From `search_history` and `rungs`.
    most
        About as many points are drawn.
    """
    drawn = few(history, most)
    with styled():
        figure, (top, low) = panels(HIGH, margin=0.2, ratios=(3, 1.6), left=LEFT)
        limit_trials(top, history, measure)
        small = len(drawn) > 60
        draw_trials(top, drawn.dropna(subset="value"), x="number", y="value", small=small)
        top.step(history["number"], history["best_so_far"], where="post", gid="so far", **_SO_FAR)
        best = draw_best(top, history, "number", "value")
        _draw_lengths(low, drawn, ends, small=small)
        low.set_xlim(-0.5, max([1, *history["number"]]) + 0.5)
        low.set_xlabel("trial")
        even_ticks(low.xaxis, whole=True)
        if history.empty:
            say_nothing(top, "no trial has ended")
        keys: list[Artist] = [*state_keys(history["outcome"]), *best]
        keys += [Line2D([], [], label="best so far", **_SO_FAR)] * len(best)
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


DRAWN_CURVES, DRAWN_POINTS = 60, 2400
"""Of more trials, or of longer ones, some are left out."""


def learning_curves(record: StudyRecord, *, most: int = DRAWN_CURVES) -> pd.DataFrame:
    """Return the curves that are drawn: of many trials the best half, and others evenly.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `epoch`; `value`, as drawn, the mean of the seeds; `best`, whether it
        is the curve of the best trial. Of long curves some epochs are left out.
    """
    curves, measure = curve_table(record), Measure(record.result.metric)
    curves["value"] *= measure.scale
    best = record.result.best
    curves["best"] = curves["number"] == (best.number if best else -1)
    curves = curves[curves["number"].isin(_chosen(curves, most, measure))]
    step = max(1, -(-len(curves) // DRAWN_POINTS))
    last = curves.groupby("number")["epoch"].transform("max")
    kept = (curves["epoch"] % step == 0) | (curves["epoch"] == 1) | (curves["epoch"] == last)
    scores = measure.sign * curves["value"]
    peak = curves["best"] & (scores == scores[curves["best"]].max())
    rest: pd.DataFrame = curves[kept | peak]
    return rest.reset_index(drop=True)


def _chosen(curves: pd.DataFrame, most: int, measure: Measure) -> set[int]:
    scores = measure.sign * curves["value"]
    peaks = scores.groupby(curves["number"]).max().sort_values(ascending=False, kind="stable")
    best = curves.loc[curves["best"], "number"].head(1).tolist()
    if len(peaks) <= most:
        return set(peaks.index)
    half = most // 2
    others = sorted(peaks.index[half:])
    return {*best, *peaks.index[:half], *others[:: -(-len(others) // half)]}


def draw_learning_curves(curves: pd.DataFrame, measure: Measure, ends: tuple[int, ...]) -> Plot:
    """Draw the validation metric against epochs: trials thin, the best bold, ends marked.

    Parameters
    ----------
    curves, measure, ends
        From `learning_curves` and `rungs`.
    """
    others, best = curves[~curves["best"]], curves[curves["best"]]
    with styled():
        figure, axes = sheet(margin=1.05)
        lasts = curves.drop_duplicates("number", keep="last")
        limit_trials(axes, curves, measure)
        for epoch in ends:
            axes.axvline(epoch, gid="rung", **RUNG)
        for state, those in others.groupby("outcome"):
            _draw_thin(axes, str(state), those)
        ended = lasts[~lasts["best"] & (lasts["outcome"] != "complete")]
        draw_trials(axes, ended, x="epoch", y="value", small=len(ended) > 60)
        axes.set_xlim(0, max([1, *curves["epoch"]]))
        axes.set_xlabel("epochs")
        even_ticks(axes.xaxis, whole=True)
        mark = SERIES["training"]
        axes.plot(best["epoch"], best["value"], color=mark.color, lw=2.6, gid="winner", zorder=4)
        keys = _curve_keys(others["outcome"], bool(ends), bool(len(best)))
        under(figure, axes, keys)
        if curves.empty:
            say_nothing(axes, "no trial kept its curve")
        elif len(best):
            end = (float(best["epoch"].iloc[-1]), float(best["value"].iloc[-1]))
            text = f"trial {best['number'].iloc[0]}"
            draw_end_labels(axes, [EndLabel(text, end, mark, strong=True)], title="best")
    return figure


def _draw_thin(axes: Axes, state: str, curves: pd.DataFrame) -> None:
    """Draw the curves of one outcome as a single line with gaps, which keeps the file small."""
    gaps = curves.drop_duplicates("number", keep="last").assign(value=math.nan)
    parted = pd.concat([curves, gaps]).sort_values(["number"], kind="stable")
    style: dict[str, Any] = {"color": STATES[state].color, "linestyle": _LINES[state]}
    axes.plot(parted["epoch"], parted["value"], lw=0.8, alpha=0.5, gid=state, zorder=2, **style)


_LINES: dict[str, Line] = {
    "complete": "-",
    "pruned": (0, (4, 1.5)),
    "diverged": (0, (1, 1)),
    "failed": "-",
}


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


def history_figure(record: StudyRecord) -> Figure:
    """Return the history of a search, the figure that every study has."""
    history, ends = search_history(record), rungs(record)
    measure = Measure(record.result.metric)
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "value": measure.axis,
        "best_so_far": f"best so far{measure.unit}",
        "epochs": whole("epochs"),
    }
    ended = (
        "Weak trials were pruned at the rungs"
        f" (after {_epochs(ends)}) and stand below at the epoch where they ended."
        if ends
        else "There were no rungs: every trial was trained until it stopped by itself."
    )
    return Figure(
        "study-history",
        "The search, trial by trial",
        Table(*best_rows("The trials in their order", history, measure), columns),
        partial(draw_history, history, measure, ends, most=MOST_IN_ONE),
        alt=_alt_history(history, measure),
        note=f"The step line is the best complete trial so far. {ended}"
        + left_out(history, MOST_IN_ONE),
    )


def curves_figure(record: StudyRecord) -> Iterator[Figure]:
    """Return the learning curves of a study, if trials kept them."""
    curves = learning_curves(record)
    if curves.empty:
        return
    lasts, measure = curves.drop_duplicates("number", keep="last"), Measure(record.result.metric)
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "epoch": whole("last epoch"),
        "value": measure.axis,
    }
    drawn, every = len(lasts), len(record.result.trials)
    some = f" Drawn are {drawn} of {every} trials." if drawn < every else ""
    yield Figure(
        "study-curves",
        "Learning curves",
        Table(*best_rows("Where the curves end", lasts, measure), columns),
        partial(draw_learning_curves, curves, measure, rungs(record)),
        alt=_alt_curves(curves, measure),
        note=f"Validation {measure.name} after each epoch, the mean of the seeds; a seed that"
        f" stopped keeps its last value. A marker shows where a trial was ended.{some}",
    )


def _epochs(ends: tuple[int, ...]) -> str:
    """State after which epochs the rungs lie.

    Examples
    --------
    >>> _epochs((2, 6)), _epochs((2,))
    ('epochs 2 and 6', 'epoch 2')
    """
    return f"{'epoch' if len(ends) == 1 else 'epochs'} {listing([str(end) for end in ends])}"


def _alt_history(history: pd.DataFrame, measure: Measure) -> str:
    """Describe the course of the search."""
    text = (
        f"Two charts against the number of the trial, from 0 to"
        f" {max([0, *history['number']])}: validation {measure.name} and epochs trained"
        f" ({outcomes(history)})."
    )
    best = history[history["best"]]
    if best.empty:
        return text
    return f"{text}{best_trial_words(history)}, with {measure.drawn_text(best['value'].iloc[0])}."


def _alt_curves(curves: pd.DataFrame, measure: Measure) -> str:
    """Describe the learning curves."""
    best = curves[curves["best"]]
    text = (
        f"Line chart of validation {measure.name} against epochs for"
        f" {count(curves['number'].nunique(), 'trial')}."
    )
    if best.empty:
        return text
    return (
        f"{text} The best, trial {best['number'].iloc[0]}, reaches"
        f" {measure.drawn_text(measure.best(best['value']))} and ends after"
        f" {count(int(best['epoch'].max()), 'epoch')}."
    )
