"""Softmax and the costs against SciPy and the article's formulas."""

import numpy as np
import pytest
import scipy.special

from tuner.article.outputs import activations, cost_of, error_by_differences


def test_softmax_is_that_of_scipy() -> None:
    z = np.random.default_rng(1).normal(0, 5, (50, 7))
    assert activations(z) == pytest.approx(scipy.special.softmax(z, axis=1), abs=1e-12)


def test_its_error_is_output_less_target() -> None:
    z = np.random.default_rng(2).normal(0, 2, (20, 5))
    targets = np.eye(5)[np.arange(20) % 5]
    expected = scipy.special.softmax(z, axis=1) - targets
    assert error_by_differences(z, targets) == pytest.approx(expected, abs=1e-8)


def test_the_differences_see_a_wrong_error() -> None:
    z = np.zeros((1, 2))
    error = error_by_differences(z, np.array([[1.0, 0.0]]))
    assert error == pytest.approx(np.array([[-0.5, 0.5]]), abs=1e-8)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_costs_are_those_of_the_formulas(y: float) -> None:
    a = np.linspace(0.001, 0.999, 40)
    cross = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    assert cost_of("cross-entropy", a, y) == pytest.approx(cross, rel=1e-9)
    assert cost_of("quadratic", a, y) == pytest.approx((y - a) ** 2 / 2, rel=1e-9)
