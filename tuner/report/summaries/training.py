"""The result of a run in words, what its curves show, and what to try next."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from tuner.metrics import METRICS
from tuner.records import DataSummary, Epoch, Run, StopReason, Strategy, TrainRecord, TuneRecord
from tuner.records.training import changes_steadily, divisions
from tuner.report.format import (
    MISSING,
    cost,
    count,
    duration,
    gap_name,
    interval,
    listing,
    measured,
    measured_interval,
    metric_name,
    number,
    points,
    times,
    whole,
)
from tuner.report.frames.diagnostics import (
    Sign,
    only_guesses,
    overfitting_signs,
    underfitting_signs,
)
from tuner.report.summaries.base import Summary
from tuner.stats import mean_interval, wilson


def train_summary(record: TrainRecord) -> Summary:
    """Return how accurate the network is, why training stopped, and how η changed."""
    run, best = record.result, record.result.best
    nothing = best is None or only_guesses(run, record.data)
    return Summary(
        good=not nothing and run.stop_reason is not StopReason.DIVERGED,
        headline=_headline(record, best),
        sentence=f"{_committee_words(record)}{_sentence(run)}{_refit_words(record)}",
        advice=_advice(best),
        facts=(*_committee_facts(record), *_calibration_facts(record), *_facts(record, best)),
    )


def _headline(record: TrainRecord, best: Epoch | None) -> str:
    if best is None:
        return "Nothing was learned"
    if only_guesses(record.result, record.data):
        reached = measured(record.metric, record.validation_value)
        name = metric_name(record.metric)
        return f"Nothing was learned: validation {name} {reached}, no better than guessing"
    committee, metric = record.committee, record.metric
    folds = f"{committee.folds} folds" if committee and committee.folds else ""
    sure = measured_interval(metric, *record.validation_interval, folds)
    networks = len(committee.weights) if committee and not committee.folds else 0
    by = f" by a committee of {networks} networks" * bool(networks)
    return (
        f"Validation {metric_name(metric)} {measured(metric, record.validation_value)} ({sure}){by}"
    )


def _committee_words(record: TrainRecord) -> str:
    """Return what the networks of a committee do alone."""
    committee, alone = record.committee, record.alone
    if committee is None:
        return ""
    if committee.folds:
        return (
            f"Each of {whole(committee.examples)} examples validated {_networks(record)} of each"
            f" seed, and trained the others. The model is the committee of all {len(record.runs)};"
            f" how good it is together, {_judge(record)}. Of the first network: "
        )
    over = measured_interval(record.metric, *mean_interval(alone), f"{len(alone)} seeds")
    reached = measured(record.metric, fmean(alone))
    return f"Alone they reach {reached} in the mean ({over}). Of the first network: "


def _networks(record: TrainRecord) -> str:
    repeats = record.data.repeats
    return "one network" if repeats == 1 else f"{repeats} networks, one for each cut,"


def _refit_words(record: TrainRecord) -> str:
    """Return how the model was trained again, and what is known of it."""
    refit = record.refit
    if refit is None:
        return ""
    different = sorted(set(refit.epochs))
    epochs = f"{listing(list(map(str, different)))} epoch{'' if different == [1] else 's'}"
    return (
        f" The model was then trained again on all {whole(refit.examples)} training and validation"
        f" examples, for {epochs}. The {metric_name(record.metric)} above is that of the networks"
        f" before; that of this one {_judge(record)}."
    )


def _judge(record: TrainRecord) -> str:
    """Return what can tell how good a model is that trained on every example but the test part."""
    if record.data.n_test:
        return "only the test data can tell"
    return "nothing can tell: no example was sealed to test on"


def _committee_facts(record: TrainRecord) -> tuple[tuple[str, str], ...]:
    committee = record.committee
    if committee is None:
        return ()
    facts = [("committee", f"{len(committee.weights)} networks")]
    for name, value in committee.metrics.items():
        mean = committee.folds and name in record.result.validation_names
        what = "mean over folds" if mean else "out of fold" if committee.folds else "validation"
        facts.append((f"{metric_name(name)}, {what}", measured(name, value)))
    if record.data.classes:
        facts.append(("temperature", number(committee.temperature, 3)))
    return tuple(facts)


def _calibration_facts(record: TrainRecord) -> tuple[tuple[str, str], ...]:
    found = record.calibration
    if found is None:
        return ()
    alone = () if record.committee else (("temperature", number(found.temperature, 3)),)
    error = points(found.after.expected_error)
    return *alone, ("expected calibration error", error)


def _sentence(run: Run) -> str:
    epochs = count(len(run.history), "epoch")
    best = f"The best epoch was {run.best_epoch}. " if run.best_epoch else ""
    ended = f"Training stopped after {epochs} and {duration(run.seconds)}: {run.stop_words}."
    return f"{best}{ended} {eta_words(run.history)}".rstrip()


def eta_words(history: Sequence[Epoch]) -> str:
    """Return how η changed.

    Examples
    --------
    >>> moment = {"training_cost": 1.0, "validation_cost": 1.0, "seconds": 0.0}
    >>> half = {"accuracy": 0.5}
    >>> moment |= {"training_metrics": half, "validation_metrics": half}
    >>> etas = (0.5, 0.5, 0.25, 0.125)
    >>> history = [Epoch(epoch=k + 1, eta=eta, **moment) for k, eta in enumerate(etas)]
    >>> eta_words(history)
    'η was halved twice, from 0.5 to 0.125.'
    >>> eta_words(history[:2]), eta_words([])
    ('η stayed at 0.5.', '')
    >>> from dataclasses import replace
    >>> eta_words([replace(each, eta=each.eta * each.epoch) for each in history])
    'η changed with every step; the mean of an epoch went from 0.5 over 1 to 0.5.'
    """
    if not history:
        return ""
    start, end = number(history[0].eta), number(history[-1].eta)
    if changes_steadily(history):
        top = number(max(each.eta for each in history))
        over = f" over {top}" if top not in {start, end} else ""
        return f"η changed with every step; the mean of an epoch went from {start}{over} to {end}."
    changes = len(divisions(history))
    if not changes:
        return f"η stayed at {start}."
    return f"η was {divided(history)} {times(changes)}, from {start} to {end}."


def divided(history: Sequence[Epoch]) -> str:
    """Return what was done to η at each plateau: "halved", "divided by 10", "changed"."""
    factors = [a.eta / b.eta for a, b in pairwise(history) if a.eta != b.eta]
    if not factors or not all(math.isclose(each, factors[0], rel_tol=1e-6) for each in factors):
        return "changed"
    return "halved" if math.isclose(factors[0], 2) else f"divided by {number(factors[0], 3)}"


def _alone_interval(record: TrainRecord, best: Epoch) -> str:
    """Return the interval of the first network's metric over the validation examples."""
    if record.metric == "accuracy":
        return interval(*wilson(best.validation_accuracy, record.data.n_validation))
    known = record.interval if record.committee is None else None
    return measured_interval(record.metric, *known).removeprefix("95 % CI ") if known else MISSING


