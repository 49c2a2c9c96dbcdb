"""All experiments on tiny images: what each measures, and how often the test part is opened."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from tuner.article.experiments import EXPERIMENTS
from tuner.article.overfitting import nearly_best
from tuner.article.practice import upward_share
from tuner.article.regularization import agreement, held_by_largest, near_zero
from tuner.article.reproduce import Reproduced
from tuner.data import Dataset
from tuner.records import Agreement, Claim, ExperimentRecord

Everything = tuple[Dataset, Reproduced]
NAMES = [each.name for each in EXPERIMENTS]


def record_of(everything: Everything, name: str) -> ExperimentRecord:
    return next(each for each in everything[1].experiments if each.name == name)


def values(record: ExperimentRecord, name: str) -> Sequence[float]:
    return next(f.values for f in record.findings if f.name == name)


@pytest.mark.long
def test_the_test_part_is_opened_once_for_each_that_needs_it(everything: Everything) -> None:
    data, done = everything
    assert data.test_openings == sum(each.uses_test for each in EXPERIMENTS)
    for experiment, record in zip(EXPERIMENTS, done.experiments, strict=True):
        assert record.test_openings == int(experiment.uses_test)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_figures_and_pictures(everything: Everything, name: str) -> None:
    record = record_of(everything, name)
    names = [finding.name for finding in record.findings]
    assert names
    assert len(set(names)) == len(names)
    assert all(math.isfinite(f.measured) for f in record.findings if "spread" not in f.name)
    assert record.panels or record.eta_search


@pytest.mark.parametrize("name", NAMES)
def test_on_other_data_no_agreement_is_claimed(everything: Everything, name: str) -> None:
    record = record_of(everything, name)
    near = [f for f in record.findings if f.claim is Claim.NEAR]
    allowed = {Agreement.OTHER_DATA} if record.trained else {Agreement.AGREES}
    assert {f.agreement for f in near} <= allowed


@pytest.mark.parametrize("name", ["round-1", "round-2", "round-3", "round-4", "costs", "softmax"])
def test_what_needs_no_data_agrees(everything: Everything, name: str) -> None:
    record = record_of(everything, name)
    assert {f.agreement for f in record.findings} == {Agreement.AGREES}


def test_gains_are_differences_of_the_accuracies_shown(everything: Everything) -> None:
    record = record_of(everything, "l2-small")
    with_it, without = values(record, "test"), values(record, "unregularised")
    assert values(record, "gain") == pytest.approx(np.subtract(with_it, without))
    plain = record_of(everything, "overfitting")
    assert values(plain, "test") == without
    assert values(plain, "gap") == pytest.approx(
        np.subtract(values(plain, "training"), values(plain, "test"))
    )


def test_seeds_are_told(everything: Everything) -> None:
    trained = {t.name: t for t in record_of(everything, "early-stopping").trained}
    assert trained["N = 10"].seeds == len(trained["N = 10"].epochs) == 5
    assert max(trained["N = 10"].epochs) < 400
    assert set(trained["no stopping"].epochs) == {400}


@pytest.mark.parametrize(
    ("accuracies", "epoch"), [([0.5], 1), ([0.5, 0.9, 0.8995], 2), ([0.1, 0.2, 0.3, 0.3], 3)]
)
def test_nearly_best(accuracies: list[float], epoch: int) -> None:
    assert nearly_best(accuracies) == epoch


@pytest.mark.parametrize(
    ("costs", "share"), [([3, 2, 1], 0), ([1, 2, 3], 100), ([2, 1, 2, 1], 100 / 3), ([1, 1], 0)]
)
def test_upward_share(costs: list[float], share: float) -> None:
    assert upward_share(costs) == pytest.approx(share)


def test_weights_and_answers() -> None:
    assert near_zero([np.array([0.0099, -0.0099, 0.01, 1])]) == [50]
    assert held_by_largest([np.array([-9.0, *[1.0] * 9])]) == pytest.approx([50])
    answers = [np.array(each) for each in ([1, 2, 3, 4], [1, 2, 3, 0], [1, 2, 0, 0])]
    assert agreement(answers) == pytest.approx(100 * (0.75 + 0.5 + 0.75) / 3)
