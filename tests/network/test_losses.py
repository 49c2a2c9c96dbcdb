from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, softmax

from tuner.network.losses import LOSSES

PRECISIONS = pytest.mark.parametrize("precision", ["float32", "float64"])
EVERY_COST = pytest.mark.parametrize("name", sorted(LOSSES))
FAR = 1e4


def per_example(name: str, z: Any, targets: Any, precision: str) -> NDArray[Any]:
    return LOSSES[name].per_example(np.array(z, precision), np.array(targets, precision))


def exact_output_and_error(name: str, z: Any, targets: Any) -> tuple[Any, Any]:
    with np.errstate(under="ignore"):
        z = z.astype(np.float64)
        output = softmax(z, axis=1) if name == "log-likelihood" else expit(z)
        slope = output * (1 - output) if name == "quadratic" else 1.0
        return output, (output - targets) * slope


@PRECISIONS
@pytest.mark.parametrize(
    ("name", "z", "targets", "exact"),
    [
        ("cross-entropy", [FAR], [0], FAR),
        ("cross-entropy", [FAR], [1], 0),
        ("cross-entropy", [-FAR], [1], FAR),
        ("cross-entropy", [-FAR], [0], 0),
        ("cross-entropy", [0], [1], np.log(2)),
        ("cross-entropy", [10], [1], np.log1p(np.exp(-10))),
        ("cross-entropy", [-15], [0], np.log1p(np.exp(-15))),
        ("cross-entropy", [30], [1], np.log1p(np.exp(-30))),
        ("cross-entropy", [FAR, -FAR, 0], [0, 1, 0], 2 * FAR + np.log(2)),
        ("quadratic", [FAR], [0], 0.5),
        ("quadratic", [FAR], [1], 0),
        ("quadratic", [-FAR], [1], 0.5),
        ("quadratic", [FAR, -FAR, 0], [0, 1, 0], 1.125),
        ("log-likelihood", [FAR, -FAR], [0, 1], 2 * FAR),
        ("log-likelihood", [FAR, -FAR], [1, 0], 0),
        ("log-likelihood", [-FAR, -FAR], [1, 0], np.log(2)),
        ("log-likelihood", [FAR, FAR, FAR], [0, 0, 1], np.log(3)),
        ("log-likelihood", [0, 200], [1, 0], 200),
    ],
)
def test_costs_are_exact_where_the_output_saturates(
    name: str, z: Any, targets: Any, exact: float, precision: str
) -> None:
    (cost,) = per_example(name, [z], [targets], precision)
    assert cost == pytest.approx(exact, rel=1e-6, abs=1e-30)


@PRECISIONS
@EVERY_COST
def test_outputs_and_errors_stay_finite_at_any_weighted_input(name: str, precision: str) -> None:
    rng = np.random.default_rng(0)
    for size in (1, 10, 100, FAR):
        z = (rng.choice([-size, 0, size], (64, 5)) * rng.random((64, 5))).astype(precision)
        targets = np.eye(5, dtype=precision)[rng.integers(5, size=64)]
        a = z.copy()
        LOSSES[name].output(a)
        output, error = exact_output_and_error(name, z, targets)
        np.testing.assert_allclose(a, output, atol=1e-6)
        LOSSES[name].output_error(a, targets, np.empty_like(a))
        np.testing.assert_allclose(a, error, atol=1e-6)
        assert np.isfinite(LOSSES[name].per_example(z, targets)).all()


@EVERY_COST
def test_costs_come_one_for_each_example_of_each_lane(name: str) -> None:
    z = np.random.default_rng(0).standard_normal((4, 7, 3))
    targets = np.eye(3)[np.arange(7) % 3]
    stacked = LOSSES[name].per_example(z, targets)
    assert stacked.shape == (4, 7)
    for lane, costs in zip(z, stacked, strict=True):
        np.testing.assert_array_equal(LOSSES[name].per_example(lane, targets), costs)


@EVERY_COST
def test_a_cost_leaves_its_weighted_inputs_alone(name: str) -> None:
    z, targets = np.array([[1.0, -2.0]]), np.array([[1.0, 0.0]])
    LOSSES[name].per_example(z, targets)
    np.testing.assert_array_equal(z, [[1.0, -2.0]])


@EVERY_COST
@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.1, 0.2, 0.7], [1.0, 0.0, 0.0]])
def test_the_baseline_is_the_least_cost_of_a_constant_output(
    name: str, shares: list[float]
) -> None:
    frequencies, targets = np.array(shares), np.eye(len(shares))

    def cost_of(z: NDArray[np.float64]) -> float:
        rows = np.broadcast_to(z, targets.shape)
        return float(frequencies @ LOSSES[name].per_example(rows, targets))

    found = minimize(cost_of, np.full(len(shares), 0.1), tol=1e-12)
    assert LOSSES[name].baseline(frequencies) == pytest.approx(found.fun, abs=1e-5)


@PRECISIONS
@EVERY_COST
def test_probabilities_sum_to_one_and_keep_the_order(name: str, precision: str) -> None:
    z = np.array([[FAR, -FAR, 0], [-FAR, -FAR, -FAR], [1, 2, 3]], precision)
    shares = z.copy()
    with np.errstate(under="ignore"):
        LOSSES[name].probabilities(shares)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert shares.argmax(axis=1).tolist() == z.argmax(axis=1).tolist()
