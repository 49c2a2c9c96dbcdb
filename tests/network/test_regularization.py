from dataclasses import replace

import numpy as np
import pytest

from tests.support.trainers.toy import toy_trainer
from tuner.network.regularization import REGULARIZERS, penalty
from tuner.settings import Hyperparameters

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
def test_penalty_counts_all_weights(kind: str, lambda_: float, n: int, expected: float) -> None:
    assert penalty(REGULARIZERS[kind], lambda_ / n, WEIGHTS) == pytest.approx(expected)


@pytest.mark.parametrize("kind", REGULARIZERS)
def test_the_gradient_is_that_of_the_size(kind: str) -> None:
    regularizer, w, step = REGULARIZERS[kind], np.array([[3.0, -4.0], [0.5, 2.0]]), 1e-6
    for index in np.ndindex(w.shape):
        moved = np.zeros_like(w)
        moved[index] = step
        slope = (regularizer.size(w + moved) - regularizer.size(w - moved)) / (2 * step)
        assert regularizer.gradient(w)[index] == pytest.approx(slope)


@pytest.mark.parametrize(
    ("kind", "shrunk"),
    [
        ("l2", lambda w, share: (1 - share) * w),
        ("l1", lambda w, share: w - share * np.sign(w)),
    ],
)
def test_a_step_shrinks_weights_but_no_bias(kind: str, shrunk: object) -> None:
    trainer = toy_trainer(n=8)
    free = Hyperparameters(eta=0.5, hidden=(3,), regularization=kind, precision="float64")
    held = replace(free, lambda_=2.0)
    (one, other) = trainer.advance([trainer.start(free), trainer.start(held)], 1)
    before = trainer.start(held).parameters
    for w, plain, regularized in zip(
        before.weights, one.parameters.weights, other.parameters.weights, strict=True
    ):
        assert callable(shrunk)
        np.testing.assert_allclose(regularized - plain, shrunk(w, 0.5 * 2 / 8) - w, atol=1e-12)
    for plain, regularized in zip(one.parameters.biases, other.parameters.biases, strict=True):
        np.testing.assert_array_equal(plain, regularized)
