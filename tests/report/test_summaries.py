"""The one place where wording is asserted: pages, terminal and notebook show these texts."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.support.report.runs import BROKEN, HALVING
from tests.support.report.studies import SMALL, study, trial
from tests.support.report.tunes import ORDER, tuning
from tuner.errors import TunerError
from tuner.records import ADVICE, EtaSearch, Outcome, Shortfall, TrainRecord, TuneRecord
from tuner.records.tuning import LeftOut
from tuner.report.checks.every import EVERY_KIND
from tuner.report.summaries.learning_rate import eta_phrase, find_eta_summary
from tuner.report.summaries.study import study_summary
from tuner.report.summaries.training import train_summary
from tuner.report.summaries.tune import conclusions, left_out_sentences, tied_words, tune_summary
from tuner.results import StudyResult


@pytest.fixture
def tuned(search: EtaSearch) -> TuneRecord:
    return tuning(search)


def test_an_eta_that_was_found(search: EtaSearch) -> None:
    found = find_eta_summary(replace(search, eta=0.5, threshold=1.0, bracket=(1.0, 1.3)))
    assert found.good
    assert found.text == (
        "Use η = 0.5. The training cost still decreases at η = 1, but no longer at η = 1.3."
    )
    assert ("η (full precision)", "0.5") in found.facts


@pytest.mark.parametrize("outcome", [Outcome.NO_LEARNING, Outcome.NO_UPPER_LIMIT])
def test_an_eta_that_was_not_found_comes_with_advice(search: EtaSearch, outcome: Outcome) -> None:
    lost = replace(search, outcome=outcome, bracket=(1.0, None))
    assert not find_eta_summary(lost).good
    assert find_eta_summary(lost).advice == ADVICE[outcome]
    assert eta_phrase(lost).endswith(", a guess, because no threshold was found")


def test_a_run(train_record: TrainRecord) -> None:
    verdict = train_summary(replace(train_record, result=HALVING))
    assert verdict.headline == "Validation accuracy 88.33 % (95 % CI 87.69–88.95 %)"
    assert verdict.sentence.startswith("The best epoch was 6. Training stopped after 8 epochs and ")
    assert verdict.sentence.endswith("η was halved 4 times, from 0.5 to 0.03125.")
    assert "not for other seeds" in verdict.advice


def test_a_run_that_learned_nothing(train_record: TrainRecord) -> None:
    verdict = train_summary(replace(train_record, result=replace(BROKEN, best_epoch=0)))
    assert (verdict.good, verdict.headline) == (False, "Nothing was learned")


def test_a_study_with_ties() -> None:
    verdict = study_summary(SMALL)
    assert verdict.headline == (
        "Validation accuracy 96.00 % (95 % CI 94.60–97.05 %) with λ = 1, hidden = 100"
    )
    assert verdict.sentence == (
        "Trial 2 is the best of 6 trials (5 complete, 1 pruned, 1 diverged), but 1 other lies"
        " within its interval: no clear difference."
    )
    assert verdict.advice.startswith("Choose trial 0, the smallest of the tied networks: λ = 0.3")
    assert "23,860 parameters instead of 79,510" in verdict.advice


def test_a_study_with_a_clear_winner_and_one_of_nothing() -> None:
    clear = study(trial(0, [0.99] * 3), trial(1, [0.5] * 3))
    assert "No other complete trial lies within its interval." in study_summary(clear).sentence
    assert study_summary(clear).good
    unfinished = replace(clear, complete=False)
    assert study_summary(unfinished).sentence.endswith("The study is not complete.")
    for record in (study(), study(trial(0, [0.5], state="pruned", epochs=2))):
        assert study_summary(record).headline == "No trial was completed"


def test_a_study_whose_trials_all_diverged() -> None:
    lost = study(trial(0, [0.0] * 3, diverged=True), trial(1, [0.0] * 3, diverged=True))
    verdict = study_summary(lost)
    assert lost.result.best is None
    assert lost.ranking is None
    with pytest.raises(TunerError, match="no trial was completed without diverging"):
        StudyResult(lost, lambda: pytest.fail("trained")).best  # noqa: B018
    assert (verdict.good, verdict.headline) == (False, "Every complete trial diverged")
    assert verdict.sentence == "There are 2 trials (2 complete, 0 pruned, 2 diverged)."
    assert verdict.advice.startswith("Nothing can be chosen")


def test_a_tuning(tuned: TuneRecord) -> None:
    verdict = tune_summary(tuned)
    assert verdict.headline == (
        "Test accuracy 95.80 % (95 % CI 94.37–96.88 %) with 30 sigmoid neurons, η = 0.5 and λ = 0.3"
    )
    assert verdict.sentence == (
        "Mean over 3 seeds: 95.63 % (95 % CI 95.25–96.01 %). Selected: candidate B. A is"
        " statistically tied with it, and B is the smallest."
    )
    assert verdict.advice == "The test set was evaluated once, after every choice was final."
    apart = replace(tuned.final.differences[1], low=0.001)
    final = replace(tuned.final, differences=(tuned.final.differences[0], apart), winner=0, seed=0)
    assert "clearly better" in tied_words(replace(tuned, final=final))


def test_the_steps_of_a_tuning(tuned: TuneRecord) -> None:
    words = conclusions(tuned)
    assert tuple(words) == ORDER
    assert words["signal"] == (
        "A network of 30 neurons, trained on 1,000 examples, reaches 90.00 %; majority-class"
        " baseline: 10.00 %. The data carry signal."
    )
    assert words["overfitting"] == (
        "Without early stopping or regularization, sigmoid networks reach 93.00 %, 7.00 points"
        " below their training accuracy: they overfit. Selected: sigmoid with L2 regularization"
        " (95.50 %). Relu without regularization: 94.00 %."
    )
    assert "has λ = 1, hidden = 100: validation accuracy 96.00 %." in words["study"]
    assert "A 0.75 → 0.5, B 0.75 → 0.5, C 0.75 → 0.5." in words["eta-again"]
    assert "mean of 3 seeds, in 16 epochs." in words["final"]
    assert words["test"].startswith("Test accuracy 95.80 % (95 % CI 94.37–96.88 % over 1,000 ex")
    baseless = replace(tuned, signal=replace(tuned.signal, chance=0.9))
    said = conclusions(baseless)["signal"]
    assert said.endswith("majority-class baseline: 90.00 %. Check the labels and the columns.")


def test_what_the_budget_was_too_short_for(tuned: TuneRecord) -> None:
    everything = tuple(Shortfall(what=what, had=1, wanted=3000) for what in get_args(LeftOut))
    said = left_out_sentences(replace(tuned, left_out=everything))
    assert len(set(said)) == len(everything)
    assert said[0] == "Overfitting was examined on 1 of 3,000 training examples."
    assert "Each candidate was trained with 1 seed, not 3000." in said
    assert all(each.endswith(".") for each in said)
    assert left_out_sentences(tuned) == ()


def test_every_code_has_a_title_and_occurs_once() -> None:
    checks = [check for kind in EVERY_KIND for check in kind.checks.values()]
    codes = [check.code for check in checks]
    assert len(codes) == len(set(codes)) > 50
    assert codes == sorted(codes)
    assert all(check.title and check.advice for check in checks)
