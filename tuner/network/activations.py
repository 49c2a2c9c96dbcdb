"""Activation functions of the hidden layers, in place, with their derivatives.

Each derivative is written in terms of the activation `a`, which the forward pass has at hand.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuner.network.blas import Array


def sigmoid(z: Array) -> None:
    """Replace z by σ(z) = ½ tanh(z/2) + ½, which cannot overflow.

    Examples
    --------
    >>> z = np.array([-1e4, 0.0, 1e4])
    >>> sigmoid(z)
    >>> z
    array([0. , 0.5, 1. ])
    """
    z *= 0.5
    np.tanh(z, z)
    z *= 0.5
    z += 0.5


def _tanh(z: Array) -> None:
    np.tanh(z, z)


def _relu(z: Array) -> None:
    np.maximum(z, 0, out=z)


def times_sigmoid_derivative(delta: Array, a: Array, scratch: Array) -> None:
    """Multiply delta by σ'(z) = a(1 - a) in place."""
    delta *= a
    np.multiply(delta, a, scratch)
    delta -= scratch


def _times_tanh_derivative(delta: Array, a: Array, scratch: Array) -> None:
    np.multiply(a, a, scratch)
    scratch *= delta
    delta -= scratch


def _times_relu_derivative(delta: Array, a: Array, scratch: Array) -> None:
    np.sign(a, scratch)
    delta *= scratch


@dataclass(frozen=True)
class ActivationFunction:
    """A pair of in-place functions on arrays of any one shape.

    Attributes
    ----------
    apply
        `apply(z)` replaces z by the activation a.
    times_derivative
        `times_derivative(delta, a, scratch)` multiplies delta by the derivative da/dz;
        scratch is overwritten.
    """

    apply: Callable[[Array], None]
    times_derivative: Callable[[Array, Array, Array], None]


ACTIVATIONS = {
    "sigmoid": ActivationFunction(sigmoid, times_sigmoid_derivative),
    "tanh": ActivationFunction(_tanh, _times_tanh_derivative),
    "relu": ActivationFunction(_relu, _times_relu_derivative),
}
