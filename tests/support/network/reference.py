"""The cost of one network written down once more, from the formulas and SciPy alone."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_softmax

from tuner.network.initialization import Parameters
from tuner.records import Hyperparameters

Floats = NDArray[np.floating[Any]]


def weighted_inputs(
    parameters: Parameters, settings: Hyperparameters, x: Floats, masks: Sequence[Floats] = ()
) -> list[Floats]:
    """The z of every layer, each (n, h)."""
    activate: dict[str, Callable[[Floats], Floats]] = {
        "sigmoid": expit,
        "tanh": np.tanh,
        "relu": lambda z: np.where(z > 0, z, 0),
    }
    a, zs = x, []
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        zs.append(np.einsum("nd,hd->nh", a, w) + b)
        a = activate[settings.activation](zs[-1])
        if masks and layer < len(masks):
            a = a * masks[layer]
    return zs


def cost(
    parameters: Parameters,
    settings: Hyperparameters,
    x: Floats,
    targets: Floats,
    masks: Sequence[Floats] = (),
) -> float:
    """The regularised cost of the whole training data (x, targets)."""
    z = weighted_inputs(parameters, settings, x, masks)[-1]
    per_example = {
        "cross-entropy": -(targets * log_expit(z) + (1 - targets) * log_expit(-z)),
        "quadratic": (expit(z) - targets) ** 2 / 2,
        "log-likelihood": -targets * log_softmax(z, axis=1),
    }[settings.cost]
    size = {"l2": lambda w: np.sum(w**2) / 2, "l1": lambda w: np.sum(np.abs(w))}
    regularised = sum(size[settings.regularization](w) for w in parameters.weights)
    return float(np.sum(per_example) / len(x) + settings.lambda_ / len(x) * regularised)
