"""scikit-learn estimators: the shared contract, and what goes beyond it."""

import random
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from tests.support.trainers.contract import TrainerContract
from tests.support.trainers.toy import toy_data
from tuner.errors import OptionError
from tuner.records import Hyperparameters
from tuner.trainers.base import Trainer
from tuner.trainers.sklearn import SklearnTrainer
from tuner.training.eta_finder import ProbePlan, find_eta

SHORT = ProbePlan(seeds=1, epochs=1, least_steps=12, checkpoints=6)
SETTINGS = Hyperparameters(eta=0.1, hidden=(5,), batch_size=7, lambda_=0.1, seed=4)


def mlp(s: Hyperparameters) -> MLPClassifier:
    return MLPClassifier(s.hidden, activation="tanh", solver="sgd", momentum=0.5)


class TestSklearnTrainer(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return SklearnTrainer(mlp, toy_data(n=60))


class TestSklearnTrainerWithAdamInFloat64(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return SklearnTrainer(MLPClassifier((8,), early_stopping=True), toy_data(n=60))

    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return replace(SETTINGS, eta=0.01, precision="float64")

    @pytest.fixture
    def hopeless(self, settings: Hyperparameters) -> Hyperparameters:
        return replace(settings, eta=1e300)


class TestSklearnTrainerOnALinearModel(TrainerContract):
    """Its weights begin at zero whatever the seed, and one step is a step for each example."""

    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return SklearnTrainer(SGDClassifier(loss="squared_error"), toy_data(n=60))

    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return replace(SETTINGS, eta=0.002)

    @pytest.fixture
    def hopeless(self, settings: Hyperparameters) -> Hyperparameters:
        return replace(settings, eta=1e300, lambda_=0)  # too large a λ sets the weights to zero

    def test_a_start_is_determined_by_its_settings(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        starts = [trainer.start(replace(settings, seed=seed)) for seed in (4, 5)]
        first, second = trainer.measure(starts, "training")
        assert first == second
        first, second = trainer.measure(trainer.advance(starts, 3), "training")
        assert first != second


def everything_random() -> tuple[Any, ...]:
    return random.getstate(), repr(np.random.get_state())  # noqa: NPY002


def test_find_eta_leaves_estimator_data_and_random_state_as_they_were() -> None:
    data = toy_data(n=60)
    mine = MLPClassifier((5,), solver="sgd", random_state=np.random.RandomState(3))
    mine.partial_fit(data.train.x, data.train.y, classes=[0, 1, 2])
    before = repr(vars(mine)), mine.random_state.get_state()[1].tolist()
    generators = everything_random()
    found = find_eta(SklearnTrainer(mine, data), SETTINGS, plan=SHORT)
    assert len(found.probes) >= 5
    assert (repr(vars(mine)), mine.random_state.get_state()[1].tolist()) == before
    assert everything_random() == generators


def test_the_strategies_do_what_the_estimator_would_do_by_itself() -> None:
    chosen = MLPClassifier(learning_rate="adaptive", shuffle=True, early_stopping=True)
    trainer = SklearnTrainer(chosen, toy_data(n=60))
    (lane,) = trainer.advance([trainer.start(SETTINGS)], 30)
    params = lane.estimator.get_params()
    assert (params["learning_rate"], params["shuffle"], params["early_stopping"]) == (
        "constant",
        False,
        False,
    )
    assert chosen.learning_rate == "adaptive"


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (SGDClassifier(loss="log_loss"), -sum(p * np.log(p) for p in np.array([8, 8, 7]) / 23)),
        (SGDClassifier(loss="hinge"), 1.0),
        (Perceptron(), 1.0),
    ],
)
def test_a_linear_model_is_measured_by_its_kind_of_cost(estimator: Any, expected: float) -> None:
    trainer = SklearnTrainer(estimator, toy_data(n=23))
    start = trainer.start(SETTINGS)
    (trained,) = trainer.advance([start], 100)
    before, after = trainer.measure([start, trained], "training")
    assert trainer.baseline(SETTINGS) == pytest.approx(expected)
    assert after.cost < before.cost
    assert trained.n_parameters == 3 * 6 + 3


@pytest.mark.parametrize(
    ("estimator", "settings", "words"),
    [
        (LogisticRegression(), SETTINGS, "LogisticRegression has no partial_fit: use one"),
        (MLPClassifier(solver="lbfgs"), SETTINGS, "MLPClassifier has no partial_fit: use one"),
        (GaussianNB(), SETTINGS, "lambda is 0.1 but GaussianNB has no alpha: use λ = 0."),
        (
            GaussianNB(),
            replace(SETTINGS, lambda_=0),
            "eta: GaussianNB has no parameter learning_rate_init or eta0: name the one",
        ),
        (
            MLPClassifier(),
            replace(SETTINGS, regularization="l1"),
            "regularization is l1 but MLPClassifier has no penalty: use l2.",
        ),
        (
            MLPClassifier(),
            replace(SETTINGS, expansion="shift"),
            "expansion is 'shift' but is for networks of ours only: leave it out.",
        ),
    ],
)
def test_an_estimator_that_cannot_do_it_is_refused(
    estimator: Any, settings: Hyperparameters, words: str
) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        SklearnTrainer(estimator, toy_data()).start(settings)


def test_the_name_of_the_learning_rate_can_be_given() -> None:
    trainer = SklearnTrainer(SGDClassifier(eta0=0.1), toy_data(), eta="power_t")
    assert trainer.start(SETTINGS).estimator.power_t < 1e-200
    with pytest.raises(OptionError, match="SGDClassifier has no parameter speed: name the one"):
        SklearnTrainer(SGDClassifier(), toy_data(), eta="speed").start(SETTINGS)
