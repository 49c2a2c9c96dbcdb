"""Looks into networks, written by hand."""

from base64 import b64encode

import numpy as np

from tuner.inspection import layer_weights
from tuner.records import Inspection, LayerWeights, Mistake


def inspection_of(
    classes: int = 10, *, images: bool = True, wrong: int = 30, imbalanced: bool = False
) -> Inspection:
    """Return a look into a network of so many classes that gets some examples wrong."""
    rng = np.random.default_rng(classes)
    counts = np.diag(np.full(classes, 40))
    pairs = rng.integers(0, classes, size=(wrong, 2))
    pairs[:, 1] = np.where(pairs[:, 0] == pairs[:, 1], (pairs[:, 1] + 1) % classes, pairs[:, 1])
    np.add.at(counts, tuple(pairs.T), 1)
    shown = pairs[:24].tolist()
    training = [900, *[90] * (classes - 1)] if imbalanced else [100] * classes
    return Inspection(
        training_counts=tuple(training),
        confusion=tuple(
            (int(label), int(taken), int(counts[label, taken]))
            for label, taken in zip(*np.nonzero(counts), strict=True)
        ),
        image_size=(8, 6) if images else None,
        mistakes=tuple(
            Mistake(
                row=index,
                label=label,
                prediction=taken,
                probability=0.9 - index / 100,
                pixels=b64encode(rng.bytes(48)).decode() if images else "",
            )
            for index, (label, taken) in enumerate(shown)
        ),
        layers=layers_of(rng),
    )


def layers_of(rng: np.random.Generator, spread: float = 0.3) -> tuple[LayerWeights, ...]:
    """Return the weights of a network with 784, 30 and 10 neurons."""
    return (
        layer_weights(rng.normal(0, spread, (30, 784))),
        layer_weights(rng.normal(0, 2 * spread, (10, 30))),
    )
