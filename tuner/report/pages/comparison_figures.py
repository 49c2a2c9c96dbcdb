"""The figures of a comparison as parts of its page."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from tuner.report.charts.comparison import (
    DRAWN,
    ONE,
    ONE_NARROW,
    TWO,
    TWO_NARROW,
    differences_size,
    draw_accuracies,
    draw_differences,
    draw_gaps,
    eta_varies,
)
from tuner.report.charts.inspection import draw_weights, weights_size
from tuner.report.document import Column, Picture, Table, picture, table
from tuner.report.format import listing, number
from tuner.report.frames.comparison import (
    curves_table,
    differences_table,
    largest_layers,
    median_curves,
    paired_table,
)
from tuner.report.frames.contenders import Contender
from tuner.report.frames.differences import Difference
from tuner.report.pages.inspection import weight_columns
from tuner.report.summaries.comparison import alt_accuracies, alt_differences

SHOWN_EPOCHS = 200
"""Epochs in the table of a figure."""

_whole = partial(number, digits=9)


_BASES = {
    "seeds": "paired seeds",
    "both": "validation examples and paired seeds",
    "examples": "validation examples, not seeds",
    "nothing": "not comparable",
}


_HOW = {
    "seeds": "Over paired seeds it is Student's t interval of the differences.",
    "both": "It is that over validation examples and over seeds, which all of them share.",
    "examples": "With one seed each, or none in common, it is that of the validation examples"
    " (Newcombe), and says nothing about seeds.",
}


def differences_shown(differences: Sequence[Difference], caption: str) -> Table:
    """Write differences as a table."""
    frame = differences_table(differences)
    frame["basis"] = frame["basis"].map(_BASES)
    frame["clear"] = ["yes" if clear else "no" for clear in frame["clear"]]
    points = partial(number, digits=3)
    columns = (
        Column("first", "first"),
        Column("second", "second"),
        Column("difference", "first less second, points", points, numeric=True),
        Column("low", "from", points, numeric=True),
        Column("high", "to", points, numeric=True),
        Column("seeds", "shared seeds", _whole, numeric=True),
        Column("clear", "clear"),
        Column("basis", "the interval is about"),
    )
    return table(frame, caption, columns, sortable=True)


def compare_pictures(
    every: Sequence[Contender], against: Sequence[Difference]
) -> tuple[Picture, ...]:
    """Return the figures of a comparison, as far as its records hold what they show."""
    curves = curves_table(every)
    pictures = []
    if len(curves):
        pictures.append(accuracy_picture(every, curves))
    if against:
        pictures.append(differences_picture(every, against))
    if curves["gap"].notna().any():
        pictures.append(gap_picture(every, curves))
    place, weights = largest_layers(every)
    if len(weights):
        pictures.append(_weights_picture(place, weights))
    return tuple(pictures)


def _names(every: Sequence[Contender]) -> list[str]:
    return [each.name for each in every]


def _first(drawn: Sequence[object]) -> str:
    return f" The first {DRAWN} are drawn." if len(drawn) > DRAWN else ""


def _side_by_side(
    every: Sequence[Contender], curves: pd.DataFrame, value: str, caption: str
) -> Table:
    """Return median curves with one column for each contender."""
    wide = median_curves(curves, value).pivot_table(
        index="epoch", columns="contender", values=value, sort=False
    )
    frame = wide.sort_index().reset_index()
    two = partial(number, digits=4)
    columns = (
        Column("epoch", "epoch", _whole, numeric=True),
        *(Column(c.letter, c.letter, two, numeric=True) for c in every if c.letter in frame),
    )
    cut = f" (the first {SHOWN_EPOCHS} epochs)" if len(frame) > SHOWN_EPOCHS else ""
    return table(frame.head(SHOWN_EPOCHS), f"{caption}, median over seeds{cut}", columns)


def accuracy_picture(
    every: Sequence[Contender], curves: pd.DataFrame, name: str = "compare"
) -> Picture:
    """Return the curves of contenders, and η where it changes; its file begins with `name`."""
    with_eta = eta_varies(curves)
    below = " Below: the η of the first seed." if with_eta else ""
    best_trial = "" if every[0].runs else " Of each study its best trial is drawn."
    return picture(
        partial(draw_accuracies, curves, _names(every)),
        _side_by_side(every, curves, "validation_accuracy", "Validation accuracy in %"),
        name=f"{name}-accuracy",
        title="Validation accuracy, epoch by epoch" + (", and η" if with_eta else ""),
        alt=alt_accuracies(every, with_eta=with_eta),
        note="Bold: the median over the seeds, as far as all of them went. Thin: the single"
        f" seeds.{below}{best_trial}{_first(every)}",
        sizes=(TWO, TWO_NARROW) if with_eta else (ONE, ONE_NARROW),
    )


def gap_picture(every: Sequence[Contender], curves: pd.DataFrame, name: str = "compare") -> Picture:
    """Return how far training and validation accuracy of contenders part."""
    return picture(
        partial(draw_gaps, curves, _names(every)),
        _side_by_side(every, curves, "gap", "Accuracy gap in points"),
        name=f"{name}-gap",
        title="How far training and validation part",
        alt="Line chart of training less validation accuracy against epochs for"
        f" {listing([each.title for each in every])}.",
        note="The wider the gap, the more a network has learned that is peculiar to its training"
        f" data. Regularisation is meant to keep it narrow.{_first(every)}",
        sizes=(ONE, ONE_NARROW),
    )


def differences_picture(
    every: Sequence[Contender], against: Sequence[Difference], name: str = "compare"
) -> Picture:
    """Return what the best is better by than each of the others."""
    basis = " ".join(_HOW[each] for each in _HOW if each in {d.basis for d in against})
    names = {each.letter: each.name for each in every}
    rows = len(against)
    return picture(
        partial(
            draw_differences,
            differences_table(against),
            paired_table(against),
            [names[each.second] for each in against],
        ),
        differences_shown(against, "The best against each of the others"),
        name=f"{name}-differences",
        title="The best against the others",
        alt=alt_differences(against),
        note="Right of 0 the best is better. The line is the 95 % interval: where it reaches 0"
        f" there is no clear difference. {basis}{_first(against)}",
        sizes=(differences_size(rows, 8.0), differences_size(rows, 3.6)),
    )


def _weights_picture(place: str, weights: pd.DataFrame) -> Picture:
    names = list(dict.fromkeys(weights["name"]))
    return picture(
        partial(draw_weights, weights),
        table(weights, "Weights in each bin", weight_columns("contender")),
        name="compare-weights",
        title=f"The weights of one layer: {place}",
        alt=f"Histograms of the weights of {listing(names)}, one below the other, with"
        " logarithmic counts.",
        note="The layer with the most weights, of the first seed of each, after its best epoch;"
        " the axis of counts is logarithmic, and all have bins of one width. L1 leaves a sharp"
        " peak at 0 and few large weights, L2 makes all of them smaller.",
        sizes=(weights_size(len(names), 8.0), weights_size(len(names), 3.6)),
    )
