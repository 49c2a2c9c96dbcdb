"""What each step of a tuning concluded, and what it does now, in words."""

import math
from collections.abc import Callable, Mapping
from statistics import mean
from typing import get_args

from tuner.records import (
    EtaSearch,
    LeftOut,
    Outcome,
    Regularizer,
    Shortfall,
    StepName,
    TuneProgress,
    TuneRecord,
)
from tuner.report.format import count, number, percent
from tuner.report.frames.study_space import in_words
from tuner.report.frames.tune import STEPS
from tuner.stats import wilson

REGULARIZERS: Mapping[str, str] = {
    "none": "no regularization",
    "l2": "L2 regularization",
    "l1": "L1 regularization",
    "dropout": "dropout",
    "shift": "data augmentation (shifted images)",
    "distort": "data augmentation (elastic distortion)",
}


def conclusions(record: TuneRecord) -> dict[StepName, str]:
    """Return what each step concluded, a sentence or two each, in the order of the work."""
    return {step.name: _CONCLUSIONS[step.name](record) for step in record.steps}


def left_out_sentences(record: TuneRecord) -> tuple[str, ...]:
    """Return what the budget was too short for, a sentence each."""
    return tuple(_LEFT_OUT[each.what](each) for each in record.left_out)


def progress_sentence(now: TuneProgress) -> str:
    """Describe where a tuning stands.

    Examples
    --------
    >>> progress_sentence(TuneProgress(step="eta"))
    'step 2 of 7: η by its threshold'
    >>> progress_sentence(TuneProgress(step="study", done=8, total=16, best=0.9512))
    'step 4 of 7: search over λ and size, 8 of 16 trials, best 95.12 %'
    >>> progress_sentence(TuneProgress(step="final", phase="winner", done=3, total=9, best=0.9512))
    'step 6 of 7: the winner, epoch 3 of 9, best 95.12 %'
    """
    names = get_args(StepName)
    phases = {
        "candidates": "the candidates",
        "comparison": "comparing the candidates",
        "winner": "the winner",
    }
    title = STEPS[now.step]
    parts = [phases[now.phase] if now.phase else title[0].lower() + title[1:]]
    if now.total:
        counted = "{} of {} trials" if now.step == "study" else "epoch {} of {}"
        parts.append(counted.format(now.done, now.total))
    if now.best is not None:
        parts.append(f"best {percent(now.best)}")
    return f"step {1 + names.index(now.step)} of {len(names)}: {', '.join(parts)}"


def _sanity_check(record: TuneRecord) -> str:
    check = record.signal
    reached = check.run.best_validation_accuracy
    said = (
        f"A network of {count(sum(check.run.settings.hidden), 'neuron')} trained on"
        f" {count(check.n_train, 'example')} reaches {percent(reached)} validation accuracy;"
        f" majority-class baseline: {percent(check.chance)}."
    )
    if wilson(reached, record.data.n_validation)[0] > check.chance:
        return f"{said} The data carry signal."
    return f"{said} That is not clearly better: check the labels and the columns."


def _etas(record: TuneRecord) -> str:
    return " ".join(
        f"{kind.capitalize()} neurons: {_eta(found)}."
        for kind, found in record.eta_searches.items()
    )


def _eta(search: EtaSearch) -> str:
    low, high = search.bracket
    if search.outcome is Outcome.FOUND and low is not None and high is not None:
        bracket = f"between {number(low, 3)} and {number(high, 3)}"
        return f"η = {number(search.eta, 3)}, half the threshold ({bracket})"
    return f"η = {number(search.eta, 3)}, a guess, for no threshold was found"


def _overfitting(record: TuneRecord) -> str:
    look = record.overfitting
    chosen = look.tried[look.chosen]
    neurons = chosen.run.settings.activation
    plain = [each for each in look.tried if each.name == "none"]
    same = next(each for each in plain if each.run.settings.activation == neurons)
    points = 100 * same.gap
    side = "below" if points >= 0 else "above"
    others = "".join(
        f"; {each.run.settings.activation} neurons without regularization: {percent(each.accuracy)}"
        for each in plain
        if each is not same
    )
    return (
        f"With early stopping off, {neurons} neurons reach {percent(same.accuracy)} validation"
        f" accuracy, {abs(points):.1f} points {side} their training accuracy: they"
        f" {'overfit' if points > 1 else 'hardly overfit'}. The search uses {neurons} neurons with"
        f" {_regularizer(chosen)} ({percent(chosen.accuracy)}){others}."
    )


