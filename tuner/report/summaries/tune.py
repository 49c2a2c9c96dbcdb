"""What a tuning found, as a whole and step by step, and what it does now, in words."""

from collections.abc import Callable, Mapping
from statistics import fmean
from typing import get_args

from tuner.records import LeftOut, Shortfall, StepName, TuneProgress, TuneRecord
from tuner.report.format import (
    confidence,
    count,
    duration,
    interval,
    layers,
    letter,
    listing,
    number,
    percent,
    points,
    times,
    whole,
)
from tuner.report.frames.study_space import in_words
from tuner.report.summaries.base import REGULARIZERS, STEP_TITLES, Summary, settings_words
from tuner.report.summaries.learning_rate import eta_phrase
from tuner.report.summaries.study import trials_words
from tuner.stats import mean_interval, wilson


def tune_summary(record: TuneRecord) -> Summary:
    """Return what was chosen, how good it is, how sure that is, and what was tied with it."""
    test = record.test
    ends = wilson(test.accuracy, test.n)
    return Summary(
        good=ends[0] > record.signal.chance,
        headline=f"Test accuracy {percent(test.accuracy)} ({confidence(*ends)}) with"
        f" {settings_words(record.settings)}",
        sentence=f"{_over_seeds(record)}{tied_words(record)}",
        advice=openings_words(record),
        facts=_facts(record),
    )


def _over_seeds(record: TuneRecord) -> str:
    shares = record.test.over_seeds
    if len(shares) < 2:
        return "It was trained with one seed only. "
    sure = f" ({confidence(*mean_interval(shares))})" if len(set(shares)) > 1 else ""
    return f"Mean over {len(shares)} seeds: {percent(fmean(shares))}{sure}. "


def tied_words(record: TuneRecord) -> str:
    """Return which candidate was selected, and which are statistically tied with it."""
    final = record.final
    winner = letter(final.winner)
    others = [letter(index) for index in final.tied if index != final.winner]
    if len(final.candidates) == 1:
        return "There was time for one candidate only."
    if not others:
        return f"Selected: candidate {winner}, clearly better than the others on paired seeds."
    verb = "is" if len(others) == 1 else "are"
    why = f"{winner} is the smallest" if final.winner != final.best else "none of them is smaller"
    return (
        f"Selected: candidate {winner}. {listing(others)} {verb} statistically tied with it, and"
        f" {why}."
    )


def openings_words(record: TuneRecord) -> str:
    """Return how often the test set was opened, and when."""
    openings = record.test.openings
    after = ", after every choice was final" if openings == 1 else ""
    return f"The test set was evaluated {times(openings)}{after}."


def _facts(record: TuneRecord) -> tuple[tuple[str, str], ...]:
    settings, test, run = record.settings, record.test, record.model_run
    changed = "none" if settings.expansion == "none" else REGULARIZERS[settings.expansion]
    return (
        ("test accuracy", percent(test.accuracy)),
        ("95 % CI", interval(*wilson(test.accuracy, test.n))),
        ("balanced test accuracy", percent(test.balanced_accuracy)),
        ("validation accuracy", percent(run.best_validation_accuracy)),
        ("η", number(settings.eta)),
        ("λ", f"{number(settings.lambda_)} ({settings.regularization.upper()})"),
        ("hidden neurons", layers(settings.hidden)),
        ("activation and cost", f"{settings.activation}, {settings.cost}"),
        ("mini-batch size", str(settings.batch_size)),
        ("dropout", number(settings.dropout)),
        (
            "augmentation",
            changed,
        ),
        ("best epoch", f"{run.best_epoch} of {len(run.history)}"),
        ("test set opened", times(test.openings)),
        ("time", f"{duration(record.seconds)} of {duration(record.budget)}"),
    )


OVERFITS = 0.01
"""Generalization gap, in shares, from which a network is said to overfit."""


def conclusions(record: TuneRecord) -> dict[StepName, str]:
    """Return what each step concluded, a sentence or two each, in the order of the work."""
    return {step.name: _CONCLUSIONS[step.name](record) for step in record.steps}


def left_out_sentences(record: TuneRecord) -> tuple[str, ...]:
    """Return what the budget was too short for, a sentence each."""
    return tuple(_LEFT_OUT[each.what](each) for each in record.left_out)


def progress_sentence(now: TuneProgress) -> str:
    """Return where a tuning stands.

    Examples
    --------
    >>> progress_sentence(TuneProgress(step="eta"))
    'step 2 of 7: learning rate'
    >>> progress_sentence(TuneProgress(step="study", done=8, total=16, best=0.9512))
    'step 4 of 7: λ and network size, 8 of 16 trials, best 95.12 %'
    >>> progress_sentence(TuneProgress(step="final", phase="winner", done=3, total=9, best=0.9512))
    'step 6 of 7: the winner, epoch 3 of 9, best 95.12 %'
    """
    names = get_args(StepName)
    phases = {
        "candidates": "the candidates",
        "comparison": "comparing the candidates",
        "winner": "the winner",
    }
    title = STEP_TITLES[now.step]
    parts = [phases[now.phase] if now.phase else title[0].lower() + title[1:]]
    if now.total:
        counted = "{} of {} trials" if now.step == "study" else "epoch {} of {}"
        parts.append(counted.format(now.done, now.total))
    if now.best is not None:
        parts.append(f"best {percent(now.best)}")
    return f"step {1 + names.index(now.step)} of {len(names)}: {', '.join(parts)}"


