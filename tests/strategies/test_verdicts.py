"""Curves written by hand, and what must be said of them."""

import math
from collections.abc import Mapping, Sequence

import pytest

from tuner.records import Verdict
from tuner.strategies.verdicts import Curve, Limits, judge, median_curve

NAN, INF = math.nan, math.inf
B = 3.25
LIMITS = Limits(wiggle=0.35, least_rise=0.05, excess=1.5, slack=0.02, lost_gain=0.2, learned=0.02)


def curve(*costs: float) -> Curve:
    return Curve(tuple(i / 4 for i in range(len(costs))), tuple(map(float, costs)))


def verdicts(
    curves: Mapping[float, Sequence[float]], *, decay: float = 0.0
) -> list[tuple[Verdict, str]]:
    judged = judge({eta: curve(*costs) for eta, costs in curves.items()}, B, decay, LIMITS)
    assert [j.eta for j in judged] == sorted(curves)
    return [(j.verdict, j.reason) for j in judged]


@pytest.mark.parametrize(
    ("costs", "verdict", "reason"),
    [
        ((3.3, 2.0, 1.2, 0.9), Verdict.DECREASING, "fell from 3.3 to 0.9"),
        ((3.3, 2.0, 2.1, 1.5, 1.4), Verdict.DECREASING, "fell from 3.3 to 1.4"),
        # What the first step does is left out: c₀ may be far above or below.
        ((40, 3.0, 2.0, 1.0), Verdict.DECREASING, "fell from 40 to 1"),
        ((1.0, 3.0, 2.0, 0.9), Verdict.DECREASING, "fell from 1 to 0.9"),
        # Converged: tiny wiggles near zero are no oscillation.
        ((3.3, 0.010, 0.011, 0.009, 0.012, 0.010), Verdict.DECREASING, "fell from 3.3 to 0.01"),
        ((3.3, 3.29, 3.28, 3.27), Verdict.SLOW, "still 3.27"),
        ((6.0, 5.0, 4.5, 4.2), Verdict.SLOW, "still 4.2"),
        ((3.3, 3.25, 3.25, 3.25), Verdict.SLOW, "a constant prediction costs 3.25"),
        ((3.3, 2.0, 1.4, 2.1, 1.3, 1.9), Verdict.OSCILLATING, "movement was upwards"),
        ((3.3, 2.0, 1.0, 1.6, 0.9), Verdict.DECREASING, "fell"),
        ((3.3, 2.0, 1.4, 2.6, 1.5), Verdict.OSCILLATING, "41% of the cost's movement"),
        ((3.3, 2.0, NAN, NAN), Verdict.DIVERGED, "left the finite numbers"),
        ((3.3, INF, 2.0, 1.0), Verdict.DIVERGED, "left the finite numbers"),
        ((3.3, 3.5, 4.0, 4.1), Verdict.DIVERGED, "rose from 3.3 to 4.1"),
        ((2.0, 2.5, 3.0, 3.2), Verdict.DIVERGED, "the cost rose from 2 to 3.2"),
    ],
)
def test_a_curve_alone(costs: Sequence[float], verdict: Verdict, reason: str) -> None:
    ((said, why),) = verdicts({0.1: costs})
    assert said == verdict
    assert reason in why


BEST = (3.3, 1.0, 0.6, 0.5)
"""A smaller η that learns well."""


@pytest.mark.parametrize(
    ("costs", "verdict", "reason"),
    [
        # 1.5 × 0.5 + 0.02 × 3.25 = 0.815 is allowed.
        ((3.3, 1.2, 0.9, 0.81), Verdict.DECREASING, "fell from 3.3 to 0.81"),
        ((3.3, 1.2, 0.9, 0.82), Verdict.OSCILLATING, "a smaller η reached 0.5"),
        ((3.3, 3.28, 3.0, 2.5), Verdict.OSCILLATING, "a smaller η reached 0.5"),
        # The trap: a saturated network falls from a high first cost to a flat line near B.
        ((30, 3.26, 3.25, 3.26), Verdict.DEAD, "stayed at 3.26; a constant prediction costs 3.25"),
        ((30, 3.2, 3.2, 3.2), Verdict.DEAD, "stayed at 3.2"),
        ((30, 6.5, 6.5, 6.5), Verdict.DEAD, "stayed at 6.5"),
        # Flat, but it has learned something; or near B, but it moves.
        ((30, 2.5, 2.5, 2.5), Verdict.OSCILLATING, "a smaller η reached 0.5"),
        ((30, 3.2, 3.5, 3.24), Verdict.OSCILLATING, "a smaller η reached 0.5"),
    ],
)
def test_a_curve_beside_a_smaller_eta_that_learns(
    costs: Sequence[float], verdict: Verdict, reason: str
) -> None:
    (best, _), (said, why) = verdicts({0.1: BEST, 1.0: costs})
    assert best == Verdict.DECREASING
    assert said == verdict
    assert reason in why


