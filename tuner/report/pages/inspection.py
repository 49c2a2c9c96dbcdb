"""What a network gets wrong, and its weights, as a part of a report."""

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd

from tuner.records import DataSummary, Inspection
from tuner.report.charts.inspection import (
    DRAWN_PANELS,
    confusion_matrix,
    draw_confusion,
    draw_mistakes,
    draw_weights,
    mistakes_table,
)
from tuner.report.document import (
    Columns,
    Download,
    Figure,
    Folded,
    Part,
    Table,
    Text,
    csv_download,
    shares,
    whole,
)
from tuner.report.format import count, listing, percent
from tuner.report.frames.inspection import (
    accuracies,
    class_table,
    confused_pairs,
    confusion_table,
    layer_name,
    weight_histograms,
)

MOST_COLUMNS = 20
"""Up to so many classes the confusion matrix is a table too; beyond it is a list of pairs."""

LISTED_PAIRS, LISTED_CLASSES = 200, 200
NAMED_PAIRS = 5


def inspection_evidence(inspection: Inspection, data: DataSummary) -> Iterator[Part]:
    """Return what a network gets wrong, in words and figures, and its weights."""
    names = data.classes
    yield from (Text(sentence) for sentence in confusion_words(inspection, names))
    yield _confusion_figure(inspection, names)
    if inspection.image_size and inspection.mistakes:
        yield _mistakes_figure(inspection, names, inspection.image_size)
    yield _weights_figure(inspection)
    yield Folded("Each class on its own", (_classes(inspection, names),))


def confusion_download(inspection: Inspection, data: DataSummary) -> Download:
    """Return how often which label is taken for what, as CSV."""
    return csv_download("confusion.csv", _named(confusion_table(inspection), data.classes))


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
    frame = class_table(inspection)
    worst = frame.iloc[int(frame["right"].fillna(2).argmin())]
    accuracy, balanced = accuracies(inspection)
    return (
        f"{wrong} of {every} validation examples {verb} wrong. Most often: {listing(most)}.",
        f"Hardest is class {classes[int(worst['label'])]}: {percent(worst['right'], 1)} of"
        f" {count(int(worst['validation']), 'example')} right. Over all examples it is"
        f" {percent(accuracy)}; the mean over the classes, the balanced accuracy, is"
        f" {percent(balanced)}.",
    )


def _named(frame: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the names of classes for their indices."""
    names = {name: frame[name].map(dict(enumerate(classes))) for name in ("label", "prediction")}
    return frame.assign(**names)


def _classes(inspection: Inspection, classes: Sequence[str]) -> Table:
    frame = class_table(inspection).head(LISTED_CLASSES)
    frame["label"] = [classes[index] for index in frame["label"]]
    columns: Columns = {
        "label": "class",
        "training": whole("training examples"),
        "validation": whole("validation examples"),
        "right": shares("right", 1),
    }
    cut = f" (the first {LISTED_CLASSES})" if len(classes) > LISTED_CLASSES else ""
    return Table(f"Accuracy of each class{cut}", frame, columns, sortable=True)


def _confusion_figure(inspection: Inspection, classes: Sequence[str]) -> Figure:
    most = max(confused_pairs(inspection)["count"], default=0)
    return Figure(
        "train-confusion",
        "What is taken for what",
        _confusion_as_table(inspection, classes),
        partial(draw_confusion, confusion_matrix(inspection), classes),
        alt=f"Matrix of {len(classes)} labels against predictions on the validation data."
        f" {' '.join(confusion_words(inspection, classes))}",
        note="Each row is a label, each column what the network takes it for; on the diagonal"
        " (blue) it is right, beside it (orange) wrong. Stronger color: more examples, for"
        f" mistakes as against the most frequent one, which occurs {most} times.",
    )


def _confusion_as_table(inspection: Inspection, classes: Sequence[str]) -> Table:
    if len(classes) > MOST_COLUMNS:
        frame = _named(confused_pairs(inspection).head(LISTED_PAIRS), classes)
        listed: Columns = {
            "label": "label",
            "prediction": "prediction",
            "count": whole("examples"),
            "share": shares("share of that label", 1),
        }
        return Table("The most frequent mistakes", frame, listed, sortable=True)
    matrix = confusion_matrix(inspection).assign(label=list(classes))
    counts = {index: whole(name) for index, name in enumerate(classes)}
    columns: Columns = {"label": "label ↓ prediction →", **counts}
    return Table("Validation examples by label and prediction", matrix, columns)


def _mistakes_figure(
    inspection: Inspection, classes: Sequence[str], size: tuple[int, int]
) -> Figure:
    frame = mistakes_table(inspection)
    columns: Columns = {
        "row": whole("example"),
        "label": "label",
        "prediction": "prediction",
        "probability": shares("share of the output", 1),
    }
    named = _named(frame, classes)
    wrong = int(confused_pairs(inspection)["count"].sum())
    some = f"the {len(frame)} of {wrong} it is surest of" if len(frame) < wrong else "all of them"
    first = named.iloc[0]
    return Figure(
        "train-mistakes",
        "Images it gets wrong",
        Table("Examples by their place in the validation part", named, columns),
        partial(draw_mistakes, frame, size, classes),
        alt=f"{count(len(frame), 'image')}, each with its label and what the network takes it for;"
        f" the first is a {first['label']} taken for {first['prediction']}.",
        note=f"Under each image its label, and what the network takes it for: {some}, the surest"
        " first.",
    )


def _weights_figure(inspection: Inspection) -> Figure:
    layers = inspection.layers
    named = {layer_name(layers, index): layer for index, layer in enumerate(layers)}
    frame = weight_histograms(named)
    near = [
        f"{name}, {percent(own['near_zero'].iloc[0], 1)}" for name, own in frame.groupby("name")
    ]
    more = f" The first {DRAWN_PANELS} layers are drawn." if len(layers) > DRAWN_PANELS else ""
    return Figure(
        "train-weights",
        "The weights of each layer",
        Table("Weights in each bin", frame, weight_columns("layer")),
        partial(draw_weights, frame),
        alt=f"Histograms of the weights of {count(len(layers), 'layer')} with logarithmic counts."
        f" Within 0.01 of zero: {listing(near)}.",
        note="How many weights have which size, after the best epoch; the axis of counts is"
        " logarithmic. Regularization draws weights towards 0: L1 sets many there and leaves few"
        f" large ones, L2 makes all of them smaller.{more}",
    )


def weight_columns(heading: str) -> Columns:
    """Return the columns of a table of histograms."""
    return {"name": heading, "left": "from", "right": "to", "count": whole("weights")}
