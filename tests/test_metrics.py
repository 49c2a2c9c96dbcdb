import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given
from hypothesis import strategies as st

from tuner.metrics import CLASSIFICATION, METRICS, REGRESSION, Measured, of_classes, of_numbers
from tuner.stats import wilson


def classified(seed: int, n: int, classes: int) -> tuple[Any, Any]:
    """Labels, all classes among them, and probabilities, many of which are ties."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(classes), rng.integers(classes, size=n)]
    raw = rng.integers(1, 6, size=(len(y), classes)).astype(float)
    return y, raw / raw.sum(axis=1, keepdims=True)


def sklearn_auc(y: Any, p: Any) -> float:
    shares = p[:, 1] if p.shape[1] == 2 else p
    return float(reference.roc_auc_score(y, shares, multi_class="ovr"))


def labeled(score: Callable[..., float], **options: Any) -> Callable[[Any, Any], float]:
    return lambda y, p: score(y, p.argmax(axis=1), **options)


ORACLES: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": labeled(reference.accuracy_score),
    "balanced-accuracy": labeled(reference.balanced_accuracy_score),
    "f1": labeled(reference.f1_score, average="macro"),
    "auc": sklearn_auc,
    "log-loss": reference.log_loss,
    "brier": lambda y, p: reference.brier_score_loss(y, p[:, 1]),
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "r2": reference.r2_score,
}


@pytest.mark.parametrize("name", CLASSIFICATION)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 5))
def test_classes_agree_with_scikit_learn(name: str, seed: int, n: int, classes: int) -> None:
    y, p = classified(seed, n, 2 if name == "brier" else classes)
    expected = ORACLES[name](y, p)
    assert METRICS[name].compute(y, p) == pytest.approx(expected, abs=1e-12)
    assert of_classes(y, np.log(p), lambda: p)[name] == pytest.approx(expected, abs=1e-12)


def test_brier_of_several_classes_is_summed_over_them() -> None:
    y, p = classified(1, 30, 4)
    assert METRICS["brier"].compute(y, p) == pytest.approx(
        np.square(p - np.eye(4)[y]).sum(axis=1).mean()
    )


@pytest.mark.parametrize("name", REGRESSION)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.floats(1e-3, 1e6))
def test_numbers_agree_with_scikit_learn(name: str, seed: int, n: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    y, predicted = width * rng.normal(size=(2, n))
    assert of_numbers(y, predicted)[name] == pytest.approx(ORACLES[name](y, predicted))


def test_auc_leaves_out_classes_that_cannot_be_ranked() -> None:
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    assert METRICS["auc"].compute(np.array([0, 1]), p) == 1.0
    assert math.isnan(METRICS["auc"].compute(np.array([1, 1]), p[:, :2]))


def test_what_is_no_number_is_the_worst_score() -> None:
    assert METRICS["auc"].score(math.nan) == METRICS["rmse"].score(math.nan) == -math.inf
    assert METRICS["rmse"].score(2.0) == -2.0


def test_the_interval_of_accuracy_is_wilsons() -> None:
    y, p = classified(0, 100, 2)
    measured = of_classes(y, p, lambda: p)
    assert measured.interval("accuracy") == wilson(measured["accuracy"], len(y))


@pytest.mark.parametrize(("name", "truth"), [("rmse", 1.0), ("mae", math.sqrt(2 / math.pi))])
def test_intervals_cover_the_truth(name: str, truth: float) -> None:
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        y = rng.normal(size=200)
        low, high = of_numbers(y, np.zeros(200)).interval(name)
        covered.append(low <= truth <= high)
    assert 0.9 <= np.mean(covered) <= 0.99


def test_a_metric_is_computed_when_it_is_asked_for() -> None:
    asked: list[int] = []

    def values() -> Any:
        asked.append(1)
        return np.array([2.0])

    measured = Measured(np.array([1.0]), {"values": values})
    assert asked == []
    assert (measured["mae"], measured["mae"], len(asked)) == (1.0, 1.0, 1)
