"""Tables: a history written by hand, and the signs that hold."""

from dataclasses import replace

import pytest

from tests.support.report.runs import BROKEN, CALM, CONSTANT, EMPTY, LOST, ONE, Row, run_of
from tuner.records import Run, StopReason, TrainRecord
from tuner.report.checks.training import train_warnings
from tuner.report.frames.diagnostics import (
    overfitting_signs,
    underfitting_signs,
)
from tuner.report.summaries.training import diagnoses, divided, eta_words, train_summary
from tuner.stats import wilson


def names(run: Run, examples: int = 10_000) -> list[str]:
    return [sign.name for sign in (*overfitting_signs(run, examples), *underfitting_signs(run))]


def with_costs(*pairs: tuple[float, float]) -> Run:
    return run_of([(training, validation, 0.95, 0.94) for training, validation in pairs])


def with_accuracies(*pairs: tuple[float, float]) -> Run:
    return run_of([(1.0, 1.0, training, validation) for training, validation in pairs])


FALL = [(1.0, 1.0), (0.8, 0.9)]


@pytest.mark.parametrize(
    ("pairs", "rises"),
    [
        ([*FALL, (0.6, 1.0), (0.5, 1.1), (0.4, 1.2)], True),
        ([*FALL, (0.6, 0.94), (0.5, 0.94), (0.4, 0.94)], False),
        ([*FALL, (0.6, 0.95), (0.5, 0.95), (0.4, 0.95)], True),
        ([*FALL, (0.6, 1.0), (0.5, 1.1)], False),
        ([*FALL, (0.9, 1.0), (0.9, 1.1), (0.9, 1.2)], False),
        ([*FALL, (0.6, 0.91), (0.5, 5.0), (0.4, 0.92), (0.3, 0.91), (0.2, 0.9)], False),
        ([(1.0, 1.0), (0.8, 0.8), (0.6, 0.7)], False),
    ],
    ids=["rises", "by 4 %", "by over 5 %", "two epochs only", "both rise", "one spike", "falls"],
)
def test_validation_cost_rises_while_training_cost_falls(
    pairs: list[tuple[float, float]], rises: bool
) -> None:
    assert ("cost-rises" in names(with_costs(*pairs))) == rises


def test_the_rise_is_told_with_its_numbers() -> None:
    pairs = [*FALL, (0.6, 1.0), (0.5, 1.1), (0.4, 1.2)]
    assert overfitting_signs(with_costs(*pairs), 10_000)[0].text == (
        "The validation cost is lowest in epoch 2 (0.9000) and rises to 1.100 at the end, while the"
        " training cost goes on falling, from 0.8000 to 0.4000."
    )


@pytest.mark.parametrize(
    ("training", "validation", "examples", "expected"),
    [
        (1.0, 0.8227, 10_000, ["memorized", "gap"]),
        (1.0, 0.975, 10_000, []),
        (0.9796, 0.9649, 10_000, []),
        (0.95, 0.89, 10_000, ["gap"]),
        (0.95, 0.89, 30, []),
        (0.5, 0.48, 10_000, ["both-low"]),
        (0.5, 0.4, 10_000, ["gap"]),
        (0.7, 0.75, 10_000, []),
    ],
)
def test_accuracies_that_part(
    training: float, validation: float, examples: int, expected: list[str]
) -> None:
    assert names(with_accuracies((training, validation)), examples) == expected


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ([0.90, 0.91, 0.92, 0.93], True),
        ([0.90, 0.91], True),
        ([0.91], False),
        ([0.93, 0.92, 0.92, 0.92], False),
        ([0.90, 0.94, 0.93, 0.93], False),
        ([0.92] * 17 + [0.92, 0.915, 0.93], False),
        ([0.90 + k / 1000 for k in range(40)], True),
    ],
)
def test_still_improving(accuracies: list[float], expected: bool) -> None:
    run = with_accuracies(*((0.95, accuracy) for accuracy in accuracies))
    assert ("still-improving" in names(run)) == expected


@pytest.mark.parametrize(("waited", "expected"), [(10, False), (11, True)])
def test_stalled_is_longer_than_a_common_patience(waited: int, expected: bool) -> None:
    rows = [(1.0, 1.0, 0.95, 0.94), *[(0.9, 1.0, 0.95, 0.93)] * waited]
    assert ("stalled" in names(run_of(rows))) == expected


def test_the_article_s_run_shows_all_its_signs(train_record: TrainRecord) -> None:
    assert names(train_record.result) == ["cost-rises", "memorized", "gap", "stalled"]
    over, *rest = diagnoses(train_record)
    assert rest == []
    text = " ".join(over.suggestions)
    assert "--lambda 0.1 is to n = 1000 what the article's λ = 5 is to 50,000" in text
    for word in ("shift and turn the images", "--dropout", "--patience 10"):
        assert word in text


