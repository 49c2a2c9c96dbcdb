"""What is said of the steps of a tuning, and that it follows from the record alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from tests.support.report.tunes import tuning
from tuner.records import EtaSearch, LeftOut, Shortfall, StepName, TuneProgress, TuneRecord
from tuner.report.summaries.tune import (
    conclusions,
    left_out_sentences,
    progress_sentence,
)
from tuner.report.version1 import upgraded

VERSION_1 = Path(__file__).parents[1] / "support" / "report" / "version1" / "study.json"


@pytest.fixture
def tuned(search: EtaSearch) -> TuneRecord:
    return tuning(search)


def test_each_step_has_a_conclusion_in_one_line(tuned: TuneRecord) -> None:
    said = conclusions(tuned)
    assert [*said] == [step.name for step in tuned.steps]
    for sentence in said.values():
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert "nan" not in sentence.split()


def test_a_check_that_does_not_beat_the_majority_class_says_so(tuned: TuneRecord) -> None:
    assert "carry signal" in conclusions(tuned)["signal"]
    weak = replace(tuned, signal=replace(tuned.signal, chance=0.9))
    assert "majority-class baseline: 90.00 %. Check the labels" in conclusions(weak)["signal"]


def test_ties_are_named_as_ties(tuned: TuneRecord) -> None:
    assert len(tuned.final.tied) == 2
    assert "A is statistically tied with it" in conclusions(tuned)["final"]
    alone = replace(tuned.final, differences=(), winner=tuned.final.best)
    said = conclusions(replace(tuned, final=alone))["final"]
    assert "clearly better than the others" in said


def test_where_sigmoid_neurons_begin_is_said(tuned: TuneRecord) -> None:
    whole = replace(tuned, eta_again=replace(tuned.eta_again, eta=tuned.settings.eta))
    assert "of the η found" not in conclusions(whole)["eta-again"]
    half = replace(tuned, eta_again=replace(tuned.eta_again, eta=2 * tuned.settings.eta))
    assert "Long runs begin at 0.5 of the η found." in conclusions(half)["eta-again"]


@pytest.mark.parametrize("what", get_args(LeftOut))
def test_each_thing_left_out_has_a_sentence(tuned: TuneRecord, what: LeftOut) -> None:
    record = replace(tuned, left_out=(Shortfall(what=what, had=6_000, wanted=50_000),))
    (said,) = left_out_sentences(record)
    assert said.endswith(".")
    assert len(said) > 30


@pytest.mark.parametrize("name", get_args(StepName))
def test_each_step_says_that_it_begins(name: StepName) -> None:
    assert " of 7: " in progress_sentence(TuneProgress(step=name))


def test_sentences_of_version_1_become_facts() -> None:
    sentences = {
        "Overfitting was looked at on 6,857 of 50,000 training examples.": (
            *("overfitting-examples", 6_857, 50_000),
        ),
        "Dropout was not tried: it takes more epochs than the budget allows.": ("dropout", 0, 0),
        "Sizes below 60 neurons made room for larger ones.": ("small-sizes", 60, 0),
        "The trials of the study trained for 6 epochs at most, not 40.": ("trial-epochs", 6, 40),
        "Each candidate was trained on 2 seeds, not 3.": ("seeds", 2, 3),
    }
    document = {
        "steps": [{"name": "eta", "conclusion": "η is 0.5.", "seconds": 1.0}],
        "left_out": [*sentences],
        "study": json.loads(VERSION_1.read_bytes()),
    }
    now = upgraded("tune", document)
    assert now["steps"] == [{"name": "eta", "seconds": 1.0}]
    facts = [dict(zip(("what", "had", "wanted"), fact, strict=True)) for fact in sentences.values()]
    assert now["left_out"] == facts


def test_the_course_is_the_best_so_far_at_the_end_of_each_step(tuned: TuneRecord) -> None:
    course = tuned.course
    assert [point.step for point in course] == [step.name for step in tuned.steps]
    assert [point.seconds for point in course] == [8.0 * k for k in range(1, 8)]
    values = [point.value for point in course]
    assert values[:3] == pytest.approx([0.9, 0.9, 0.955])
    assert values == sorted(values)
    assert values[-1] >= tuned.validation_value
