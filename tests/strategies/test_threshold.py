"""The threshold search on cost curves whose threshold is known, with no training."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuner.errors import OptionError
from tuner.records import Outcome, Verdict
from tuner.strategies.threshold import HIGHEST, LOWEST, ThresholdSearch
from tuner.strategies.verdicts import Curve

B = 3.25
MOMENTS = tuple(i / 4 for i in range(13))
STEPS = 1_200
MOST_PROBES = 60
POSITIVE = st.floats(-6, 4).map(lambda exponent: 10.0**exponent)
STARTS = st.floats(-6, 3).map(lambda exponent: 10.0**exponent)

Model = Callable[[float], Curve]


def bowl(threshold: float, first: float = 1.1 * B, floor: float = 0.0) -> Model:
    """Gradient descent in a quadratic bowl; the cost goes down where η < threshold."""

    def curve(eta: float) -> Curve:
        # Each step multiplies the distance by 1 - 2η/threshold, and the cost by its square.
        log_factor = 2 * math.log(max(abs(1 - 2 * eta / threshold), 1e-300)) * STEPS
        exponents = [log_factor * moment / MOMENTS[-1] for moment in MOMENTS]
        costs = [floor + (first - floor) * math.exp(min(e, 600)) for e in exponents]
        return Curve(MOMENTS, tuple(costs))

    return curve


def saturating(threshold: float) -> Model:
    """Above the threshold the network dies: from a high first cost to a flat line at B."""
    alive = bowl(threshold, first=30)

    def curve(eta: float) -> Curve:
        return alive(eta) if eta < threshold else flat(B)

    return curve


def leaping(threshold: float) -> Model:
    """Above the threshold the cost stays bounded but leaps about."""
    alive = bowl(threshold)
    leaps = [0.9 * B if i % 2 else 0.5 * B for i in range(len(MOMENTS))]

    def curve(eta: float) -> Curve:
        return alive(eta) if eta < threshold else Curve(MOMENTS, (3.5, *leaps[1:]))

    return curve


def flat(cost: float) -> Curve:
    return Curve(MOMENTS, (30.0, *[cost] * (len(MOMENTS) - 1)))


def always(curve: Curve) -> Model:
    return lambda _: curve


def finished(model: Model, start: float = 0.01, most: int = MOST_PROBES) -> ThresholdSearch:
    search = ThresholdSearch(baseline=B, decay=0.0, start=start)
    while etas := search.propose():
        assert list(etas) == sorted(set(etas))
        assert not set(etas) & set(search.curves)
        search = search.observe({eta: model(eta) for eta in etas})
        assert len(search.curves) <= most
    assert all(LOWEST <= eta <= HIGHEST for eta in search.curves)
    return search


@pytest.mark.parametrize("model", [bowl, saturating, leaping])
@given(threshold=POSITIVE, start=STARTS)
@example(threshold=1e4, start=1e-6)
@example(threshold=1e-6, start=1e3)
@settings(max_examples=60, deadline=None)
def test_the_bracket_is_narrow_and_holds_the_threshold(
    model: Callable[[float], Model], threshold: float, start: float
) -> None:
    search = finished(model(threshold), start)
    low, high = search.bracket
    assert search.outcome == Outcome.FOUND
    assert low is not None
    assert high is not None
    assert search.threshold == low
    assert high / low <= 4 / 3
    # So near to the threshold that the cost hardly moves, either verdict is right.
    assert low < threshold
    assert high > 0.99 * threshold


@given(start=STARTS)
@settings(deadline=None)
def test_no_learning_where_every_eta_diverges(start: float) -> None:
    search = finished(always(Curve(MOMENTS, (3.3, *[math.nan] * 12))), start)
    assert search.outcome == Outcome.NO_LEARNING
    assert search.bracket[0] is None
    assert search.threshold == min(search.curves)
    assert search.threshold <= 10 * LOWEST


@given(start=STARTS)
@settings(deadline=None)
def test_no_learning_where_every_network_is_dead(start: float) -> None:
    assert finished(always(flat(B)), start).outcome == Outcome.NO_LEARNING


@given(start=STARTS)
@settings(deadline=None)
def test_no_upper_limit_where_no_eta_fails(start: float) -> None:
    search = finished(always(Curve(MOMENTS, tuple(3.3 / (i + 1) for i in range(13)))), start)
    assert search.outcome == Outcome.NO_UPPER_LIMIT
    assert search.bracket == (max(search.curves), None)
    assert search.threshold >= HIGHEST / 10


def test_a_network_dead_at_the_start_is_found_to_learn_below() -> None:
    search = finished(saturating(3e-5), start=1.0)
    assert search.outcome == Outcome.FOUND
    low, high = search.bracket
    assert low is not None
    assert high is not None
    assert low < 3e-5 <= high
    assert high / low <= 4 / 3


def test_a_bracket_is_halved_at_its_geometric_mean() -> None:
    search = ThresholdSearch(baseline=B, decay=0.0)
    search = search.observe({eta: bowl(0.5)(eta) for eta in search.propose()})
    assert search.bracket == (0.1, 1.0)
    assert search.propose() == (0.316,)


def test_a_threshold_is_checked_against_much_smaller_etas() -> None:
    # Between 0.25 and 0.6 the cost falls too, only not as far as it falls below.
    def two_levels(eta: float) -> Curve:
        floor = 0.0 if eta < 0.25 else B / 2
        return bowl(0.6, floor=floor)(eta)

    search = finished(two_levels, start=0.3)
    low, high = search.bracket
    assert low is not None
    assert high is not None
    assert low < 0.25 <= high


def test_what_fails_below_all_that_learn_is_no_upper_end() -> None:
    # At a tiny η the cost of this one goes nowhere, up and down.
    def restless(eta: float) -> Curve:
        if eta > 0.02:
            return bowl(0.5)(eta)
        return Curve(MOMENTS, tuple(B + 0.5 * (i % 6 >= 3) for i in range(len(MOMENTS))))

    search = finished(restless)
    assert search.judgements[0].verdict == Verdict.OSCILLATING
    low, high = search.bracket
    assert low is not None
    assert high is not None
    assert low < 0.5 <= high


@given(seed=st.integers(0, 2**32), start=STARTS)
@settings(max_examples=150, deadline=None)
def test_noise_alone_still_ends(seed: int, start: float) -> None:
    rng = np.random.default_rng(seed)

    def noise(_: float) -> Curve:
        kind = rng.integers(4)
        falling = tuple(B * (0.05 + rng.random()) / (i + 1) ** rng.random() for i in range(13))
        kinds = (flat(B), Curve(MOMENTS, falling), bowl(0.1)(1.0), bowl(0.1)(rng.random()))
        return kinds[kind]

    search = finished(noise, start, most=200)
    assert search.outcome in Outcome


def test_the_first_proposal_looks_upwards_from_the_start() -> None:
    assert ThresholdSearch(baseline=B, decay=0.0).propose() == (0.01, 0.1, 1.0)
    assert ThresholdSearch(baseline=B, decay=0.0, start=1e4).propose() == (1e4, 1e5)


def test_a_search_is_a_value_that_observing_does_not_change() -> None:
    search = ThresholdSearch(baseline=B, decay=0.0)
    given_curves = {eta: bowl(2.0)(eta) for eta in search.propose()}
    later = search.observe(given_curves)
    assert search.curves == {}
    assert search.propose() == (0.01, 0.1, 1.0)
    assert later.curves == given_curves
    assert later.observe({0.5: flat(1.0)}).curves.keys() == {*given_curves, 0.5}
    assert later.curves.keys() == given_curves.keys()


def test_the_order_of_observing_does_not_matter() -> None:
    curves: Mapping[float, Curve] = {eta: bowl(0.5)(eta) for eta in (0.01, 0.1, 1.0)}
    forwards = backwards = ThresholdSearch(baseline=B, decay=0.0)
    for eta in curves:
        forwards = forwards.observe({eta: curves[eta]})
    for eta in sorted(curves, reverse=True):
        backwards = backwards.observe({eta: curves[eta]})
    assert forwards.judgements == backwards.judgements
    assert forwards.propose() == backwards.propose()


def test_decay_bounds_the_threshold() -> None:
    search = ThresholdSearch(baseline=B, decay=0.1)
    while etas := search.propose():
        search = search.observe({eta: bowl(1e4)(eta) for eta in etas})
    low, high = search.bracket
    assert low is not None
    assert high is not None
    assert low < 10 <= high


@pytest.mark.parametrize("start", [0.0, -1.0, 1e-9, 1e6, math.nan])
def test_a_start_out_of_range_is_quoted(start: float) -> None:
    with pytest.raises(OptionError, match=rf"^start must be 1e-08 to 100000 but is {start}\.$"):
        ThresholdSearch(baseline=B, decay=0.0, start=start)


@pytest.mark.parametrize("ratio", [1.0, 0.5, -2.0, math.nan])
def test_a_ratio_out_of_range_is_quoted(ratio: float) -> None:
    with pytest.raises(OptionError, match=rf"^ratio must be above 1 but is {ratio}\.$"):
        ThresholdSearch(baseline=B, decay=0.0, ratio=ratio)
