"""Coded warnings about a study."""

import math
from collections.abc import Iterator

from tuner.records import Outcome, StudyRecord, Value
from tuner.report.checks.base import ENOUGH_SEEDS, Checks, CodedWarning, by_severity
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.format import count, listing
from tuner.report.frames.study_space import Dimension, dimensions, plain
from tuner.report.measure import Measure

ENOUGH_TRIALS = 10
"""Complete trials from which a study tells something; the sampler's first ten are random."""

EDGE = 0.05
"""The part of a range that counts as its edge."""

MOSTLY = 0.9
"""Share of pruned trials from which hardly any trial shows what it can reach."""

LISTED = 10

_NATURAL_ENDS = {"lambda": 0.0, "dropout": 0.0, "layers": 1.0}
"""Lower ends that cannot be widened."""

STUDY_CHECKS: Checks[StudyRecord] = Checks("study")


def study_warnings(record: StudyRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a study and for its data, the most severe first."""
    return by_severity((*STUDY_CHECKS.run(record), *DATA_CHECKS.run(record.data.notes)))


@STUDY_CHECKS.add(
    "W301",
    "medium",
    "Best value at the edge of its range",
    advice="Widen the range there: a better value may lie beyond.",
)
def _at_edge(record: StudyRecord) -> Iterator[str]:
    best = record.result.best
    for dimension in dimensions(record) if best else ():
        value = best.params.get(dimension.name) if best else None
        if end := edge(dimension, value):
            yield (
                f"The best trial's {dimension.long}, {plain(value)}, lies at the {end} end of what"
                " was searched."
            )


def edge(dimension: Dimension, value: Value | None) -> str:
    """Return at which end of a dimension a value lies: `lower`, `upper` or an empty text.

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
    """Return how far up a dimension a place lies, 0 … 1; NaN where it has no order."""
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


@STUDY_CHECKS.add(
    "W302",
    "medium",
    "Fewer than three seeds",
    advice="Set seeds = 3 or more in the study file, or rerun the best trials on several seeds.",
)
def _few_seeds(record: StudyRecord) -> Iterator[str]:
    best = record.result.best
    if best is not None and not record.data.folds and len(best.network_values) < ENOUGH_SEEDS:
        yield (
            f"Each trial trained {count(len(best.network_values), 'network')}: what another seed"
            " would reach is unknown."
        )


@STUDY_CHECKS.add(
    "W303",
    "medium",
    "Fewer than ten complete trials",
    advice="Means, intervals and importances rest on these: let the study run longer.",
)
def _few_trials(record: StudyRecord) -> Iterator[str]:
    complete = record.result.counts["complete"]
    if 0 < complete < ENOUGH_TRIALS:
        verb = "was" if complete == 1 else "were"
        yield f"Only {count(complete, 'trial')} {verb} completed."


@STUDY_CHECKS.add(
    "W304",
    "low",
    "Diverged trials",
    advice='Lower the upper end of η or λ; eta = "find" finds a stable η for each network.',
)
def _diverged(record: StudyRecord) -> Iterator[str]:
    lost = [str(trial.number) for trial in record.result.trials if trial.diverged]
    if lost:
        shown = listing(lost[:LISTED]) + " …" * (len(lost) > LISTED)
        yield f"{count(len(lost), 'trial')} diverged: {shown}."


@STUDY_CHECKS.add(
    "W305",
    "low",
    "No clear winner",
    advice="Treat them as ties: choose by size or cost, or measure with more seeds and more"
    " validation examples.",
)
def _tied(record: StudyRecord) -> Iterator[str]:
    ranked = record.ranking
    if ranked and ranked.tied:
        others = count(len(ranked.tied), "other trial")
        reached = Measure(record.result.metric).ends(*ranked.interval)
        yield f"{others} reached the 95 % CI of the best ({reached})."


@STUDY_CHECKS.add(
    "W306",
    "high",
    "Study not complete",
    advice="Run the same command again: it resumes where it was stopped.",
)
def _unfinished(record: StudyRecord) -> Iterator[str]:
    if not record.complete:
        yield f"The study has {len(record.result.trials)} of {count(record.plan.trials, 'trial')}."


@STUDY_CHECKS.add(
    "W307",
    "medium",
    "Most trials were pruned",
    advice="Set later rungs or a larger keep, so that more trials show what they can reach.",
)
def _mostly_pruned(record: StudyRecord) -> Iterator[str]:
    trials, pruned = len(record.result.trials), record.result.counts["pruned"]
    if pruned and pruned >= MOSTLY * trials:
        yield f"{pruned} of {count(trials, 'trial')} were pruned before the last epoch."


@STUDY_CHECKS.add(
    "W308",
    "medium",
    "GP sampler with pruning",
    advice='Use sampler = "tpe", or leave out the rungs.',
)
def _gp_with_pruning(record: StudyRecord) -> Iterator[str]:
    pruned = record.result.counts["pruned"]
    if record.plan.sampler == "gp" and pruned:
        yield f"The GP sampler learns nothing from the {count(pruned, 'pruned trial')}."


@STUDY_CHECKS.add(
    "W309",
    "low",
    "Best in its last epoch",
    advice="Longer training may rank the trials differently: train for more epochs.",
)
def _still_rising(record: StudyRecord) -> Iterator[str]:
    best = record.result.best
    last = [b == e for b, e in zip(best.best_epoch, best.epochs, strict=True)] if best else []
    if 2 * sum(last) > len(last):
        yield "The best trial reached its best value in its last epoch."


@STUDY_CHECKS.add(
    "W310",
    "medium",
    "No threshold for some networks",
    advice="Trials of these networks train with a guessed η: see the table of searches.",
)
def _no_threshold(record: StudyRecord) -> Iterator[str]:
    searches = record.eta_searches.values()
    if lost := [each for each in searches if each.outcome is not Outcome.FOUND]:
        yield f"{len(lost)} of {len(searches)} threshold searches found no η*."
