"""The parameters of K networks of one shape, stacked; `tuner.network.steps` trains them.

K lanes share nothing but the interpreter's overhead; all arrays have them as the first axis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tuner.network.activations import ACTIVATIONS, Activation
from tuner.network.arrays import Array
from tuner.network.initialization import Parameters
from tuner.network.losses import LOSSES, Loss
from tuner.network.optimizers import OPTIMIZERS, Optimizer
from tuner.network.regularization import REGULARIZERS, Regularizer

AVERAGE = "average"
"""Name of the exponential mean of the parameters among what is kept beside them."""


@dataclass(frozen=True)
class Functions:
    """What all lanes of a stack compute alike."""

    activation: Activation
    loss: Loss
    regularizer: Regularizer = REGULARIZERS["l2"]
    optimizer: Optimizer = OPTIMIZERS["sgd"]
    clip: float | None = None

    @classmethod
    def named(
        cls,
        activation: str,
        cost: str,
        regularization: str = "l2",
        optimizer: str = "sgd",
        clip: float | None = None,
    ) -> "Functions":
        """Return the functions that settings call by these names, and the limit of the gradient."""
        return cls(
            ACTIVATIONS[activation],
            LOSSES[cost],
            REGULARIZERS[regularization],
            OPTIMIZERS[optimizer],
            clip,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Start:
    """Where one lane of a stack begins, and its own rates.

    Attributes
    ----------
    parameters
        They are copied.
    eta
        Learning rate η.
    lambda_
        Regularization parameter λ.
    state
        What is kept beside the parameters: that of the optimizer by its names, and the mean of the
        parameters as `AVERAGE`.
    rates
        The further hyperparameters that the optimizer reads, by its names.
    averaging
        Decay of the mean of the parameters.
    """

    parameters: Parameters
    eta: float
    lambda_: float = 0.0
    state: Mapping[str, Parameters] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    averaging: float = 0.0


class Stack:
    """The parameters of K networks of one shape, stacked, with what updates them.

    Parameters
    ----------
    functions
        The same in all lanes.
    lanes
        One or more.
    n
        Training examples, over which λ is shared out.
    dropout
        Whether there are masks for the hidden neurons.

    Attributes
    ----------
    weights, biases
        One array (K, n_out, n_in) and one (K, 1, n_out) a layer.
    state
        The arrays kept beside the parameters by name, of the shapes of `weights` and then `biases`.
    eta, decay, penalty
        η, ηλ/n and λ/n of each lane.
    rates
        η and the optimizer's further hyperparameters by name, (K, 1, 1).
    """

    def __init__(
        self, functions: Functions, lanes: Sequence[Start], *, n: int, dropout: bool = False
    ) -> None:
        self.functions, self.n, self.dropout = functions, n, dropout
        self.weights, self.biases = _stacked([lane.parameters for lane in lanes])
        optimizer = functions.optimizer
        self._lambda = [lane.lambda_ for lane in lanes]
        self.penalty = [lambda_ / n for lambda_ in self._lambda]
        self.rates = {
            name: self.column([lane.rates[name] for lane in lanes]) for name in optimizer.rates
        }
        self._new_share = 1 - self.column([lane.averaging for lane in lanes])
        self.set_eta([lane.eta for lane in lanes])
        self.state = {
            name: [
                array for kind in _stacked([lane.state[name] for lane in lanes]) for array in kind
            ]
            for name in lanes[0].state
        }

    def set_eta(self, etas: Sequence[float]) -> None:
        """Change the learning rate of each lane."""
        self.eta = etas
        self.decay = [
            eta * lambda_ / self.n for eta, lambda_ in zip(etas, self._lambda, strict=True)
        ]
        self.rates["eta"] = self.column(etas)

    def average(self, t: int) -> None:
        """Move the means of the parameters, where they are kept, after step t counted from 1."""
        if AVERAGE not in self.state:
            return
        for mean, now in zip(self.state[AVERAGE], self.weights + self.biases, strict=True):
            mean += (now - mean) * np.maximum(self._new_share, 9 / (10 + t)).astype(self.dtype)

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Precision of all arrays."""
        return self.weights[0].dtype

    def column(self, values: Sequence[float]) -> Array:
        """Return one number for each lane as an array (K, 1, 1)."""
        return np.array(values, self.dtype).reshape(-1, 1, 1)

    def lane(self, k: int) -> Parameters:
        """Copy the parameters of lane k out of the stack."""
        return _unstacked(self.weights, self.biases, k)

    def lane_state(self, k: int) -> dict[str, Parameters]:
        """Copy the optimizer's state of lane k out of the stack."""
        layers = len(self.weights)
        return {
            name: _unstacked(arrays[:layers], arrays[layers:], k)
            for name, arrays in self.state.items()
        }


def _stacked(lanes: Sequence[Parameters]) -> tuple[list[Array], list[Array]]:
    weights = [np.stack(layer) for layer in zip(*(p.weights for p in lanes), strict=True)]
    biases = [
        np.stack(layer)[:, np.newaxis, :] for layer in zip(*(p.biases for p in lanes), strict=True)
    ]
    return weights, biases


def _unstacked(weights: Sequence[Array], biases: Sequence[Array], k: int) -> Parameters:
    return Parameters(tuple(w[k].copy() for w in weights), tuple(b[k, 0].copy() for b in biases))
