"""Regularization of the weights; biases are never regularized.

A regularizer adds λ/n · R(w) to the cost, n the number of training examples: R is ½Σw² for L2 and
Σ|w| for L1 (article, section "Regularization"; Nielsen, chapter 3, "Regularization",
http://neuralnetworksanddeeplearning.com/chap3.html). The article's text prints the L1 update with
the factor of L2; the update here is the derivative of its L1 cost,
w → w - ηλ/n·sgn(w) - η/m Σ∂Cₓ/∂w.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuner.network.arrays import Array, np


@dataclass(frozen=True)
class Regularizer:
    """How the size of weights is counted.

    Attributes
    ----------
    size
        `size(w)` returns R, the size of one layer's weights; it is written in operators alone, so
        that a PyTorch tensor does as well as an array.
    gradient
        `gradient(w)` returns ∂R/∂w, of the shape of w.
    scales
        Whether the gradient is w itself, so that a step of plain descent multiplies the weights by
        1 - ηλ/n: BLAS does that in the product that adds the gradient of the data.
    """

    size: Callable[[Any], Any]
    gradient: Callable[[Array], Array]
    scales: bool = False


def penalty(regularizer: Regularizer, decay: float, weights: Sequence[Array]) -> float:
    """Return what regularization adds to the cost, decay · R summed over the layers.

    Parameters
    ----------
    decay
        λ/n.

    Examples
    --------
    >>> w = (np.array([[3.0, -4.0]]),)
    >>> penalty(REGULARIZERS["l2"], 0.2, w)
    2.5
    >>> penalty(REGULARIZERS["l1"], 0.25, w)
    1.75
    """
    return decay * sum(float(regularizer.size(w)) for w in weights) if decay else 0.0


def _sign(w: Any) -> Any:
    return np.sign(w)


REGULARIZERS: Mapping[str, Regularizer] = {
    "l2": Regularizer(lambda w: (w * w).sum() / 2, lambda w: w, scales=True),
    "l1": Regularizer(lambda w: abs(w).sum(), _sign),
}
"""Each regularizer by its name in settings; the keys are the choices there."""
