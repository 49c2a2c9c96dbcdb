"""Verdicts on measured figures, from tables; intervals against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tuner.article.findings import above, below, jackknifed, narrower, near, shown


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([82.0], "agrees"),
        ([83.27, 84.27], "agrees"),
        ([83.78], "disagrees"),
        ([80.0, 81.0], "disagrees"),
    ],
)
def test_near_asks_for_the_mean_within_the_tolerance(values: list[float], verdict: str) -> None:
    found = near("test", values, published=82.27, tolerance=1.5, unit="percent")
    assert found.agreement.value == verdict
    assert found.agrees is (verdict == "agrees")


@pytest.mark.parametrize(
    ("values", "over", "under"),
    [
        ([1.0], "agrees", "disagrees"),
        ([0.0], "disagrees", "disagrees"),
        ([1.0, 1.1, 0.9], "agrees", "disagrees"),
        ([-1.0, -1.1, -0.9], "disagrees", "agrees"),
        ([1.0, -0.9, 0.1], "unclear", "unclear"),
        ([0.0, 0.0], "disagrees", "disagrees"),
        ([1.0, 1.0], "agrees", "disagrees"),
    ],
)
def test_a_direction_asks_for_the_whole_interval(
    values: list[float], over: str, under: str
) -> None:
    assert above("x", values, unit="points").agreement.value == over
    assert below("x", values, unit="points").agreement.value == under
    assert shown("x", values, unit="points").agrees is None


def test_the_interval_is_that_of_student() -> None:
    values = [3.0, 5.0, 4.5, 4.0]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert shown("x", values, unit="number").interval == pytest.approx(expected)
    assert shown("x", values[:1], unit="number").interval is None


def test_the_ratio_of_spreads_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    covered = [
        low <= 0.5 <= high
        for _ in range(400)
        for low, high in [
            narrower("x", [*rng.normal(0, 1, 5)], [*rng.normal(0, 2, 5)]).interval or (0, 0)
        ]
    ]
    assert 0.92 < np.mean(covered) < 0.98


@given(st.lists(st.integers(-(10**7), 10**7).map(lambda n: n / 10**6), min_size=3, max_size=8))
def test_pseudo_values_of_a_mean_are_its_values(values: list[float]) -> None:
    without = [float(np.mean(values[:i] + values[i + 1 :])) for i in range(len(values))]
    assert jackknifed(float(np.mean(values)), without) == pytest.approx(values, abs=1e-9)
