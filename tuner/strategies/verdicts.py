"""What a cost curve says about its learning rate (article, section "Learning Rate").

A curve is judged beside the curves of smaller η: a network whose neurons are saturated, or which
leaps about far from the minimum, can look as if it were learning when it is looked at alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tuner.records import Judgement, Verdict

GOES_DOWN = frozenset({Verdict.DECREASING, Verdict.SLOW})


@dataclass(frozen=True)
class Curve:
    """The training cost of one η and seed.

    Attributes
    ----------
    epochs, costs
        When the cost was measured, and what it was; first that of the untrained network.
    penalty
        The regularization term in the last cost.
    """

    epochs: tuple[float, ...]
    costs: tuple[float, ...]
    penalty: float = 0.0

    @property
    def misfit(self) -> float:
        """The last cost without the regularization term, to be compared with B, which has none."""
        return self.costs[-1] - self.penalty


@dataclass(frozen=True)
class Limits:
    """Where the verdicts part; B is the cost of the best constant prediction.

    The defaults were set on the development tasks of `benchmarks.eta`; its other tasks, set
    aside, say how well they do.

    Attributes
    ----------
    wiggle
        Most of the movement that may go upwards, ρ = U/(U + D) with U = Σmax(0, Δc) and
        D = Σmax(0, -Δc), leaving out the first step. It is looked at in the mean of neighboring
        measurements, a quarter of all: a single mini-batch can make the cost leap at any η.
    least_rise
        Rises that add up to less than this share of B are no oscillation.
    excess, slack
        The final cost may be at most `excess` × the least at smaller η, plus `slack` × B.
    lost_gain
        Nor may it give back more than this share of what the best smaller η gained on B. Both are
        shares of costs without the regularization term, which a probe is too short to bring down.
    learned
        Below (1 - learned) × B a network has learned something.
    """

    wiggle: float = 0.35
    least_rise: float = 0.05
    excess: float = 1.3
    slack: float = 0.02
    lost_gain: float = 0.1
    learned: float = 0.02


def median_curve(curves: Sequence[Curve]) -> Curve:
    """Return the median over seeds at each moment; where one seed diverged, the median did.

    Examples
    --------
    >>> one, two = Curve((0.0, 1.0), (4.0, 2.0)), Curve((0.0, 1.0), (5.0, 1.0))
    >>> median_curve([one, two]).costs
    (4.5, 1.5)
    """
    costs = np.array([curve.costs for curve in curves], dtype=float)
    costs[~np.isfinite(costs)] = np.inf
    middle = np.where(np.isinf(costs).any(axis=0), np.inf, np.median(costs, axis=0))
    penalty = float(np.median([curve.penalty for curve in curves]))
    return Curve(curves[0].epochs, tuple(float(cost) for cost in middle), penalty)


def judge(
    curves: Mapping[float, Curve], baseline: float, decay: float, limits: Limits
) -> tuple[Judgement, ...]:
    """Return a verdict on each η from its curve and those of smaller η.

    Parameters
    ----------
    curves
        One cost curve for each η.
    baseline
        B, the cost of the best constant prediction.
    decay
        λ/n: where η·λ/n reaches 1, weight decay alone destroys the weights.
    limits
        Where the verdicts part.

    Returns
    -------
    One judgement for each η, ascending.

    Examples
    --------
    >>> moments = (0.0, 1.0, 2.0, 3.0)
    >>> curves = {
    ...     0.1: Curve(moments, (3.3, 2.0, 1.2, 0.9)),
    ...     10.0: Curve(moments, (3.3, 4.0, 2.5, 4.1)),
    ... }
    >>> for j in judge(curves, baseline=3.25, decay=0.0, limits=Limits()):
    ...     print(j.eta, j.verdict, "-", j.reason)
    0.1 decreasing - the cost fell from 3.3 to 0.9
    10.0 diverged - the cost rose from 3.3 to 4.1
    """
    judgements: list[Judgement] = []
    best: Curve | None = None
    for eta in sorted(curves):
        curve = curves[eta]
        verdict, reason = _verdict(curve, best, baseline, eta * decay, limits)
        judgements.append(
            Judgement(
                eta=eta, verdict=verdict, reason=reason, epochs=curve.epochs, costs=curve.costs
            )
        )
        if curve.costs[-1] < (math.inf if best is None else best.costs[-1]):
            best = curve
    return tuple(judgements)


def _verdict(
    curve: Curve, best: Curve | None, baseline: float, shrink: float, limits: Limits
) -> tuple[Verdict, str]:
    first, final = curve.costs[0], curve.costs[-1]
    constant = f"a constant prediction costs {baseline:.3g}"
    if shrink >= 1:
        return Verdict.DIVERGED, f"ηλ/n is {shrink:.3g}: weight decay alone overshoots zero"
    if not all(math.isfinite(cost) for cost in curve.costs):
        return Verdict.DIVERGED, "the cost left the finite numbers"
    if final > first + limits.least_rise * baseline or final > max(first, baseline):
        return Verdict.DIVERGED, f"the cost rose from {first:.3g} to {final:.3g}"
    up, down = _movement(curve)
    learned = curve.misfit < (1 - limits.learned) * baseline
    if best is not None and final > _allowed(best, baseline, limits):
        if not learned and up + down < limits.least_rise * final:
            return Verdict.DEAD, f"the cost stayed at {final:.3g}; {constant}"
        return (
            Verdict.OSCILLATING,
            f"the cost ended at {final:.3g}; a smaller η reached {best.costs[-1]:.3g}",
        )
    if up > limits.wiggle * (up + down) and up > limits.least_rise * baseline:
        share = up / (up + down)
        return Verdict.OSCILLATING, f"{share:.0%} of the cost's movement was upwards"
    if not learned:
        return Verdict.SLOW, f"the cost is still {curve.misfit:.3g}; {constant}"
    return Verdict.DECREASING, f"the cost fell from {first:.3g} to {final:.3g}"


def _allowed(best: Curve, baseline: float, limits: Limits) -> float:
    if best.misfit >= baseline:
        return math.inf
    excess = (limits.excess - 1) * best.misfit + limits.slack * baseline
    return best.costs[-1] + min(excess, limits.lost_gain * (baseline - best.misfit))


def _movement(curve: Curve) -> tuple[float, float]:
    together = max(1, len(curve.costs) // 4)
    steps = np.diff(np.convolve(curve.costs[1:], np.full(together, 1 / together), "valid"))
    return float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())
