"""Coded warnings about an η search."""

import math
from collections.abc import Iterator

from tuner.records import ADVICE, EtaSearch, FindEtaRecord, Judgement, Outcome
from tuner.report.checks.base import ENOUGH_SEEDS, Checks, CodedWarning, by_severity
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.format import cost, count, listing, number

CLOSED_BRACKET = 4 / 3
"""Widest bracket hi/lo of a search that ended by itself."""

ETA_CHECKS: Checks[EtaSearch] = Checks("find-eta")


def find_eta_warnings(record: FindEtaRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for an η search and for its data, the most severe first."""
    return by_severity((*ETA_CHECKS.run(record.result), *DATA_CHECKS.run(record.data.notes)))


@ETA_CHECKS.add(
    "W101",
    "low",
    "Fewer than three seeds",
    advice="Run find-eta with at least three seeds before relying on the threshold.",
)
def _few_seeds(search: EtaSearch) -> Iterator[str]:
    seeds = len({probe.seed for probe in search.probes})
    if seeds < ENOUGH_SEEDS:
        yield f"The verdicts rest on {count(seeds, 'seed')} only."


@ETA_CHECKS.add(
    "W102",
    "medium",
    "Wide bracket",
    advice="Let the search go on until the bracket is no wider than 4/3.",
)
def _wide_bracket(search: EtaSearch) -> Iterator[str]:
    low, high = search.bracket
    if low and high is not None and high / low > CLOSED_BRACKET * (1 + 1e-9):
        yield (
            f"The threshold is known only to a factor of {number(high / low, 3)}: it lies between"
            f" η = {number(low)} and {number(high)}."
        )


@ETA_CHECKS.add("W103", "high", "No threshold found", advice=lambda search: ADVICE[search.outcome])
def _not_found(search: EtaSearch) -> Iterator[str]:
    if search.outcome is not Outcome.FOUND:
        yield f"No threshold was found ({search.outcome})."


@ETA_CHECKS.add(
    "W104",
    "medium",
    "Threshold at the edge",
    advice="Probe beyond it too before relying on the threshold (--start).",
)
def _at_edge(search: EtaSearch) -> Iterator[str]:
    tried = [judgement.eta for judgement in search.judgements]
    if search.outcome is Outcome.FOUND and search.threshold in tried[:1] + tried[-1:]:
        edge = "smallest" if search.threshold == tried[0] else "largest"
        yield f"The threshold η* = {number(search.threshold)} is the {edge} η tried."


@ETA_CHECKS.add(
    "W105",
    "high",
    "No better than a constant prediction",
    advice="Train for more epochs, and check labels, scaling and initialization.",
)
def _above_baseline(search: EtaSearch) -> Iterator[str]:
    near = _nearest(search)
    if search.outcome is Outcome.NO_LEARNING or near is None or near.final_cost < search.baseline:
        return
    finite = math.isfinite(near.final_cost)
    reached = cost(near.final_cost) if finite else "a cost that is not finite"
    yield (
        f"At η = {number(near.eta)}, the probe nearest to the chosen η, training ended at"
        f" {reached}, no better than the constant prediction ({cost(search.baseline)})."
    )


def _nearest(search: EtaSearch) -> Judgement | None:
    """Return the judgement nearest to the chosen η in log η, none when over a factor 2 away."""
    if not 0 < search.eta < math.inf:
        return None
    distances = {abs(math.log(each.eta / search.eta)): each for each in search.judgements}
    least = min(distances, default=math.inf)
    return distances[least] if least <= math.log(2) * (1 + 1e-9) else None


@ETA_CHECKS.add(
    "W106",
    "medium",
    "Seeds disagree at the threshold",
    advice="The threshold depends on the seed there: probe more seeds, or choose a smaller η.",
)
def _seeds_disagree(search: EtaSearch) -> Iterator[str]:
    sides = {each.eta: set[bool]() for each in search.judgements}
    for probe in search.probes:
        sides.setdefault(probe.eta, set()).add(probe.verdict.learning)
    if split := [number(eta) for eta, seen in sides.items() if len(seen) > 1]:
        yield f"Seeds disagree whether the cost decreases at η = {listing(split)}."
