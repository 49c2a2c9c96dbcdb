"""The tasks that rules for choosing η are measured on: some to develop with, others set aside."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from sklearn.datasets import load_breast_cancer, make_classification

from tuner.data import Part, TuningData, load
from tuner.records import Hyperparameters

EPOCHS, LEAST_STEPS = 10, 1_000
"""The fixed budget: ten epochs at constant η, or a thousand steps where that is more."""


@dataclass(frozen=True)
class Task:
    """A data set with a network; `held_out` tasks played no part in setting any constant."""

    name: str
    data: Callable[[], TuningData]
    settings: Hyperparameters
    held_out: bool


def network(**settings: object) -> Hyperparameters:
    """Return settings whose η is where searches begin."""
    return replace(Hyperparameters(eta=0.01), **settings)  # type: ignore[arg-type]


def named(name: str, train_size: int | None = None) -> Callable[[], TuningData]:
    """Load a known data set."""
    return lambda: load(name, train_size=train_size).tuning


def wrong_labels(source: Callable[[], TuningData], share: float) -> Callable[[], TuningData]:
    """Return a share of the training examples a class drawn at random."""

    def data() -> TuningData:
        clean, rng = source(), np.random.default_rng(1)
        y = clean.train.y.copy()
        changed = rng.random(len(y)) < share
        y[changed] = rng.integers(0, len(clean.classes), changed.sum())
        return replace(clean, train=Part(clean.train.x, y))

    return data


def badly_scaled(source: Callable[[], TuningData], decades: float) -> Callable[[], TuningData]:
    """Multiply each column by a factor of 10^-decades … 10^decades."""

    def data() -> TuningData:
        even = source()
        factors = 10 ** np.random.default_rng(2).uniform(-decades, decades, even.train.x.shape[1])
        train, validation = (
            Part((part.x * factors).astype(np.float32), part.y)
            for part in (even.train, even.validation)
        )
        return replace(even, train=train, validation=validation)

    return data


def from_arrays(x: np.ndarray, y: np.ndarray) -> TuningData:
    """Take the first three quarters to train and the rest to validate."""
    cut = len(x) * 3 // 4
    parts = Part(x[:cut].astype(np.float32), y[:cut]), Part(x[cut:].astype(np.float32), y[cut:])
    return TuningData(*parts, classes=tuple(str(c) for c in np.unique(y)))


def raw_breast_cancer() -> TuningData:
    """Return the columns as measured, from thousandths to thousands."""
    x, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(3).permutation(len(x))
    return from_arrays(x[order], y[order].astype(np.intp))


def synthetic() -> TuningData:
    """Return five overlapping classes in twenty columns, half of them noise."""
    x, y = make_classification(
        4_000, 20, n_informative=8, n_classes=5, class_sep=1.5, flip_y=0.05, random_state=4
    )
    return from_arrays(x, y.astype(np.intp))


MNIST_5K, DIGITS, CANCER = named("mnist-5k"), named("digits"), named("breast_cancer")

TASKS = [
    Task("article's network", MNIST_5K, network(lambda_=0.3), held_out=False),
    Task("quadratic, N(0,1)", MNIST_5K, network(cost="quadratic", init="large"), held_out=False),
    Task(
        "ReLU, softmax", DIGITS, network(activation="relu", cost="log-likelihood"), held_out=False
    ),
    Task("two hidden layers", DIGITS, network(hidden=(30, 20)), held_out=False),
    Task("m = 1", DIGITS, network(batch_size=1), held_out=False),
    Task("m = 100", MNIST_5K, network(batch_size=100, activation="tanh"), held_out=False),
    Task("20% wrong labels", wrong_labels(DIGITS, 0.2), network(), held_out=False),
    Task("badly scaled columns", badly_scaled(DIGITS, 1.0), network(), held_out=False),
    Task("n = 100", named("mnist-5k", 100), network(), held_out=False),
    Task("two classes", CANCER, network(hidden=(10,), lambda_=0.1), held_out=False),
    Task("no hidden layer", MNIST_5K, network(hidden=(), cost="log-likelihood"), held_out=False),
    Task("MNIST, article's network", named("mnist"), network(lambda_=5.0), held_out=True),
    Task(
        "MNIST 5,000, quadratic, N(0,1)",
        named("mnist", 5_000),
        network(cost="quadratic", init="large"),
        held_out=True,
    ),
    Task(
        "ReLU, softmax, 100 hidden",
        MNIST_5K,
        network(hidden=(100,), activation="relu", cost="log-likelihood", batch_size=32),
        held_out=True,
    ),
    Task(
        "two hidden layers, tanh",
        MNIST_5K,
        network(hidden=(50, 30), activation="tanh", cost="log-likelihood"),
        held_out=True,
    ),
    Task("m = 1, quadratic", CANCER, network(batch_size=1, cost="quadratic"), held_out=True),
    Task(
        "m = 100, five classes",
        synthetic,
        network(batch_size=100, activation="relu", cost="log-likelihood"),
        held_out=True,
    ),
    Task(
        "20% wrong labels, images",
        wrong_labels(MNIST_5K, 0.2),
        network(hidden=(50,)),
        held_out=True,
    ),
    Task(
        "columns as measured",
        raw_breast_cancer,
        network(activation="tanh", cost="log-likelihood"),
        held_out=True,
    ),
    Task(
        "n = 100, digits",
        named("digits", 100),
        network(activation="relu", cost="log-likelihood"),
        held_out=True,
    ),
    Task(
        "dropout, L1",
        MNIST_5K,
        network(hidden=(100,), dropout=0.5, lambda_=0.1, regularization="l1"),
        held_out=True,
    ),
]
