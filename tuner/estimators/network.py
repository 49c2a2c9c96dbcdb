"""One of our networks, its settings given, as a scikit-learn estimator."""

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from tuner.errors import TunerError
from tuner.estimators.base import Classifier, dataset_of
from tuner.records import (
    Activation,
    Cost,
    EtaSearch,
    Hyperparameters,
    Init,
    Precision,
    Regularization,
    Run,
    ScheduleName,
    Strategy,
    require,
)
from tuner.storage.models import model_of
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import find_eta
from tuner.training.loop import begin, train

START = 0.01
"""Where the search for η begins."""


class NetworkClassifier(Classifier):
    """One of our networks with settings given, as a scikit-learn classifier.

    Inputs are standardised. A stratified part of the examples is held out to validate on: it
    decides when to stop, and which epoch's weights are kept.

    Parameters
    ----------
    hidden, activation, cost, init, batch_size, lambda_, regularization, dropout, precision, seed
        As in `tuner.Hyperparameters`; `seed` also draws the held-out part.
    eta
        The learning rate, or "auto": half the threshold, found anew in each `fit`.
    epochs, patience, schedule, factor, until
        As in `tuner.Strategy`.
    validation_fraction
        Share of the examples held out, 0 … 0.5. Every class keeps one example to train on; where
        that leaves none to hold out, the training examples validate.

    Attributes
    ----------
    classes_
        The classes, sorted.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    eta_, eta_search_
        The η training began with; and how it was found, None where it was given.
    run_
        The training, epoch by epoch: a `tuner.records.Run`.
    n_iter_
        Epochs trained.
    model_
        The network: a `tuner.Model`, to save by `tuner.save_model`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> network = NetworkClassifier(hidden=(8,), epochs=30).fit(X, y)
    >>> network.score(X, y) > 0.9, network.predict_proba(X[:2]).shape
    (True, (2, 3))
    """

    run_: Run
    eta_: float
    eta_search_: EtaSearch | None

    def __init__(
        self,
        hidden: tuple[int, ...] = (30,),
        *,
        eta: float | str = "auto",
        activation: Activation = "sigmoid",
        cost: Cost = "cross-entropy",
        init: Init = "scaled",
        batch_size: int = 10,
        lambda_: float = 0.0,
        regularization: Regularization = "l2",
        dropout: float = 0.0,
        precision: Precision = "float32",
        epochs: int = 100,
        patience: int | None = 10,
        schedule: ScheduleName = "constant",
        factor: float = 2.0,
        until: float = 0.001,
        validation_fraction: float = 0.2,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.eta = eta
        self.activation = activation
        self.cost = cost
        self.init = init
        self.batch_size = batch_size
        self.lambda_ = lambda_
        self.regularization = regularization
        self.dropout = dropout
        self.precision = precision
        self.epochs = epochs
        self.patience = patience
        self.schedule = schedule
        self.factor = factor
        self.until = until
        self.validation_fraction = validation_fraction
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Train on inputs X (n, d) and classes y (n,), numbers or texts.

        Raises
        ------
        ValueError
            When X is no matrix of finite numbers, y holds one class only, or a setting is out of
            its range.
        TunerError
            When the given η makes the network diverge in the first epoch.
        """
        settings, strategy = self._settings(), self._strategy()
        fraction = self.validation_fraction
        require(0 <= fraction <= 0.5, "validation_fraction", fraction, "from 0 to 0.5")
        inputs, indices, sha256 = self._checked(X, y)
        data = dataset_of(
            inputs, indices, self.classes_, sha256, shares=(1 - fraction,), seed=self.seed
        )
        trainer = NativeTrainer(data.tuning)
        self.eta_search_ = find_eta(trainer, settings) if self.eta == "auto" else None
        self.eta_ = self.eta_search_.eta if self.eta_search_ else settings.eta
        settings = replace(settings, eta=self.eta_)
        (done,) = train(trainer, [begin(trainer, settings, *policies(self.eta_, strategy))])
        if done.best_epoch is None:
            raise TunerError(f"eta is {self.eta_:g}, which made the network diverge: give less.")
        self.run_, self.n_iter_ = done.record, len(done.history)
        self.model_ = model_of(done, data)
        return self

    def _settings(self) -> Hyperparameters:
        given = {name: getattr(self, name) for name in _SETTINGS}
        given["hidden"] = tuple(np.atleast_1d(self.hidden).tolist())
        given["eta"] = START if self.eta == "auto" else self.eta
        return Hyperparameters(**given)

    def _strategy(self) -> Strategy:
        return Strategy(**{name: getattr(self, name) for name in _STRATEGY})


_SETTINGS = (
    *("activation", "cost", "init", "batch_size", "lambda_", "regularization", "dropout"),
    *("precision", "seed"),
)
_STRATEGY = ("epochs", "patience", "schedule", "factor", "until")
