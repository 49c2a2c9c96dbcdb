from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from tuner.network.activations import ACTIVATIONS, sigmoid

FAR = [-1e4, -100, -1, 0, 1, 100, 1e4]
PRECISIONS = pytest.mark.parametrize("precision", ["float32", "float64"])
TABLE = pytest.mark.parametrize(
    ("name", "formula", "derivative"),
    [
        ("sigmoid", expit, lambda z: expit(z) * expit(-z)),
        ("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        ("relu", lambda z: np.where(z > 0, z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    ],
)


def assert_close(actual: NDArray[Any], exact: Any) -> None:
    eps = float(np.finfo(actual.dtype).eps)
    np.testing.assert_allclose(actual, exact, rtol=0, atol=4 * eps)


@PRECISIONS
@TABLE
def test_activation_and_derivative_are_right_near_and_far(
    name: Any, formula: Any, derivative: Any, precision: str
) -> None:
    exact: NDArray[np.float64] = np.array(FAR)
    a = exact.astype(precision)
    ACTIVATIONS[name].forward(a)
    assert_close(a, formula(exact))
    z, delta = exact.astype(precision), np.full_like(a, -2)
    if not ACTIVATIONS[name].needs_z:
        z = a
    ACTIVATIONS[name].times_derivative(delta, z, a, np.empty_like(a))
    assert_close(delta, -2 * derivative(exact))


@PRECISIONS
def test_sigmoid_is_symmetric_and_never_leaves_0_to_1(precision: str) -> None:
    z = np.linspace(-50, 50, 1001).astype(precision)
    a, mirrored = z.copy(), -z
    sigmoid(a)
    sigmoid(mirrored)
    assert a.min() >= 0
    assert a.max() <= 1
    assert_close(mirrored, 1 - a)
