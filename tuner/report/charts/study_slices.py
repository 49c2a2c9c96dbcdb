"""What a study searched, dimension by dimension: the metric along each, and which matter."""

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
from tuner.report.measure import Measure

MOST_GROUPS = 12
"""Groups of neighboring trials whose means make the line, at most."""


def slice_points(record: StudyRecord, dimension: Dimension) -> pd.DataFrame:
    """Return every network of a study by its value of one dimension.

    Returns
    -------
    pandas.DataFrame
        `number` of the trial; `seed`; `outcome`; `value`, as drawn; `setting`, in words; `place` on
        the axis; `best`, whether it belongs to the best trial. Without those that have no value or
        no place.
    """
    values = {trial.number: trial.params.get(dimension.name) for trial in record.result.trials}
    best = record.result.best
    points = seed_table(record)
    points["value"] *= Measure(record.result.metric).scale
    points["setting"] = [plain(values[number]) for number in points["number"]]
    points["place"] = [dimension.place(values[number]) for number in points["number"]]
    points["best"] = points["number"] == (best.number if best else -1)
    found: pd.DataFrame = points.dropna(subset=["value", "place"])
    return found.astype({"place": float, "value": float}).reset_index(drop=True)


def slice_means(points: pd.DataFrame, measure: Measure, dimension: Dimension) -> pd.DataFrame:
    """Return the means of neighboring complete trials, of each trial first.

    Returns
    -------
    pandas.DataFrame
        One row a choice, or a group of about equally many trials along a range: `place`, its
        middle; `from` and `to`; `trials`; `mean`; `low` and `high`, the 95 % interval of the mean
        over these trials, or over the seeds of a single one; NaN where there is only one network.
    """
    complete = points[points["outcome"] == "complete"]
    trials = complete.groupby("number").agg(place=("place", "first"), value=("value", "mean"))
    trials = trials.sort_values("place", kind="stable")
    rows = [_mean_row(group, complete, measure, dimension) for group in _groups(trials, dimension)]
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
    group: pd.DataFrame, complete: pd.DataFrame, measure: Measure, dimension: Dimension
) -> tuple[float, ...]:
    places = group["place"]
    middle = np.exp(np.log(places).mean()) if dimension.scale == "log" else places.mean()
    return (
        float(middle),
        float(places.min()),
        float(places.max()),
        len(group),
        *mean_of_trials(complete[complete["number"].isin(group.index)], measure.bounds),
    )


def draw_slice(
    points: pd.DataFrame,
    means: pd.DataFrame,
    measure: Measure,
    dimension: Dimension,
    *,
    most: int = 500,
) -> Plot:
    """Draw the validation metric against one dimension.

    Parameters
    ----------
    points, means
        From `slice_points` and `slice_means`.
    measure
        What is drawn.
    dimension
        Whose values stand on the axis.
    most
        About as many points are drawn.
    """
    with styled():
        figure, axes = sheet()
        set_axis(axes, axes.xaxis, dimension, points["place"].tolist())
        limit_trials(axes, points, measure)
        drawn = few(points, most).copy()
        if dimension.scale == "choice":
            drawn["place"] = apart(drawn["place"])
        draw_trials(axes, drawn, x="place", y="value", small=len(drawn) > 60)
        keys = state_keys(points["outcome"]) + _draw_means(axes, means, dimension)
        keys += draw_best(axes, drawn, "place", "value")
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
    """Return the metric against a dimension, with about `most` points."""
    points, measure = slice_points(record, dimension), Measure(record.result.metric)
    means = slice_means(points, measure, dimension)
    if dimension.scale == "choice":
        means["setting"] = [dimension.choices[int(place)] for place in means["place"]]
        where: dict[str, str | Column] = {"setting": dimension.symbol}
    else:
        where = {"from": "from", "to": "to"}
    columns: Columns = where | {
        "trials": whole("complete trials"),
        "mean": f"mean{measure.unit}",
        "low": f"low{measure.unit}",
        "high": f"high{measure.unit}",
    }
    return Figure(
        f"study-{file_name(dimension.name, index)}",
        f"Validation {measure.name} against {dimension.long}",
        Table("Means of neighboring complete trials", means, columns),
        partial(draw_slice, points, means, measure, dimension, most=most),
        alt=_alt_slice(points, means, measure, dimension),
        note=_note_slice(points, measure, dimension) + left_out(points, most),
    )


def _alt_importances(shares: pd.DataFrame) -> str:
    """Describe the importances."""
    parts = [
        f"{shortened(name)} {percent(share, 0)}"
        for name, share in zip(shares["dimension"], shares["share"], strict=True)
    ]
    return f"Bar chart of the importance of each searched dimension: {listing(parts)}."


def _alt_slice(
    points: pd.DataFrame, means: pd.DataFrame, measure: Measure, dimension: Dimension
) -> str:
    """Describe one slice."""
    text = (
        f"Scatter chart of validation {measure.name} against {dimension.long}: {outcomes(points)}."
    )
    best = points[points["best"]]
    if len(best):
        value, reached = shortened(best["setting"].iloc[0]), best["value"].mean()
        text += f"{best_trial_words(points)}, at {value}, with {measure.drawn_text(reached)}."
    if len(means) > 1:
        text += f" {len(means)} means go from {measure.drawn_text(means['mean'].min())}"
        text += f" to {measure.drawn_text(means['mean'].max())}."
    return text


def _note_slice(points: pd.DataFrame, measure: Measure, dimension: Dimension) -> str:
    """Describe how to read one slice."""
    seeds = int(points["seed"].max()) + 1 if len(points) else 1
    each = "Each point is one trial" if seeds == 1 else "Each point is one seed of a trial"
    group = "of a choice" if dimension.scale == "choice" else "of neighboring trials"
    edge = "lower edge lies below" if measure.sign > 0 else "upper edge lies above"
    return (
        f"{each}; one on the {edge} it. The mean is that of the complete trials"
        f" {group}, with its 95 % interval: the other dimensions differ between them too."
        + moved(dimension)
    )
