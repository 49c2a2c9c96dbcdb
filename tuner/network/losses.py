"""Cost functions with the output layer that belongs to each.

All are computed from the logits z of the output layer, so that they stay right where σ saturates.
Exponents are cut at -80: e⁻⁸⁰ ≈ 2·10⁻³⁵ is far below the rounding of any sum it enters, and still a
normal float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuner.network.activations import sigmoid, times_sigmoid_derivative
from tuner.network.blas import Array

_LEAST_EXPONENT = -80.0


def softmax(z: Array) -> None:
    """Replace z (…, c) by e^z_j / Σ_k e^z_k in place (article, section "Softmax").

    Examples
    --------
    >>> z = np.array([[1e4, 1e4, -1e4]])
    >>> softmax(z)
    >>> z.round(3)
    array([[0.5, 0.5, 0. ]])
    """
    z -= z.max(axis=-1, keepdims=True)
    np.maximum(z, _LEAST_EXPONENT, out=z)
    np.exp(z, z)
    z /= z.sum(axis=-1, keepdims=True)


def _error(a: Array, targets: Array, _: Array) -> None:
    a -= targets


def _quadratic_error(a: Array, targets: Array, scratch: Array) -> None:
    delta = a - targets
    times_sigmoid_derivative(delta, a, scratch)
    a[...] = delta


def _cross_entropy(z: Array, targets: Array) -> Array:
    per_output = np.maximum(z, 0) - z * targets
    # Last, so that the small cost of a right and certain answer is not rounded away.
    per_output += np.log1p(np.exp(np.maximum(-np.abs(z), _LEAST_EXPONENT)))
    total: Array = per_output.sum(axis=-1)
    return total


def _quadratic(z: Array, targets: Array) -> Array:
    a = z.copy()
    sigmoid(a)
    total: Array = 0.5 * np.square(a - targets).sum(axis=-1)
    return total


def _log_likelihood(z: Array, targets: Array) -> Array:
    shifted = z - z.max(axis=-1, keepdims=True)
    total = np.log(np.exp(np.maximum(shifted, _LEAST_EXPONENT)).sum(axis=-1))
    total -= (shifted * targets).sum(axis=-1)
    return np.asarray(total)


@dataclass(frozen=True)
class CostFunction:
    """A cost and its output layer; m examples, c classes.

    Attributes
    ----------
    output
        `output(z)` replaces the logits (…, m, c) by the network's output a, in place.
    output_error
        `output_error(a, targets, scratch)` replaces a by δ = ∂C/∂z, in place.
    per_example
        `per_example(z, targets)` gives the cost of each example, shape (…, m); targets (m, c) are
        one-hot rows, or one number for a single neuron.
    """

    output: Callable[[Array], None]
    output_error: Callable[[Array, Array, Array], None]
    per_example: Callable[[Array, Array], Array]


COSTS = {
    "cross-entropy": CostFunction(sigmoid, _error, _cross_entropy),
    "quadratic": CostFunction(sigmoid, _quadratic_error, _quadratic),
    "log-likelihood": CostFunction(softmax, _error, _log_likelihood),
}
