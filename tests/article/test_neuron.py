"""The one neuron against the article's formulas, written out anew."""

import math

import pytest

from tuner.article.neuron import ROUNDS, learn


def course(cost: str, w: float, b: float, eta: float) -> list[tuple[float, float, float]]:
    """Output, cost and ∂C/∂w before each of 300 steps and after the last, by the formulas."""
    rows = []
    for _ in range(301):
        a = 1 / (1 + math.exp(-(w + b)))
        slope = a * a * (1 - a) if cost == "quadratic" else a
        rows.append((a, a * a / 2 if cost == "quadratic" else -math.log(1 - a), slope))
        w, b = w - eta * slope, b - eta * slope
    return rows


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
@pytest.mark.parametrize(("w", "b"), [(0.6, 0.9), (2.0, 2.0)])
@pytest.mark.parametrize("eta", [0.15, 0.005])
def test_it_learns_as_the_formulas_say(cost: str, w: float, b: float, eta: float) -> None:
    ours = learn(cost, weight=w, bias=b, eta=eta)
    for got, expected in zip(
        zip(ours.output, ours.cost, ours.slope, strict=True), course(cost, w, b, eta), strict=True
    ):
        assert got == pytest.approx(expected, rel=1e-9)


def test_the_bad_start_is_slow_with_the_quadratic_cost_only() -> None:
    slow = learn("quadratic", weight=2, bias=2, eta=0.15)
    fast = learn("cross-entropy", weight=2, bias=2, eta=0.15)
    assert slow.output[150] > 0.9
    assert fast.output[150] < 0.1
    assert slow.slope[0] < max(slow.slope) / 5
    assert fast.slope[0] == max(fast.slope)


def test_rounds_are_those_of_the_article() -> None:
    assert [each.name for each in ROUNDS] == ["round-1", "round-2", "round-3", "round-4"]
    assert not any(each.uses_test for each in ROUNDS)
