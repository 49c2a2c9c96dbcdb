"""What a trained network looks like inside, and what it gets wrong."""

import math
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated

from pydantic import Field

from tuner.errors import require
from tuner.serialization import Positive, Record, Share

Count = Annotated[int, Field(ge=0)]
Examples = Annotated[int, Field(gt=0)]


@dataclass(frozen=True, kw_only=True)
class Mistake(Record):
    """One validation example that a network takes for another class.

    Attributes
    ----------
    row
        Its place in the validation part, from 0.
    label, prediction
        Indices of the class it has and of the one the network gives.
    probability
        The share of the network's outputs that the wrong class got, 0 … 1.
    pixels
        Base64 of its grey values, one byte each, row by row; empty where the data are no images.
    """

    row: Count
    label: Count
    prediction: Count
    probability: Share
    pixels: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerWeights(Record):
    """How the weights of one layer are spread, in bins that can be added up three by three.

    Attributes
    ----------
    n_in, n_out
        Its neurons before and after.
    width
        Of one bin: 0.001 times a power of three, so the bins of two networks fit together.
    counts
        Weights in each bin; the bin in the middle is centred on 0.
    near_zero
        Weights below 0.01 in size.
    """

    n_in: int
    n_out: int
    width: Positive
    counts: tuple[Count, ...]
    near_zero: Count

    def __post_init__(self) -> None:
        middle = len(self.counts) % 2 == 1 and sum(self.counts) > 0
        require(middle, "counts of a layer", self.counts, "a histogram around 0")


@dataclass(frozen=True, kw_only=True)
class Inspection(Record):
    """What a trained network gets wrong on the validation data, and its weights.

    Attributes
    ----------
    training_counts
        Training examples of each class.
    confusion
        Label, prediction and how often, for each pair that occurs, by label and then prediction.
    image_size
        Height and width of the images in `mistakes`; None where the data are no images.
    mistakes
        The examples it is surest to have right and has wrong, the surest first.
    layers
        Weights from the first hidden layer to the output.
    """

    training_counts: tuple[Count, ...]
    confusion: Annotated[tuple[tuple[Count, Count, Examples], ...], Field(min_length=1)]
    image_size: tuple[int, int] | None
    mistakes: tuple[Mistake, ...]
    layers: tuple[LayerWeights, ...]

    def __post_init__(self) -> None:
        classes = len(self.training_counts)
        named = [c for pair in self.confusion for c in pair[:2]]
        named += [c for each in self.mistakes for c in (each.label, each.prediction)]
        known = all(place < classes for place in named)
        require(known, "classes", max(named, default=0), f"below {classes}, of training_counts")
        needed = self.image_size[0] * self.image_size[1] if self.image_size else 0
        for each in self.mistakes:
            size = _bytes(each.pixels)
            require(size == needed, "pixels of a mistake", f"{size} bytes", f"{needed} bytes")

    def require_classes(self, classes: int) -> None:
        """Raise `OptionError` unless it is of a network with so many classes."""
        counts = len(self.training_counts)
        require(counts == classes, "training_counts", f"of {counts}", f"of {classes} classes")

    @property
    def accuracy(self) -> float:
        """Share of the validation examples classified right."""
        right = sum(count for label, prediction, count in self.confusion if label == prediction)
        return right / sum(count for _, _, count in self.confusion)

    @property
    def balanced_accuracy(self) -> float:
        """Mean over the classes of the share classified right, of those with any example."""
        totals: Counter[int] = Counter()
        right: Counter[int] = Counter()
        for label, prediction, count in self.confusion:
            totals[label] += count
            right[label] += count * (label == prediction)
        return fmean(right[label] / total for label, total in totals.items())

    @property
    def imbalance(self) -> float:
        """How many times as many training examples the largest class has as the smallest."""
        least = min(self.training_counts)
        return max(self.training_counts) / least if least else math.inf


@dataclass(frozen=True, kw_only=True)
class Predicted(Record):
    """What a network predicts for validation examples whose target is a number.

    Attributes
    ----------
    examples
        Of the validation part.
    rows
        Places of those that are kept in it, from 0: all, or evenly spread ones and the worst.
    true, predicted
        Their values, in the unit of the target.
    """

    examples: Count
    rows: tuple[Count, ...]
    true: tuple[float, ...]
    predicted: tuple[float, ...]

    def __post_init__(self) -> None:
        alike = len(self.rows) == len(self.true) == len(self.predicted)
        require(alike, "rows", f"{len(self.rows)}", "as many as true and predicted values")


def _bytes(pixels: str) -> int:
    """Return how many bytes a text in Base64 holds; -1 when it is not valid."""
    try:
        return len(b64decode(pixels, validate=True))
    except ValueError:
        return -1