def _regularizer(chosen: Regularizer) -> str:
    return REGULARIZERS.get(chosen.name, chosen.name)


def _study(record: TuneRecord) -> str:
    summary = record.study.result
    pruned, best = summary.counts["pruned"], summary.best
    said = f"{count(len(summary.trials), 'trial')} ({pruned} pruned)"
    if best is None:
        return f"{said}, none of them complete."
    return f"{said}; the best has {in_words(best.params)}: {percent(best.accuracy)}."


def _etas_again(record: TuneRecord) -> str:
    before = {trial.number: trial.eta for trial in record.study.result.trials}
    moves = [
        f"{number(before.get(each.trial, math.nan), 3)} → {number(settings.eta, 3)}"
        f" ({', '.join(map(str, settings.hidden))} neurons, λ {number(settings.lambda_, 3)})"
        for each in record.final.candidates
        for settings in [each.runs[0].settings]
    ]
    said = f"η at the chosen values: {'; '.join(moves)}."
    share = record.settings.eta / record.eta_again.eta
    if abs(share - 1) < 1e-9:
        return said
    neurons = record.settings.activation.capitalize()
    return f"{said} {neurons} neurons begin at {number(share, 3)} of the η found."


def _final(record: TuneRecord) -> str:
    final = record.final
    runs = final.candidates[final.winner].runs
    settings, reached = runs[0].settings, mean(run.best_validation_accuracy for run in runs)
    said = (
        f"λ {number(settings.lambda_, 3)} with {', '.join(map(str, settings.hidden))} neurons was"
        f" chosen: mean validation accuracy {percent(reached)} over {count(len(runs), 'seed')}"
        f" after {count(final.strategy.epochs, 'epoch')}."
    )
    if len(final.tied) < 2:
        return f"{said} No other candidate is tied with it."
    sizes = {final.candidates[each].parameters for each in final.tied}
    why = "the smallest" if len(sizes) > 1 else "the best"
    return f"{said} {len(final.tied)} candidates are statistically tied; {why} of them was chosen."


def _test(record: TuneRecord) -> str:
    test = record.test
    low, high = wilson(test.accuracy, test.n)
    balanced = ""
    if abs(test.accuracy - test.balanced_accuracy) >= 0.01:
        balanced = f" Balanced accuracy: {percent(test.balanced_accuracy)}."
    times = "once" if test.openings == 1 else f"{test.openings} times"
    return (
        f"Test accuracy {percent(test.accuracy)} (95 % interval {percent(low)} to {percent(high)},"
        f" {count(test.n, 'example')}).{balanced} The test set was opened {times}."
    )


_CONCLUSIONS: Mapping[StepName, Callable[[TuneRecord], str]] = {
    "signal": _sanity_check,
    "eta": _etas,
    "overfitting": _overfitting,
    "study": _study,
    "eta-again": _etas_again,
    "final": _final,
    "test": _test,
}


_LEFT_OUT: Mapping[LeftOut, Callable[[Shortfall], str]] = {
    "overfitting-examples": lambda s: (
        f"Overfitting was looked at on {s.had:,} of {s.wanted:,} training examples."
    ),
    "dropout": lambda _: "Dropout was not tried: it takes more epochs than the budget allows.",
    "distort": lambda _: (
        "Elastic distortion was not tried: it takes more epochs than the budget allows."
    ),
    "small-sizes": lambda s: f"Sizes below {s.had} neurons made room for larger ones.",
    "eta-for-each-size": lambda _: (
        "In the study one η served networks of all sizes; it was found again for the candidates."
    ),
    "trial-examples": lambda s: (
        f"The trials of the study trained on {s.had:,} of {s.wanted:,} examples."
    ),
    "trial-epochs": lambda s: (
        f"The trials of the study trained for {s.had} epochs at most, not {s.wanted}."
    ),
    "comparison-epochs": lambda s: (
        f"The candidates were compared after {s.had} epochs, where all but the winner stopped, not"
        f" after all {s.wanted}."
    ),
    "seeds": lambda s: f"Each candidate was trained on {s.had} seeds, not {s.wanted}.",
}