def _sanity_check(record: TuneRecord) -> str:
    seen = record.signal
    share, chance = seen.run.best_validation_accuracy, percent(seen.chance)
    network = f"A network of {layers(seen.run.settings.hidden)} neurons, trained on"
    reached = f"{network} {count(seen.n_train, 'example')}, reaches {percent(share)}"
    if wilson(share, record.data.n_validation)[0] > seen.chance:
        return f"{reached}; majority-class baseline: {chance}. The data carry signal."
    return (
        f"{reached}: not clearly better than the majority-class baseline ({chance}). Check the"
        " labels and the columns."
    )


def _learning_rates(record: TuneRecord) -> str:
    return " ".join(
        f"{kind.capitalize()}: {eta_phrase(found)}." for kind, found in record.eta_searches.items()
    )


def _overfitting(record: TuneRecord) -> str:
    seen = record.overfitting
    chosen, kind = seen.tried[seen.chosen], seen.tried[seen.chosen].run.settings.activation
    plain = {m.run.settings.activation: m for m in seen.tried if m.name == "none"}
    side = "below" if plain[kind].gap >= 0 else "above"
    verdict = "overfit" if plain[kind].gap > OVERFITS else "hardly overfit"
    others = [
        f" {name.capitalize()} without regularization: {percent(each.accuracy)}."
        for name, each in plain.items()
        if name != kind
    ]
    return (
        f"Without early stopping or regularization, {kind} networks reach"
        f" {percent(plain[kind].accuracy)}, {points(abs(plain[kind].gap))} {side} their training"
        f" accuracy: they {verdict}. Selected: {kind} with {REGULARIZERS[chosen.name]}"
        f" ({percent(chosen.accuracy)}).{''.join(others)}"
    )


def _study(record: TuneRecord) -> str:
    result = record.study.result
    if result.best is None:
        return "No trial was completed."
    return (
        f"The best of {trials_words(result)} has {in_words(result.best.params)}: validation"
        f" accuracy {percent(result.best.value)}."
    )


def _learning_rates_again(record: TuneRecord) -> str:
    before = {trial.number: trial.eta for trial in record.study.result.trials}
    moves = [
        f"{letter(place)} {number(before[each.trial])} → {number(each.runs[0].settings.eta)}"
        for place, each in enumerate(record.final.candidates)
    ]
    share = record.settings.eta / record.eta_again.eta
    begins = f" Long runs begin at {number(share, 2)} of the η found." if share < 0.99 else ""
    return f"η of the candidates: {', '.join(moves)}.{begins}"


def _confirmation(record: TuneRecord) -> str:
    won = record.final.candidates[record.final.winner]
    accuracy = fmean(run.best_validation_accuracy for run in won.runs)
    seeds = count(len(won.runs), "seed")
    epochs = count(record.final.strategy.epochs, "epoch")
    return (
        f"{tied_words(record)} It has {settings_words(won.runs[0].settings)} and reaches"
        f" {percent(accuracy)} on validation data, mean of {seeds}, in {epochs}."
    )


def _test(record: TuneRecord) -> str:
    test = record.test
    unequal = abs(test.accuracy - test.balanced_accuracy) >= 0.01
    balanced = f"; balanced accuracy {percent(test.balanced_accuracy)}" if unequal else ""
    sure = confidence(*wilson(test.accuracy, test.n), over=f"{whole(test.n)} examples")
    return f"Test accuracy {percent(test.accuracy)} ({sure}){balanced}. {openings_words(record)}"


_CONCLUSIONS: Mapping[StepName, Callable[[TuneRecord], str]] = {
    "signal": _sanity_check,
    "eta": _learning_rates,
    "overfitting": _overfitting,
    "study": _study,
    "eta-again": _learning_rates_again,
    "final": _confirmation,
    "test": _test,
}


_LEFT_OUT: Mapping[LeftOut, Callable[[Shortfall], str]] = {
    "overfitting-examples": lambda s: (
        f"Overfitting was examined on {whole(s.had)} of {whole(s.wanted)} training examples."
    ),
    "dropout": lambda _: "Dropout was not tried: it takes more epochs than the budget allows.",
    "distort": lambda _: (
        "Elastic distortion was not tried: it takes more epochs than the budget allows."
    ),
    "small-sizes": lambda s: f"No network of fewer than {s.had} neurons was tried.",
    "eta-for-each-size": lambda _: (
        "All trials of the search used one η; it was found again for the candidates."
    ),
    "trial-examples": lambda s: (
        f"The trials of the search were trained on {whole(s.had)} of {whole(s.wanted)} examples."
    ),
    "trial-epochs": lambda s: (
        f"The trials of the search were trained for at most {count(s.had, 'epoch')}, not"
        f" {s.wanted}."
    ),
    "comparison-epochs": lambda s: (
        f"The candidates were compared after {count(s.had, 'epoch')}; only the selected one was"
        f" trained for all {s.wanted}."
    ),
    "seeds": lambda s: f"Each candidate was trained with {count(s.had, 'seed')}, not {s.wanted}.",
}
