"""The result of a tuning in plain words, step by step and as a whole."""

from statistics import fmean

from tuner.records import TuneRecord
from tuner.report.format import (
    confidence,
    duration,
    interval,
    layers,
    letter,
    listing,
    number,
    percent,
    times,
)
from tuner.report.summaries.base import Summary
from tuner.report.summaries.phrases import REGULARIZERS, settings_words
from tuner.stats import mean_interval, wilson


def tune_verdict(record: TuneRecord) -> Summary:
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
    return (
        ("test accuracy", percent(test.accuracy)),
        ("its 95 % CI", interval(*wilson(test.accuracy, test.n))),
        ("balanced test accuracy", percent(test.balanced_accuracy)),
        ("validation accuracy", percent(run.best_validation_accuracy)),
        ("η", number(settings.eta)),
        ("λ", f"{number(settings.lambda_)} ({settings.regularization.upper()})"),
        ("hidden neurons", layers(settings.hidden)),
        ("activation and cost", f"{settings.activation}, {settings.cost}"),
        ("mini-batch size", str(settings.batch_size)),
        ("dropout", number(settings.dropout)),
        ("augmentation", REGULARIZERS.get(settings.expansion, "none")),
        ("best epoch", f"{run.best_epoch} of {len(run.history)}"),
        ("test set opened", times(test.openings)),
        ("time", f"{duration(record.seconds)} of {duration(record.budget)}"),
    )
