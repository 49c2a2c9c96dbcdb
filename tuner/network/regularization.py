"""L2 and L1 regularisation (article, section "Regularization").

The article's text prints the L1 update with the factor of L2; the update here is the derivative of
its L1 cost, w → w - ηλ/n·sgn(w) - η/m Σ∂Cₓ/∂w.
"""

import numpy as np

from tuner.network.blas import Array
from tuner.records import Hyperparameters


def penalty(settings: Hyperparameters, weights: tuple[Array, ...], n: int) -> float:
    """Return λ/2n Σw² (L2) or λ/n Σ|w| (L1) over all weights; n is the number of training examples.

    Examples
    --------
    >>> w = (np.array([[3.0, -4.0]]),)
    >>> penalty(Hyperparameters(eta=1, lambda_=2), w, n=10)
    2.5
    >>> penalty(Hyperparameters(eta=1, lambda_=2, regularization="l1"), w, n=8)
    1.75
    """
    if settings.lambda_ == 0:
        return 0.0
    if settings.regularization == "l2":
        return settings.lambda_ / (2 * n) * sum(float(np.square(w).sum()) for w in weights)
    return settings.lambda_ / n * sum(float(np.abs(w).sum()) for w in weights)


def decay_factor(settings: Hyperparameters, n: int) -> float:
    """Return the factor 1 - ηλ/n on the weights in each step of L2; 1 for L1."""
    shrinks = settings.regularization == "l2"
    return 1 - settings.eta * settings.lambda_ / n if shrinks else 1.0


def shrink_towards_zero(weights: Array, amounts: Array) -> None:
    """Take the L1 step w → w - amount·sgn(w) in place; amounts (K, 1, 1) are ηλ/n of each lane."""
    steps = np.sign(weights)
    steps *= amounts
    weights -= steps
