"""What a tuning found, as a whole and step by step, and what it does now, in words."""

from collections.abc import Callable, Mapping
from statistics import fmean
from typing import get_args

from tuner.metrics import METRICS
from tuner.records import Candidate, LeftOut, Shortfall, StepName, TuneProgress, TuneRecord
from tuner.report.format import (
    count,
    duration,
    layers,
    letter,
    listing,
    number,
    percent,
    times,
    whole,
)
from tuner.report.frames.study_space import in_words
from tuner.report.measure import Measure
from tuner.report.summaries.base import REGULARIZERS, STEP_TITLES, Summary, settings_words
from tuner.report.summaries.learning_rate import eta_phrase
from tuner.report.summaries.study import trials_words
from tuner.stats import mean_interval


def tune_summary(record: TuneRecord) -> Summary:
    """Return what was chosen, how good it is, how sure that is, and what was tied with it."""
    test = record.test
    measure, ends = Measure(test.metric), test.value_interval
    score = METRICS[test.metric].score
    committee = record.final.committee
    members = len(committee.weights) if committee else 1
    what = f"a committee of {members} networks" if committee else settings_words(record.settings)
    return Summary(
        good=min(map(score, ends)) > score(record.signal.chance),
        headline=f"Test {measure.name} {measure.text(test.value)} ({measure.interval(*ends)}) with"
        f" {what}",
        sentence=f"{_over_seeds(record)}{tied_words(record)}",
        advice=openings_words(record),
        facts=_facts(record),
    )


def _over_seeds(record: TuneRecord) -> str:
    values, measure = record.test.over_seeds, Measure(record.test.metric)
    if len(values) < 2:
        return "It was trained with one seed only. "
    sure = f" ({measure.interval(*mean_interval(values))})" if len(set(values)) > 1 else ""
    mean = f"{measure.text(fmean(values))}{sure}"
    if record.final.folds:
        return f"The best kind of network alone, mean over its {len(values)}: {mean}. "
    return f"Mean over {len(values)} seeds: {mean}. "


def tied_words(record: TuneRecord) -> str:
    """Return which candidate was selected, and which are statistically tied with it."""
    final = record.final
    winner, noun = letter(final.winner), "Best alone" if final.folds else "Selected"
    others = [letter(index) for index in final.tied if index != final.winner]
    if len(final.candidates) == 1:
        return "There was time for one candidate only."
    if not others:
        on = "out of fold" if final.folds else "on paired seeds"
        return f"{noun}: candidate {winner}, clearly better than the others {on}."
    verb = "is" if len(others) == 1 else "are"
    why = f"{winner} is the smallest" if final.winner != final.best else "none of them is smaller"
    return (
        f"{noun}: candidate {winner}. {listing(others)} {verb} statistically tied with it, and"
        f" {why}."
    )


def openings_words(record: TuneRecord) -> str:
    """Return how often the test set was opened, and when."""
    openings = record.test.openings
    after = ", after every choice was final" if openings == 1 else ""
    return f"The test set was evaluated {times(openings)}{after}."


OTHERS = ("accuracy", "balanced-accuracy", "auc", "log-loss", "rmse", "r2")
"""Metrics of the test part that are shown beside the one that chose."""


