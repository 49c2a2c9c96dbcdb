"""The result of a run in plain words."""

import math
from collections.abc import Sequence
from itertools import pairwise

from tuner.records import Epoch, Run, StopReason, TrainRecord
from tuner.report.format import count, number, percent, points
from tuner.report.frames.diagnostics import best_epoch, lowest_cost, only_guesses
from tuner.report.summaries.learning_rate import PlainVerdict
from tuner.stats import wilson


def train_verdict(record: TrainRecord) -> PlainVerdict:
    """Describe how well the network does, why training stopped, and how η went."""
    run = record.result
    best = best_epoch(run)
    return PlainVerdict(
        good=not _learned_nothing(record, best) and run.stop_reason is not StopReason.DIVERGED,
        headline=_headline(record, best),
        sentence=_sentence(run),
        advice=_advice(record, best),
        facts=_facts(record, best),
    )


def _learned_nothing(record: TrainRecord, best: Epoch | None) -> bool:
    return best is None or only_guesses(record.result, record.data)


def _headline(record: TrainRecord, best: Epoch | None) -> str:
    if best is None:
        return "Nothing was learned"
    if only_guesses(record.result, record.data):
        right = percent(best.validation_accuracy)
        return f"Nothing was learned: {right} of the validation data right, as by guessing"
    return (
        f"{percent(best.validation_accuracy)} of the validation data right, in epoch {best.epoch}"
    )


def _sentence(run: Run) -> str:
    epochs = count(len(run.history), "epoch")
    return f"Training stopped after {epochs}: {run.stop_words}. {eta_words(run.history)}".rstrip()


def eta_words(history: Sequence[Epoch]) -> str:
    """Describe how η went.

    Examples
    --------
    >>> moment = {"training_cost": 1.0, "validation_cost": 1.0, "seconds": 0.0}
    >>> moment |= {"training_accuracy": 0.5, "validation_accuracy": 0.5}
    >>> etas = (0.5, 0.5, 0.25, 0.125)
    >>> history = [Epoch(epoch=k + 1, eta=eta, **moment) for k, eta in enumerate(etas)]
    >>> eta_words(history)
    'η was halved twice, from 0.5 to 0.125.'
    >>> eta_words(history[:2]), eta_words([])
    ('η stayed at 0.5.', '')
    """
    changes = [(a.eta, b.eta) for a, b in pairwise(history) if a.eta != b.eta]
    if not history:
        return ""
    start, end = number(history[0].eta, 3), number(history[-1].eta, 3)
    if not changes:
        return f"η stayed at {start}."
    return f"η was {divided(history)} {_times(len(changes))}, from {start} to {end}."


def divided(history: Sequence[Epoch]) -> str:
    """Describe what was done to η at each plateau: "halved", "divided by 10", "changed"."""
    factors = [a.eta / b.eta for a, b in pairwise(history) if a.eta != b.eta]
    if not factors or not all(math.isclose(each, factors[0], rel_tol=1e-6) for each in factors):
        return "changed"
    return "halved" if math.isclose(factors[0], 2) else f"divided by {number(factors[0], 3)}"


def _times(amount: int) -> str:
    return {1: "once", 2: "twice"}.get(amount, f"{amount} times")


def _advice(record: TrainRecord, best: Epoch | None) -> str:
    if best is None:
        return "There is no trained network to use: the weights are those before training."
    low, high = _interval(record, best)
    kept = f"The weights of epoch {best.epoch} are kept."
    return (
        f"{kept} Of other examples of the same kind, between {percent(low, 1)} and"
        f" {percent(high, 1)} would be right (95 % interval). One seed only: rerun with other seeds"
        " before you trust a difference smaller than this interval."
    )


def _facts(record: TrainRecord, best: Epoch | None) -> tuple[tuple[str, str], ...]:
    run = record.result
    return (
        *(() if best is None else _facts_of_best(record, best)),
        *_facts_of_lowest(run),
        ("epochs trained", str(len(run.history))),
        ("reason for stopping", run.stop_words),
        *_facts_of_eta(run),
        ("time", f"{number(sum(each.seconds for each in run.history), 3)} s"),
    )


def _facts_of_lowest(run: Run) -> tuple[tuple[str, str], ...]:
    lowest = lowest_cost(run)
    if lowest is None:
        return ()
    value = f"{number(lowest.validation_cost)} in epoch {lowest.epoch}"
    return (("lowest validation cost", value),)


def _facts_of_eta(run: Run) -> tuple[tuple[str, str], ...]:
    start, end = run.settings.eta, run.history[-1].eta if run.history else run.settings.eta
    if start == end:
        return (("η", number(start)),)
    return (("η at the start", number(start)), ("η in the last epoch", number(end)))


def _facts_of_best(record: TrainRecord, best: Epoch) -> tuple[tuple[str, str], ...]:
    low, high = _interval(record, best)
    return (
        ("best validation accuracy", percent(best.validation_accuracy)),
        ("its 95 % interval", f"{percent(low, 1)} to {percent(high, 1)}"),
        ("best epoch", str(best.epoch)),
        ("training accuracy then", percent(best.training_accuracy)),
        ("training less validation", points(best.training_accuracy - best.validation_accuracy)),
    )


def _interval(record: TrainRecord, best: Epoch) -> tuple[float, float]:
    return wilson(best.validation_accuracy, record.data.n_validation)


def alt_training_curves(run: Run) -> str:
    """Describe the training curves to who cannot see them."""
    text = (
        f"Three charts against {count(len(run.history), 'epoch')}: cost and accuracy on training"
        " and validation data, and the learning rate."
    )
    best, lowest = best_epoch(run), lowest_cost(run)
    if best is None or lowest is None:
        return f"{text} No cost was finite."
    return (
        f"{text} Validation accuracy is best in epoch {best.epoch},"
        f" {percent(best.validation_accuracy)}; training accuracy is then"
        f" {percent(best.training_accuracy)}. Validation cost is lowest in epoch {lowest.epoch},"
        f" {number(lowest.validation_cost)}. {eta_words(run.history)}"
        f" Training stopped after epoch {len(run.history)}: {run.stop_words}."
    )


def alt_overfitting(run: Run) -> str:
    """Describe the gap between training and validation to who cannot see it."""
    best, lowest = best_epoch(run), lowest_cost(run)
    text = "Two charts against epochs: training less validation accuracy, and validation cost."
    if best is None or lowest is None:
        return f"{text} No cost was finite."
    gap = points(best.training_accuracy - best.validation_accuracy)
    return (
        f"{text} In the best epoch, {best.epoch}, the accuracies are {gap} apart. The validation"
        f" cost is lowest in epoch {lowest.epoch}, {number(lowest.validation_cost)}."
    )
