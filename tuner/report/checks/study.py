"""Coded warnings about a study."""

import math
from collections.abc import Iterator

from tuner.records import Outcome, StudyRecord, Trial, Value
from tuner.report.checks.base import ENOUGH_SEEDS, Caution
from tuner.report.format import count, listing, percent
from tuner.report.frames.study_ranking import Ranking, ranking
from tuner.report.frames.study_space import Dimension, dimensions, plain

ENOUGH_TRIALS = 10
"""Complete trials from which a study tells something; the sampler's first ten are random."""

EDGE = 0.05
"""The part of a range that counts as its edge."""

MOSTLY = 0.9

_NATURAL_ENDS = {"lambda": 0.0, "dropout": 0.0, "layers": 1.0}
"""Lower ends that cannot be widened."""


def study_cautions(record: StudyRecord) -> tuple[Caution, ...]:
    """Return the warnings that hold for a study, by code.

    ==== =====================================================================
    W301 the best value of a dimension lies at the edge of its range
    W302 fewer than three seeds in a trial
    W303 fewer than ten complete trials
    W304 trials diverged
    W305 the best trial is no clear winner
    W306 the study has not all the trials it was asked for
    W307 none or hardly any of the trials was completed: they were pruned
    W308 the GP sampler learns nothing from pruned trials
    W309 the best trial was best in its last epoch
    W310 no learning rate was found for some network
    ==== =====================================================================
    """
    ranked = ranking(record)
    found = [*_about_trials(record)]
    if ranked is not None:
        found += [*_at_edges(record, ranked), *_about_best(ranked)]
    return tuple(sorted(found, key=lambda caution: caution.code))


def _at_edges(record: StudyRecord, ranked: Ranking) -> Iterator[Caution]:
    for dimension in dimensions(record):
        value = ranked.best.params.get(dimension.name)
        end = edge(dimension, value)
        if end:
            yield Caution(
                "W301",
                f"The best trial's {dimension.long}, {plain(value)}, lies at the {end} end of what"
                " was searched.",
                f"Search {'below' if end == 'lower' else 'above'} it too: a better value may lie"
                " beyond.",
            )


def edge(dimension: Dimension, value: Value | None) -> str:
    """Say at which end of a dimension a value lies: `lower`, `upper` or neither.

    Examples
    --------
    >>> edge(Dimension("lambda", "log", 0.01, 100.0), 95.0)
    'upper'
    >>> edge(Dimension("dropout", "linear", 0.0, 0.5), 0.001)
    ''
    """
    share = _share(dimension, dimension.place(value))
    if share >= 1 - EDGE:
        return "upper"
    return "lower" if share <= EDGE and not _ends_naturally(dimension) else ""


def _share(dimension: Dimension, place: float) -> float:
    """Describe how far up a dimension a place lies, 0 … 1; NaN where it has no order."""
    low, high = dimension.low, dimension.high
    if dimension.scale == "choice":
        low, high = 0.0, len(dimension.choices) - 1.0
        if high < 2 or not dimension.ordered:
            return math.nan
    elif dimension.scale == "log" and place > 0:
        low, high, place = math.log(low), math.log(high), math.log(place)
    return (place - low) / (high - low) if low < high else math.nan


def _ends_naturally(dimension: Dimension) -> bool:
    end = _NATURAL_ENDS.get(dimension.name, math.nan)
    choice = dimension.scale == "choice"
    return dimension.choices[0] == plain(end) if choice else dimension.low == end


def _about_best(ranked: Ranking) -> Iterator[Caution]:
    seeds = len(ranked.best.accuracies)
    if seeds < ENOUGH_SEEDS:
        yield Caution(
            "W302",
            f"Each trial trained {count(seeds, 'network')}: what another seed would give is"
            f" {'unknown' if seeds == 1 else 'hardly known'}.",
            "Give the study seeds = 3 or more, or rerun the best trials on several seeds.",
        )
    if ranked.tied:
        low, high = ranked.interval
        yield Caution(
            "W305",
            f"{count(len(ranked.tied), 'other trial')} reached the 95 % interval of the best"
            f" ({percent(low, 1)} to {percent(high, 1)}).",
            "Take them for ties: choose by size or cost, or measure with more seeds and more"
            " validation examples.",
        )
    if _still_rising(ranked.best):
        yield Caution(
            "W309",
            "The best trial was best in its last epoch.",
            "Longer training may rank the trials otherwise: give more epochs.",
        )


def _still_rising(trial: Trial) -> bool:
    last = [b == e for b, e in zip(trial.best_epoch, trial.epochs, strict=True)]
    return 2 * sum(last) > len(last)


def _about_trials(record: StudyRecord) -> Iterator[Caution]:
    trials, counts = record.result.trials, record.result.counts
    diverged = [trial.number for trial in trials if trial.diverged]
    few = counts["complete"] < ENOUGH_TRIALS
    mostly = counts["pruned"] > 0 and counts["pruned"] >= MOSTLY * len(trials)
    if few and counts["complete"]:
        yield Caution(
            "W303",
            f"Only {count(counts['complete'], 'trial')} {_was(counts['complete'])} completed.",
            "Means, intervals and importances rest on these: let the study run longer.",
        )
    if diverged:
        shown = listing([str(number) for number in diverged[:10]])
        yield Caution(
            "W304",
            f"{count(len(diverged), 'trial')} diverged: {shown}{' …' * (len(diverged) > 10)}.",
            'Lower the upper end of η or λ; eta = "find" gives each network an η that it bears.',
        )
    if not record.complete:
        yield Caution(
            "W306",
            f"The study is not complete: it has {len(trials)} of {record.plan.trials} trials.",
            "Run the same command again: it goes on where it was stopped.",
        )
    if mostly:
        yield Caution(
            "W307",
            f"{counts['pruned']} of {len(trials)} trials were pruned before the last epoch.",
            "Set later rungs or a larger keep, so that more trials show what they reach.",
        )
    if record.plan.sampler == "gp" and counts["pruned"]:
        yield Caution(
            "W308",
            f"The GP sampler learns nothing from the {count(counts['pruned'], 'pruned trial')}.",
            'Use sampler = "tpe", or leave out the rungs.',
        )
    lost = [s for s in record.eta_searches.values() if s.outcome is not Outcome.FOUND]
    if lost:
        yield Caution(
            "W310",
            f"{len(lost)} of {len(record.eta_searches)} threshold searches found no η*.",
            "Trials with these networks train with another η than half a threshold: see the table.",
        )


def _was(amount: int) -> str:
    return "was" if amount == 1 else "were"
