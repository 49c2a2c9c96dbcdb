"""What the figures of an η search mark beside the measured costs."""

import math
from dataclasses import dataclass

from tuner.records import EtaSearch, Judgement, Outcome, Probe

CUT = 1.5
"""Costs are shown up to this many times the larger of baseline and least cost."""


@dataclass(frozen=True)
class Landmarks:
    """Fixed lines, ranges and limits of a figure; None where there is no such thing.

    Attributes
    ----------
    baseline
        Cost of the best constant prediction.
    top
        Largest cost shown, when some finite cost lies above it.
    eta, threshold
        Chosen η and η*.
    bracket
        Where the threshold lies; each end may be open.
    """

    baseline: float | None = None
    top: float | None = None
    eta: float | None = None
    threshold: float | None = None
    bracket: tuple[float | None, float | None] = (None, None)


def landmarks(search: EtaSearch) -> Landmarks:
    """Compute what both figures mark.

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, None), baseline=3.2, probes=(),
    ...     outcome=Outcome.NO_UPPER_LIMIT, judgements=(), spent=0.0, seconds=0.0)
    >>> landmarks(search)
    Landmarks(baseline=3.2, top=None, eta=0.5, threshold=1.0, bracket=(1.0, None))
    """
    found = search.outcome is not Outcome.NO_LEARNING
    return Landmarks(
        baseline=search.baseline if math.isfinite(search.baseline) else None,
        top=_top(search),
        eta=_positive(search.eta) if found else None,
        threshold=_positive(search.threshold) if found else None,
        bracket=search.bracket,
    )


def _top(search: EtaSearch) -> float | None:
    """Cut where nothing is learned; what the network cost before training may lie far above."""
    every: tuple[Judgement | Probe, ...] = (*search.judgements, *search.probes)
    costs = [cost for each in every for cost in each.costs if math.isfinite(cost)]
    baseline = search.baseline if math.isfinite(search.baseline) else 0.0
    limit = CUT * max(baseline, min(costs, default=0.0))
    return limit if 0 < limit < max(costs, default=0.0) else None


def _positive(value: float) -> float | None:
    return value if 0 < value < math.inf else None
