"""The result of an η search in plain words."""

import math
from collections.abc import Sequence

from tuner.records import ADVICE, EtaSearch, Outcome, Verdict
from tuner.report.format import cost, count, duration, listing, number
from tuner.report.summaries.base import Summary


def find_eta_summary(search: EtaSearch) -> Summary:
    """Return which η to use, or that none was found.

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND,
    ...     baseline=3.2, judgements=(), probes=(), spent=9.0, seconds=2.0)
    >>> find_eta_summary(search).text
    'Use η = 0.5. The training cost still decreases at η = 1, but no longer at η = 1.3.'
    """
    headlines = {
        Outcome.FOUND: f"Use η = {number(search.eta)}",
        Outcome.NO_UPPER_LIMIT: "No upper limit for η was found",
        Outcome.NO_LEARNING: "No learning rate was found",
    }
    return Summary(
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
        return f"The training cost decreased at none of the {tried} tried."
    if low is None or high is None:
        largest = number(search.threshold)
        return f"The training cost still decreases at η = {largest}, the largest tried."
    words = (
        f"The training cost still decreases at η = {number(low)}, but no longer at"
        f" η = {number(high)}."
    )
    if search.threshold < low * (1 - 1e-9):
        words += f" Smaller learning rates did better, so η* was set to {number(search.threshold)}."
    return words


def eta_phrase(search: EtaSearch) -> str:
    """Return the η of a search and where it comes from, as a part of a sentence.

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND,
    ...     baseline=3.2, judgements=(), probes=(), spent=9.0, seconds=2.0)
    >>> eta_phrase(search)
    'η = 0.5, half of the threshold (between 1 and 1.3)'
    """
    if search.outcome is Outcome.FOUND:
        low, high = search.bracket
        between = f" (between {number(low)} and {number(high)})" if low and high else ""
        return f"η = {number(search.eta)}, {share_words(search)}the threshold{between}"
    return f"η = {number(search.eta)}, a guess, because no threshold was found"


def share_words(search: EtaSearch) -> str:
    """Return what stands between η and its threshold in a sentence.

    Examples
    --------
    >>> search = EtaSearch(eta=0.7, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND,
    ...     baseline=3.2, judgements=(), probes=(), spent=9.0, seconds=2.0)
    >>> share_words(search)
    '0.7 × '
    """
    share = round(search.eta / search.threshold, 3)
    return {0.25: "a quarter of ", 0.5: "half of ", 1.0: ""}.get(share, f"{share:g} × ")


def _facts(search: EtaSearch) -> tuple[tuple[str, str], ...]:
    seeds = sorted({probe.seed for probe in search.probes})
    found = search.outcome is Outcome.FOUND
    half = "η (full precision)" if found else f"{share_words(search)}the largest η tried"
    rates = ((half, repr(search.eta)), ("threshold η*", number(search.threshold)))
    return (
        *(rates if search.outcome is not Outcome.NO_LEARNING else ()),
        ("bracket of η*", _bracket(*search.bracket)),
        ("learning rates tried", str(len(search.judgements))),
        ("probes", str(len(search.probes))),
        ("seeds", _seeds(seeds)),
        ("training spent", f"{number(search.spent, 3)} epochs of the data"),
        ("time", duration(search.seconds)),
        ("cost of a constant prediction", cost(search.baseline)),
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
    """Return the alt text of the cost curves."""
    groups = [
        f"{verdict} at η = {listing([number(eta) for eta in etas])}"
        for verdict in Verdict
        if (etas := [each.eta for each in search.judgements if each.verdict is verdict])
    ]
    return (
        f"Line chart of the training cost against epochs at"
        f" {count(len(search.judgements), 'learning rate')}: {'; '.join(groups)}."
        f" A dashed line shows the constant prediction at {cost(search.baseline)}."
    )


def alt_final_costs(search: EtaSearch) -> str:
    """Return the alt text of the final costs."""
    ends = [(each.final_cost, each.eta) for each in search.judgements]
    finite = [end for end in ends if math.isfinite(end[0])]
    text = "Chart of the final training cost against η on a logarithmic axis."
    if finite:
        least, eta = min(finite)
        text += f" The lowest, {cost(least)}, is reached at η = {number(eta)}."
    if len(finite) < len(ends):
        gone = [number(eta) for end, eta in ends if not math.isfinite(end)]
        text += f" No finite cost at η = {listing(gone)}."
    return text + _choice(search)


def _choice(search: EtaSearch) -> str:
    if search.outcome is Outcome.NO_LEARNING:
        return ""
    return (
        f" Vertical lines mark the chosen η = {number(search.eta)}"
        f" and the threshold η* = {number(search.threshold)}."
    )
