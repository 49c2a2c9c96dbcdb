"""The figures of a study as they stand on its page: picture, words, and data."""

import re
from dataclasses import dataclass
from functools import partial

import pandas as pd

from tuner.records import StudyRecord
from tuner.report.charts.canvas import NARROW, WIDE
from tuner.report.charts.study_curves import draw_learning_curves, learning_curves
from tuner.report.charts.study_front import draw_front, front
from tuner.report.charts.study_history import draw_history, rungs, search_history
from tuner.report.charts.study_importance import draw_importances, importances, low_sizes
from tuner.report.charts.study_map import draw_map, map_dimensions, map_points
from tuner.report.charts.study_slices import draw_slice, slice_means, slice_points
from tuner.report.charts.study_strategies import draw_strategies, strategies, strategy_means
from tuner.report.charts.training import MIDDLE, MIDDLE_NARROW
from tuner.report.document import Column, Picture, picture, table
from tuner.report.format import number
from tuner.report.frames.study_space import Dimension, dimensions
from tuner.report.pages.study_tables import OUTCOME, TRIAL, known, share, short, whole
from tuner.report.summaries import study_figures as words

MOST_SLICES, MOST_POINTS, MOST_IN_ONE = 8, 2000, 500
"""Slices on a page, points in all of them together, and in one figure: more make it large."""

MOST_ROWS = 40
"""Rows in the data table of a figure; the table of trials and its CSV file hold all."""

_accuracy = known(partial(number, digits=4))
ACCURACY = Column("accuracy", "accuracy in %", _accuracy, numeric=True)


@dataclass(frozen=True)
class StudyPictures:
    """The figures of a study, and the dimensions for which there was no room."""

    drawn: tuple[Picture, ...]
    left: tuple[Dimension, ...]

    @property
    def weight(self) -> int:
        """About how many bytes they add to a page."""
        return sum(each.weight for each in self.drawn)


def study_pictures(record: StudyRecord, most: int) -> StudyPictures:
    """Return the figures that a study has something to show in, in at most so many bytes.

    Where there are too many dimensions, those that matter least are left out.
    """
    fronts = (_front(record, index) for index in range(1, len(record.result.objectives)))
    before = [each for each in (_map(record), _importances(record)) if each]
    after = [
        each
        for each in (_strategies(record), history_picture(record), _curves(record), *fronts)
        if each
    ]
    room = most - sum(each.weight for each in (*before, *after))
    slices: list[Picture] = []
    searched = _by_importance(record)
    for each in searched[:MOST_SLICES]:
        drawn = _slice(record, each, searched.index(each))
        room -= drawn.weight
        if room < 0 and slices:
            break
        slices.append(drawn)
    return StudyPictures((*before, *slices, *after), tuple(searched[len(slices) :]))


def _by_importance(record: StudyRecord) -> list[Dimension]:
    """Return λ and the network's size first, then what matters most."""
    shares = record.importances or {}
    first = {"lambda": 0, "hidden": 1, "layers": 2}
    return sorted(
        dimensions(record), key=lambda each: (first.get(each.name, 3), -shares.get(each.name, 0.0))
    )


def _map(record: StudyRecord) -> Picture | None:
    pair = map_dimensions(record)
    if pair is None:
        return None
    across, up = pair
    points = map_points(record, across, up)
    columns = (
        TRIAL,
        Column("across_value", across.symbol),
        Column("up_value", up.symbol),
        ACCURACY,
        OUTCOME,
    )
    return picture(
        partial(draw_map, points, across, up, most=MOST_IN_ONE),
        table(*_rows(points, "The trials"), columns),
        name="study-map",
        title=f"{across.symbol} and {up.long} together",
        alt=words.alt_map(points, across, up),
        note="Each point is one trial, stronger in colour and larger the more accurate"
        " it is. Nothing is drawn where nothing was tried."
        + words.moved(across, up)
        + words.left_out(points, MOST_IN_ONE),
    )


def _importances(record: StudyRecord) -> Picture | None:
    shares = importances(record)
    if shares.empty:
        return None
    columns = (Column("dimension", "dimension"), Column("share", "share", share, numeric=True))
    return picture(
        partial(draw_importances, shares),
        table(shares, "Importance of each dimension", columns),
        name="study-importance",
        title="Which dimension matters",
        alt=words.alt_importances(shares),
        note="The share of each dimension in what tells the good complete trials from the others"
        " (PED-ANOVA, as Optuna computes it). It holds for the range searched only, and few trials"
        " make it uncertain.",
        sizes=low_sizes(len(shares)),
    )


