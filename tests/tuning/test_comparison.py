"""Which candidate wins, from tables of right and wrong answers."""

import math

import numpy as np
import pytest
from scipy import stats

from tuner.metrics import METRICS
from tuner.records import PairedDifference
from tuner.tuning.comparison import Answers, best_of, differences, winner


def of(right: np.ndarray) -> Answers:
    """Return answers that are right where `right` (seeds, n) is true."""
    scores = np.stack([right, ~right], axis=2).astype(float)
    return Answers(METRICS["accuracy"], np.zeros(right.shape[1], np.intp), tuple(scores))


def rights(*shares: float, seeds: int = 2, n: int = 1000) -> list[np.ndarray]:
    """For each candidate, its share of right answers: the first ones of the examples."""
    return [np.tile(np.arange(n) < share * n, (seeds, 1)) for share in shares]


def answers(*shares: float, seeds: int = 2, n: int = 1000) -> list[Answers]:
    return list(map(of, rights(*shares, seeds=seeds, n=n)))


def test_the_best_is_the_one_with_the_highest_mean() -> None:
    assert best_of(answers(0.8, 0.9, 0.9)) == 1


def test_with_one_seed_the_interval_is_that_of_paired_examples() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.random((1, 400)) < 0.9, rng.random((1, 400)) < 0.85
    (found,) = differences([of(one), of(two)], best=0)
    gain = one[0].astype(float) - two[0]
    low, high = stats.norm.interval(0.95, gain.mean(), stats.sem(gain))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.candidate == 1


def test_seeds_that_disagree_widen_the_interval() -> None:
    agree, other = answers(0.9, 0.8)
    differ = of(np.vstack([rights(1.0, seeds=1)[0], rights(0.8, seeds=1)[0]]))
    narrow, wide = (differences([a, other], best=0)[0] for a in (agree, differ))
    assert narrow.difference == pytest.approx(wide.difference)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def between(candidate: int, low: float) -> PairedDifference:
    return PairedDifference(candidate=candidate, difference=low + 0.01, low=low, high=low + 0.02)


@pytest.mark.parametrize(
    ("shares", "parameters", "lows", "expected"),
    [
        pytest.param((0.9, 0.8), (900, 100), (0.05,), 0, id="clearly better"),
        pytest.param((0.9, 0.899), (900, 100), (-0.01,), 1, id="tied: the smaller"),
        pytest.param((0.9, 0.899), (900, 100), (0.0,), 1, id="an interval that ends at 0 is a tie"),
        pytest.param((0.9, 0.899), (100, 900), (-0.01,), 0, id="tied: the best is the smaller"),
        pytest.param((0.9, 0.899), (100, 100), (-0.01,), 0, id="of one size: the better"),
        pytest.param((0.9, 0.89, 0.8), (9, 5, 1), (-0.01, 0.02), 1, id="smallest of those tied"),
    ],
)
def test_the_smallest_that_cannot_be_told_from_the_best_wins(
    shares: tuple[float, ...],
    parameters: tuple[int, ...],
    lows: tuple[float, ...],
    expected: int,
) -> None:
    found = [between(i, low) for i, low in enumerate(lows, 1)]
    assert winner(answers(*shares), parameters, 0, found) == expected


def test_one_example_says_nothing() -> None:
    (found,) = differences(answers(1.0, 0.0, n=1), best=0)
    assert (found.low, found.high) == (-1.0, 1.0)
    assert math.isfinite(found.difference)


def test_of_other_metrics_the_error_is_that_of_a_jackknife() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=2000)
    one, two = (y + rng.normal(0, sd, 2000) for sd in (0.5, 0.6))
    made = [Answers(METRICS["mae"], y, (each,)) for each in (one, two)]
    (found,) = differences(made, best=0)
    gain = np.abs(two - y) - np.abs(one - y)
    low, high = stats.norm.interval(0.95, gain.mean(), stats.sem(gain))
    assert found.difference == pytest.approx(gain.mean())
    assert found.high - found.low == pytest.approx(high - low, rel=0.3)


def test_a_lower_error_is_better() -> None:
    y = np.arange(100.0)
    near, far = (Answers(METRICS["rmse"], y, (y + off,)) for off in (1.0, 2.0))
    assert best_of([far, near]) == 1
    (found,) = differences([far, near], best=1)
    assert found.difference == pytest.approx(1.0)
    assert found.low > 0
