"""The result of a study in plain words."""

from collections.abc import Sequence

from tuner.records import Ranking, StudyRecord, StudySummary, Trial
from tuner.report.format import (
    count,
    duration,
    listing,
    number,
    whole,
)
from tuner.report.frames.study_space import in_words
from tuner.report.measure import Measure
from tuner.report.summaries.base import Summary

LISTED = 10
"""Trials, or seeds, that a sentence names before it says how many more there are."""


def study_summary(record: StudyRecord) -> Summary:
    """Return which trial is best, how sure that is, and which one to choose."""
    ranked = record.ranking
    unfinished = "" if record.complete else "The study is not complete."
    if ranked is None:
        trials = trials_words(record.result)
        if record.result.counts["complete"]:
            headline, ended = "Every complete trial diverged", f"There are {trials}."
            advice = "Nothing can be chosen: lower η, or search smaller λ and η."
        else:
            headline = "No trial was completed"
            ended = f"Of {trials} none reached its last epoch." if record.result.trials else ""
            advice = "Nothing can be chosen yet: let the study go on, or look at the warnings."
        return Summary(
            good=False,
            headline=headline,
            sentence=f"{ended} {unfinished}".strip(),
            advice=advice,
            facts=_facts_of_study(record),
        )
    best = ranked.best
    measure = Measure(record.result.metric)
    how_sure = measure.interval(*ranked.interval)
    return Summary(
        good=record.complete,
        headline=f"Validation {measure.name} {measure.text(best.value)} ({how_sure}) with"
        f" {in_words(best.params)}",
        sentence=f"{_sentence(record.result, ranked)} {unfinished}".rstrip(),
        advice=_advice(record, ranked),
        facts=(*_facts_of_best(record, ranked), *_facts_of_study(record)),
    )


def _sentence(result: StudySummary, ranked: Ranking) -> str:
    best = f"Trial {ranked.best.number} is the best of {trials_words(result)}"
    if not ranked.tied:
        return f"{best}. No other complete trial lies within its interval."
    others = count(len(ranked.tied), "other")
    verb = "lies" if len(ranked.tied) == 1 else "lie"
    return f"{best}, but {others} {verb} within its interval: no clear difference."


def trials_words(result: StudySummary, wanted: int = 0) -> str:
    """Return how many trials there are, of how many that are wanted, and how they ended.

    Examples
    --------
    >>> trials_words(
    ...     StudySummary(study="a", objectives=("validation_accuracy",), space={}, trials=())
    ... )
    '0 trials (0 complete, 0 pruned)'
    """
    ended = [f"{n} {state}" for state, n in result.counts.items() if n or state != "failed"]
    if lost := sum(trial.diverged for trial in result.trials):
        ended.append(f"{lost} diverged")
    told = len(result.trials)
    amount = f"{told} of {count(wanted, 'trial')}" if wanted > told else count(told, "trial")
    return f"{amount} ({', '.join(ended)})"


def _advice(record: StudyRecord, ranked: Ranking) -> str:
    optimistic = (
        "The best of many trials is partly the luckiest, so its value is optimistic: rerun it"
        " with new seeds before you rely on it. The test set was not opened."
    )
    if ranked.smaller:
        sensible, parameters = ranked.sensible, record.parameters
        reached = Measure(record.result.metric).text(sensible.value)
        choice = (
            f"Choose trial {sensible.number}, the smallest of the tied networks:"
            f" {in_words(sensible.params)}. It reaches {reached} with"
            f" {whole(parameters(sensible))} parameters instead of"
            f" {whole(parameters(ranked.best))}."
        )
    elif ranked.tied:
        choice = "Choose the best trial: no tied trial uses a smaller network."
    else:
        choice = "Use its settings."
    return f"{choice} {optimistic}"


def _facts_of_best(record: StudyRecord, ranked: Ranking) -> tuple[tuple[str, str], ...]:
    best, seeds = ranked.best, ranked.over_seeds
    measure = Measure(record.result.metric)
    over_seeds = measure.ends(*seeds) if seeds else "unknown: one seed"
    known = ranked.over_examples
    over_examples = (("95 % CI over examples", measure.ends(*known)),) if known else ()
    repeats = len(record.data.over_folds(best.network_values))
    repeated = count(repeats, "fold" if record.data.folds else "seed")
    return (
        ("best trial", str(best.number)),
        (f"its validation {measure.name}", measure.text(best.value)),
        *over_examples,
        (f"95 % CI over {repeated}", over_seeds),
        ("tied with it", _tied(ranked)),
        ("its η", number(best.eta)),
        ("its best epoch", _listed(best.best_epoch)),
        ("its parameters", whole(record.parameters(best))),
    )


def _tied(ranked: Ranking) -> str:
    shown = [str(trial.number) for trial in ranked.tied[:LISTED]]
    more = len(ranked.tied) - len(shown)
    noun = "trial" if len(ranked.tied) == 1 else "trials"
    named = [*shown, f"{more} more"] if more else shown
    return f"{noun} {listing(named)}" if shown else "none"


def _listed(values: Sequence[float]) -> str:
    more = " …" if len(values) > LISTED else ""
    return ", ".join(map(number, values[:LISTED])) + more


def _facts_of_study(record: StudyRecord) -> tuple[tuple[str, str], ...]:
    result, counts = record.result, record.result.counts
    searching = sum(search.spent for search in record.eta_searches.values())
    return (
        ("trials", whole(len(result.trials))),
        ("complete", str(counts["complete"])),
        ("pruned at a rung", str(counts["pruned"])),
        ("diverged", str(sum(trial.diverged for trial in result.trials))),
        ("epochs trained", whole(sum(sum(trial.epochs) for trial in result.trials))),
        *((("epochs to find η", number(searching)),) if record.eta_searches else ()),
        ("training time", duration(sum(trial.seconds for trial in result.trials))),
    )


def best_words(trial: Trial, metric: str) -> str:
    """Return the best trial for a list of studies.

    Examples
    --------
    >>> best_words(Trial(number=3, state="complete", values=(0.9,), params={"lambda": 2.0},
    ...     rungs={}), "accuracy")
    'Best: trial 3 with λ = 2: validation accuracy 90.00 %.'
    """
    measure = Measure(metric)
    reached = f"validation {measure.name} {measure.text(trial.value)}"
    return f"Best: trial {trial.number} with {in_words(trial.params)}: {reached}."