def test_remedies_fit_what_the_run_was_made_with(train_record: TrainRecord) -> None:
    settings = replace(train_record.settings, lambda_=0.1, dropout=0.5)
    strategy = replace(train_record.strategy, patience=10)
    data = replace(train_record.data, image_shape=None)
    other = replace(train_record, settings=settings, strategy=strategy, data=data)
    text = " ".join(diagnoses(other)[0].suggestions)
    assert "--lambda is 0.1" in text
    for word in ("--dropout", "--patience", "images"):
        assert word not in text


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (StopReason.EPOCHS, "--epochs 4"),
        (StopReason.NO_IMPROVEMENT, "--patience"),
        (StopReason.TIME, "seconds"),
        (StopReason.DIVERGED, "smaller η"),
    ],
)
def test_underfitting_asks_for_more_of_what_ended_it(
    train_record: TrainRecord, reason: StopReason, word: str
) -> None:
    run = replace(with_accuracies((0.5, 0.5), (0.6, 0.6)), stop_reason=reason)
    (under,) = diagnoses(replace(train_record, result=run))
    assert under.heading == "Signs of underfitting"
    assert word in under.suggestions[0]


@pytest.mark.parametrize("run", [EMPTY, LOST])
def test_nothing_is_said_of_what_was_not_measured(run: Run) -> None:
    assert names(run) == []
    assert run.best is None
    assert run.lowest_cost is None


def test_epochs_that_are_not_finite_are_never_counted() -> None:
    lowest = BROKEN.lowest_cost
    assert lowest is not None
    assert lowest.epoch == 1
    assert names(BROKEN) == []


def codes(record: TrainRecord) -> list[str]:
    return [warning.code for warning in train_warnings(record)]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (CALM, []),
        (with_accuracies((0.9, 0.9), (0.92, 0.92)), ["W201"]),
        (BROKEN, ["W202"]),
        (with_accuracies((1.0, 0.9), (1.0, 0.89)), ["W203"]),
        (ONE, ["W205"]),
        (LOST, ["W202", "W206"]),
        (EMPTY, ["W206"]),
        (CONSTANT, ["W208"]),
    ],
)
def test_warnings(train_record: TrainRecord, run: Run, expected: list[str]) -> None:
    assert codes(replace(train_record, result=run)) == expected


def test_patience_that_ran_out_is_no_budget_that_ended(train_record: TrainRecord) -> None:
    run = with_accuracies((0.9, 0.9), (0.92, 0.92))
    stopped = replace(run, stop_reason=StopReason.NO_IMPROVEMENT)
    assert codes(replace(train_record, result=stopped)) == ["W205"]


@pytest.mark.parametrize(("start_from_epoch", "expected"), [(5, []), (6, ["W204"])])
def test_start_from_epoch(
    train_record: TrainRecord, start_from_epoch: int, expected: list[str]
) -> None:
    strategy = replace(train_record.strategy, start_from_epoch=start_from_epoch)
    assert codes(replace(train_record, strategy=strategy, result=CALM)) == expected


@pytest.mark.parametrize(("examples", "expected"), [(400, ["W207"]), (500, [])])
def test_few_validation_examples(
    train_record: TrainRecord, examples: int, expected: list[str]
) -> None:
    data = replace(train_record.data, n_validation=examples)
    assert codes(replace(train_record, data=data, result=CALM)) == expected


def test_the_warnings_of_the_eta_search_come_first(train_record: TrainRecord, search) -> None:  # type: ignore[no-untyped-def]
    record = replace(train_record, eta_search=search, result=ONE)
    assert codes(record) == ["W106", "W205"]


@pytest.mark.parametrize(
    ("share", "examples", "low", "high"),
    [
        (0.0, 10, 0.0, 0.2775),
        (0.5, 100, 0.4038, 0.5962),
        (0.81, 263, 0.7579, 0.8528),
        (1.0, 10, 0.7225, 1.0),
        (0.5, 0, 0.0, 1.0),
    ],
)
def test_wilson_interval(share: float, examples: int, low: float, high: float) -> None:
    assert wilson(share, examples) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("run", [BROKEN, LOST, EMPTY])
def test_verdict_of_a_run_that_failed(train_record: TrainRecord, run: Run) -> None:
    verdict = train_summary(replace(train_record, result=run))
    assert not verdict.good
    assert ("Nothing was learned" in verdict.headline) == (run.best_epoch == 0)


@pytest.mark.parametrize(
    ("etas", "words"),
    [
        ((0.5, 0.05), "η was divided by 10 once, from 0.5 to 0.05."),
        ((*[0.5] * 4, *[0.25] * 4, *[0.1] * 4), "η was changed twice, from 0.5 to 0.1."),
        ((0.5, 0.5), "η stayed at 0.5."),
    ],
)
def test_eta_in_words(etas: tuple[float, ...], words: str) -> None:
    rows: list[Row] = [(1.0, 1.0, 0.5, 0.5)] * len(etas)
    history = run_of(rows, etas=etas).history
    assert eta_words(history) == words
    assert divided(history) in words or "stayed" in words
