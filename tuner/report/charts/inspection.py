"""The figures of a look into a network: one function makes the data, another the picture."""

from base64 import b64decode
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Plot
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from tuner.records import Inspection, Verdict
from tuner.report.charts.canvas import WIDTH, panels, write_numbers
from tuner.report.charts.theme import INK, MARKS, MUTED, PAPER, SERIES, styled
from tuner.report.document import (
    Columns,
    Figure,
    Table,
    shares,
    whole,
)
from tuner.report.fonts import class_letters
from tuner.report.format import count, listing, percent
from tuner.report.frames.inspection import (
    confused_pairs,
    confusion_table,
    layer_name,
    weight_histograms,
)
from tuner.report.summaries.inspection import confusion_words

NUMBERED = 12
"""Classes up to which each cell of the matrix has its number written in it."""

MOST_TICKS, SIDE_BY_SIDE = 16, 34
"""Names on one axis, and their letters in all before they are turned upright."""

ACROSS = 5
"""Images side by side."""

DRAWN_PANELS = 6

_GROUND: dict[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
_RIGHT, _WRONG = MARKS[Verdict.DECREASING].color, MARKS[Verdict.DIVERGED].color
_FAINTEST, _STRONGEST = 0.12, 0.6


def confusion_matrix(inspection: Inspection) -> pd.DataFrame:
    """Return the counts with a row for each label and a column for each prediction."""
    classes = range(len(inspection.training_counts))
    table = confusion_table(inspection).pivot_table(
        index="label", columns="prediction", values="count", fill_value=0, aggfunc="sum"
    )
    return table.reindex(index=classes, columns=classes, fill_value=0).astype(int)


def draw_confusion(matrix: pd.DataFrame, classes: Sequence[str]) -> Plot:
    """Draw labels against predictions: what is right on the diagonal, mistakes beside it.

    Parameters
    ----------
    matrix
        From `confusion_matrix`.
    classes
        Name of each class.
    """
    names, counts = class_letters(classes), matrix.to_numpy()
    with styled():
        figure, axes = _square(names)
        axes.imshow(_shades(counts), interpolation="none", aspect="equal", gid="matrix")
        axes.grid(visible=False)
        _name_classes(axes, names)
        axes.set_ylabel("label")
        axes.set_xlabel("prediction")
        if len(names) <= NUMBERED:
            for label, prediction in zip(*np.nonzero(counts), strict=True):
                weight = "normal" if label == prediction else "bold"
                text = str(counts[label, prediction])
                axes.text(prediction, label, text, ha="center", va="center", weight=weight)
        axes.add_patch(Rectangle((-0.5, -0.5), len(names), len(names), fill=False, ec=MUTED))
    return figure


def _square(names: Sequence[str]) -> tuple[Plot, Axes]:
    """Make an empty figure with room for names beside and below."""
    room = 0.45 + 0.08 * max(map(len, names), default=1)
    bottom = room if _upright(names) else 0.55
    width, height = WIDTH, WIDTH - room + bottom
    figure = Plot(figsize=(width, height), facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    figure.subplots_adjust(
        left=room / width, right=1 - 0.1 / width, bottom=bottom / height, top=1 - 0.1 / height
    )
    axes.set_anchor("NW")
    return figure, axes


def _upright(names: Sequence[str]) -> bool:
    """Return whether names are too long to stand side by side."""
    return len(names) * max(map(len, names), default=0) > SIDE_BY_SIDE


def _shades(counts: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the color of each cell: its share of a row, and mistakes as against the worst."""
    shades = np.zeros((*counts.shape, 4))
    right = np.eye(len(counts), dtype=bool)
    for cells, color in ((right, _RIGHT), (~right, _WRONG)):
        some = cells & (counts > 0)
        most = counts[some].max(initial=1)
        shades[some, :3] = to_rgb(color)
        shades[some, 3] = _FAINTEST + (_STRONGEST - _FAINTEST) * counts[some] / most
    return shades


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    places = range(0, len(names), -(-len(names) // MOST_TICKS) or 1)
    labels = [names[place] for place in places]
    small: dict[str, Any] = {"fontsize": "small"}
    axes.set_xticks(places, labels, rotation=90 if _upright(names) else 0, **small)
    axes.set_yticks(places, labels, **small)


def mistakes_table(inspection: Inspection) -> pd.DataFrame:
    """Return the mistakes shown: `row`, `label`, `prediction`, `probability`, `pixels`."""
    rows = [(m.row, m.label, m.prediction, m.probability, m.pixels) for m in inspection.mistakes]
    return pd.DataFrame(rows, columns=["row", "label", "prediction", "probability", "pixels"])


def draw_mistakes(
    mistakes: pd.DataFrame, image_size: tuple[int, int], classes: Sequence[str]
) -> Plot:
    """Draw each image above its label and what the network takes it for.

    Parameters
    ----------
    mistakes
        From `mistakes_table`.
    image_size
        Height and width of the images in pixels.
    classes
        Name of each class.
    """
    names = class_letters(classes, 9)
    images = [np.frombuffer(b64decode(p), np.uint8).reshape(image_size) for p in mistakes["pixels"]]
    ink = "gray_r" if images and np.mean(images) < 127 else "gray"  # most is background
    cell = WIDTH / ACROSS
    rows, high = -(-len(images) // ACROSS), cell + _UNDER
    size = WIDTH, max(1, rows) * high
    with styled():
        figure = Plot(figsize=size, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(size[1], 0), facecolor="none")
        axes.axis("off")
        for place, image in enumerate(images):
            row, column = divmod(place, ACROSS)
            x, y = column * cell, row * high
            tall, wide = (_FILLED * cell * side / max(image_size) for side in image_size)
            left, top = x + (cell - wide) / 2, y + cell - tall
            extent = (left, left + wide, y + cell, top)
            axes.imshow(
                image, cmap=ink, vmin=0, vmax=255, extent=extent, aspect="auto", gid="image"
            )
            axes.add_patch(Rectangle((left, top), wide, tall, fill=False, ec=MUTED, lw=0.8))
            mistake = mistakes.iloc[place]
            words = f"{names[mistake['label']]}\nas {names[mistake['prediction']]}"
            axes.text(x + cell / 2, y + cell + 0.04, words, ha="center", va="top", size="small")
    return figure


_UNDER, _FILLED = 0.42, 0.88
"""Inches for the words under an image, and the share of its cell that an image fills."""


def draw_weights(histograms: pd.DataFrame) -> Plot:
    """Draw histograms of weights one below the other, on one axis of weights.

    Parameters
    ----------
    histograms
        From `tuner.report.frames.inspection.weight_histograms`; the first `DRAWN_PANELS` are drawn.
    """
    names = list(dict.fromkeys(histograms["name"]))[:DRAWN_PANELS]
    shown = histograms[histograms["name"].isin(names)]
    with styled():
        ratios = [1] * max(len(names), 1)
        height = 1.3 + 1.45 * len(ratios)
        figure, stack = panels(height, margin=0.15, ratios=ratios, left=0.95)
        figure.subplots_adjust(bottom=0.55 / height, hspace=0.45)
        for name, axes in zip(names, stack, strict=False):
            _draw_histogram(axes, shown[shown["name"] == name])
        most = 10 ** np.ceil(np.log10(shown["count"].max() * 1.05)) if len(shown) else 10
        for axes in stack:
            axes.set_yscale("log")
            axes.set_ylim(0.5, most)
            axes.yaxis.set_major_locator(LogLocator(numticks=5))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        bins = MaxNLocator(6, steps=[1, 2, 5, 10])
        stack[-1].xaxis.set_major_locator(bins)
        write_numbers(stack[-1].xaxis)
        stack[-1].set_xlabel("weight")
        figure.supylabel("weights in a bin", x=0.01, fontsize="medium")
    return figure


def _draw_histogram(axes: Axes, bins: pd.DataFrame) -> None:
    edges = [*bins["left"], bins["right"].iloc[-1]]
    mark = SERIES["training"]
    axes.stairs(bins["count"], edges, baseline=0.1, fill=True, color=mark.color, alpha=0.3)
    axes.stairs(bins["count"], edges, baseline=0.1, color=mark.color, lw=1.2, gid="weights")
    axes.axvline(0, color=INK, lw=0.8, ls=(0, (1, 2)), gid="zero")
    near = percent(bins["near_zero"].iloc[0], 1)
    axes.set_title(bins["name"].iloc[0], loc="left")
    axes.text(
        0.99, 0.97, f"{near}\nwithin ±0.01", transform=axes.transAxes, ha="right", va="top",
        fontsize="small", gid="near", bbox=_GROUND,
    )  # fmt: skip


MOST_COLUMNS = 20
"""Up to so many classes the confusion matrix is a table too; beyond it is a list of pairs."""


LISTED_PAIRS, LISTED_CLASSES = 200, 200


def confusion_figure(inspection: Inspection, classes: Sequence[str]) -> Figure:
    """Return what is taken for what, as a matrix."""
    most = max(confused_pairs(inspection)["count"], default=0)
    return Figure(
        "train-confusion",
        "Confusion matrix",
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
        frame = with_names(confused_pairs(inspection).head(LISTED_PAIRS), classes)
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


def mistakes_figure(
    inspection: Inspection, classes: Sequence[str], size: tuple[int, int]
) -> Figure:
    """Return the images that the network gets wrong."""
    frame = mistakes_table(inspection)
    columns: Columns = {
        "row": whole("example"),
        "label": "label",
        "prediction": "prediction",
        "probability": shares("share of the output", 1),
    }
    named = with_names(frame, classes)
    wrong = int(confused_pairs(inspection)["count"].sum())
    some = f"the {len(frame)} of {wrong} it is surest of" if len(frame) < wrong else "all of them"
    first = named.iloc[0]
    return Figure(
        "train-mistakes",
        "Misclassified images",
        Table("Examples by their place in the validation part", named, columns),
        partial(draw_mistakes, frame, size, classes),
        alt=f"{count(len(frame), 'image')}, each with its label and what the network takes it for;"
        f" the first is a {first['label']} taken for {first['prediction']}.",
        note=f"Under each image its label, and what the network takes it for: {some}, the surest"
        " first.",
    )


def weights_figure(inspection: Inspection) -> Figure:
    """Return the weights of each layer."""
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


def with_names(frame: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the names of classes for their indices."""
    names = {name: frame[name].map(dict(enumerate(classes))) for name in ("label", "prediction")}
    return frame.assign(**names)