def _slice(record: StudyRecord, dimension: Dimension, index: int) -> Picture:
    points = slice_points(record, dimension)
    means = slice_means(points, dimension)
    most = min(MOST_IN_ONE, MOST_POINTS // min(MOST_SLICES, len(dimensions(record))))
    spread = [Column(n, n, short, numeric=True) for n in ("from", "to")]
    columns = (
        *(spread if dimension.scale != "choice" else [Column("value", dimension.symbol)]),
        Column("trials", "complete trials", whole, numeric=True),
        *(
            Column(name, f"{name} in %", _accuracy, numeric=True)
            for name in ("mean", "low", "high")
        ),
    )
    return picture(
        partial(draw_slice, points, means, dimension, most=most),
        table(_with_values(means, dimension), "Means of neighbouring complete trials", columns),
        name=f"study-{_file_name(dimension.name, index)}",
        title=f"Validation accuracy against {dimension.long}",
        alt=words.alt_slice(points, means, dimension),
        note=words.note_slice(points, dimension) + words.left_out(points, most),
    )


def _with_values(means: pd.DataFrame, dimension: Dimension) -> pd.DataFrame:
    if dimension.scale != "choice":
        return means
    return means.assign(value=[dimension.choices[int(place)] for place in means["place"]])


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


def _strategies(record: StudyRecord) -> Picture | None:
    trials = strategies(record)
    if trials.empty:
        return None
    means = strategy_means(trials)
    columns = (
        Column("strategy", "strategy"),
        Column("trials", "trials", whole, numeric=True),
        Column("complete", "complete", whole, numeric=True),
        *(
            Column(name, f"{name} in %", _accuracy, numeric=True)
            for name in ("accuracy", "low", "high")
        ),
        Column("epochs", "epochs, mean", short, numeric=True),
    )
    return picture(
        partial(draw_strategies, trials, means),
        table(means, "Accuracy and epochs by strategy", columns),
        name="study-strategies",
        title="Strategies: accuracy, and what it costs",
        alt=words.alt_strategies(means),
        note="Each point is one seed of a trial; its place within its strategy has no meaning. The"
        " interval is that of the mean over the complete trials, whose other settings may differ"
        " too, or over the seeds of a single one.",
        sizes=(MIDDLE, MIDDLE_NARROW),
    )


def history_picture(record: StudyRecord) -> Picture:
    """Return the history of a search, the figure that every study has."""
    history = search_history(record)
    columns = (
        TRIAL,
        OUTCOME,
        ACCURACY,
        Column("best_so_far", "best so far in %", _accuracy, numeric=True),
        Column("epochs", "epochs", whole, numeric=True),
    )
    ends = rungs(record)
    ended = (
        "Weak trials were ended at the rungs"
        f" (after {words.epochs(ends)}) and stand below at the epoch where they ended."
        if ends
        else "There were no rungs: every trial was trained until it stopped by itself."
    )
    return picture(
        partial(draw_history, history, ends, most=MOST_IN_ONE),
        table(*_rows(history, "The trials in their order"), columns),
        name="study-history",
        title="The search, trial by trial",
        alt=words.alt_history(history),
        note=f"The stair is the best complete trial so far. {ended}"
        + words.left_out(history, MOST_IN_ONE),
        sizes=(MIDDLE, MIDDLE_NARROW),
    )


def _curves(record: StudyRecord) -> Picture | None:
    curves = learning_curves(record)
    if curves.empty:
        return None
    lasts = curves.drop_duplicates("number", keep="last")
    columns = (TRIAL, OUTCOME, Column("epoch", "last epoch", whole, numeric=True), ACCURACY)
    drawn, every = len(lasts), len(record.result.trials)
    some = f" Drawn are {drawn} of {every} trials." if drawn < every else ""
    return picture(
        partial(draw_learning_curves, curves, rungs(record)),
        table(*_rows(lasts, "Where the curves end"), columns),
        name="study-curves",
        title="Learning curves",
        alt=words.alt_curves(curves),
        note="Validation accuracy after each epoch, the mean of the seeds; a seed that stopped"
        f" keeps its last value. A marker shows where a trial was ended.{some}",
        sizes=(WIDE, NARROW),
    )


def _front(record: StudyRecord, index: int) -> Picture:
    name = record.result.objectives[index]
    points = front(record, index)
    columns = (TRIAL, OUTCOME, ACCURACY, Column("cost", name, short, numeric=True))
    leading = points[points["front"]].sort_values("cost")
    slug = _file_name(name, index)
    return picture(
        partial(draw_front, points, name, most=MOST_IN_ONE),
        table(*_rows(leading, "The front", points="trials on it"), columns),
        name=f"study-front-{slug}",
        title=f"Accuracy against {name}",
        alt=words.alt_front(points, name),
        note="The stair joins the trials that no other complete trial beats in both objectives: the"
        " choice is among them." + words.left_out(points, MOST_IN_ONE),
    )


def _rows(frame: pd.DataFrame, caption: str, points: str = "trials") -> tuple[pd.DataFrame, str]:
    """Return the best rows where there are too many for a page, and a caption that says so."""
    if len(frame) <= MOST_ROWS:
        return frame, caption
    kept = frame.nlargest(MOST_ROWS, "accuracy")
    return kept, f"{caption} (the {MOST_ROWS} best of {len(frame)} {points})"
