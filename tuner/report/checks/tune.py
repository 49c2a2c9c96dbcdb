"""Coded warnings about a tuning."""

from collections.abc import Iterator

from tuner.records import TuneRecord
from tuner.report.checks.base import ENOUGH_SEEDS, Checks, CodedWarning, by_severity
from tuner.report.checks.study import STUDY_CHECKS
from tuner.report.checks.training import train_warnings
from tuner.report.format import count, duration, letter, listing, percent
from tuner.report.summaries.tune import signal_words
from tuner.stats import wilson

OVER_TIME = 1.1
"""Of its budget, what a tuning may take without a warning."""

PLANNED = frozenset({"W101", "W201", "W205", "W302", "W303", "W305", "W307", "W309"})
"""Warnings that only restate how tune works: one seed in its searches, few and short trials, ties
that the candidates' training on paired seeds decides, and an η that comes down until the end."""

TUNE_CHECKS: Checks[TuneRecord] = Checks("tune")


def tune_warnings(record: TuneRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a tuning, its model and its study, the severest first."""
    others = (*train_warnings(record.model_record), *STUDY_CHECKS.run(record.study))
    unplanned = [warning for warning in others if warning.code not in PLANNED]
    return by_severity((*TUNE_CHECKS.run(record), *unplanned))


@TUNE_CHECKS.add(
    "W501",
    "high",
    "Test set opened more than once",
    advice="A choice made after seeing test results is a choice by them: judge on new data.",
)
def _opened_again(record: TuneRecord) -> Iterator[str]:
    if record.test.openings > 1:
        yield f"The test set was opened {record.test.openings} times."


@TUNE_CHECKS.add(
    "W502",
    "low",
    "Tied candidates",
    advice="Either is a reasonable choice. A larger --budget may separate them.",
)
def _tied(record: TuneRecord) -> Iterator[str]:
    if len(record.final.tied) > 1:
        yield f"{listing([letter(each) for each in record.final.tied])} are statistically tied."


@TUNE_CHECKS.add(
    "W503",
    "low",
    "Fewer than three seeds",
    advice="A larger --budget trains each candidate with three, which narrows the interval.",
)
def _few_seeds(record: TuneRecord) -> Iterator[str]:
    seeds = len(record.final.candidates[record.final.winner].runs)
    if not record.final.folds and seeds < ENOUGH_SEEDS:
        yield f"Each candidate was trained with {count(seeds, 'seed')}."


@TUNE_CHECKS.add(
    "W504",
    "low",
    "Budget too short for some steps",
    advice="Increase --budget to run them.",
)
def _left_out(record: TuneRecord) -> Iterator[str]:
    if record.left_out:
        yield f"The budget was too short for {count(len(record.left_out), 'step')} (listed below)."


@TUNE_CHECKS.add(
    "W505",
    "high",
    "Test accuracy below validation accuracy",
    advice="Trust the test accuracy: the validation data were used to choose, or the two parts"
    " differ in kind.",
)
def _worse_on_test(record: TuneRecord) -> Iterator[str]:
    test, reached = record.test, record.validation_value
    if test.metric != "accuracy":
        return
    examples = record.final.committee.examples if record.final.committee else 0
    seen = wilson(reached, examples or record.data.n_validation)
    if test.value_interval[1] < seen[0]:
        yield (
            f"The test accuracy, {percent(test.value)}, is clearly below the validation"
            f" accuracy, {percent(reached)}."
        )


@TUNE_CHECKS.add(
    "W506",
    "low",
    "Longer than the budget",
    advice="The machine became slower: run it alone, or increase --budget.",
)
def _over_time(record: TuneRecord) -> Iterator[str]:
    if record.seconds > OVER_TIME * record.budget:
        yield f"It took {duration(record.seconds)} of a budget of {duration(record.budget)}."


@TUNE_CHECKS.add(
    "W507",
    "high",
    "Sanity check failed",
    advice="Check labels and scaling: there may be little to learn in these data.",
)
def _no_signal(record: TuneRecord) -> Iterator[str]:
    if not record.signal.has_signal(record.data.n_validation):
        yield f"A small network reached {signal_words(record)}: not clearly better."
