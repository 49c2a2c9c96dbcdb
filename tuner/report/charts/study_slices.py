"""What a study searched, dimension by dimension: accuracy along each, and which of them matter."""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D

from tuner.records import StudyRecord
from tuner.report.charts.canvas import canvas, say_nothing
from tuner.report.charts.theme import SERIES, styled
from tuner.report.charts.trials import (
    apart,
    best_trial_words,
    draw_bands,
    draw_best,
    draw_levels,
    draw_trials,
    even_ticks,
    few,
    file_name,
    interval_key,
    left_out,
    limit_trials,
    moved,
    outcomes,
    percents,
    set_axis,
    sheet,
    state_keys,
    tick_texts,
    under,
)
from tuner.report.document import Column, Columns, Figure, Table, shares, whole
from tuner.report.format import listing, percent
from tuner.report.frames.study import mean_of_trials, seed_table
from tuner.report.frames.study_space import Dimension, as_number, plain, shortened, symbol

MOST_GROUPS = 12
"""Groups of neighboring trials whose means make the line, at most."""


def slice_points(record: StudyRecord, dimension: Dimension) -> pd.DataFrame:
    """Return every network of a study by its value of one dimension.

    Returns
    -------
    pandas.DataFrame
        `number` of the trial; `seed`; `outcome`; `accuracy` in %; `value`, in words; `place` on the
        axis; `best`, whether it belongs to the best trial. Without those that have no accuracy or
        no place.
    """
    values = {trial.number: trial.params.get(dimension.name) for trial in record.result.trials}
    best = record.result.best
    points = seed_table(record)
    points["accuracy"] *= 100
    points["value"] = [plain(values[number]) for number in points["number"]]
    points["place"] = [dimension.place(values[number]) for number in points["number"]]
    points["best"] = points["number"] == (best.number if best else -1)
    found: pd.DataFrame = points.dropna(subset=["accuracy", "place"])
    return found.astype({"place": float, "accuracy": float}).reset_index(drop=True)


def slice_means(points: pd.DataFrame, dimension: Dimension) -> pd.DataFrame:
    """Return the means of neighboring complete trials, of each trial first.

    Returns
    -------
    pandas.DataFrame
        One row a choice, or a group of about equally many trials along a range: `place`, its
        middle; `from` and `to`; `trials`; `mean`; `low` and `high`, the 95 % interval of the mean
        over these trials, or over the seeds of a single one; NaN where there is only one network.
    """
    complete = points[points["outcome"] == "complete"]
    trials = complete.groupby("number").agg(place=("place", "first"), accuracy=("accuracy", "mean"))
    trials = trials.sort_values("place", kind="stable")
    rows = [_mean_row(group, complete, dimension) for group in _groups(trials, dimension)]
    return pd.DataFrame(rows, columns=["place", "from", "to", "trials", "mean", "low", "high"])


def _groups(trials: pd.DataFrame, dimension: Dimension) -> list[pd.DataFrame]:
    """Part trials in order: by value where there are few, else into equal numbers of them."""
    values = trials["place"].nunique()
    if dimension.scale == "choice" or (values <= MOST_GROUPS and 2 * values <= len(trials)):
        return [group for _, group in trials.groupby("place")]
    wanted = min(MOST_GROUPS, round(math.sqrt(len(trials))))
    parts = np.array_split(np.arange(len(trials)), max(1, wanted))
    return [trials.iloc[part] for part in parts if len(part)]


def _mean_row(
    group: pd.DataFrame, complete: pd.DataFrame, dimension: Dimension
) -> tuple[float, ...]:
    places = group["place"]
    middle = np.exp(np.log(places).mean()) if dimension.scale == "log" else places.mean()
    return (
        float(middle),
        float(places.min()),
        float(places.max()),
        len(group),
        *mean_of_trials(complete[complete["number"].isin(group.index)]),
    )


def draw_slice(
    points: pd.DataFrame,
    means: pd.DataFrame,
    dimension: Dimension,
    *,
    most: int = 500,
) -> Plot:
    """Draw validation accuracy against one dimension.

    Parameters
    ----------
    points, means
        From `slice_points` and `slice_means`.
    dimension
        Whose values stand on the axis.
    most
        About as many points are drawn.
    """
    with styled():
        figure, axes = sheet()
        set_axis(axes, axes.xaxis, dimension, points["place"].tolist())
        limit_trials(axes, points)
        drawn = few(points, most).copy()
        if dimension.scale == "choice":
            drawn["place"] = apart(drawn["place"])
        draw_trials(axes, drawn, x="place", y="accuracy", small=len(drawn) > 60)
        keys = state_keys(points["outcome"]) + _draw_means(axes, means, dimension)
        keys += draw_best(axes, drawn, "place", "accuracy")
        if points.empty:
            say_nothing(axes, "no trial with this value")
        under(figure, axes, keys)
    return figure


