"""The result of a tuning in plain words."""

from collections.abc import Sequence
from statistics import mean

from tuner.records import TuneRecord
from tuner.report.format import count, listing, number, percent
from tuner.report.frames.contenders import letter
from tuner.report.frames.tune_contenders import model_record, settings_words
from tuner.report.summaries.learning_rate import PlainVerdict
from tuner.stats import mean_interval, wilson


def tune_verdict(record: TuneRecord) -> PlainVerdict:
    """Describe what was chosen, how good it is, how sure that is, and what was tied with it."""
    test = record.test
    return PlainVerdict(
        good=wilson(test.accuracy, test.n)[0] > record.signal.chance,
        headline=f"{percent(test.accuracy)} of the test data right with"
        f" {settings_words(record.settings)}",
        sentence=f"{_sure(record)} {tied_words(record)}",
        advice=_advice(record),
        facts=_facts(record),
    )


def _sure(record: TuneRecord) -> str:
    test = record.test
    low, high = wilson(test.accuracy, test.n)
    examples = count(test.n, "test example")
    text = f"95 % interval {percent(low)} to {percent(high)} over {examples}"
    if len(test.over_seeds) < 2:
        return f"{text}; one seed only."
    seeds = f"{len(test.over_seeds)} seeds"
    return (
        f"{text}; the mean of {seeds} is {percent(mean(test.over_seeds))}{_span(test.over_seeds)}."
    )


def _span(shares: Sequence[float]) -> str:
    low, high = mean_interval(shares)
    if len(set(shares)) < 2:
        return ""
    return f" (95 % interval {percent(max(0.0, low))} to {percent(min(1.0, high))} over seeds)"


def tied_words(record: TuneRecord) -> str:
    """Describe which candidates cannot be told from the best, and why the winner was taken."""
    final = record.final
    others = [letter(index) for index in final.tied if index != final.winner]
    winner = f"Candidate {letter(final.winner)}"
    if len(final.candidates) == 1:
        return "There was time for one candidate only."
    if not others:
        return f"{winner} was clearly better than the other candidates on paired seeds."
    verb = "is" if len(others) == 1 else "are"
    why = "it is the smallest of them" if final.winner != final.best else "none of them is smaller"
    noun = "candidate" if len(others) == 1 else "candidates"
    return f"{winner} was taken; {noun} {listing(others)} {verb} tied with it, and {why}."


def _advice(record: TuneRecord) -> str:
    openings = record.test.openings
    times = "once, when all was chosen" if openings == 1 else f"{openings} times"
    files = [f"{name} in {file}" for name, file in record.files.items()]
    where = f" Beside this page: {listing(files)}." if files else ""
    return f"The test data were opened {times}.{where}"


def _facts(record: TuneRecord) -> tuple[tuple[str, str], ...]:
    settings, test = record.settings, record.test
    model = model_record(record)
    low, high = wilson(test.accuracy, test.n)
    return (
        ("test accuracy", percent(test.accuracy)),
        ("its 95 % interval", f"{percent(low)} to {percent(high)}"),
        ("balanced test accuracy", percent(test.balanced_accuracy)),
        ("validation accuracy", percent(model.result.best_validation_accuracy)),
        ("η", number(settings.eta)),
        ("λ", f"{number(settings.lambda_)} ({settings.regularization.upper()})"),
        ("hidden neurons", ", ".join(map(str, settings.hidden)) or "none"),
        ("activation and cost", f"{settings.activation}, {settings.cost}"),
        ("mini-batch", str(settings.batch_size)),
        ("dropout", number(settings.dropout)),
        ("images changed anew", settings.expansion),
        ("best epoch", f"{model.result.best_epoch} of {len(model.result.history)}"),
        ("test data opened", count(test.openings, "time")),
        ("time", f"{number(record.seconds, 3)} s of {number(record.budget, 3)} s"),
    )
