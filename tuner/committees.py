"""Committees: the weighted mean of what several networks predict.

Sources: the book, chapter 3, "Dropout" (five networks vote); R. Caruana et al., "Ensemble selection
from libraries of models" (ICML 2004), for the weights; C. Guo et al., "On calibration of modern
neural networks" (ICML 2017), for the temperature.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.folds import Fold
from tuner.errors import DataError
from tuner.metrics import Measured, of_classes, of_numbers
from tuner.network.arrays import Array
from tuner.network.initialization import Parameters
from tuner.network.losses import Loss, losses_of, shares_of
from tuner.records import Calibration, Reliability
from tuner.settings import Hyperparameters
from tuner.storage.models import Member, Model

Shares = NDArray[np.float64]

MOST_DRAWS = 100
"""Kinds drawn, with replacement, before the best of these committees is taken."""

TEMPERATURES = (0.05, 20.0)

PARTS = 10
"""Of equal width, into which examples are parted by how sure a model is of them."""

CAUTION = 2.0
"""Times the square of the temperature's logarithm, beside the log-loss summed over examples: where
few of them are nearly all right, the loss alone asks for probabilities of 1. Fitted on one half of
the validation data and measured on the other, on 9 tables of 41 to 1,060 such examples: without it
tictactoe costs 0.184 instead of 0.073 and penguins 0.193 instead of 0.091, the others the same to
1 %; left as trained, sonar costs 0.494 instead of 0.412 and german 0.577 instead of 0.501."""

LEAST_SHARE = 1e-15
"""A share of 0 for the right class would cost infinitely much."""


def log_loss(shares: Shares, y: NDArray[np.intp]) -> float:
    """Return −log of the share (n, c) of the right class (n,), in the mean.

    Examples
    --------
    >>> round(log_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0])), 4)
    1.0397
    """
    return float(-np.log(np.maximum(shares[np.arange(len(y)), y], LEAST_SHARE)).mean())


def mean_squared_error(values: Shares, y: NDArray[np.float64]) -> float:
    """Return the mean square of what predicted numbers (n, 1) miss y (n,) by."""
    return float(np.square(values[:, 0] - y).mean())


def loss_of(shares: Shares, y: NDArray[Any]) -> float:
    """Return what held-out examples cost: log-loss, or the squared error of predicted numbers."""
    return mean_squared_error(shares, y) if y.dtype.kind == "f" else log_loss(shares, y)


def greedy_weights(kinds: Sequence[Shares], y: NDArray[Any]) -> tuple[float, ...]:
    """Return the weight of each kind of network in the mean, by the loss on held-out examples.

    Kinds are drawn with replacement, each time the one whose mean with those drawn before costs
    least, the first of equals; of the committees met so, the cheapest is taken (Caruana 2004).

    Parameters
    ----------
    kinds
        What each kind says of the same n examples, (n, c): none may have trained it.
    y
        The class, or the number to predict, of each example (n,).

    Examples
    --------
    >>> right, wrong = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    >>> greedy_weights([wrong, right], np.array([0]))
    (0.0, 1.0)
    """
    total, counts = np.zeros_like(kinds[0]), np.zeros(len(kinds))
    best, lowest = counts, math.inf
    for drawn in range(1, (MOST_DRAWS if len(kinds) > 1 else 1) + 1):
        losses = [loss_of((total + shares) / drawn, y) for shares in kinds]
        chosen = int(np.argmin(losses))
        total, counts = total + kinds[chosen], counts + np.eye(len(kinds))[chosen]
        if losses[chosen] < lowest - 1e-12:
            best, lowest = counts / drawn, losses[chosen]
    return tuple(best.tolist())


def fitted_temperature(shares_at: Callable[[float], Shares], y: NDArray[np.intp]) -> float:
    """Return the temperature at which held-out examples cost least (log-loss), to 1 %.

    Of few examples it stays near 1: see `CAUTION`.

    Parameters
    ----------
    shares_at
        What the committee says of the examples (n, c) at a temperature.
    y
        Their classes (n,).
    """
    from scipy.optimize import minimize_scalar

    low, high = map(math.log, TEMPERATURES)

    def loss_at(log: float) -> float:
        return log_loss(shares_at(math.exp(log)), y) + CAUTION * log**2 / len(y)

    found = minimize_scalar(
        loss_at,
        bounds=(low, high),
        method="bounded",
        options={"xatol": 0.01},
    )
    return math.exp(found.x) if found.fun < loss_at(0.0) else 1.0


@dataclass(frozen=True, eq=False)
class Votes:
    """What networks of one kind say of held-out examples.

    Attributes
    ----------
    loss
        Their cost with its output layer.
    logits
        One array (n, c) of each network; or of the K networks of K folds of a repeat one array, in
        which each example has the logits of the network that did not train on it.
    """

    loss: Loss
    logits: tuple[Array, ...]

    def at(self, temperature: float) -> "Votes":
        """Return the same with logits divided by a temperature."""
        return replace(self, logits=tuple(z / temperature for z in self.logits))

    def shares(self, temperature: float) -> Shares:
        """Return the mean of their probabilities (n, c)."""
        mean: Shares = np.mean([shares_of(z, self.loss, temperature) for z in self.logits], axis=0)
        return mean


@dataclass(frozen=True)
class Fitted:
    """What held-out examples say of a committee.

    Attributes
    ----------
    weights
        Of each kind; they sum to 1.
    temperature
        What logits are divided by before they become probabilities.
    metrics
        On the examples.
    calibration
        Of their probabilities; None of predicted numbers.
    """

    weights: tuple[float, ...]
    temperature: float
    metrics: Measured
    calibration: Calibration | None = None


def fit(kinds: Sequence[Votes], y: NDArray[Any]) -> Fitted:
    """Fit weights of kinds, and of classes the temperature, on held-out examples y (n,)."""
    weights = greedy_weights([votes.shares(1.0) for votes in kinds], y)

    def shares_at(temperature: float) -> Shares:
        shares = [votes.shares(temperature) for votes in kinds]
        return np.average(shares, axis=0, weights=weights)

    if y.dtype.kind == "f":
        return Fitted(weights, 1.0, of_numbers(y, shares_at(1.0)[:, 0]))
    temperature = fitted_temperature(shares_at, y)
    shares = shares_at(temperature)
    calibration = Calibration(
        temperature=temperature,
        before=reliability(shares_at(1.0), y),
        after=reliability(shares, y),
    )
    return Fitted(weights, temperature, of_classes(y, shares, lambda: shares), calibration)


def reliability(shares: Shares, y: NDArray[np.intp]) -> Reliability:
    """Return how often the classes of shares (n, c) are those of y (n,), by how sure they are.

    Source: C. Guo et al., section 2.

    Examples
    --------
    >>> sure = np.array([[0.93, 0.07], [0.97, 0.03]])
    >>> round(reliability(sure, np.array([0, 1])).expected_error, 6)
    0.45
    """
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == y
    parts = np.minimum((sure * PARTS).astype(int), PARTS - 1)
    counts = np.bincount(parts, minlength=PARTS)
    means = (
        np.bincount(parts, weights=values, minlength=PARTS) / counts.clip(min=1)
        for values in (sure, right)
    )
    confidence, share = (tuple(np.clip(each, 0, 1).tolist()) for each in means)
    return Reliability(
        examples=tuple(counts.tolist()),
        confidence=confidence,
        right=share,
        log_loss=log_loss(shares, y),
    )


def calibrated(
    model: Model, x: NDArray[np.float32], y: NDArray[np.intp]
) -> tuple[Model, Calibration | None]:
    """Fit the temperature of a single network on examples that did not train it.

    Parameters
    ----------
    model
        The network.
    x, y
        Inputs (n, d) and classes (n,).

    Returns
    -------
    The network with its temperature, and how its probabilities fit the examples; None of numbers,
    which have none.
    """
    if model.task == "regression":
        return model, None
    fitted = fit([Votes(model.loss(), tuple(model.member_logits(x)))], y)
    return replace(model, temperature=fitted.temperature), fitted.calibration


def kind_of(settings: Hyperparameters) -> Hyperparameters:
    """Return what networks of one kind share: all settings but the seed."""
    return replace(settings, seed=0)


def committee_of(
    models: Sequence[Model], x: NDArray[np.float32], y: NDArray[Any]
) -> tuple[Model, Fitted]:
    """Join networks that validate on the same examples.

    Those of one kind, which differ in nothing but the seed, count alike; kinds are weighted by what
    they cost on the validation examples, on which the temperature is fitted too.

    Parameters
    ----------
    models
        Trained on the same data, split alike.
    x, y
        Inputs (n, d) and classes or numbers (n,) of the validation examples.

    Raises
    ------
    DataError
        When they have other inputs or classes, or were trained on other data.
    """
    for number, other in enumerate(models[1:], 2):
        _check_alike(models[0], other, number)
    members = [member for model in models for member in model.members]
    logits = [z for model in models for z in model.member_logits(x)]
    places: dict[Hyperparameters, list[int]] = {}
    for place, member in enumerate(members):
        places.setdefault(kind_of(member.settings), []).append(place)
    losses = losses_of(models[0].task)
    fitted = fit(
        [Votes(losses[kind.cost], tuple(logits[i] for i in of)) for kind, of in places.items()], y
    )
    weights = np.zeros(len(members))
    for weight, of in zip(fitted.weights, places.values(), strict=True):
        weights[of] = weight / len(of)
    model = _joined(models[0], members, weights.tolist(), fitted.temperature)
    metrics = {name: fitted.metrics[name] for name in models[0].validation_metrics}
    return replace(model, validation_metrics=metrics), fitted


def committee_of_folds(
    models: Sequence[Model], folds: Sequence[Fold], y: NDArray[Any]
) -> tuple[Model, Fitted]:
    """Join networks of one kind that were trained on folds, which count alike.

    The temperature is fitted out of fold: each example asks the network that did not train on it,
    in each repeat, and takes the mean.
    The metrics are those of the networks alone: of the committee no example is left to tell it.

    Parameters
    ----------
    models
        One for each fold and seed, those of the first seed first.
    folds
        What they were trained on.
    y
        The class, or the number to predict, of each training and then each validation example (n,).
    """
    fitted = fit([_votes_of(models, folds, len(y))], y)
    members = [member for model in models for member in model.members]
    repeats = 1 + folds[-1].repeat
    data = replace(models[0].data, folds=len(folds) // repeats, repeats=repeats)
    weights = [1 / len(members)] * len(members)
    metrics = {
        name: float(np.mean([model.validation_metrics[name] for model in models]))
        for name in models[0].validation_metrics
    }
    whole = replace(models[0], data=data, validation_metrics=metrics)
    return _joined(whole, members, weights, fitted.temperature), fitted


def _votes_of(models: Sequence[Model], folds: Sequence[Fold], n: int) -> Votes:
    """Return what networks of one kind say of the n examples that they did not train on."""
    count, votes = len(folds) // (1 + folds[-1].repeat), []
    for first in range(0, len(models), count):
        z = np.empty((n, models[0].data.n_outputs))
        place = first % len(folds)
        for model, fold in zip(models[first:][:count], folds[place:][:count], strict=True):
            (z[fold.rows],) = model.member_logits(fold.tuning.validation.x)
        votes.append(z)
    return Votes(models[0].loss(), tuple(votes))


def committee_of_kinds(
    kinds: Sequence[Sequence[Model]], folds: Sequence[Fold], y: NDArray[Any]
) -> tuple[Model, Fitted]:
    """Join networks of several kinds that were trained on folds, by what they cost out of fold.

    Each example asks, of every kind, the networks that did not train on it. On what they say are
    fitted, of classes, a temperature of each kind, which its output weights are divided by; the
    weights of the kinds; and the temperature of their mean. So the metrics, which are those of that
    mean, are slightly too good for the fitting, and too bad because each kind votes there with a
    part of its networks.

    Parameters
    ----------
    kinds
        The networks of each kind, as for `committee_of_folds`.
    folds
        What they were trained on.
    y
        The class, or the number to predict, of each training and then each validation example (n,).
    """
    votes = [_votes_of(models, folds, len(y)) for models in kinds]
    own = [_own_temperature(each, y) for each in votes]
    fitted = fit([each.at(t) for each, t in zip(votes, own, strict=True)], y)
    kinds = [[_cooled(m, t) for m in models] for models, t in zip(kinds, own, strict=True)]
    members, weights = [], []
    for models, weight in zip(kinds, fitted.weights, strict=True):
        members += [member for model in models for member in model.members]
        weights += [weight / len(models)] * len(models)
    first = next(models[0] for models, w in zip(kinds, fitted.weights, strict=True) if w > 0)
    metrics = {name: fitted.metrics[name] for name in first.validation_metrics}
    data = replace(first.data, folds=len(folds))
    whole = replace(first, data=data, validation_metrics=metrics)
    return _joined(whole, members, weights, fitted.temperature), fitted


def _own_temperature(votes: Votes, y: NDArray[Any]) -> float:
    """Return the temperature of a kind alone: that of the mean cannot serve kinds that differ."""
    return 1.0 if y.dtype.kind == "f" else fitted_temperature(votes.shares, y)


def _cooled(model: Model, temperature: float) -> Model:
    """Return a single network whose logits are divided by a temperature."""
    *weights, last_weights = model.parameters.weights
    *biases, last_biases = model.parameters.biases
    scale = np.float64(temperature).astype(last_weights.dtype)
    parameters = Parameters((*weights, last_weights / scale), (*biases, last_biases / scale))
    return replace(model, parameters=parameters)


def refitted(model: Model, networks: Sequence[Model]) -> Model:
    """Return networks that were trained again on all data, counting alike, in place of a model's.

    What the model knows of its accuracy, and its temperature, stay those of the networks before.
    """
    members = [member for network in networks for member in network.members]
    weights = [1 / len(members)] * len(members)
    data = replace(model.data, n_features=networks[0].data.n_features)
    again = _joined(replace(model, data=data), members, weights, model.temperature)
    return replace(again, refitted=True)


def _joined(
    first: Model, members: Sequence[Member], weights: Sequence[float], temperature: float
) -> Model:
    """Return members that have some weight as one model, with the data of the first model."""
    kept = [(m, w) for m, w in zip(members, weights, strict=True) if w > 0]
    (leader, _), *others = kept
    return replace(
        first,
        settings=leader.settings,
        parameters=leader.parameters,
        preprocessing=leader.preprocessing,
        others=tuple(member for member, _ in others),
        weights=tuple(weight for _, weight in kept),
        temperature=temperature,
    )


def _check_alike(first: Model, other: Model, number: int) -> None:
    inputs, others = ((m.preprocessing.column_names, m.image_shape) for m in (first, other))
    for what, alike in (
        ("inputs", inputs == others),
        ("classes", first.classes == other.classes),
        ("data, or another split of them", first.data.identity == other.data.identity),
    ):
        if not alike:
            raise DataError(
                f"network {number} of the committee has other {what} than the first: give networks"
                " that were trained on the same data, split alike."
            )
