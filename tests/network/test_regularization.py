import numpy as np
import pytest

from tuner.network.regularization import decay_factor, penalty, shrink_towards_zero
from tuner.records import Hyperparameters, Regularization

WEIGHTS = (np.array([[3.0, -4.0]]), np.array([[0.0], [2.0]]))


@pytest.mark.parametrize(
    ("kind", "lambda_", "n", "expected"),
    [
        ("l2", 0, 10, 0),
        ("l2", 5, 10, 5 / 20 * 29),
        ("l2", 5, 50_000, 5 / 100_000 * 29),
        ("l1", 0, 10, 0),
        ("l1", 5, 10, 5 / 10 * 9),
    ],
)
def test_penalty_counts_all_weights(
    kind: Regularization, lambda_: float, n: int, expected: float
) -> None:
    settings = Hyperparameters(eta=1, lambda_=lambda_, regularization=kind)
    assert penalty(settings, WEIGHTS, n) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "eta", "lambda_", "expected"),
    [("l2", 0.5, 0, 1), ("l2", 0.5, 4, 0.8), ("l2", 5, 4, -1), ("l1", 0.5, 4, 1)],
)
def test_only_l2_multiplies_the_weights(
    kind: Regularization, eta: float, lambda_: float, expected: float
) -> None:
    settings = Hyperparameters(eta=eta, lambda_=lambda_, regularization=kind)
    assert decay_factor(settings, n=10) == pytest.approx(expected)


def test_l1_takes_a_step_of_one_size_towards_zero_in_each_lane() -> None:
    weights = np.array([[[1.0, -1.0, 0.0]], [[1.0, -1.0, 0.0]]])
    shrink_towards_zero(weights, np.array([0.25, 0.5]).reshape(2, 1, 1))
    np.testing.assert_array_equal(weights, [[[0.75, -0.75, 0.0]], [[0.5, -0.5, 0.0]]])
