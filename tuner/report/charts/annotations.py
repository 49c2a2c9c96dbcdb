"""What figures mark beside the measured values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from tuner.records import EtaSearch, Judgement, Outcome, Probe, Run, StopReason
from tuner.records.training import divisions

CUT = 1.5
"""Costs are shown up to this many times the larger of baseline and least cost."""


@dataclass(frozen=True)
class Landmarks:
    """What the figures of an η search mark; None where there is no such thing.

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


FAR_OFF = 5
"""Costs are shown up to this many times the larger of the two median costs."""

_STOPS: Mapping[StopReason, str] = {
    StopReason.NO_IMPROVEMENT: "no improvement",
    StopReason.ETA_AT_END: "η at its end",
    StopReason.EPOCHS: "all epochs done",
    StopReason.TIME: "time used up",
    StopReason.DIVERGED: "diverged",
    StopReason.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True)
class RunMarks:
    """Moments and limits of the figures of a run; None where there is no such thing.

    Attributes
    ----------
    last
        The epoch after which training stopped.
    stop
        Why, in two or three words.
    best
        Best epoch and its validation accuracy in %.
    lowest
        Epoch and value of the lowest validation cost.
    divided
        Epochs after which η was changed.
    top
        Largest cost shown, when some finite cost lies far above the others.
    """

    last: int = 0
    stop: str = ""
    best: tuple[int, float] | None = None
    lowest: tuple[int, float] | None = None
    divided: tuple[int, ...] = ()
    top: float | None = None


def run_marks(run: Run) -> RunMarks:
    """Compute what the figures of a run mark.

    Examples
    --------
    >>> from tuner.records import Hyperparameters
    >>> nothing = Run(settings=Hyperparameters(eta=0.5), history=(), best_epoch=0,
    ...     best_validation_accuracy=0.0, stop_reason=StopReason.INTERRUPTED, stop_words="")
    >>> run_marks(nothing).stop
    'interrupted'
    """
    best, lowest = run.best, run.lowest_cost
    return RunMarks(
        last=len(run.history),
        stop=_STOPS[run.stop_reason],
        best=(best.epoch, 100 * best.validation_accuracy) if best else None,
        lowest=(lowest.epoch, lowest.validation_cost) if lowest else None,
        divided=tuple(each.epoch - 1 for each in divisions(run.history)),
        top=_far_off(run),
    )


def _far_off(run: Run) -> float | None:
    curves = [(e.training_cost, e.validation_cost) for e in run.finite_epochs]
    if not curves:
        return None
    middle = max(median(costs) for costs in zip(*curves, strict=True))
    limit = float(f"{FAR_OFF * middle:.2g}")
    return limit if 0 < limit < max(map(max, curves)) else None
