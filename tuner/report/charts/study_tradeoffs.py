"""What a better metric costs: the Pareto front of two objectives, and strategies of training."""

import math
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.canvas import HIGH, panels, say_nothing
from tuner.report.charts.theme import INK, styled
from tuner.report.charts.trials import (
    LEFT,
    MOST_IN_ONE,
    OUTCOME,
    TRIAL,
    apart,
    best_rows,
    draw_bands,
    draw_best,
    draw_levels,
    draw_trials,
    even_ticks,
    few,
    file_name,
    left_out,
    limit_trials,
    outcomes,
    set_axis,
    sheet,
    state_keys,
    under,
)
from tuner.report.document import Columns, Figure, Table, whole
from tuner.report.format import count, listing, number
from tuner.report.frames.study import mean_of_trials, seed_table
from tuner.report.frames.study_space import Dimension, plain, shortened
from tuner.report.measure import Measure

UNITS = {"parameters": "weights and biases", "seconds": "training time in s"}


def front(record: StudyRecord, index: int) -> pd.DataFrame:
    """Return every trial by the metric and one further objective.

    Parameters
    ----------
    record
        Of a study with several objectives.
    index
        Which of its objectives, from 1; to be low.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `cost`, the objective; `value`, as drawn; `front`, whether no
        complete trial is at least as good in both and better in one; `best`, whether its value is
        the best.
    """
    best, measure = record.result.best, Measure(record.result.metric)
    rows = [
        (
            trial.number,
            trial.outcome,
            trial.objective(index),
            measure.scale * trial.value,
            best is not None and trial.number == best.number,
        )
        for trial in record.result.trials
    ]
    frame = pd.DataFrame(rows, columns=["number", "outcome", "cost", "value", "best"])
    frame = frame.dropna(subset=["cost", "value"]).reset_index(drop=True)
    frame = frame.astype({"cost": float, "value": float, "best": bool})
    frame["score"] = measure.sign * frame["value"]
    ranked = frame[frame["outcome"] == "complete"].sort_values(
        ["cost", "score"], ascending=[True, False], kind="stable"
    )
    highest = ranked["score"].cummax()
    leading = ranked.index[ranked["score"] > highest.shift(fill_value=-math.inf)]
    frame = frame.drop(columns="score")
    return frame.assign(front=frame.index.isin(leading))


def draw_front(points: pd.DataFrame, measure: Measure, name: str, *, most: int = 500) -> Plot:
    """Draw the metric against another objective, with the Pareto front as a step line.

    Parameters
    ----------
    points
        From `front`.
    measure
        What is drawn.
    name
        Of the objective.
    most
        About as many points are drawn.
    """
    low, high = (points["cost"].min(), points["cost"].max()) if len(points) else (0.0, 1.0)
    scale = "log" if low > 0 and high / low > 20 else "linear"
    axis = Dimension(UNITS.get(name, name), "log" if scale == "log" else "linear", low, high)
    leading = points[points["front"]].sort_values("cost")
    drawn = few(points, most)
    with styled():
        figure, axes = sheet()
        set_axis(axes, axes.xaxis, axis, [])
        limit_trials(axes, points, measure)
        draw_trials(axes, drawn, x="cost", y="value", small=len(drawn) > 60)
        reach = [*leading["cost"], axes.get_xlim()[1]][: 2 * len(leading)]
        stair = [*leading["value"], *leading["value"].tail(1)]
        axes.step(reach, stair, where="post", color=INK, lw=1.3, gid="front")
        axes.plot(leading["cost"], leading["value"], "D", gid="leading", zorder=4, **_LEADING)
        keys = state_keys(points["outcome"])
        if len(leading):
            keys.append(
                Line2D([], [], color=INK, lw=1.3, label="Pareto front", **_LEADING, marker="D")
            )
        keys += draw_best(axes, points, "cost", "value")
        if points.empty:
            say_nothing(axes, "no trial has both objectives")
        under(figure, axes, keys)
    return figure


_LEADING: dict[str, Any] = {"markersize": 6, "markerfacecolor": "none", "markeredgecolor": INK}


PARTS = ("schedule", "patience", "factor")
"""The dimensions that make a strategy."""

MOST_VALUES, MOST_STRATEGIES = 8, 12
"""A part with more values than these tells strategies apart no longer; the best are shown."""


def strategies(record: StudyRecord) -> pd.DataFrame:
    """Return every network with its strategy.

    Returns
    -------
    pandas.DataFrame
        `number` of the trial; `seed`; `strategy`, in words; `outcome`; `value`, as drawn;
        `epochs` trained. Of more than twelve strategies only the best. Empty where none was
        searched.
    """
    trials, searched = record.result.trials, record.result.space
    values = {
        part: [plain(trial.params.get(part)) for trial in trials]
        for part in PARTS
        if part in searched
    }
    told = [part for part, texts in values.items() if 1 < len(set(texts)) <= MOST_VALUES]
    named = {
        trial.number: ", ".join(
            values[part][row] if part == "schedule" else f"{part} {values[part][row]}"
            for part in told
        )
        for row, trial in enumerate(trials)
        if told and not math.isnan(trial.value)
    }
    frame = seed_table(record)
    frame = frame[frame["number"].isin(named)]
    measure = Measure(record.result.metric)
    drawn = measure.scale * frame["value"]
    frame = frame.assign(strategy=frame["number"].map(named), value=drawn)
    scores = measure.sign * frame.groupby("strategy")["value"].mean()
    means = scores.nlargest(MOST_STRATEGIES)
    return frame[frame["strategy"].isin(means.index)][_COLUMNS].reset_index(drop=True)


