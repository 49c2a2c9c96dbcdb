"""Coded warnings about a tuning."""

from collections.abc import Iterator

from tuner.records import TuneRecord
from tuner.report.checks.base import ENOUGH_SEEDS, Caution
from tuner.report.checks.study import study_cautions
from tuner.report.checks.training import train_cautions
from tuner.report.format import count, listing, number, percent
from tuner.report.frames.contenders import letter
from tuner.report.frames.tune_contenders import model_record
from tuner.stats import wilson

OVER_TIME = 1.1
"""Of its budget, what a tuning may take without a warning."""

_SETTLED_BY_FINAL = frozenset({"W302", "W305"})
"""Warnings of the study that the candidates' training on paired seeds answers."""


def tune_cautions(record: TuneRecord) -> tuple[Caution, ...]:
    """Return the warnings that hold for a tuning, by code; also those of its model and its study.

    ==== ===========================================================================
    W501 the test data were opened more than once
    W502 candidates are tied with the winner
    W503 fewer than three seeds for each candidate
    W504 steps were left out for lack of time
    W505 test accuracy lies clearly below validation accuracy
    W506 the tuning took more than its budget
    W507 the quick signal was no better than always naming the most frequent class
    ==== ===========================================================================
    """
    study = [each for each in study_cautions(record.study) if each.code not in _SETTLED_BY_FINAL]
    return (*_about_test(record), *_about_final(record), *_about_work(record),
            *train_cautions(model_record(record)), *study)  # fmt: skip


def _about_test(record: TuneRecord) -> Iterator[Caution]:
    test = record.test
    if test.openings > 1:
        yield Caution(
            "W501",
            f"The test data were opened {test.openings} times.",
            "Whoever chooses after looking at them chooses by them: judge by data never seen.",
        )
    reached = model_record(record).result.best_validation_accuracy
    if wilson(test.accuracy, test.n)[1] < wilson(reached, record.data.n_validation)[0]:
        yield Caution(
            "W505",
            f"Test accuracy, {percent(test.accuracy)}, lies clearly below the"
            f" {percent(reached)} on the validation data.",
            "Trust the test: the validation data were used to choose, or the parts differ in kind.",
        )


def _about_final(record: TuneRecord) -> Iterator[Caution]:
    final = record.final
    others = [letter(index) for index in final.tied if index != final.winner]
    seeds = len(final.candidates[final.winner].runs)
    if others:
        verb = "is" if len(others) == 1 else "are"
        yield Caution(
            "W502",
            f"{listing(others)} {verb} tied with the winner, {letter(final.winner)}.",
            "Another of them may suit as well; a larger budget tells more of them apart.",
        )
    if seeds < ENOUGH_SEEDS:
        yield Caution(
            "W503",
            f"Each candidate was trained with {count(seeds, 'seed')}.",
            "A larger --budget gives three, and a narrower interval.",
        )


def _about_work(record: TuneRecord) -> Iterator[Caution]:
    if record.left_out:
        yield Caution(
            "W504",
            f"For lack of time {count(len(record.left_out), 'thing')}"
            f" {'was' if len(record.left_out) == 1 else 'were'} left out.",
            "They are listed below; return a larger --budget.",
        )
    if record.seconds > OVER_TIME * record.budget:
        yield Caution(
            "W506",
            f"It took {number(record.seconds, 3)} s, more than its budget of"
            f" {number(record.budget, 3)} s.",
            "The machine was slower than at the start: run it alone, or give a larger --budget.",
        )
    signal = record.signal.run.best_validation_accuracy
    if wilson(signal, record.data.n_validation)[0] <= record.signal.chance:
        yield Caution(
            "W507",
            f"The quick signal reached {percent(signal)}; always naming the most frequent class"
            f" reaches {percent(record.signal.chance)}.",
            "Check labels and scaling: there may be little to learn in these data.",
        )