def _draw_means(axes: Axes, means: pd.DataFrame, dimension: Dimension) -> list[Artist]:
    if means.empty or (dimension.scale != "choice" and len(means) < 2):
        return []
    if dimension.scale == "choice":
        bands = draw_bands(axes, means["place"], means["low"], means["high"])
        return draw_levels(axes, means["place"], means["mean"]) + bands
    color = SERIES["gap"].color
    axes.plot(means["place"], means["mean"], color=color, marker="D", ms=4, lw=2, gid="means")
    band = axes.fill_between(means["place"], means["low"], means["high"], color=color)
    band.set(alpha=0.16, linewidth=0, gid="band")
    keys: list[Artist] = [Line2D([], [], color=color, lw=2, label="mean")]
    return keys + [interval_key()] * bool(means["low"].notna().any())


def importances(record: StudyRecord) -> pd.DataFrame:
    """Return the share of each dimension, the largest first.

    Returns
    -------
    pandas.DataFrame
        `dimension` and `share`, 0 … 1; empty where the study could not tell.
    """
    shares = {name: as_number(share) for name, share in (record.importances or {}).items()}
    rows = sorted(
        ((symbol(name), share) for name, share in shares.items() if not math.isnan(share)),
        key=lambda row: (-row[1], row[0]),
    )
    return pd.DataFrame(rows, columns=["dimension", "share"]).astype({"share": float})


def draw_importances(shares: pd.DataFrame) -> Plot:
    """Draw a bar for each dimension.

    Parameters
    ----------
    shares
        From `importances`.
    """
    places = range(len(shares))
    names = tick_texts([*shares["dimension"]])
    with styled():
        figure, axes = canvas(margin=0.55, height=1.0 + 0.32 * max(2, len(shares)))
        axes.barh(places, 100 * shares["share"], height=0.6, color=SERIES["training"].color)
        axes.set_yticks(places, names)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        for place, share in zip(places, shares["share"], strict=True):
            axes.annotate(
                percent(share, 0),
                (100 * share, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set(ylim=(max(2, len(shares)) - 0.4, -0.6), xlabel="share of the importance in %")
        axes.set_xlim(0, max([1.0, *(105 * shares["share"])]))
        axes.grid(visible=False, axis="y")
        even_ticks(axes.xaxis)
        longest = max(map(len, names), default=0)
        width, height = figure.get_size_inches()
        edges = {"left": (0.3 + 0.095 * longest) / width, "bottom": 0.6 / height}
        figure.subplots_adjust(**edges, top=1 - 0.15 / height)
    return figure


def importances_figure(record: StudyRecord) -> Iterator[Figure]:
    """Return which dimension matters, if the study could tell."""
    frame = importances(record)
    if frame.empty:
        return
    columns: Columns = {"dimension": "dimension", "share": shares("share")}
    yield Figure(
        "study-importance",
        "Importance of each dimension",
        Table("Importance of each dimension", frame, columns),
        partial(draw_importances, frame),
        alt=_alt_importances(frame),
        note="The share of each dimension in what tells the good complete trials from the others"
        " (PED-ANOVA, as Optuna computes it). It holds for the range searched only, and few trials"
        " make it uncertain.",
    )


def slice_figure(record: StudyRecord, dimension: Dimension, index: int, most: int) -> Figure:
    """Return accuracy against a dimension, with about `most` points."""
    points = slice_points(record, dimension)
    means = slice_means(points, dimension)
    if dimension.scale == "choice":
        means["value"] = [dimension.choices[int(place)] for place in means["place"]]
        where: dict[str, str | Column] = {"value": dimension.symbol}
    else:
        where = {"from": "from", "to": "to"}
    columns: Columns = where | {
        "trials": whole("complete trials"),
        "mean": "mean in %",
        "low": "low in %",
        "high": "high in %",
    }
    return Figure(
        f"study-{file_name(dimension.name, index)}",
        f"Validation accuracy against {dimension.long}",
        Table("Means of neighboring complete trials", means, columns),
        partial(draw_slice, points, means, dimension, most=most),
        alt=_alt_slice(points, means, dimension),
        note=_note_slice(points, dimension) + left_out(points, most),
    )


def _alt_importances(shares: pd.DataFrame) -> str:
    """Describe the importances."""
    parts = [
        f"{shortened(name)} {percent(share, 0)}"
        for name, share in zip(shares["dimension"], shares["share"], strict=True)
    ]
    return f"Bar chart of the importance of each searched dimension: {listing(parts)}."


def _alt_slice(points: pd.DataFrame, means: pd.DataFrame, dimension: Dimension) -> str:
    """Describe one slice."""
    text = f"Scatter chart of validation accuracy against {dimension.long}: {outcomes(points)}."
    best = points[points["best"]]
    if len(best):
        value, reached = shortened(best["value"].iloc[0]), best["accuracy"].mean()
        text += f"{best_trial_words(points)}, at {value}, with {percents(reached)}."
    if len(means) > 1:
        text += f" {len(means)} means go from {percents(means['mean'].min())}"
        text += f" to {percents(means['mean'].max())}."
    return text


def _note_slice(points: pd.DataFrame, dimension: Dimension) -> str:
    """Describe how to read one slice."""
    seeds = int(points["seed"].max()) + 1 if len(points) else 1
    each = "Each point is one trial" if seeds == 1 else "Each point is one seed of a trial"
    group = "of a choice" if dimension.scale == "choice" else "of neighboring trials"
    return (
        f"{each}; one on the lower edge lies below it. The mean is that of the complete trials"
        f" {group}, with its 95 % interval: the other dimensions differ between them too."
        + moved(dimension)
    )