def gap_words(metric: str, epoch: Epoch) -> str:
    """Return by how much the training data are better, in points where it is a share."""
    gap = epoch.gap(metric)
    return points(gap) if METRICS[metric].unit == "percent" else number(gap)


def _advice(best: Epoch | None) -> str:
    if best is None:
        return "There is no trained network to use: the weights are those before training."
    return (
        f"The weights of epoch {best.epoch} are kept. The interval holds for other examples of the"
        " same kind, not for other seeds: rerun with several seeds before you rely on a smaller"
        " difference."
    )


def _facts(record: TrainRecord, best: Epoch | None) -> tuple[tuple[str, str], ...]:
    run, lowest = record.result, record.result.lowest_cost
    facts: list[tuple[str, str]] = []
    if best is not None:
        facts += [
            *(
                (
                    f"best validation {metric_name(name)}"
                    if name == run.metric
                    else f"validation {metric_name(name)} then",
                    measured(name, value),
                )
                for name, value in best.validation_metrics.items()
            ),
            ("95 % CI", _alone_interval(record, best)),
            ("best epoch", str(best.epoch)),
            (
                f"training {metric_name(run.metric)} then",
                measured(run.metric, best.training_metrics[run.metric]),
            ),
            (gap_name(run.metric), gap_words(run.metric, best)),
        ]
    if lowest is not None:
        value = f"{cost(lowest.validation_cost)} in epoch {lowest.epoch}"
        facts.append(("lowest validation cost", value))
    facts += [("epochs trained", str(len(run.history))), ("reason for stopping", run.stop_words)]
    start, end = run.settings.eta, run.history[-1].eta if run.history else run.settings.eta
    if start == end:
        facts.append(("η", number(start)))
    else:
        facts += [("initial η", number(start)), ("η in the last epoch", number(end))]
    return (*facts, ("time", duration(run.seconds)))


def alt_training_curves(run: Run) -> str:
    """Return the alt text of the training curves."""
    name = metric_name(run.metric)
    text = (
        f"Three charts against {count(len(run.history), 'epoch')}: cost and {name} on training"
        " and validation data, and the learning rate."
    )
    best, lowest = run.best, run.lowest_cost
    if best is None or lowest is None:
        return f"{text} No cost was finite."
    return (
        f"{text} Validation {name} is best in epoch {best.epoch},"
        f" {measured(run.metric, run.best_value)}; training {name} is then"
        f" {measured(run.metric, best.training_metrics[run.metric])}. Validation cost is lowest in"
        f" epoch {lowest.epoch}, {cost(lowest.validation_cost)}. {eta_words(run.history)}"
        f" Training stopped after epoch {len(run.history)}: {run.stop_words}."
    )


