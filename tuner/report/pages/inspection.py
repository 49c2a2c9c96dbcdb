"""What a network gets wrong, and its weights, as a part of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from tuner.records import DataSummary, Inspection
from tuner.report.charts.inspection import (
    DRAWN_PANELS,
    SQUARE,
    SQUARE_NARROW,
    confusion_matrix,
    draw_confusion,
    draw_mistakes,
    draw_weights,
    mistakes_size,
    mistakes_table,
    weights_size,
)
from tuner.report.document import Column, Download, Picture, Table, csv_download, picture, table
from tuner.report.format import count, listing, number, percent
from tuner.report.frames.inspection import (
    accuracies,
    class_table,
    confused_pairs,
    confusion_table,
    layer_name,
    weight_histograms,
)
from tuner.report.sections import Folded, Part, Text

MOST_COLUMNS = 20
"""Up to so many classes the confusion matrix is a table too; beyond it is a list of pairs."""

LISTED_PAIRS, LISTED_CLASSES = 200, 200
NAMED_PAIRS = 5


@dataclass(frozen=True)
class InspectionEvidence:
    """What a network gets wrong: words, figures, the table of classes, and files to download."""

    parts: tuple[Part, ...]
    downloads: tuple[Download, ...]


def inspection_evidence(inspection: Inspection, data: DataSummary) -> InspectionEvidence:
    """Return the evidence of a look into a network; names of classes are those of `data`."""
    names = data.classes
    size, some = inspection.image_size, bool(inspection.mistakes)
    return InspectionEvidence(
        (
            *(Text(sentence) for sentence in confusion_words(inspection, names)),
            _confusion_picture(inspection, names),
            *((_mistakes_picture(inspection, names, size),) if size and some else ()),
            _weights_picture(inspection),
            Folded("Each class on its own", _classes(inspection, names)),
        ),
        (csv_download("confusion.csv", _named(confusion_table(inspection), names)),),
    )


def confusion_words(inspection: Inspection, classes: Sequence[str]) -> tuple[str, ...]:
    """Describe what is confused with what, and which class is the hardest.

    Examples
    --------
    >>> seen = Inspection(training_counts=(6, 2), confusion=((0, 0, 3), (0, 1, 1), (1, 1, 2)),
    ...     image_size=None, mistakes=(), layers=())
    >>> confusion_words(seen, ("cat", "dog"))[0]
    '1 of 6 validation examples is wrong. Most often: cat taken for dog (1×).'
    """
    pairs, every = confused_pairs(inspection), confusion_table(inspection)["count"].sum()
    wrong = int(pairs["count"].sum())
    if not wrong:
        return (f"All {every} validation examples are right.",)
    top = pairs.head(NAMED_PAIRS)
    most = [
        f"{classes[label]} taken for {classes[prediction]} ({times}×)"
        for label, prediction, times in zip(
            top["label"], top["prediction"], top["count"], strict=True
        )
    ]
    verb = "is" if wrong == 1 else "are"
    first = f"{wrong} of {every} validation examples {verb} wrong. Most often: {listing(most)}."
    return (first, *_hardest(inspection, classes))


def _hardest(inspection: Inspection, classes: Sequence[str]) -> tuple[str, ...]:
    frame = class_table(inspection)
    worst = frame.iloc[int(frame["right"].fillna(2).argmin())]
    accuracy, balanced = accuracies(inspection)
    return (
        f"Hardest is class {classes[int(worst['label'])]}: {percent(worst['right'], 1)} of"
        f" {count(int(worst['validation']), 'example')} right. Over all examples it is"
        f" {percent(accuracy)}; the mean over the classes, the balanced accuracy, is"
        f" {percent(balanced)}.",
    )


def _named(frame: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the names of classes for their indices."""
    names = {name: frame[name].map(dict(enumerate(classes))) for name in ("label", "prediction")}
    return frame.assign(**names)


_whole = partial(number, digits=9)
_LABEL, _PREDICTION = Column("label", "label"), Column("prediction", "prediction")


def _classes(inspection: Inspection, classes: Sequence[str]) -> Table:
    frame = class_table(inspection).head(LISTED_CLASSES)
    frame["label"] = [classes[index] for index in frame["label"]]
    columns = (
        Column("label", "class"),
        Column("training", "training examples", _whole, numeric=True),
        Column("validation", "validation examples", _whole, numeric=True),
        Column("right", "right", partial(percent, digits=1), numeric=True),
    )
    cut = f" (the first {LISTED_CLASSES})" if len(classes) > LISTED_CLASSES else ""
    return table(frame, f"How each class fares{cut}", columns, sortable=True)


