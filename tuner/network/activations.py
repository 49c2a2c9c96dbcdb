"""Activation functions of the hidden layers, in place, with their derivatives.

They are the article's σ (Nielsen, chapter 1, http://neuralnetworksanddeeplearning.com/chap1.html)
and those of chapter 3, "Other models of artificial neuron"
(http://neuralnetworksanddeeplearning.com/chap3.html).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tuner.network.arrays import Array, np


@dataclass(frozen=True)
class Activation:
    """An activation function and its derivative, both in place on arrays of any one shape.

    Attributes
    ----------
    forward
        `forward(z)` replaces the weighted input z by the activation a.
    times_derivative
        `times_derivative(delta, z, a, scratch)` multiplies delta by da/dz; scratch is overwritten,
        z and a stay as they are.
    needs_z
        Whether the derivative reads z. Where it is written in terms of a alone, nothing keeps z,
        and `times_derivative` is given a in its place.
    """

    forward: Callable[[Array], None]
    times_derivative: Callable[[Array, Array, Array, Array], None]
    needs_z: bool = False


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


def times_sigmoid_derivative(delta: Array, _: Array, a: Array, scratch: Array) -> None:
    """Multiply delta by σ'(z) = a(1 - a) in place."""
    delta *= a
    np.multiply(delta, a, scratch)
    delta -= scratch


def _tanh(z: Array) -> None:
    np.tanh(z, z)


def _times_tanh_derivative(delta: Array, _: Array, a: Array, scratch: Array) -> None:
    np.multiply(a, a, scratch)
    scratch *= delta
    delta -= scratch


def _relu(z: Array) -> None:
    np.maximum(z, 0, out=z)


def _times_relu_derivative(delta: Array, _: Array, a: Array, scratch: Array) -> None:
    np.sign(a, scratch)
    delta *= scratch


ACTIVATIONS: Mapping[str, Activation] = {
    "sigmoid": Activation(sigmoid, times_sigmoid_derivative),
    "tanh": Activation(_tanh, _times_tanh_derivative),
    "relu": Activation(_relu, _times_relu_derivative),
}
"""Each activation by its name in settings; the keys are the choices there."""
