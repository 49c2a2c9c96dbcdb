"""What accuracy costs: the Pareto front of two objectives, and strategies of training."""

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
    percents,
    set_axis,
    sheet,
    state_keys,
    under,
)
from tuner.report.document import Columns, Figure, Table, whole
from tuner.report.format import count, listing, number
from tuner.report.frames.study import mean_of_trials, seed_table
from tuner.report.frames.study_space import Dimension, plain, shortened

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


def draw_front(points: pd.DataFrame, name: str, *, most: int = 500) -> Plot:
    """Draw accuracy against another objective, with the Pareto front as a step line.

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
    drawn = few(points, most)
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
            keys.append(
                Line2D([], [], color=INK, lw=1.3, label="Pareto front", **_LEADING, marker="D")
            )
        keys += draw_best(axes, points, "cost", "accuracy")
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
        `number` of the trial; `seed`; `strategy`, in words; `outcome`; `accuracy` in %; `epochs`
        trained. Of more than twelve strategies only the most accurate. Empty where none was
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
        if told and not math.isnan(trial.accuracy)
    }
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


def draw_strategies(trials: pd.DataFrame, means: pd.DataFrame, *, most: int = 300) -> Plot:
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
    drawn = few(trials, most)
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
        keys += draw_levels(top, range(len(means)), means["accuracy"])
        keys += draw_bands(top, range(len(means)), means["low"], means["high"])
        draw_levels(low, range(len(means)), means["epochs"])
        under(figure, low, keys)
    return figure


def strategies_figure(record: StudyRecord) -> Iterator[Figure]:
    """Return the strategies of training that were searched, if any."""
    trials = strategies(record)
    if trials.empty:
        return
    means = strategy_means(trials)
    columns: Columns = {
        "strategy": "strategy",
        "trials": whole("trials"),
        "complete": whole("complete"),
        "accuracy": "accuracy in %",
        "low": "low in %",
        "high": "high in %",
        "epochs": "epochs, mean",
    }
    yield Figure(
        "study-strategies",
        "Strategies: accuracy and epochs",
        Table("Accuracy and epochs by strategy", means, columns),
        partial(draw_strategies, trials, means),
        alt=_alt_strategies(means),
        note="Each point is one seed of a trial; its place within its strategy has no meaning. The"
        " interval is that of the mean over the complete trials, whose other settings may differ"
        " too, or over the seeds of a single one.",
    )


def front_figure(record: StudyRecord, index: int) -> Figure:
    """Return the Pareto front of accuracy and a further objective, by its index."""
    name = record.result.objectives[index]
    points = front(record, index)
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "accuracy": "accuracy in %",
        "cost": name,
    }
    leading = points[points["front"]].sort_values("cost")
    return Figure(
        f"study-front-{file_name(name, index)}",
        f"Accuracy against {name}",
        Table(*best_rows("The Pareto front", leading, "trials on it"), columns),
        partial(draw_front, points, name, most=MOST_IN_ONE),
        alt=_alt_front(points, name),
        note="The step line joins the trials that no other complete trial beats in both objectives:"
        " the choice is among them." + left_out(points, MOST_IN_ONE),
    )


def _alt_strategies(means: pd.DataFrame) -> str:
    """Describe the comparison of strategies."""
    known = means.dropna(subset=["accuracy"])
    parts = [
        f"{shortened(name)} {percents(accuracy)} in {number(spent, 3)} epochs"
        for name, accuracy, spent in zip(
            known["strategy"], known["accuracy"], known["epochs"], strict=True
        )
    ]
    text = f"Two charts of {count(len(means), 'strategie')}, accuracy and epochs trained"
    return f"{text.replace('1 strategie,', '1 strategy,')}. Means: {listing(parts) or 'none'}."


def _alt_front(points: pd.DataFrame, name: str) -> str:
    """Describe the front of two objectives."""
    leading = points[points["front"]].sort_values("cost")
    text = f"Scatter chart of validation accuracy against {shortened(name)} ({outcomes(points)})."
    if leading.empty:
        return text
    low, high = leading.iloc[0], leading.iloc[-1]
    return (
        f"{text} The Pareto front goes from {percents(low['accuracy'])} at"
        f" {number(low['cost'], 3)} to {percents(high['accuracy'])} at {number(high['cost'], 3)},"
        f" over {count(len(leading), 'trial')}."
    )
