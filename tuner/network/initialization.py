"""Initial weights and biases (article, section on weight initialisation)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tuner.network.blas import Array
from tuner.randomness import Purpose, stream
from tuner.records import Hyperparameters


@dataclass(frozen=True, eq=False)
class Parameters:
    """The weights and biases of one network, layer by layer; the arrays are read-only.

    Attributes
    ----------
    weights
        One array (n_out, n_in) a layer.
    biases
        One array (n_out,) a layer.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    def __post_init__(self) -> None:
        for array in self.arrays:
            array.flags.writeable = False

    def __reduce__(self) -> tuple[type["Parameters"], tuple[tuple[Array, ...], tuple[Array, ...]]]:
        # NumPy forgets the read-only flag in a pickle; the constructor sets it again.
        return Parameters, (self.weights, self.biases)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All weights, then all biases."""
        return self.weights + self.biases

    @property
    def finite(self) -> bool:
        """Whether every number is finite: a network with one that is not has diverged."""
        return all(np.isfinite(array).all() for array in self.arrays)


def initial_parameters(settings: Hyperparameters, n_in: int, n_out: int) -> Parameters:
    """Draw the parameters that the seed of `settings` stands for.

    Weights are N(0, 1/n_in) for `scaled` and N(0, 1) for `large`; biases N(0, 1). They are drawn in
    float64, so that both precisions start from the same network.

    Examples
    --------
    >>> start = initial_parameters(Hyperparameters(eta=1, hidden=(30,)), n_in=784, n_out=10)
    >>> [w.shape for w in start.weights], [b.shape for b in start.biases]
    ([(30, 784), (10, 30)], [(30,), (10,)])
    """
    rng = stream(settings.seed, Purpose.INIT)
    sizes = (n_in, *settings.hidden, n_out)
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        spread = 1 / np.sqrt(fan_in) if settings.init == "scaled" else 1.0
        biases.append(rng.standard_normal(fan_out).astype(settings.precision))
        weights.append((rng.standard_normal((fan_out, fan_in)) * spread).astype(settings.precision))
    return Parameters(tuple(weights), tuple(biases))
