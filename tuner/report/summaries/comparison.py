"""What a comparison says in words: verdict, differences, warnings, and its figures described."""

import math
from collections.abc import Sequence
from statistics import mean

from tuner.report.checks.base import ENOUGH_SEEDS
from tuner.report.format import confidence, count, listing, percent, whole
from tuner.report.frames.comparison import interval
from tuner.report.frames.contenders import Contender, Difference, ranked
from tuner.report.measure import Measure
from tuner.report.summaries.base import Summary

ABOUT_EXAMPLES = "for other validation examples, not for other seeds"


def compare_summary(every: Sequence[Contender], against: Sequence[Difference]) -> Summary:
    """Describe which is best, what is tied with it, and how sure that is.

    Parameters
    ----------
    every
        The contenders.
    against
        The winner's differences to the others, from `against_winner`.
    """
    winner, *_ = ranked(every)
    apart = [each for each in every if not each.comparable(winner)]
    return Summary(
        good=not apart,
        headline=_headline(every, winner, against, apart),
        sentence=_sentence(winner, against),
        advice=_advice(every, against, apart),
        facts=_facts(every, winner),
    )


def _headline(
    every: Sequence[Contender],
    winner: Contender,
    against: Sequence[Difference],
    apart: Sequence[Contender],
) -> str:
    if apart:
        return "Accuracies on different data are not comparable"
    if len(every) == 1:
        return f"Mean validation accuracy {percent(winner.mean)}"
    ties = [each.second for each in against if not each.clear]
    if not ties:
        return f"{winner.title} is best"
    if len(ties) < len(against):
        return f"{winner.title} is best, with no clear difference to {listing(ties)}"
    return f"No clear difference between {listing([winner.letter, *ties])}"


def _sentence(winner: Contender, against: Sequence[Difference]) -> str:
    seeds = count(len(winner.by_seed), "seed")
    text = (
        f"{winner.title} has a validation accuracy of {percent(winner.mean)}, mean of {seeds}"
        f" ({confidence(*interval(winner))})."
    )
    return f"{text} {difference_words(against[0])}" if against else text


def difference_words(difference: Difference) -> str:
    """Describe how far two are apart.

    Examples
    --------
    >>> apart = Difference("A", "B", (0, 1, 2), (), 0.012, 0.003, 0.021, "seeds")
    >>> difference_words(apart)
    'A is 1.20 points better than B (95 % CI 0.30 to 2.10 points, over 3 paired seeds).'
    """
    a, b = difference.first, difference.second
    if difference.basis == "nothing":
        return f"{a} and {b} were measured on different data: their accuracies are not comparable."
    apart = Measure(difference.metric).difference
    ends = f"{apart(difference.low).removesuffix(' points')} to {apart(difference.high)}"
    how = f"95 % CI {ends}, {_basis(difference)}"
    if difference.clear:
        return f"{a} is {apart(difference.value)} better than {b} ({how})."
    way = "better" if difference.value >= 0 else "worse"
    seen = f"{a} is {apart(abs(difference.value))} {way}" if difference.value else "equal means"
    return f"No clear difference between {a} and {b}: {seen} ({how})."


def _basis(difference: Difference) -> str:
    seeds = len(difference.seeds)
    if difference.basis == "seeds":
        few = " only" if seeds < ENOUGH_SEEDS else ""
        return f"over {seeds} paired seeds{few}"
    if difference.basis == "folds":
        return f"over examples, by networks of {seeds} folds that had not seen them"
    if difference.basis == "both":
        return f"over validation examples and {seeds} paired seeds"
    pairs = {0: "no seed in common", 1: "one seed each"}.get(
        seeds, f"the same difference at all {seeds} seeds"
    )
    return f"{pairs}: {ABOUT_EXAMPLES}"


def _advice(
    every: Sequence[Contender], against: Sequence[Difference], apart: Sequence[Contender]
) -> str:
    if apart:
        return (
            "Runs are comparable when they were validated on the same examples: the same file"
            " (SHA-256), target and split seed. The differences below are between those that were."
        )
    if len(every) == 1:
        return "All of them have the same settings, so there is nothing to choose between."
    unclear = [each for each in against if not each.clear]
    if unclear:
        return (
            "Where there is no clear difference, choose the cheaper or simpler one, or rerun both"
            " with more seeds."
        )
    return "The interval of each difference leaves out 0: chance alone rarely brings that."


def _facts(every: Sequence[Contender], winner: Contender) -> tuple[tuple[str, str], ...]:
    seeds = sorted({seed for each in every for _, seed in each.by_seed})
    return (
        ("compared", str(len(every))),
        ("records", str(sum(len(each.records) for each in every))),
        ("seeds", listing([str(seed) for seed in seeds]) if len(seeds) < 10 else str(len(seeds))),
        ("validation examples", whole(winner.data.n_validation)),
        ("best accuracy", percent(winner.mean)),
    )


def alt_accuracies(every: Sequence[Contender], *, with_eta: bool) -> str:
    """Return the alt text of the curves."""
    measure = Measure(every[0].metric)
    ends = [f"{each.letter} {measure.text(_best_on_average(each))}" for each in every]
    eta = ", and the learning rate below" if with_eta else ""
    return (
        f"Line chart of validation {measure.name} against epochs for"
        f" {count(len(every), 'contender')}{eta}. Best on average: {listing(ends)}."
    )


def _best_on_average(contender: Contender) -> float:
    """Return the mean of what its curves reach; a study has its best trial's."""
    reached = [run.best_value for _, run in contender.runs]
    return mean(reached) if reached else contender.mean


def alt_differences(against: Sequence[Difference]) -> str:
    """Return the alt text of the differences to the best."""
    said = [difference_words(each) for each in against if not math.isnan(each.value)]
    return f"Chart of the differences to the best, with 95 % intervals. {' '.join(said)}"
