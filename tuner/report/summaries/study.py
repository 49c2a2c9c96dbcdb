"""The result of a study in plain words."""

from collections.abc import Sequence

from tuner.records import StudyRecord, Trial
from tuner.report.format import count, number, percent
from tuner.report.frames.study_ranking import Ranking, ranking
from tuner.report.frames.study_space import in_words
from tuner.report.summaries.learning_rate import PlainVerdict


def study_verdict(record: StudyRecord) -> PlainVerdict:
    """Describe which trial is best, how sure that is, and which one to take."""
    ranked = ranking(record)
    if ranked is None:
        return PlainVerdict(
            good=False,
            headline="No trial was completed",
            sentence=f"{_ended(record)} {_complete_words(record)}".rstrip(),
            advice="Nothing can be chosen yet: let the study go on, or look at the warnings.",
            facts=_facts_of_study(record),
        )
    return PlainVerdict(
        good=record.complete and not ranked.best.diverged,
        headline=f"{percent(ranked.best.accuracy)} of the validation data right:"
        f" {in_words(ranked.best.params) or 'as the study file says'}",
        sentence=_sentence(record, ranked),
        advice=_advice(record, ranked),
        facts=(*_facts_of_best(record, ranked), *_facts_of_study(record)),
    )


def _sentence(record: StudyRecord, ranked: Ranking) -> str:
    low, high = (percent(end, 1) for end in ranked.interval)
    best = f"Trial {ranked.best.number} is the best of {count(len(_trials(record)), 'trial')}"
    if ranked.tied:
        verb = "lies" if len(ranked.tied) == 1 else "lie"
        words = (
            f"{best}, but {count(len(ranked.tied), 'other')} {verb} within its 95 % interval"
            f" ({low} to {high}): no clear difference."
        )
    else:
        words = f"{best}; no other complete trial lies within its 95 % interval ({low} to {high})."
    return f"{words} {_complete_words(record)}".rstrip()


def _complete_words(record: StudyRecord) -> str:
    return "" if record.complete else "The study is not complete."


def _ended(record: StudyRecord) -> str:
    if not _trials(record):
        return "No trial has ended."
    pruned = record.result.counts["pruned"]
    return f"Of {count(len(_trials(record)), 'trial')} {pruned} were pruned at a rung."


def _advice(record: StudyRecord, ranked: Ranking) -> str:
    optimistic = (
        " The best of many trials is partly the luckiest: its accuracy is optimistic. Rerun it on"
        " fresh seeds before you rely on it. The test data were not opened."
    )
    if ranked.smaller:
        small, large = (record.parameters(t) for t in (ranked.sensible, ranked.best))
        return (
            f"The sensible choice is trial {ranked.sensible.number}, the smallest network among"
            f" those tied: {in_words(ranked.sensible.params)}. It reaches"
            f" {percent(ranked.sensible.accuracy)} with {small} weights and biases instead of"
            f" {large}.{optimistic}"
        )
    if ranked.tied:
        return f"The sensible choice is the best trial: no network tied is smaller.{optimistic}"
    return f"Use its settings.{optimistic}"


def _facts_of_best(record: StudyRecord, ranked: Ranking) -> tuple[tuple[str, str], ...]:
    best = ranked.best
    return (
        ("best trial", str(best.number)),
        ("its validation accuracy", percent(best.accuracy)),
        ("95 % interval over examples", _interval(ranked.over_examples)),
        ("95 % interval over seeds", _over_seeds(best, ranked)),
        ("tied with it", _tied(ranked)),
        ("its η", number(best.eta)),
        ("its best epoch", _listed(best.best_epoch)),
        ("its weights and biases", str(record.parameters(best))),
    )


def _interval(ends: tuple[float, float]) -> str:
    return f"{percent(max(0.0, ends[0]), 1)} to {percent(min(1.0, ends[1]), 1)}"


def _over_seeds(best: Trial, ranked: Ranking) -> str:
    if ranked.over_seeds is None:
        return "unknown: one seed"
    return f"{_interval(ranked.over_seeds)} ({len(best.accuracies)} seeds)"


def _tied(ranked: Ranking) -> str:
    shown = [str(trial.number) for trial in ranked.tied[:10]]
    more = len(ranked.tied) - len(shown)
    if not shown:
        return "none"
    noun = "trial" if len(ranked.tied) == 1 else "trials"
    return f"{noun} {', '.join(shown)}" + (f" and {more} more" if more else "")


def _listed(values: Sequence[float]) -> str:
    return ", ".join(number(value) for value in values[:10]) + (" …" if len(values) > 10 else "")


def _facts_of_study(record: StudyRecord) -> tuple[tuple[str, str], ...]:
    counts = record.result.counts
    epochs = sum(sum(trial.epochs) for trial in _trials(record))
    seconds = sum(trial.seconds for trial in _trials(record))
    searching = sum(search.spent for search in record.eta_searches.values())
    return (
        ("trials", f"{len(_trials(record))}: {counts['complete']} complete"),
        ("pruned at a rung", str(counts["pruned"])),
        ("diverged", str(sum(trial.diverged for trial in _trials(record)))),
        ("epochs trained", number(epochs, 9)),
        *((("epochs to find η", number(searching, 4)),) if record.eta_searches else ()),
        ("training time", f"{number(seconds, 3)} s"),
    )


def _trials(record: StudyRecord) -> tuple[Trial, ...]:
    return record.result.trials
