"""One network in three trainers: the same curves in float64, the same threshold of η."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from tests.support.network.start import parameters_of
from tests.support.trainers.toy import toy_data
from tuner.data import TuningData, load
from tuner.records import Hyperparameters, Outcome, Run, Strategy
from tuner.strategies.plans import policies
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer
from tuner.trainers.sklearn import SklearnTrainer
from tuner.trainers.torch import TorchTrainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import begin, train

DATA = toy_data(n=60)  # nine mini-batches, of 7 and of 6
SETTINGS = Hyperparameters(
    eta=0.3,
    hidden=(8, 5),
    activation="tanh",
    cost="log-likelihood",
    batch_size=7,
    lambda_=0.7,
    precision="float64",
    seed=11,
)
STRATEGY = Strategy(epochs=40, patience=3, schedule="halving", until=0.2)


def history_of(trainer: Trainer[Any], settings: Hyperparameters) -> Run:
    schedule, stopping = policies(settings.eta, STRATEGY)
    (done,) = train(trainer, [begin(trainer, settings, schedule, stopping)])
    return done.record


def curves(run: Run) -> Any:
    return [
        (e.eta, e.training_cost, e.training_accuracy, e.validation_cost, e.validation_accuracy)
        for e in run.history
    ]


def in_pytorch(s: Hyperparameters, n_in: int) -> Any:
    """Our network with our initial weights."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    start = parameters_of(s, n_in, 3)
    activation = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    layers: list[Any] = []
    for w, b in zip(start.weights, start.biases, strict=True):
        linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=getattr(torch, s.precision))
        linear.weight.data, linear.bias.data = torch.tensor(w), torch.tensor(b)
        layers += [linear, activation[s.activation]()]
    return torch.nn.Sequential(*layers[:-1])


def in_sklearn(s: Hyperparameters, n_in: int) -> MLPClassifier:
    """Our network with our initial weights."""
    start = parameters_of(s, n_in, 3)
    activation = {"sigmoid": "logistic"}.get(s.activation, s.activation)
    estimator = MLPClassifier(s.hidden, activation=activation, solver="sgd", momentum=0)
    estimator.set_params(learning_rate_init=1e-300)
    estimator.partial_fit(np.zeros((1, n_in), s.precision), [0], classes=[0, 1, 2])
    estimator.coefs_ = [w.T.copy() for w in start.weights]
    estimator.intercepts_ = [b.copy() for b in start.biases]
    return estimator


def torch_cost(cost: str) -> Any:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    functional = torch.nn.functional

    def of(z: Any, y: Any) -> Any:
        targets = functional.one_hot(y, z.shape[1]).to(z.dtype)
        if cost == "cross-entropy":
            loss = functional.binary_cross_entropy_with_logits
            return loss(z, targets, reduction="sum") / len(y)
        return functional.mse_loss(torch.sigmoid(z), targets, reduction="sum") / 2 / len(y)

    return functional.cross_entropy if cost == "log-likelihood" else of


def same_network(trainer: str, data: TuningData, cost: str = "log-likelihood") -> Trainer[Any]:
    n_in = data.train.x.shape[1]
    if trainer == "PyTorch":
        return TorchTrainer(lambda s: in_pytorch(s, n_in), data, loss=torch_cost(cost))
    return SklearnTrainer(lambda s: in_sklearn(s, n_in), data)


@pytest.mark.torch
@pytest.mark.parametrize("regularization", ["l2", "l1"])
@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic", "log-likelihood"])
def test_pytorch_trains_as_we_do(cost: str, regularization: Any) -> None:
    settings = replace(SETTINGS, cost=cost, regularization=regularization)
    ours = history_of(NativeTrainer(DATA), settings)
    theirs = history_of(same_network("PyTorch", DATA, cost), settings)
    np.testing.assert_allclose(curves(theirs), curves(ours), rtol=1e-9)
    assert (theirs.stop_reason, theirs.best_epoch) == (ours.stop_reason, ours.best_epoch)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_sklearn_trains_as_we_do(activation: str) -> None:
    settings = replace(SETTINGS, activation=activation)
    ours = history_of(NativeTrainer(DATA), settings)
    theirs = history_of(same_network("scikit-learn", DATA), settings)
    np.testing.assert_allclose(curves(theirs), curves(ours), rtol=1e-9)
    assert (theirs.stop_reason, theirs.best_epoch) == (ours.stop_reason, ours.best_epoch)


@pytest.mark.parametrize("data", ["iris", pytest.param("wine", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "trainer", [pytest.param("PyTorch", marks=pytest.mark.torch), "scikit-learn"]
)
def test_all_find_the_same_threshold(trainer: str, data: str) -> None:
    tuning = load(data).tuning
    settings = Hyperparameters(
        eta=0.01, hidden=(8,), cost="log-likelihood", lambda_=0.1, batch_size=10
    )
    plan = ProbePlan(seeds=1)
    ours = find_eta(NativeTrainer(tuning), settings, plan=plan)
    theirs = find_eta(same_network(trainer, tuning), settings, plan=plan)
    assert theirs.outcome == ours.outcome == Outcome.FOUND
    assert theirs.baseline == pytest.approx(ours.baseline, rel=1e-5)
    assert 3 / 4 <= theirs.threshold / ours.threshold <= 4 / 3
