"""A study's figures in words: for who cannot see them, and how to read them."""

from collections.abc import Sequence

import pandas as pd

from tuner.report.format import count, listing, number, percent
from tuner.report.frames.study_space import Dimension, shortened


def percents(value: float) -> str:
    """Write an accuracy that is in % already."""
    return percent(value / 100)


def epochs(ends: Sequence[int]) -> str:
    """State after which epochs the rungs lie.

    Examples
    --------
    >>> epochs((2, 6)), epochs((2,))
    ('epochs 2 and 6', 'epoch 2')
    """
    return f"{'epoch' if len(ends) == 1 else 'epochs'} {listing([str(end) for end in ends])}"


def left_out(points: pd.DataFrame, most: int) -> str:
    """Note that not all points are drawn.

    Examples
    --------
    >>> left_out(pd.DataFrame({"a": range(10)}), 4)
    ' Of 10 points about 4 are drawn, evenly chosen; the CSV file holds all.'
    """
    if len(points) <= most:
        return ""
    return (
        f" Of {len(points)} points about {most} are drawn, evenly chosen; the CSV file holds all."
    )


def moved(*axes: Dimension) -> str:
    """State that points on one choice are moved apart."""
    if not any(axis.scale == "choice" for axis in axes):
        return ""
    return " Points of one choice are spread out so that none hides another."


def _outcomes(points: pd.DataFrame) -> str:
    amounts = points.drop_duplicates("number")["outcome"].value_counts(sort=False)
    return listing([f"{amount} {state}" for state, amount in amounts.items()]) or "none"


def _best(points: pd.DataFrame) -> str:
    best = points[points["best"]]
    if best.empty:
        return ""
    return f" The best trial is number {best['number'].iloc[0]}"


def alt_map(points: pd.DataFrame, across: Dimension, up: Dimension) -> str:
    """Describe the map."""
    text = (
        f"Scatter chart of the trials ({_outcomes(points)}): {across.long} across, {up.long} up,"
        " validation accuracy as color and size."
    )
    best = points[points["best"]]
    if best.empty:
        return text
    row = best.iloc[0]
    return (
        f"{text}{_best(points)}, at {across.symbol} = {shortened(row['across_value'])} and"
        f" {up.symbol} = {shortened(row['up_value'])}, with {percents(row['accuracy'])}."
    )


def alt_importances(shares: pd.DataFrame) -> str:
    """Describe the importances."""
    parts = [
        f"{shortened(name)} {percent(share, 0)}"
        for name, share in zip(shares["dimension"], shares["share"], strict=True)
    ]
    return f"Bar chart of the importance of each searched dimension: {listing(parts)}."


def alt_slice(points: pd.DataFrame, means: pd.DataFrame, dimension: Dimension) -> str:
    """Describe one slice."""
    text = f"Scatter chart of validation accuracy against {dimension.long}: {_outcomes(points)}."
    best = points[points["best"]]
    if len(best):
        value, reached = shortened(best["value"].iloc[0]), best["accuracy"].mean()
        text += f"{_best(points)}, at {value}, with {percents(reached)}."
    if len(means) > 1:
        text += f" {len(means)} means go from {percents(means['mean'].min())}"
        text += f" to {percents(means['mean'].max())}."
    return text


def note_slice(points: pd.DataFrame, dimension: Dimension) -> str:
    """Describe how to read one slice."""
    seeds = int(points["seed"].max()) + 1 if len(points) else 1
    each = "Each point is one trial" if seeds == 1 else "Each point is one seed of a trial"
    group = "of a choice" if dimension.scale == "choice" else "of neighboring trials"
    return (
        f"{each}; one on the lower edge lies below it. The mean is that of the complete trials"
        f" {group}, with its 95 % interval: the other dimensions differ between them too."
        + moved(dimension)
    )


def alt_strategies(means: pd.DataFrame) -> str:
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


def alt_history(history: pd.DataFrame) -> str:
    """Describe the course of the search."""
    text = (
        f"Two charts against the number of the trial, from 0 to"
        f" {max([0, *history['number']])}: validation accuracy and epochs trained"
        f" ({_outcomes(history)})."
    )
    best = history[history["best"]]
    if best.empty:
        return text
    return f"{text}{_best(history)}, with {percents(best['accuracy'].iloc[0])}."


def alt_curves(curves: pd.DataFrame) -> str:
    """Describe the learning curves."""
    best = curves[curves["best"]]
    text = (
        "Line chart of validation accuracy against epochs for"
        f" {count(curves['number'].nunique(), 'trial')}."
    )
    if best.empty:
        return text
    return (
        f"{text} The best, trial {best['number'].iloc[0]}, reaches"
        f" {percents(best['accuracy'].max())} and ends after"
        f" {count(int(best['epoch'].max()), 'epoch')}."
    )


def alt_front(points: pd.DataFrame, name: str) -> str:
    """Describe the front of two objectives."""
    leading = points[points["front"]].sort_values("cost")
    text = f"Scatter chart of validation accuracy against {shortened(name)} ({_outcomes(points)})."
    if leading.empty:
        return text
    low, high = leading.iloc[0], leading.iloc[-1]
    return (
        f"{text} The Pareto front goes from {percents(low['accuracy'])} at"
        f" {number(low['cost'], 3)} to {percents(high['accuracy'])} at {number(high['cost'], 3)},"
        f" over {count(len(leading), 'trial')}."
    )
