"""The figures of a study as they stand on its page: picture, words, and data."""

import re
from collections.abc import Iterator
from functools import partial

import pandas as pd

from tuner.records import StudyRecord
from tuner.report.charts.study_curves import draw_learning_curves, learning_curves
from tuner.report.charts.study_front import draw_front, front
from tuner.report.charts.study_history import draw_history, rungs, search_history
from tuner.report.charts.study_importance import draw_importances, importances
from tuner.report.charts.study_map import draw_map, map_dimensions, map_points
from tuner.report.charts.study_slices import draw_slice, slice_means, slice_points
from tuner.report.charts.study_strategies import draw_strategies, strategies, strategy_means
from tuner.report.charts.theme import STATE_SYMBOLS
from tuner.report.document import Column, Columns, Figure, Table, shares, whole
from tuner.report.frames.study_space import Dimension, dimensions
from tuner.report.summaries import study_figures as words

MOST_SLICES, MOST_POINTS, MOST_IN_ONE = 8, 2000, 500
"""Slices on a page, points in all of them together, and in one figure: more make it large."""

MOST_ROWS = 40
"""Rows in the data table of a figure; the table of trials and its CSV file hold all."""

TRIAL, OUTCOME = whole("trial"), Column("outcome", symbols=STATE_SYMBOLS)


def study_figures(record: StudyRecord) -> Iterator[Figure]:
    """Return the figures that a study has something to show in.

    Where there are too many dimensions, those that matter least are left out.
    """
    yield from _map(record)
    yield from _importances(record)
    searched = by_importance(record)
    points = min(MOST_IN_ONE, MOST_POINTS // max(1, min(MOST_SLICES, len(searched))))
    for index, dimension in enumerate(searched[:MOST_SLICES]):
        yield _slice(record, dimension, index, points)
    yield from _strategies(record)
    yield history_figure(record)
    yield from _curves(record)
    for index in range(1, len(record.result.objectives)):
        yield _front(record, index)


def by_importance(record: StudyRecord) -> list[Dimension]:
    """Return λ and the network's size first, then what matters most."""
    importance = record.importances or {}
    first = {"lambda": 0, "hidden": 1, "layers": 2}
    return sorted(
        dimensions(record),
        key=lambda each: (first.get(each.name, 3), -importance.get(each.name, 0.0)),
    )


def _map(record: StudyRecord) -> Iterator[Figure]:
    pair = map_dimensions(record)
    if pair is None:
        return
    across, up = pair
    points = map_points(record, across, up)
    columns: Columns = {
        "number": TRIAL,
        "across_value": across.symbol,
        "up_value": up.symbol,
        "accuracy": "accuracy in %",
        "outcome": OUTCOME,
    }
    yield Figure(
        "study-map",
        f"{across.symbol} and {up.long} together",
        Table(*_rows("The trials", points), columns),
        partial(draw_map, points, across, up, most=MOST_IN_ONE),
        alt=words.alt_map(points, across, up),
        note="Each point is one trial, stronger in color and larger the more accurate it is."
        " Nothing is drawn where nothing was tried."
        + words.moved(across, up)
        + words.left_out(points, MOST_IN_ONE),
    )


def _importances(record: StudyRecord) -> Iterator[Figure]:
    frame = importances(record)
    if frame.empty:
        return
    columns: Columns = {"dimension": "dimension", "share": shares("share")}
    yield Figure(
        "study-importance",
        "Which dimension matters",
        Table("Importance of each dimension", frame, columns),
        partial(draw_importances, frame),
        alt=words.alt_importances(frame),
        note="The share of each dimension in what tells the good complete trials from the others"
        " (PED-ANOVA, as Optuna computes it). It holds for the range searched only, and few trials"
        " make it uncertain.",
    )


def _slice(record: StudyRecord, dimension: Dimension, index: int, most: int) -> Figure:
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
        f"study-{_file_name(dimension.name, index)}",
        f"Validation accuracy against {dimension.long}",
        Table("Means of neighboring complete trials", means, columns),
        partial(draw_slice, points, means, dimension, most=most),
        alt=words.alt_slice(points, means, dimension),
        note=words.note_slice(points, dimension) + words.left_out(points, most),
    )


def _file_name(name: str, index: int) -> str:
    """Return a name that any file system takes.

    Examples
    --------
    >>> _file_name("batch_size", 1), _file_name("../<b>", 2)
    ('batch-size', 'dimension-3')
    """
    return (
        name.replace("_", "-") if re.fullmatch(r"[a-z_]{1,30}", name) else f"dimension-{index + 1}"
    )


def _strategies(record: StudyRecord) -> Iterator[Figure]:
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
        "Strategies: accuracy, and what it costs",
        Table("Accuracy and epochs by strategy", means, columns),
        partial(draw_strategies, trials, means),
        alt=words.alt_strategies(means),
        note="Each point is one seed of a trial; its place within its strategy has no meaning. The"
        " interval is that of the mean over the complete trials, whose other settings may differ"
        " too, or over the seeds of a single one.",
    )


def history_figure(record: StudyRecord) -> Figure:
    """Return the history of a search, the figure that every study has."""
    history, ends = search_history(record), rungs(record)
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "accuracy": "accuracy in %",
        "best_so_far": "best so far in %",
        "epochs": whole("epochs"),
    }
    ended = (
        "Weak trials were ended at the rungs"
        f" (after {words.epochs(ends)}) and stand below at the epoch where they ended."
        if ends
        else "There were no rungs: every trial was trained until it stopped by itself."
    )
    return Figure(
        "study-history",
        "The search, trial by trial",
        Table(*_rows("The trials in their order", history), columns),
        partial(draw_history, history, ends, most=MOST_IN_ONE),
        alt=words.alt_history(history),
        note=f"The stair is the best complete trial so far. {ended}"
        + words.left_out(history, MOST_IN_ONE),
    )


def _curves(record: StudyRecord) -> Iterator[Figure]:
    curves = learning_curves(record)
    if curves.empty:
        return
    lasts = curves.drop_duplicates("number", keep="last")
    columns: Columns = {
        "number": TRIAL,
        "outcome": OUTCOME,
        "epoch": whole("last epoch"),
        "accuracy": "accuracy in %",
    }
    drawn, every = len(lasts), len(record.result.trials)
    some = f" Drawn are {drawn} of {every} trials." if drawn < every else ""
    yield Figure(
        "study-curves",
        "Learning curves",
        Table(*_rows("Where the curves end", lasts), columns),
        partial(draw_learning_curves, curves, rungs(record)),
        alt=words.alt_curves(curves),
        note="Validation accuracy after each epoch, the mean of the seeds; a seed that stopped"
        f" keeps its last value. A marker shows where a trial was ended.{some}",
    )


def _front(record: StudyRecord, index: int) -> Figure:
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
        f"study-front-{_file_name(name, index)}",
        f"Accuracy against {name}",
        Table(*_rows("The Pareto front", leading, "trials on it"), columns),
        partial(draw_front, points, name, most=MOST_IN_ONE),
        alt=words.alt_front(points, name),
        note="The stair joins the trials that no other complete trial beats in both objectives: the"
        " choice is among them." + words.left_out(points, MOST_IN_ONE),
    )


def _rows(caption: str, frame: pd.DataFrame, points: str = "trials") -> tuple[str, pd.DataFrame]:
    """Return the best rows where there are too many for a page, and a caption that says so."""
    if len(frame) <= MOST_ROWS:
        return caption, frame
    kept = frame.nlargest(MOST_ROWS, "accuracy")
    return f"{caption} (the {MOST_ROWS} best of {len(frame)} {points})", kept