def alt_overfitting(run: Run) -> str:
    """Return the alt text of the generalization gap."""
    best, lowest = run.best, run.lowest_cost
    text = f"Two charts against epochs: {gap_name(run.metric)}, and validation cost."
    if best is None or lowest is None:
        return f"{text} No cost was finite."
    gap = gap_words(run.metric, best)
    return (
        f"{text} In the best epoch, {best.epoch}, the two are {gap} apart. The validation"
        f" cost is lowest in epoch {lowest.epoch}, {cost(lowest.validation_cost)}."
    )


ARTICLE_DECAY = 5 / 50_000
"""λ/n in the article's experiments with regularization, on all data and on 1,000 examples."""


@dataclass(frozen=True)
class Diagnosis:
    """Signs that point the same way, and what to try against it.

    Attributes
    ----------
    heading
        What they are signs of.
    evidence
        What was seen.
    suggestions
        What to try, the most promising first.
    """

    heading: str
    evidence: tuple[Sign, ...]
    suggestions: tuple[str, ...]


def diagnoses(record: TrainRecord) -> tuple[Diagnosis, ...]:
    """Return the signs of over- and underfitting in the curves of a run."""
    return _findings(record, _against_overfitting(record), _against_underfitting(record))


def tune_diagnoses(record: TuneRecord) -> tuple[Diagnosis, ...]:
    """Return the signs in the curves of the model of `tune`.

    Suggested is only what `tune` does not choose itself: it tries regularizers, searches λ and the
    size of the network, and finds η.
    """
    model = record.model_record
    more = "A larger --budget: longer runs and more trials." if record.left_out else ""
    longer = "A larger --budget: each network is trained for more epochs."
    under = (longer, _CHECK_DATA) if only_guesses(model.result, model.data) else (longer,)
    return _findings(model, tuple(filter(None, (_more_data(model.data), more))), under)


def _findings(
    record: TrainRecord, against_over: tuple[str, ...], against_under: tuple[str, ...]
) -> tuple[Diagnosis, ...]:
    over = overfitting_signs(record.result, record.data.n_validation)
    under = underfitting_signs(record.result)
    found = (
        Diagnosis("Signs of overfitting", over, against_over),
        Diagnosis("Signs of underfitting", under, against_under),
    )
    return tuple(each for each in found if each.evidence)


def _more_data(data: DataSummary) -> str:
    expanded = " or shift and turn the images you have" if data.image_shape else ""
    return f"More training data: n is {data.n_train}; add examples{expanded}."


_CHECK_DATA = "Check labels and scaling: do the data hold something to learn?"


def _against_overfitting(record: TrainRecord) -> tuple[str, ...]:
    settings, data = record.settings, record.data
    tries = [_regularize(settings.lambda_, data.n_train), _more_data(data)]
    if not settings.dropout:
        tries.append("Dropout: --dropout 0.5 leaves out half of the hidden neurons at each step.")
    if record.strategy.patience is None:
        tries.append(
            "Early stopping: --patience 10 ends training once ten epochs in a row bring nothing"
            " better. It was off, which shows the signs above."
        )
    return tuple(tries)


def _regularize(lambda_: float, examples: int) -> str:
    if lambda_:
        return f"More regularization: --lambda is {number(lambda_)}; try 2 to 10 times that."
    start = number(ARTICLE_DECAY * examples, 2)
    return (
        f"Regularization: λ is 0; --lambda {start} is to n = {examples} what the article's λ = 5 is"
        " to 50,000 examples. Try ten times more and less."
    )


def _against_underfitting(record: TrainRecord) -> tuple[str, ...]:
    names = {sign.name for sign in underfitting_signs(record.result)}
    if only_guesses(record.result, record.data):
        return (
            f"Another η: {number(record.settings.eta)} may be far too large or far too small;"
            " find-eta finds one at which the cost goes down.",
            _CHECK_DATA,
        )
    tries = [_longer(record.result, record.strategy)]
    if record.eta_search is None:
        tries.append("A larger η: find-eta tells how large it may be.")
    if "both-low" in names:
        widest = max(record.settings.hidden, default=10)
        tries.append(f"A larger network: more hidden neurons than {widest}, or one more layer.")
        if record.settings.lambda_:
            tries.append(f"Less regularization: λ is {number(record.settings.lambda_)}.")
    return tuple(tries)


def _longer(run: Run, strategy: Strategy) -> str:
    if strategy.schedule == "planned":
        return f"More epochs: η was planned to come down within {len(run.history)}."
    match run.stop_reason:
        case StopReason.NO_IMPROVEMENT | StopReason.ETA_AT_END:
            return "More time to improve: a larger --patience."
        case StopReason.TIME:
            return "More time: the budget of seconds ended the run."
        case StopReason.DIVERGED:
            return "A smaller η first: the network diverged."
        case _:
            return f"More epochs: --epochs {2 * len(run.history)}."
