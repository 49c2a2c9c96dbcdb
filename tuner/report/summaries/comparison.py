"""What a comparison says in words: verdict, differences, warnings, and its figures described."""

import math
from collections.abc import Sequence

from tuner.records import Run
from tuner.report.checks.base import ENOUGH_SEEDS, Caution
from tuner.report.format import count, listing, percent, points
from tuner.report.frames.comparison import interval
from tuner.report.frames.contenders import Contender
from tuner.report.frames.diagnostics import overfitting_signs
from tuner.report.frames.differences import Difference, ranked
from tuner.report.summaries.learning_rate import PlainVerdict

ABOUT_EXAMPLES = "about other validation examples, not about other seeds"
MANY = 5
"""Contenders from which on chance alone may bring one interval in twenty too far."""


def compare_verdict(every: Sequence[Contender], against: Sequence[Difference]) -> PlainVerdict:
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
    return PlainVerdict(
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
        return f"{percent(winner.mean)} of the validation data right on average"
    ties = [each.second for each in against if not each.clear]
    if not ties:
        return f"{winner.title} is best"
    if len(ties) < len(against):
        return f"{winner.title} is best, with no clear difference to {listing(ties)}"
    return f"No clear difference between {listing([winner.letter, *ties])}"


def _sentence(winner: Contender, against: Sequence[Difference]) -> str:
    low, high = interval(winner)
    seeds = count(len(winner.accuracies), "seed")
    text = (
        f"{winner.title} is right on {percent(winner.mean)} of the validation data, the mean of"
        f" {seeds} (95 % interval {percent(low, 1)} to {percent(high, 1)})."
    )
    return f"{text} {difference_words(against[0])}" if against else text


def difference_words(difference: Difference) -> str:
    """Describe how far two are apart.

    Examples
    --------
    >>> apart = Difference("A", "B", (0, 1, 2), (), 0.012, 0.003, 0.021, "seeds")
    >>> difference_words(apart)
    'A is 1.2 points better than B (95 % interval 0.3 to 2.1 points, over 3 paired seeds).'
    """
    a, b = difference.first, difference.second
    if difference.basis == "nothing":
        return f"{a} and {b} were measured on different data: their accuracies are not comparable."
    size = f"{abs(100 * difference.value):.2g}" if difference.value else "0"
    how = f"{100 * difference.low:.2g} to {points(difference.high)}, {_basis(difference)}"
    if not difference.clear:
        way = "better" if difference.value >= 0 else "worse"
        seen = f"{a} is {size} points {way}" if difference.value else "they are equal"
        return f"No clear difference between {a} and {b}: {seen} (95 % interval {how})."
    return f"{a} is {points(difference.value)} better than {b} (95 % interval {how})."


def _basis(difference: Difference) -> str:
    seeds = len(difference.seeds)
    if difference.basis == "seeds":
        few = " only" if seeds < ENOUGH_SEEDS else ""
        return f"over {seeds} paired seeds{few}"
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
            " (SHA-256) and target. The differences below are between those that were."
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
    seeds = sorted({seed for each in every for _, seed in each.accuracies})
    return (
        ("compared", str(len(every))),
        ("records", str(sum(len(each.records) for each in every))),
        ("seeds", listing([str(seed) for seed in seeds]) if len(seeds) < 10 else str(len(seeds))),
        ("validation examples", str(winner.data.n_validation)),
        ("best accuracy", percent(winner.mean)),
    )


def compare_cautions(
    every: Sequence[Contender], against: Sequence[Difference]
) -> tuple[Caution, ...]:
    """Return the warnings that hold for a comparison, by code.

    ==== ==================================================================
    W401 not all were measured on the same data
    W402 one seed each: the intervals speak of examples, not of seeds
    W403 fewer than three shared seeds
    W404 the best trial of a study was chosen for being the highest
    W405 a seed was given more than once with the same settings
    W406 a network diverged
    W407 made with different versions
    W408 many compared at once
    W409 training and validation accuracy part by 5 points or more: they overfit
    ==== ==================================================================
    """
    checks = (_on_data(every), _on_seeds(against), _on_records(every), _on_making(every))
    found = [caution for group in checks for caution in group]
    return tuple(sorted(found, key=lambda caution: caution.code))


def _on_data(every: Sequence[Contender]) -> list[Caution]:
    different = dict.fromkeys(f"{c.data.name} ({c.data.sha256[:12]}…)" for c in every)
    if all(each.comparable(every[0]) for each in every):
        return []
    return [
        Caution(
            "W401",
            f"Not all were measured on the same data: {listing(list(different))}.",
            "Accuracies on different examples are not comparable: train all of them on one file.",
        )
    ]


def _on_seeds(against: Sequence[Difference]) -> list[Caution]:
    found = []
    alone = [each.second for each in against if each.basis == "examples" and len(each.seeds) < 2]
    few = [each.second for each in against if each.basis == "seeds" and _few(each)]
    if alone:
        found.append(
            Caution(
                "W402",
                f"With {listing(alone)} one seed or none is shared: the interval says what other"
                " examples would bring, not what another seed would.",
                "Rerun each with the same three or more seeds (--seed) before you believe it.",
            )
        )
    if few:
        found.append(
            Caution(
                "W403",
                f"With {listing(few)} fewer than {ENOUGH_SEEDS} seeds are shared.",
                "The interval is honest but wide: more seeds make it narrower.",
            )
        )
    return found


def _few(difference: Difference) -> bool:
    return len(difference.seeds) < ENOUGH_SEEDS


def _on_records(every: Sequence[Contender]) -> list[Caution]:
    found = []
    if any(not each.runs for each in every):
        found.append(
            Caution(
                "W404",
                "The best trial of a study was chosen for being the highest, so luck is part of"
                " its accuracy, the more the more trials there were.",
                "Rerun the best settings of each with new seeds, and compare those runs.",
            )
        )
    twice = [each.letter for each in every if len(each.runs) > len(dict(each.runs))]
    if twice:
        found.append(
            Caution(
                "W405",
                f"{listing(twice)} has a seed more than once with the same settings.",
                "Only the first is counted: a rerun with the same seed brings nothing new.",
            )
        )
    over = [c.letter for c in every if any(_overfits(c, run) for _, run in c.runs)]
    if over:
        found.append(
            Caution(
                "W409",
                f"Training and validation accuracy of {listing(over)} end 5 points or more apart.",
                "They overfit: more regularisation, more data or an earlier stop may help them.",
            )
        )
    return found


def _overfits(contender: Contender, run: Run) -> bool:
    signs = overfitting_signs(run, contender.data.n_validation)
    return any(sign.name == "gap" for sign in signs)


def _on_making(every: Sequence[Contender]) -> list[Caution]:
    found = []
    gone = [c.letter for c in every if any(run.stop_reason == "diverged" for _, run in c.runs)]
    if gone:
        found.append(
            Caution(
                "W406",
                f"A network of {listing(gone)} diverged.",
                "What it reached before counts; find-eta finds the largest η that works.",
            )
        )
    made = {(c.environment.tuner, c.environment.packages.get("numpy")) for c in every}
    if len(made) > 1:
        found.append(
            Caution(
                "W407",
                "They were made with different versions of tuner or NumPy.",
                "Small differences may come from there: rerun them with one version.",
            )
        )
    if len(every) >= MANY:
        found.append(
            Caution(
                "W408",
                f"{len(every)} are compared at once: of twenty intervals that should hold 0, one"
                " misses it by chance.",
                "Rerun the best two or three with new seeds.",
            )
        )
    return found


def alt_accuracies(every: Sequence[Contender], *, with_eta: bool) -> str:
    """Describe the curves to who cannot see them."""
    ends = [f"{each.letter} {percent(each.mean)}" for each in every]
    eta = ", and the learning rate below" if with_eta else ""
    return (
        f"Line chart of validation accuracy against epochs for"
        f" {count(len(every), 'contender')}{eta}. Best on average: {listing(ends)}."
    )


def alt_differences(against: Sequence[Difference]) -> str:
    """Describe the winner's differences to who cannot see them."""
    said = [difference_words(each) for each in against if not math.isnan(each.value)]
    return f"Chart of the differences to the best, with 95 % intervals. {' '.join(said)}"
