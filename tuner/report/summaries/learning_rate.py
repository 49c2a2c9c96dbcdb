"""The result of an η search in plain words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.records import ADVICE, EtaSearch, Outcome, Verdict
from tuner.report.format import count, listing, number
from tuner.report.frames.training import final_cost


@dataclass(frozen=True)
class PlainVerdict:
    """What stands first on a page.

    Attributes
    ----------
    good
        Whether the question was answered.
    headline, sentence
        The answer, and what it rests on.
    advice
        What to do now.
    facts
        Name and value of the numbers behind it.
    """

    good: bool
    headline: str
    sentence: str
    advice: str
    facts: tuple[tuple[str, str], ...]


def find_eta_verdict(search: EtaSearch) -> PlainVerdict:
    """Describe which η to use, or that none was found.

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND,
    ...     baseline=3.2, judgements=(), probes=(), spent=9.0, seconds=2.0)
    >>> verdict = find_eta_verdict(search)
    >>> verdict.headline, verdict.sentence
    ('Use η = 0.5', 'The training cost still went down at η = 1 and no longer at 1.3.')
    """
    headlines = {
        Outcome.FOUND: f"Use η = {number(search.eta)}",
        Outcome.NO_UPPER_LIMIT: "No upper limit of η was found",
        Outcome.NO_LEARNING: "No learning rate was found",
    }
    return PlainVerdict(
        good=search.outcome is Outcome.FOUND,
        headline=headlines[search.outcome],
        sentence=_sentence(search),
        advice=ADVICE[search.outcome],
        facts=_facts(search),
    )


def _sentence(search: EtaSearch) -> str:
    low, high = search.bracket
    if search.outcome is Outcome.NO_LEARNING:
        tried = count(len(search.judgements), "learning rate")
        return f"The training cost went down at none of the {tried} tried."
    if low is None or high is None:
        largest = number(search.threshold)
        return f"The training cost still went down at η = {largest}, the largest tried."
    words = (
        f"The training cost still went down at η = {number(low)} and no longer at {number(high)}."
    )
    if search.threshold < low * (1 - 1e-9):
        words += f" Smaller steps did better still, so η* was set to {number(search.threshold)}."
    return words


def _facts(search: EtaSearch) -> tuple[tuple[str, str], ...]:
    seeds = sorted({probe.seed for probe in search.probes})
    found = search.outcome is Outcome.FOUND
    half = "η to use, to all digits" if found else "half of the largest η tried"
    rates = ((half, repr(search.eta)), ("threshold η*", number(search.threshold)))
    return (
        *(rates if search.outcome is not Outcome.NO_LEARNING else ()),
        ("bracket of η*", _bracket(*search.bracket)),
        ("learning rates tried", str(len(search.judgements))),
        ("probes", str(len(search.probes))),
        ("seeds", _seeds(seeds)),
        ("training spent", f"{number(search.spent, 3)} epochs of the data"),
        ("time", f"{number(search.seconds, 3)} s"),
        ("cost of a constant prediction", number(search.baseline, 4)),
    )


def _seeds(seeds: Sequence[int]) -> str:
    if len(seeds) > 10:
        return f"{len(seeds)}, from {seeds[0]} to {seeds[-1]}"
    return listing([str(seed) for seed in seeds])


def _bracket(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    if low is not None:
        return f"above {number(low)}"
    return "unknown" if high is None else f"below {number(high)}"


def alt_curves(search: EtaSearch) -> str:
    """Describe figure 1 to who cannot see it."""
    groups = [
        f"{verdict} at η = {listing([number(eta) for eta in etas])}"
        for verdict in Verdict
        if (etas := [each.eta for each in search.judgements if each.verdict is verdict])
    ]
    return (
        f"Line chart of the training cost against epochs at"
        f" {count(len(search.judgements), 'learning rate')}: {'; '.join(groups)}."
        f" A dashed line shows the constant prediction at {number(search.baseline, 4)}."
    )


def alt_final_costs(search: EtaSearch) -> str:
    """Describe figure 2 to who cannot see it."""
    ends = [(final_cost(each.costs), each.eta) for each in search.judgements]
    finite = [end for end in ends if math.isfinite(end[0])]
    text = "Chart of the final training cost against η on a logarithmic axis."
    if finite:
        cost, eta = min(finite)
        text += f" The lowest, {number(cost, 4)}, is reached at η = {number(eta)}."
    if len(finite) < len(ends):
        gone = [number(eta) for cost, eta in ends if not math.isfinite(cost)]
        text += f" No finite cost at η = {listing(gone)}."
    return text + _choice(search)


def _choice(search: EtaSearch) -> str:
    if search.outcome is Outcome.NO_LEARNING:
        return ""
    return (
        f" Vertical lines mark the chosen η = {number(search.eta)}"
        f" and the threshold η* = {number(search.threshold)}."
    )
