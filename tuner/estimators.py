"""Our networks as scikit-learn estimators."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tuner.data import Dataset, Part, TuningData
from tuner.data.files import digest
from tuner.data.inputs import Inputs, numeric
from tuner.data.preprocessing import fit
from tuner.data.splits import stratified_order
from tuner.errors import DataError, TunerError
from tuner.eta import find_eta
from tuner.models import Model, model_of
from tuner.network.initialisation import Parameters
from tuner.randomness import Purpose, stream
from tuner.records import (
    Activation,
    Cost,
    EtaSearch,
    Hyperparameters,
    Init,
    Precision,
    Regularization,
    ScheduleName,
    Strategy,
    require,
)
from tuner.run import begin, train
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer

START = 0.01
"""Where the search for η begins."""


class _Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What our estimators share: checked inputs, and predictions of a `Model`."""

    model_: Model
    classes_: NDArray[Any]

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Give the class (n,) of the largest output for inputs X (n, d).

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X is no matrix of finite numbers, or has other columns than in `fit`.
        """
        places = self.predict_proba(X).argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[places]
        return predicted

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Give a share (n, c) for each class in the order of `classes_`; errors as `predict`.

        For the costs with sigmoid outputs it is the outputs divided by their sum.
        """
        check_is_fitted(self)
        model = _in_float64(self.model_)
        inputs = numeric(validate_data(self, X, reset=False), model.preprocessing.column_names)
        return model.probabilities(model.preprocessing.transform(inputs)).astype(np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")  # and not by any name that ends in _, as lambda_ does

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[Inputs, NDArray[np.intp], str]:  # noqa: N803
        """Give inputs, class indices and the SHA-256 of both; set what `fit` learns from them."""
        x, labels = validate_data(self, X, y)
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(f"y holds one class only, {self.classes_[0]!r}: give two or more.")
        names = tuple(map(str, getattr(self, "feature_names_in_", ()))) or None
        texts = labels.astype(str) if labels.dtype.hasobject else labels
        sha256 = digest(np.ascontiguousarray(x).tobytes(), np.ascontiguousarray(texts).tobytes())
        return numeric(x, names), indices.astype(np.intp), sha256


class NetworkClassifier(_Classifier):
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

    run_: Any
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
        data = _dataset(
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


def _dataset(
    inputs: Inputs,
    y: NDArray[np.intp],
    classes: NDArray[Any],
    sha256: str,
    *,
    shares: tuple[float, ...],
    seed: int,
) -> Dataset:
    """Part examples: the first share trains, with every class, the next validates, the rest tests.

    With one share nothing is left to test; a part left without an example is the one before it.
    """
    order = stratified_order(y, stream(seed, Purpose.SPLIT))
    ends = np.round(np.cumsum(shares) * len(y)).astype(int)
    ends[0] = max(ends[0], len(classes))
    pieces = np.split(order, ends)
    for i, piece in enumerate(pieces[1:], 1):
        pieces[i] = piece if len(piece) else pieces[i - 1]
    preprocessing = fit(inputs.take(pieces[0]))
    parts = [Part(preprocessing.transform(inputs.take(rows)), y[rows]) for rows in pieces]
    tuning = TuningData(parts[0], parts[1], tuple(map(str, classes)))
    empty = Part(parts[0].x[:0], parts[0].y[:0])
    test = parts[2] if len(parts) > 2 else empty
    return Dataset(tuning, test, name="arrays", sha256=sha256, preprocessing=preprocessing)


def _in_float64(model: Model) -> Model:
    """Give the same network with float64 arithmetic: a prediction then depends on its row alone."""
    weights, biases = (
        tuple(array.astype(np.float64) for array in arrays)
        for arrays in (model.parameters.weights, model.parameters.biases)
    )
    settings = replace(model.settings, precision="float64")
    return replace(model, settings=settings, parameters=Parameters(weights, biases))
