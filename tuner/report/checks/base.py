"""Coded warnings: what a careful reader should know before trusting a result."""

import math
from dataclasses import dataclass

from tuner.records import ADVICE, EtaSearch, Judgement, Outcome, Probe
from tuner.report.format import count, listing, number
from tuner.report.frames.training import LEARNING, final_cost

ENOUGH_SEEDS = 3
CLOSED_BRACKET = 4 / 3


@dataclass(frozen=True)
class Caution:
    """One coded warning: what holds, and what to do about it.

    Attributes
    ----------
    code
        W1xx for `find-eta`; a code keeps its meaning for ever.
    text
        What was found.
    advice
        What to try.
    """

    code: str
    text: str
    advice: str


def find_eta_cautions(search: EtaSearch) -> tuple[Caution, ...]:
    """Return the warnings that hold for an η search, by code.

    ==== ==================================================================
    W101 fewer than three seeds
    W102 bracket wider than 4/3
    W103 no threshold found
    W104 the threshold is the smallest or largest η tried
    W105 at the chosen η the cost stays above that of a constant prediction
    W106 seeds fall on both sides of the threshold at one η
    ==== ==================================================================

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, 2.0), outcome=Outcome.FOUND,
    ...     baseline=3.2, judgements=(), probes=(), spent=0.0, seconds=0.0)
    >>> [caution.code for caution in find_eta_cautions(search)]
    ['W101', 'W102']
    """
    checks = (_few_seeds, _wide_bracket, _not_found, _at_edge, _above_baseline, _seeds_disagree)
    return tuple(caution for check in checks if (caution := check(search)))


def _few_seeds(search: EtaSearch) -> Caution | None:
    seeds = len({probe.seed for probe in search.probes})
    if seeds >= ENOUGH_SEEDS:
        return None
    return Caution(
        "W101",
        f"The verdicts rest on {count(seeds, 'seed')} only.",
        "Run find-eta with at least three seeds before relying on the threshold.",
    )


def _wide_bracket(search: EtaSearch) -> Caution | None:
    low, high = search.bracket
    if not low or high is None or high / low <= CLOSED_BRACKET * (1 + 1e-9):
        return None
    return Caution(
        "W102",
        f"The threshold is known only to a factor of {number(high / low, 3)}: it lies between"
        f" η = {number(low)} and {number(high)}.",
        "Let the search go on until the bracket is no wider than 4/3.",
    )


def _not_found(search: EtaSearch) -> Caution | None:
    if search.outcome is Outcome.FOUND:
        return None
    return Caution(
        "W103",
        f"No threshold was found ({search.outcome}).",
        ADVICE[search.outcome],
    )


def _at_edge(search: EtaSearch) -> Caution | None:
    tried = [judgement.eta for judgement in search.judgements]
    if search.outcome is not Outcome.FOUND or search.threshold not in tried[:1] + tried[-1:]:
        return None
    edge = "smallest" if search.threshold == tried[0] else "largest"
    return Caution(
        "W104",
        f"The threshold η* = {number(search.threshold)} is the {edge} η tried.",
        f"Probe η {'below' if edge == 'smallest' else 'above'} it too before relying on it.",
    )


def _above_baseline(search: EtaSearch) -> Caution | None:
    near = _nearest(search)
    if search.outcome is Outcome.NO_LEARNING or near is None:
        return None
    cost = final_cost(near.costs)
    if cost < search.baseline:
        return None
    reached = number(cost) if math.isfinite(cost) else "a cost that is not finite"
    return Caution(
        "W105",
        f"At η = {number(near.eta)}, the probe nearest to the chosen η, training ended at"
        f" {reached}, no better than the constant prediction ({number(search.baseline)}).",
        "Train for more epochs, and check labels, scaling and initialisation.",
    )


def _nearest(search: EtaSearch) -> Judgement | None:
    """Return the judgement nearest to the chosen η in log η, none when over a factor 2 away."""
    if not 0 < search.eta < math.inf:
        return None
    distances = {abs(math.log(each.eta / search.eta)): each for each in search.judgements}
    least = min(distances, default=math.inf)
    return distances[least] if least <= math.log(2) * (1 + 1e-9) else None


def _seeds_disagree(search: EtaSearch) -> Caution | None:
    split = [each.eta for each in search.judgements if _both_sides(search.probes, each.eta)]
    if not split:
        return None
    return Caution(
        "W106",
        f"Seeds disagree whether the cost goes down at η = {listing([number(x) for x in split])}.",
        "The threshold depends on the seed there: probe more seeds, or choose a smaller η.",
    )


def _both_sides(probes: tuple[Probe, ...], eta: float) -> bool:
    return len({probe.verdict in LEARNING for probe in probes if probe.eta == eta}) > 1
