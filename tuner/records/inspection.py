"""What a trained network looks like inside, and what it gets wrong."""

from dataclasses import dataclass

from tuner.serialization import Record


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

    row: int
    label: int
    prediction: int
    probability: float
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
    width: float
    counts: tuple[int, ...]
    near_zero: int


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

    training_counts: tuple[int, ...]
    confusion: tuple[tuple[int, int, int], ...]
    image_size: tuple[int, int] | None
    mistakes: tuple[Mistake, ...]
    layers: tuple[LayerWeights, ...]