def _confusion_picture(inspection: Inspection, classes: Sequence[str]) -> Picture:
    most = max(confused_pairs(inspection)["count"], default=0)
    return picture(
        partial(draw_confusion, confusion_matrix(inspection), classes),
        _confusion_as_table(inspection, classes),
        name="train-confusion",
        title="What is taken for what",
        alt=f"Matrix of {len(classes)} labels against predictions on the validation data."
        f" {' '.join(confusion_words(inspection, classes))}",
        note="Each row is a label, each column what the network takes it for; on the diagonal"
        " (blue) it is right, beside it (orange) wrong. Stronger colour: more examples, for"
        f" mistakes as against the most frequent one, which occurs {most} times.",
        sizes=(SQUARE, SQUARE_NARROW),
    )


def _confusion_as_table(inspection: Inspection, classes: Sequence[str]) -> Table:
    if len(classes) > MOST_COLUMNS:
        frame = _named(confused_pairs(inspection).head(LISTED_PAIRS), classes)
        listed = (
            _LABEL,
            _PREDICTION,
            Column("count", "examples", _whole, numeric=True),
            Column("share", "share of that label", partial(percent, digits=1), numeric=True),
        )
        return table(frame, "The most frequent mistakes", listed, sortable=True)
    matrix = confusion_matrix(inspection).assign(label=list(classes))
    columns = (
        Column("label", "label ↓ prediction →"),
        *(Column(index, name, _whole, numeric=True) for index, name in enumerate(classes)),
    )
    return table(matrix, "Validation examples by label and prediction", columns)


def _mistakes_picture(
    inspection: Inspection, classes: Sequence[str], size: tuple[int, int]
) -> Picture:
    frame = mistakes_table(inspection)
    columns = (
        Column("row", "example", _whole, numeric=True),
        _LABEL,
        _PREDICTION,
        Column("probability", "share of the output", partial(percent, digits=1), numeric=True),
    )
    wrong = int(confused_pairs(inspection)["count"].sum())
    some = f"the {len(frame)} of {wrong} it is surest of" if len(frame) < wrong else "all of them"
    first = frame.iloc[0]
    return picture(
        partial(draw_mistakes, frame, size, classes),
        table(_named(frame, classes), "Examples by their place in the validation part", columns),
        name="train-mistakes",
        title="Images it gets wrong",
        alt=f"{count(len(frame), 'image')}, each with its label and what the network takes it for;"
        f" the first is a {classes[first['label']]} taken for {classes[first['prediction']]}.",
        note=f"Under each image its label, and what the network takes it for: {some}, the surest"
        " first.",
        sizes=(mistakes_size(len(frame), 8.0), mistakes_size(len(frame), 3.6)),
    )


def _weights_picture(inspection: Inspection) -> Picture:
    layers = inspection.layers
    named = {layer_name(layers, index): layer for index, layer in enumerate(layers)}
    frame = weight_histograms(named)
    near = [
        f"{name}, {percent(own['near_zero'].iloc[0], 1)}" for name, own in frame.groupby("name")
    ]
    more = f" The first {DRAWN_PANELS} layers are drawn." if len(layers) > DRAWN_PANELS else ""
    return picture(
        partial(draw_weights, frame),
        table(frame, "Weights in each bin", weight_columns("layer")),
        name="train-weights",
        title="The weights of each layer",
        alt=f"Histograms of the weights of {count(len(layers), 'layer')} with logarithmic counts."
        f" Within 0.01 of zero: {listing(near)}.",
        note="How many weights have which size, after the best epoch; the axis of counts is"
        " logarithmic. Regularisation draws weights towards 0: L1 sets many there and leaves few"
        f" large ones, L2 makes all of them smaller.{more}",
        sizes=(weights_size(len(layers), 8.0), weights_size(len(layers), 3.6)),
    )


def weight_columns(heading: str) -> tuple[Column, ...]:
    """Return the columns of a table of histograms."""
    edge = partial(number, digits=4)
    return (
        Column("name", heading),
        Column("left", "from", edge, numeric=True),
        Column("right", "to", edge, numeric=True),
        Column("count", "weights", _whole, numeric=True),
    )