_COLUMNS = ["number", "seed", "strategy", "outcome", "value", "epochs"]


def strategy_means(trials: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Compare strategies.

    Returns
    -------
    pandas.DataFrame
        `strategy`, by name; `trials`, all of them; `complete`; `value`, the mean of the complete
        trials; `low` and `high`, its 95 % interval over trials, or over the seeds of a single
        one; `epochs`, the mean of all.
    """
    rows = []
    for name, group in sorted(trials.groupby("strategy"), key=lambda each: _natural(str(each[0]))):
        complete = group[group["outcome"] == "complete"]
        amounts = group["number"].nunique(), complete["number"].nunique()
        rows.append(
            (str(name), *amounts, *mean_of_trials(complete, measure.bounds), group["epochs"].mean())
        )
    columns = ["strategy", "trials", "complete", "value", "low", "high", "epochs"]
    return pd.DataFrame(rows, columns=columns)


def _natural(name: str) -> list[str | int]:
    """Sort numbers within a name by their size.

    Examples
    --------
    >>> sorted(["patience 10", "patience 5"], key=_natural)
    ['patience 5', 'patience 10']
    """
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def draw_strategies(
    trials: pd.DataFrame, means: pd.DataFrame, measure: Measure, *, most: int = 300
) -> Plot:
    """Draw metric and epochs of each strategy.

    Parameters
    ----------
    trials, means
        From `strategies` and `strategy_means`.
    measure
        What is drawn.
    most
        About as many points are drawn.
    """
    axis = Dimension("strategy", "choice", choices=tuple(means["strategy"]))
    places = trials["strategy"].map(axis.place).astype(float)
    trials = trials.assign(place=apart(places))
    drawn = few(trials, most)
    with styled():
        figure, (top, low) = panels(HIGH, margin=0.2, ratios=(3, 2), left=LEFT)
        set_axis(low, low.xaxis, axis, [])
        limit_trials(top, trials, measure)
        low.set_ylim(0, 1.08 * max([1.0, *trials["epochs"].dropna()]))
        low.set_title("epochs trained", loc="left")
        even_ticks(low.yaxis, whole=True, most=4)
        draw_trials(top, drawn, x="place", y="value", small=len(drawn) > 60)
        draw_trials(low, drawn.dropna(subset="epochs"), x="place", y="epochs", small=True)
        keys = state_keys(trials["outcome"])
        keys += draw_levels(top, range(len(means)), means["value"])
        keys += draw_bands(top, range(len(means)), means["low"], means["high"])
        draw_levels(low, range(len(means)), means["epochs"])
        under(figure, low, keys)
    return figure


def strategies_figure(record: StudyRecord) -> Iterator[Figure]:
    """Return the strategies of training that were searched, if any."""
    trials = strategies(record)
    if trials.empty:
        return
    measure = Measure(record.result.metric)
    means = strategy_means(trials, measure)
    columns: Columns = {
        "strategy": "strategy",
        "trials": whole("trials"),
        "complete": whole("complete"),
        "value": measure.axis,
        "low": f"low{measure.unit}",
        "high": f"high{measure.unit}",
        "epochs": "epochs, mean",
    }
    yield Figure(
        "study-strategies",
        f"Strategies: {measure.name} and epochs",
        Table("Each strategy in the mean", means, columns),
        partial(draw_strategies, trials, means, measure),
        alt=_alt_strategies(means, measure),
        note="Each point is one seed of a trial; its place within its strategy has no meaning. The"
        " interval is that of the mean over the complete trials, whose other settings may differ"
        " too, or over the seeds of a single one.",
    )


def front_figure(record: StudyRecord, index: int) -> Figure:
    """Return the Pareto front of the metric and a further objective, by its index."""
    name = record.result.objectives[index]
    points, measure = front(record, index), Measure(record.result.metric)
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "value": measure.axis,
        "cost": name,
    }
    leading = points[points["front"]].sort_values("cost")
    return Figure(
        f"study-front-{file_name(name, index)}",
        f"{measure.name[0].upper()}{measure.name[1:]} against {name}",
        Table(*best_rows("The Pareto front", leading, measure, "trials on it"), columns),
        partial(draw_front, points, measure, name, most=MOST_IN_ONE),
        alt=_alt_front(points, measure, name),
        note="The step line joins the trials that no other complete trial beats in both objectives:"
        " the choice is among them." + left_out(points, MOST_IN_ONE),
    )


def _alt_strategies(means: pd.DataFrame, measure: Measure) -> str:
    """Describe the comparison of strategies."""
    known = means.dropna(subset=["value"])
    parts = [
        f"{shortened(name)} {measure.drawn_text(value)} in {number(spent, 3)} epochs"
        for name, value, spent in zip(
            known["strategy"], known["value"], known["epochs"], strict=True
        )
    ]
    text = f"Two charts of {count(len(means), 'strategie')}, {measure.name} and epochs trained"
    return f"{text.replace('1 strategie,', '1 strategy,')}. Means: {listing(parts) or 'none'}."


def _alt_front(points: pd.DataFrame, measure: Measure, name: str) -> str:
    """Describe the front of two objectives."""
    leading = points[points["front"]].sort_values("cost")
    text = (
        f"Scatter chart of validation {measure.name} against {shortened(name)}"
        f" ({outcomes(points)})."
    )
    if leading.empty:
        return text
    low, high = leading.iloc[0], leading.iloc[-1]
    return (
        f"{text} The Pareto front goes from {measure.drawn_text(low['value'])} at"
        f" {number(low['cost'], 3)} to {measure.drawn_text(high['value'])} at"
        f" {number(high['cost'], 3)}, over {count(len(leading), 'trial')}."
    )