@pytest.mark.parametrize(
    ("best", "final", "verdict"),
    [
        # 1.5 × 2.5 would let through nearly anything: at most a fifth of the gain of 0.75 is lost.
        (2.5, 2.64, Verdict.DECREASING),
        (2.5, 2.66, Verdict.OSCILLATING),
        # Where nothing was learned at smaller η there is nothing to compare with.
        (3.3, 3.0, Verdict.DECREASING),
        (5.0, 6.0, Verdict.SLOW),
    ],
)
def test_a_curve_may_give_back_little_of_what_was_gained(
    best: float, final: float, verdict: Verdict
) -> None:
    _, (said, _) = verdicts({0.1: (7, best, best, best), 1.0: (7, final, final, final)})
    assert said == verdict


def test_what_regularization_adds_is_not_counted_against_a_constant_prediction() -> None:
    plain = {0.1: curve(*BEST), 1.0: curve(3.3, 1.2, 0.9, 0.9), 2.0: curve(3.3, 3.3, 3.3, 3.3)}
    heavy = {
        eta: Curve(each.epochs, tuple(cost + 4 for cost in each.costs), penalty=4.0)
        for eta, each in plain.items()
    }
    expected = [j.verdict for j in judge(plain, B, 0.0, LIMITS)]
    assert expected == [Verdict.DECREASING, Verdict.OSCILLATING, Verdict.DEAD]
    assert [j.verdict for j in judge(heavy, B, 0.0, LIMITS)] == expected


def test_a_leap_of_single_measurements_is_no_oscillation() -> None:
    falling = [3.0 - 0.1 * i for i in range(13)]
    leaping = [cost + 0.25 * (i in (4, 7, 10)) for i, cost in enumerate(falling)]
    swinging = [2.4 + 0.5 * (i % 6 >= 3) - 0.02 * i for i in range(13)]
    said = [verdicts({0.1: costs})[0][0] for costs in (falling, leaping, swinging)]
    assert said == [Verdict.DECREASING, Verdict.DECREASING, Verdict.OSCILLATING]


@pytest.mark.parametrize(
    ("eta", "decay", "verdict"),
    [
        (0.999, 1.0, Verdict.DECREASING),
        (1.0, 1.0, Verdict.DIVERGED),
        (1e5, 1e-4, Verdict.DIVERGED),
        (1e3, 1e-4, Verdict.DECREASING),
    ],
)
def test_weight_decay_alone_may_overshoot(eta: float, decay: float, verdict: Verdict) -> None:
    ((said, why),) = verdicts({eta: BEST}, decay=decay)
    assert said == verdict
    assert ("ηλ/n" in why) == (verdict == Verdict.DIVERGED)


def test_only_smaller_etas_are_compared_with_whatever_the_order_they_came_in() -> None:
    worse = (3.3, 2.5, 2.2, 2.0)
    assert [v for v, _ in verdicts({1.0: worse, 10.0: BEST})] == [Verdict.DECREASING] * 2
    expected = [Verdict.DECREASING, Verdict.OSCILLATING]
    assert [v for v, _ in verdicts({1.0: BEST, 10.0: worse})] == expected
    assert [v for v, _ in verdicts({10.0: worse, 1.0: BEST})] == expected


def test_the_yardstick_is_the_best_of_all_smaller_etas() -> None:
    middling = (3.3, 1.2, 0.9, 0.8)
    said = verdicts({0.1: BEST, 0.3: middling, 1.0: (3.3, 1.2, 1.0, 0.9)})
    assert [v for v, _ in said] == [Verdict.DECREASING] * 2 + [Verdict.OSCILLATING]


def test_a_diverged_smaller_eta_is_no_yardstick() -> None:
    lost = (3.3, NAN, NAN, NAN)
    (first, _), (second, _) = verdicts({0.1: lost, 1.0: BEST})
    assert (first, second) == (Verdict.DIVERGED, Verdict.DECREASING)


def test_a_judgement_carries_its_curve() -> None:
    (judgement,) = judge({0.1: curve(*BEST)}, B, 0.0, LIMITS)
    assert (judgement.eta, judgement.epochs, judgement.costs) == (0.1, (0, 0.25, 0.5, 0.75), BEST)


@pytest.mark.parametrize(
    ("costs", "median"),
    [
        ([(4, 2), (5, 1), (6, 9)], (5, 2)),
        ([(4, 2), (5, 1)], (4.5, 1.5)),
        ([(4, 2)], (4, 2)),
        ([(4, 2), (5, NAN), (6, 1)], (5, INF)),
        ([(4, INF), (5, NAN), (6, -INF)], (5, INF)),
        ([(4, INF), (5, INF)], (4.5, INF)),
    ],
)
def test_median_over_seeds(costs: Sequence[Sequence[float]], median: Sequence[float]) -> None:
    middle = median_curve([curve(*each) for each in costs])
    assert middle == curve(*median)
