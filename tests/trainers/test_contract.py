"""The shared contract, kept by each trainer."""

from typing import Any

import pytest

from tests.support.trainers.contract import TrainerContract
from tests.support.trainers.fake import FakeTrainer
from tests.support.trainers.toy import toy_trainer
from tuner.records import Hyperparameters
from tuner.trainers.base import Trainer


class TestFakeTrainer(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return FakeTrainer()


class TestNativeTrainer(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return toy_trainer(n=60)


class TestNativeTrainerWithEverythingOn(TestNativeTrainer):
    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return Hyperparameters(
            eta=0.1,
            hidden=(6, 5),
            activation="tanh",
            cost="log-likelihood",
            batch_size=7,
            lambda_=0.5,
            dropout=0.3,
            precision="float64",
            seed=4,
        )


class TestNativeTrainerWithoutHiddenLayer(TestNativeTrainer):
    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return Hyperparameters(eta=0.1, hidden=(), cost="quadratic", lambda_=0.1, seed=4)
