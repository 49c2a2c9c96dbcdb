"""One of our networks, its settings given, as scikit-learn estimators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from tuner.data.inputs import Examples
from tuner.data.loading import warn
from tuner.errors import TunerError
from tuner.estimators.base import Classifier, Predictor, Regressor, dataset_of, with_parameters
from tuner.records import EtaSearch, Run
from tuner.settings import (
    NUMBER,
    DataSettings,
    Given,
    Hyperparameters,
    Setting,
    Strategy,
    Within,
    settings_of,
    split_settings,
)
from tuner.storage.models import model_of
from tuner.strategies.plans import policies
from tuner.tasks import fitted_network, fitted_strategy
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import find_eta
from tuner.training.loop import begin, train

_NETWORK, _STRATEGY = dict(settings_of(Hyperparameters)), dict(settings_of(Strategy))
del _NETWORK["expansion"]  # the rows of a table are no images
_NETWORK["eta"] = replace(
    _NETWORK["eta"],
    default="auto",
    more='Or "auto": by its threshold, found anew in each `fit`.',
)
_NETWORK["class_weight"] = replace(
    _NETWORK["class_weight"],
    more="Or a mapping: what an example of each class counts, above 0; else 1. None is none.",
)
_STRATEGY["epochs"] = replace(_STRATEGY["epochs"], default=100)

SCALING = settings_of(DataSettings)["scaling"]

VALIDATION_FRACTION = Setting(
    name="validation_fraction",
    default=0.2,
    kind=NUMBER,
    within=Within(lambda share: 0 <= share <= 0.5, "from 0 to 0.5"),
    help="Share of the examples held out, 0 … 0.5.",
    more="Every class keeps one example to train on; where that leaves none to hold out, the "
    "training examples validate.",
)

NETWORK_PARAMETERS = ("hidden", *(name for name in _NETWORK if name != "hidden"))
"""Parameters of the estimator that are hyperparameters of the network; `hidden` comes first."""


class _Network(Predictor):
    """What both estimators do."""

    run_: Run
    eta_: float
    eta_search_: EtaSearch | None
    validation_fraction: float
    scaling: str

    def _trained(
        self, settings: Given, examples: Examples, class_weights: Sequence[float] | None = None
    ) -> Self:
        network = fitted_network(settings.hyperparameters, examples.task)
        strategy = fitted_strategy(settings.strategy, examples.task)
        shares = (1 - self.validation_fraction,)
        data = dataset_of(examples, shares=shares, scaling=self.scaling, seed=network.seed)
        warn(data.summary.notes, "X")
        trainer = NativeTrainer(data.tuning, class_weights=class_weights)
        schedule = strategy.schedule
        self.eta_search_ = find_eta(trainer, network, schedule) if settings.find_eta else None
        self.eta_ = self.eta_search_.eta if self.eta_search_ else network.eta
        network = replace(network, eta=self.eta_)
        (done,) = train(trainer, [begin(trainer, network, *policies(self.eta_, strategy))])
        if done.best_epoch is None:
            raise TunerError(f"eta is {self.eta_:g}, which made the network diverge: give less.")
        self.run_, self.n_iter_ = done.record, len(done.history)
        self.model_ = model_of(done, data)
        return self

    def _given(self, names: Iterable[str]) -> Given:
        VALIDATION_FRACTION.check(self.validation_fraction)
        SCALING.check(self.scaling)
        values = {name: getattr(self, name) for name in (*names, *_STRATEGY)}
        if not isinstance(values.get("class_weight", ""), str):
            values["class_weight"] = "none"
        return split_settings(values | {"hidden": np.atleast_1d(values["hidden"]).tolist()})


@with_parameters(
    *(_NETWORK[name] for name in NETWORK_PARAMETERS),
    *_STRATEGY.values(),
    SCALING,
    VALIDATION_FRACTION,
)
class NetworkClassifier(Classifier, _Network):
    """One of our networks with settings given, as a scikit-learn classifier.

    Inputs are standardized. A stratified part of the examples is held out to validate on: it
    decides when to stop, and which epoch's weights are kept.

    Parameters
    ----------
    {settings}

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

    class_weight: str | Mapping[Any, float] | None

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Train on inputs X (n, d) and classes y (n,), numbers or texts.

        X may be a DataFrame with texts, categories, dates and missing values.

        Raises
        ------
        ValueError
            When X is neither a matrix of numbers nor a DataFrame, y holds one class only, or a
            setting is out of its range.
        TunerError
            When the given η makes the network diverge in the first epoch.
        """
        given = self._given(_NETWORK)
        examples = self._checked(X, y)
        return self._trained(given, examples, class_weights=self._class_weights())

    def _class_weights(self) -> list[float] | None:
        given = self.class_weight
        return [given.get(c, 1) for c in self.classes_] if isinstance(given, Mapping) else None


OF_CLASSES = {"class_weight", "cost", "label_smoothing"}
"""Hyperparameters that are for classes alone."""

_REGRESSION = [name for name in NETWORK_PARAMETERS if name not in OF_CLASSES]


@with_parameters(
    *(_NETWORK[name] for name in _REGRESSION), *_STRATEGY.values(), SCALING, VALIDATION_FRACTION
)
class NetworkRegressor(Regressor, _Network):
    """One of our networks with settings given, as a scikit-learn regressor.

    Inputs and target are standardized, the output neuron is linear, the cost quadratic. A part of
    the examples is held out to validate on: it decides when to stop, and which epoch's weights are
    kept.

    Parameters
    ----------
    {settings}

    Attributes
    ----------
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
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> network = NetworkRegressor(hidden=(8,), epochs=30).fit(X, y)
    >>> network.score(X, y) > 0.3, network.run_.metric
    (True, 'rmse')
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Train on inputs X (n, d) and numbers y (n,).

        X may be a DataFrame with texts, categories, dates and missing values.

        Raises
        ------
        ValueError
            When X is neither a matrix of numbers nor a DataFrame, or a setting is out of its range.
        TunerError
            When the given η makes the network diverge in the first epoch.
        """
        given = self._given(_REGRESSION)
        return self._trained(given, self._checked(X, y))