def _facts(record: TuneRecord) -> tuple[tuple[str, str], ...]:
    settings, test, run = record.settings, record.test, record.model_run
    measure, committee = Measure(test.metric), record.final.committee
    classes = bool(record.data.classes)
    changed = "none" if settings.expansion == "none" else REGULARIZERS[settings.expansion]
    return (
        (f"test {measure.name}", measure.text(test.value)),
        ("95 % CI", measure.ends(*test.value_interval)),
        *(
            (f"test {Measure(name).name}", Measure(name).text(test.metrics[name]))
            for name in OTHERS
            if name in test.metrics and name != test.metric
        ),
        (
            f"validation {measure.name}" + (", out of fold" if record.final.folds else ""),
            measure.text(record.validation_value),
        ),
        *((("networks", str(len(committee.weights))),) if committee else ()),
        *((("temperature", number(committee.temperature)),) if committee and classes else ()),
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


OVERFITS, OVERFITS_LOSS = 0.01, 0.05
"""Generalization gap from which a network is said to overfit: in shares, or as part of a loss."""


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
    >>> progress_sentence(TuneProgress(step="final", phase="kinds", done=3, best=0.95))
    'step 6 of 7: kinds of networks on folds, 3 trained, best 95.00 %'
    """
    names = get_args(StepName)
    phases = {
        "candidates": "the candidates",
        "comparison": "comparing the candidates",
        "winner": "the winner",
        "kinds": "kinds of networks on folds",
    }
    title = STEP_TITLES[now.step]
    parts = [phases[now.phase] if now.phase else title[0].lower() + title[1:]]
    if now.total:
        counted = "{} of {} trials" if now.step == "study" else "epoch {} of {}"
        parts.append(counted.format(now.done, now.total))
    elif now.done:
        parts.append(f"{now.done} trained")
    if now.best is not None:
        parts.append(f"best {Measure(now.metric).text(now.best)}")
    return f"step {1 + names.index(now.step)} of {len(names)}: {', '.join(parts)}"


def _sanity_check(record: TuneRecord) -> str:
    seen = record.signal
    network = f"A network of {layers(seen.run.settings.hidden)} neurons, trained on"
    reached = f"{network} {count(seen.n_train, 'example')}, reaches {signal_words(record)}."
    if seen.has_signal(record.data.n_validation):
        return f"{reached} The data carry signal."
    return f"{reached} Check the labels and the columns."


def signal_words(record: TuneRecord) -> str:
    """Return what the sanity check reached, beside what a constant prediction reaches."""
    seen = record.signal
    if seen.interval is None:
        share = percent(seen.run.best_validation_accuracy)
        return f"{share}; majority-class baseline: {percent(seen.chance)}"
    measure = Measure(seen.judged_by)
    sure = measure.interval(*seen.interval)
    words = f"{measure.name} {measure.text(seen.reached)} ({sure}); a constant prediction:"
    words = f"{words} {measure.text(seen.constant)}"
    if not seen.run.counts_classes:
        return words
    return f"{words}; accuracy {percent(seen.run.best_validation_accuracy)}"


def _learning_rates(record: TuneRecord) -> str:
    return " ".join(
        f"{kind.capitalize()}: {eta_phrase(found)}." for kind, found in record.eta_searches.items()
    )


def _overfitting(record: TuneRecord) -> str:
    seen = record.overfitting
    chosen, kind = seen.tried[seen.chosen], seen.tried[seen.chosen].run.settings.activation
    plain = {m.run.settings.activation: m for m in seen.tried if m.name == "none"}
    measure = Measure(chosen.run.metric)
    side = "below" if measure.sign * plain[kind].gap >= 0 else "above"
    least = OVERFITS if measure.scale == 100 else OVERFITS_LOSS * abs(plain[kind].value)
    verdict = "overfit" if plain[kind].gap > least else "hardly overfit"
    others = [
        f" {name.capitalize()} without regularization: {measure.text(each.value)}."
        for name, each in plain.items()
        if name != kind
    ]
    return (
        f"Without early stopping or regularization, {kind} networks reach"
        f" {measure.text(plain[kind].value)}, {measure.difference(abs(plain[kind].gap))} {side}"
        f" their training {measure.name}: they {verdict}. Selected: {kind} with"
        f" {REGULARIZERS[chosen.name]} ({measure.text(chosen.value)}).{''.join(others)}"
    )


def _study(record: TuneRecord) -> str:
    result = record.study.result
    if result.best is None:
        return "No trial was completed."
    measure = Measure(result.metric)
    return (
        f"The best of {trials_words(result)} has {in_words(result.best.params)}: validation"
        f" {measure.name} {measure.text(result.best.value)}."
    )


def _learning_rates_again(record: TuneRecord) -> str:
    before = {trial.number: trial.eta for trial in record.study.result.trials}
    moves = [
        f"{letter(place)} {_before(before, each)}{number(each.runs[0].settings.eta)}"
        for place, each in enumerate(record.final.candidates)
    ]
    share = record.settings.eta / record.eta_again.eta
    begins = f" Long runs begin at {number(share, 2)} of the η found." if share < 0.99 else ""
    return f"η of the candidates: {', '.join(moves)}.{begins}"


def _before(before: Mapping[int, float], candidate: Candidate) -> str:
    return "" if candidate.trial is None else f"{number(before[candidate.trial])} → "


def _confirmation(record: TuneRecord) -> str:
    if record.final.folds:
        return _committee(record)
    won = record.final.candidates[record.final.winner]
    measure = Measure(record.final.metric)
    value = fmean(run.best_value for run in won.runs)
    seeds = count(len(won.runs), "seed")
    epochs = count(record.final.strategy.epochs, "epoch")
    return (
        f"{tied_words(record)} It has {settings_words(won.runs[0].settings)} and reaches"
        f" {measure.text(value)} on validation data, mean of {seeds}, in {epochs}."
    )


def _committee(record: TuneRecord) -> str:
    """Return who votes, and what the committee reaches out of fold."""
    final = record.final
    committee, measure = final.committee, Measure(final.metric)
    assert committee is not None  # noqa: S101 - folds are its
    votes = [
        f"{letter(place)} {percent(each.weight, 0)}"
        for place, each in enumerate(final.candidates)
        if each.weight
    ]
    reached = measure.text(committee.metrics[final.metric])
    return (
        f"{count(len(committee.weights), 'network')} of {count(committee.folds or 1, 'fold')} vote:"
        f" {listing(votes)}. Out of fold they reach {reached}. {tied_words(record)}"
    )


def _test(record: TuneRecord) -> str:
    test = record.test
    measure, metrics = Measure(test.metric), test.metrics
    shares = (metrics.get("accuracy", 0.0), metrics.get("balanced-accuracy", 0.0))
    unequal = abs(shares[0] - shares[1]) >= 0.01
    balanced = f"; balanced accuracy {percent(shares[1])}" if unequal else ""
    sure = measure.interval(*test.value_interval, f"{whole(test.n)} examples")
    reached = f"Test {measure.name} {measure.text(test.value)} ({sure}){balanced}"
    return f"{reached}. {openings_words(record)}"


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
