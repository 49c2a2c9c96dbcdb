"""Cost functions, each with the output layer that belongs to it.

All are computed from the logits z of the output layer, so that they stay right where σ saturates.
Exponents are cut at -80: e⁻⁸⁰ ≈ 2·10⁻³⁵ is far below the rounding of any sum it enters, and still a
normal float32.

Sources: the article's sections "Cost Function" and "Softmax"; Nielsen, chapter 3, "The
cross-entropy cost function" and "Softmax" (http://neuralnetworksanddeeplearning.com/chap3.html).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuner.network.activations import sigmoid, times_sigmoid_derivative
from tuner.network.arrays import Array, np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shares = NDArray[np.float64]
else:
    Shares = Array

_LEAST_EXPONENT = -80.0
_LEAST_SHARE = math.exp(_LEAST_EXPONENT)


@dataclass(frozen=True)
class Loss:
    """A cost with its output layer; m examples, c classes.

    Attributes
    ----------
    output
        `output(z)` replaces the logits (…, m, c) by the network's output a, in place.
    output_error
        `output_error(a, targets, scratch)` replaces a by δ = ∂C/∂z, in place.
    per_example
        `per_example(z, targets)` returns the cost of each example, shape (…, m); targets (m, c) are
        one-hot rows, or one number for a single neuron.
    baseline
        `baseline(shares)` returns the least mean cost of a constant output, where `shares` (c,) are
        the frequencies of the classes, which sum to 1. A network that costs this much has learned
        nothing.
    probabilities
        `probabilities(z)` replaces the logits (…, c) by shares that sum to 1, in place.
    logits
        `logits(shares)` returns finite logits (…, c) whose `probabilities` are those shares.

    Where numbers are predicted the targets have a mean of 0 and a variance of 1, so that the
    baseline is half of that, whatever `shares`; outputs and logits are the same.
    """

    output: Callable[[Array], None]
    output_error: Callable[[Array, Array, Array], None]
    per_example: Callable[[Array, Array], Array]
    baseline: Callable[[Shares], float]
    probabilities: Callable[[Array], None]
    logits: Callable[[Shares], Shares]


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


def normalized_sigmoid(z: Array) -> None:
    """Replace z (…, c) by σ(z_j) / Σ_k σ(z_k) in place.

    It is the softmax of log σ(z), so it holds where all outputs of an example round to 0.

    Examples
    --------
    >>> z = np.array([[0.0, 0.0], [-1e4, -1e4]])
    >>> normalized_sigmoid(z)
    >>> z
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    z[...] = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    softmax(z)


def _log(shares: Shares) -> Shares:
    return np.log(np.maximum(shares, _LEAST_SHARE))


def _log_odds(shares: Shares) -> Shares:
    return _log(shares) - _log(1 - shares)


def _error(a: Array, targets: Array, _: Array) -> None:
    a -= targets


def _quadratic_error(a: Array, targets: Array, scratch: Array) -> None:
    delta = a - targets
    times_sigmoid_derivative(delta, a, a, scratch)
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


def _quadratic_baseline(shares: Shares) -> float:
    return float(0.5 * (shares * (1 - shares)).sum())


def _entropy(shares: Shares) -> float:
    inside = shares[(shares > 0) & (shares < 1)]
    return float(-(inside * np.log(inside)).sum())


def _binary_entropies(shares: Shares) -> float:
    return _entropy(shares) + _entropy(1 - shares)


def weighted(loss: Loss, weights: Shares) -> Loss:
    """Return a cost in which an example counts as much as its class weighs.

    Parameters
    ----------
    loss
        The cost of an example.
    weights
        One for each class (c,), above 0. Where they are whole numbers, divided by their mean over
        the examples, training is what it is with each example repeated so often.

    Examples
    --------
    >>> twice = weighted(LOSSES["log-likelihood"], np.array([2.0, 1.0]))
    >>> z, targets = np.zeros((2, 2)), np.eye(2)
    >>> twice.per_example(z, targets).round(3)
    array([1.386, 0.693])
    """

    def of(targets: Array) -> Array:
        # The largest target is that of the label, smoothed or not.
        own: Array = weights.astype(targets.dtype)[targets.argmax(axis=-1)]
        return own

    def output_error(a: Array, targets: Array, scratch: Array) -> None:
        loss.output_error(a, targets, scratch)
        a *= of(targets)[..., np.newaxis]

    def baseline(shares: Shares) -> float:
        total = float((shares * weights).sum())
        return total * loss.baseline(shares * weights / total)

    return replace(
        loss,
        output_error=output_error,
        per_example=lambda z, targets: loss.per_example(z, targets) * of(targets),
        baseline=baseline,
    )


LOSSES: Mapping[str, Loss] = {
    "cross-entropy": Loss(
        output=sigmoid,
        output_error=_error,
        per_example=_cross_entropy,
        baseline=_binary_entropies,
        probabilities=normalized_sigmoid,
        logits=_log_odds,
    ),
    "quadratic": Loss(
        output=sigmoid,
        output_error=_quadratic_error,
        per_example=_quadratic,
        baseline=_quadratic_baseline,
        probabilities=normalized_sigmoid,
        logits=_log_odds,
    ),
    "log-likelihood": Loss(
        output=softmax,
        output_error=_error,
        per_example=_log_likelihood,
        baseline=_entropy,
        probabilities=softmax,
        logits=_log,
    ),
}
"""Each cost by its name in settings; the keys are the choices there."""


def _as_it_is(_: Array) -> None:
    """Leave the weighted input as it is: the output neuron is linear."""


def _squared(z: Array, targets: Array) -> Array:
    total: Array = 0.5 * np.square(z - targets).sum(axis=-1)
    return total


OF_NUMBERS: Mapping[str, Loss] = {
    "quadratic": Loss(
        output=_as_it_is,
        output_error=_error,
        per_example=_squared,
        baseline=lambda _: 0.5,
        probabilities=_as_it_is,
        logits=lambda values: values,
    )
}
"""The cost of predicted numbers (Nielsen, chapter 3, "The cross-entropy cost function", the problem
on the quadratic cost with linear neurons in the output layer)."""


def shares_of(z: Array, loss: Loss, temperature: float = 1.0) -> Shares:
    """Return the probabilities (n, c) by logits z (n, c), or the numbers that they are."""
    shares: Shares = z.astype(np.float64) / temperature
    with np.errstate(all="ignore"):  # a probability of 0 may underflow
        loss.probabilities(shares)
    return shares


def losses_of(task: str) -> Mapping[str, Loss]:
    """Return the costs of a task, "classification" or "regression", by their names."""
    return LOSSES if task == "classification" else OF_NUMBERS
