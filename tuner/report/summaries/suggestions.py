"""What to try next with a run, from what its curves show and what it was made with."""

from dataclasses import dataclass

from tuner.records import DataSummary, Run, StopReason, Strategy, TrainRecord, TuneRecord
from tuner.report.format import number
from tuner.report.frames.diagnostics import (
    Sign,
    only_guesses,
    overfitting_signs,
    underfitting_signs,
)

ARTICLE_DECAY = 5 / 50_000
"""λ/n in the article's experiments with regularization, on all data and on 1,000 examples."""


@dataclass(frozen=True)
class Finding:
    """Signs that point the same way, and what to try against it.

    Attributes
    ----------
    heading
        What they are signs of.
    signs
        What was seen.
    remedies
        What to try, the most promising first.
    """

    heading: str
    signs: tuple[Sign, ...]
    remedies: tuple[str, ...]


def findings(record: TrainRecord) -> tuple[Finding, ...]:
    """Return the signs of over- and underfitting in the curves of a run."""
    return _findings(record, _against_overfitting(record), _against_underfitting(record))


def tune_findings(record: TuneRecord) -> tuple[Finding, ...]:
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
) -> tuple[Finding, ...]:
    over = overfitting_signs(record.result, record.data.n_validation)
    under = underfitting_signs(record.result)
    found = (
        Finding("Signs of overfitting", over, against_over),
        Finding("Signs of underfitting", under, against_under),
    )
    return tuple(each for each in found if each.signs)


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
