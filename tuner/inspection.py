"""A look into a trained network: what it gets wrong on the validation data, and its weights."""

import math
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from tuner.data import TuningData
from tuner.network.arrays import Array
from tuner.records import Inspection, LayerWeights, Mistake, Predicted
from tuner.storage.models import Model

SHOWN_MISTAKES = 24
SHOWN_PREDICTIONS = 1_000
LONGEST_SIDE = 64
"""Of a larger image every second, third, … pixel is kept."""

BINS = 121
"""Bins of a histogram, half of them on each side of the one around 0."""

FINEST = 0.001
NEAR_ZERO = 0.01


def inspect(model: Model, data: TuningData) -> Inspection:
    """Return what a network does on the validation data it was chosen by; no other data are seen.

    Parameters
    ----------
    model
        The network.
    data
        Training part (of which only the labels are counted) and validation part.

    Raises
    ------
    DataError
        When an output of the network is no number.

    Examples
    --------
    >>> from tuner.data import load
    >>> from tuner.storage.models import model_of
    >>> from tuner.records import Hyperparameters
    >>> from tuner.training.loop import begin, train
    >>> from tuner.strategies.schedules import Constant
    >>> from tuner.strategies.stopping import Stopping
    >>> from tuner.trainers.native import NativeTrainer
    >>> iris = load("iris")
    >>> trainer, settings = NativeTrainer(iris.tuning), Hyperparameters(eta=0.5, hidden=(8,))
    >>> start = begin(trainer, settings, Constant(eta=0.5), Stopping(epochs=30))
    >>> done, = train(trainer, [start])
    >>> seen = inspect(model_of(done, iris), iris.tuning)
    >>> sum(count for _, _, count in seen.confusion) == iris.validation.n
    True
    >>> seen.training_counts, [sum(layer.counts) for layer in seen.layers]
    ((30, 30, 30), [32, 24])
    """
    labels, shares = data.validation.y, model.probabilities(data.validation.x)
    predictions = model.predict_indices(data.validation.x)
    images = _thumbnails(data)
    return Inspection(
        training_counts=tuple(np.bincount(data.train.y, minlength=len(data.classes)).tolist()),
        confusion=_confusion(labels, predictions),
        image_size=None if images is None else (images.shape[1], images.shape[2]),
        mistakes=_mistakes(labels, predictions, shares, images),
        layers=tuple(layer_weights(weights) for weights in model.parameters.weights),
    )


def predicted_of(model: Model, data: TuningData) -> Predicted:
    """Return what a network predicts for validation examples, of many the worst and a sample.

    Raises
    ------
    DataError
        When an output of the network is no number.
    """
    true = data.validation.y
    predicted = model.values(data.validation.x)
    n = len(true)
    rows = np.arange(0, n, -(-n // SHOWN_PREDICTIONS))
    worst = np.argsort(-np.abs(predicted - true), kind="stable")[:SHOWN_MISTAKES]
    rows = np.union1d(rows, worst)
    return Predicted(
        examples=n,
        rows=tuple(rows.tolist()),
        true=tuple(true[rows].tolist()),
        predicted=tuple(predicted[rows].tolist()),
    )


def _confusion(
    labels: NDArray[np.intp], predictions: NDArray[np.intp]
) -> tuple[tuple[int, int, int], ...]:
    pairs, counts = np.unique(np.stack([labels, predictions]), axis=1, return_counts=True)
    return tuple(zip(*pairs.tolist(), counts.tolist(), strict=True))


def _thumbnails(data: TuningData) -> Array | None:
    """Return the validation images (n, h, w), made smaller if need be."""
    if data.image_shape is None:
        return None
    step = math.ceil(max(data.image_shape) / LONGEST_SIDE)
    return data.validation.x.reshape(-1, *data.image_shape)[:, ::step, ::step]


def _mistakes(
    labels: NDArray[np.intp], predictions: NDArray[np.intp], shares: Array, images: Array | None
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(labels != predictions)
    sureness = shares[wrong, predictions[wrong]]
    surest = wrong[np.argsort(-sureness, kind="stable")][:SHOWN_MISTAKES]
    return tuple(
        Mistake(
            row=int(row),
            label=int(labels[row]),
            prediction=int(predictions[row]),
            probability=float(shares[row, predictions[row]]),
            pixels="" if images is None else _bytes_of(images[row]),
        )
        for row in surest
    )


def _bytes_of(image: Array) -> str:
    """Write grey values 0 … 1 as bytes in base64."""
    grey = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    return b64encode(grey.tobytes()).decode("ascii")


def layer_weights(weights: Array) -> LayerWeights:
    """Count weights (n_out, n_in) in the narrowest bins that hold them all.

    Examples
    --------
    >>> seen = layer_weights(np.array([[0.0, 0.005, -0.3]]))
    >>> round(seen.width, 6), seen.near_zero, sum(seen.counts), seen.counts[60]
    (0.009, 2, 3, 1)
    """
    sizes, half = np.abs(weights), BINS // 2
    power, most = 0, float(sizes.max(initial=0.0))
    while FINEST * 3**power * (half + 0.499) < most:
        power += 1
    width = FINEST * 3**power
    bins = half + np.rint(weights / width).astype(np.intp)
    n_out, n_in = weights.shape
    return LayerWeights(
        n_in=n_in,
        n_out=n_out,
        width=width,
        counts=tuple(np.bincount(bins.ravel(), minlength=BINS).tolist()),
        near_zero=int((sizes < NEAR_ZERO).sum()),
    )
