"""The parameters of a network, and how they are drawn before the first step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tuner.network.arrays import Array, np
from tuner.randomness import Purpose, stream

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


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

    def zeros(self) -> "Parameters":
        """Return zeros of the same shapes."""
        return Parameters(
            *(tuple(map(np.zeros_like, each)) for each in (self.weights, self.biases))
        )

    @property
    def finite(self) -> bool:
        """Whether every number is finite: a network with one that is not has diverged."""
        return all(np.isfinite(array).all() for array in self.arrays)


INITIALIZATIONS: Mapping[str, Callable[[int, int], float]] = {
    "scaled": lambda fan_in, _: 1 / np.sqrt(fan_in),
    "large": lambda *_: 1.0,
    "he": lambda fan_in, _: np.sqrt(2 / fan_in),
}
"""Spread σ of a layer's weights N(0, σ²) from its inputs and outputs; the keys are the choices.

`scaled` and `large` are the two of the article, section on weight initialization, and of Nielsen,
chapter 3, "Weight initialization" (http://neuralnetworksanddeeplearning.com/chap3.html). `scaled`
is LeCun's 1/√n_in. `he` is √(2/n_in) of He et al. (https://arxiv.org/abs/1502.01852), which makes
up for the half of the inputs that a ReLU sets to 0.
"""


def initial_parameters(
    sizes: Sequence[int], init: str, seed: int, dtype: "DTypeLike"
) -> Parameters:
    """Return the parameters that a seed stands for.

    Weights are drawn as `INITIALIZATIONS` says, biases from N(0, 1); both in float64, so that
    either precision starts from the same network.

    Parameters
    ----------
    sizes
        Inputs, neurons of each hidden layer, outputs.
    init
        A key of `INITIALIZATIONS`.

    Examples
    --------
    >>> start = initial_parameters((784, 30, 10), "scaled", seed=0, dtype="float32")
    >>> [w.shape for w in start.weights], [b.shape for b in start.biases]
    ([(30, 784), (10, 30)], [(30,), (10,)])
    """
    rng = stream(seed, Purpose.INIT)
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        spread = INITIALIZATIONS[init](fan_in, fan_out)
        biases.append(rng.standard_normal(fan_out).astype(dtype))
        weights.append((rng.standard_normal((fan_out, fan_in)) * spread).astype(dtype))
    return Parameters(tuple(weights), tuple(biases))
