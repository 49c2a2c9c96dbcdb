"""From the arguments of the verbs to data, settings and a trainer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tuner.data import Dataset, TuningData, from_arrays, load
from tuner.data.folds import Fold, folds_of
from tuner.errors import OptionError
from tuner.records import DataSummary
from tuner.settings import Given, Hyperparameters, Own, Strategy, plain, split_settings
from tuner.storage.models import model_of
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import Training

Data = Dataset | str | Path | pd.DataFrame | tuple[Any, Any]
"""A data set, the name or the path of one, a table with its target column, or arrays (x, y)."""


@dataclass(frozen=True)
class OwnModel:
    """A model of the user's own, as the verbs take it by name.

    Attributes
    ----------
    model
        A PyTorch module or a scikit-learn estimator, or a function that makes one from settings.
    more
        What else its trainer is told: `loss`, `optimizer` and `device`, where they are given.
    params
        Settings that only the model knows.
    """

    model: Any
    more: Mapping[str, Any]
    params: Mapping[str, Any]

    @property
    def given(self) -> dict[str, Any]:
        """What a verb was given of it, by the names there."""
        params = {"params": dict(self.params)} if self.params else {}
        return {"model": self.model, **self.more, **params}


def own_model(
    model: Any,
    params: Mapping[str, Any] | None,
    loss: Any,
    device: Any,
    keywords: Mapping[str, Any],
) -> tuple[OwnModel | None, dict[str, Any]]:
    """Return the model of one's own that a verb is given, if one is, and its other keywords.

    An `optimizer` that is no name is the model's; ours that is akin to it takes its place, by which
    the share of the threshold goes.

    Raises
    ------
    OptionError
        When something is given that only such a model takes.
    """
    named, more = dict(keywords), {"loss": loss, "device": device}
    if "optimizer" in named and not isinstance(named["optimizer"], str):
        more["optimizer"] = named.pop("optimizer")
    more = {name: value for name, value in more.items() if value is not None}
    if model is None:
        if only := [*more, *(["params"] if params else [])]:
            raise OptionError(f"{only[0]} is for a model of your own: give model= too.")
        return None, named
    from tuner.trainers.torch import settings_of_optimizer  # PyTorch takes seconds to import

    named = {**settings_of_optimizer(more.get("optimizer")), **named}
    return OwnModel(model, more, Own(params or {})), named


@dataclass(frozen=True)
class Source:
    """A trainer, and the data that it trains on.

    Attributes
    ----------
    dataset
        None for a trainer of a user's own model.
    folds
        Of the training and validation part, where the networks train on those.
    """

    trainer: Trainer[Any]
    summary: DataSummary
    dataset: Dataset | None = None
    folds: tuple[Fold, ...] = ()

    @property
    def n_train(self) -> int:
        """Number of examples that train a network."""
        return self.folds[0].tuning.train.n if self.folds else self.summary.n_train

    def by_folds(self, count: int, repeats: int = 1) -> "Source":
        """Return the same data in so many folds; errors as `tuner.data.folds.folds_of`."""
        if self.dataset is None:
            raise OptionError("folds must be left out for a trainer of your own.")
        folds = folds_of(self.dataset, count, repeats)
        trainer = NativeTrainer(*(fold.tuning for fold in folds))
        summary = replace(self.summary, folds=count, repeats=repeats)
        return Source(trainer, summary, self.dataset, folds)

    def model_of(self, training: Training[Any]) -> Any:
        """Return the best network as a model; None where the trainer makes none."""
        if self.dataset is not None:
            fold = self.folds[training.lane.fold] if self.folds else None
            return model_of(training, self.dataset, fold)
        make = getattr(self.trainer, "model_of", None)
        return make(training.best) if make else None


def source_of(data: Any, settings: Hyperparameters, own: OwnModel | None = None) -> Source:
    """Return what trains on the data, or the trainer itself where that was given.

    Parameters
    ----------
    data
        Any data that `tuner.load` takes, or a trainer that has a `summary`.
    settings
        With the seed of the split, where the data are loaded here; a model is tried out with them.
    own
        The model to train, where it is none of ours.
    """
    if own is not None:
        from tuner.trainers.own import own_trainer  # PyTorch takes seconds to import

        parts = data if _are_parts(data) else dataset_of(data, settings.seed)
        trainer = own_trainer(own.model, parts, settings, own.more)
        return Source(trainer, trainer.summary)
    if hasattr(data, "advance"):
        if not hasattr(data, "summary"):
            raise OptionError(f"data is a {type(data).__name__} without a summary of its data.")
        return Source(data, data.summary)
    dataset = dataset_of(data, settings.seed)
    return Source(NativeTrainer(dataset.tuning), dataset.summary, dataset)


def _are_parts(data: Any) -> bool:
    """Whether data are a training and a validation part already."""
    if isinstance(data, TuningData):
        return True
    return (
        isinstance(data, tuple | list)
        and len(data) == 2
        and all(isinstance(part, tuple | list) and len(part) == 2 for part in data)
    )


def dataset_of(data: Any, seed: int = 0) -> Dataset:
    """Return the data as a data set, loaded and split by the seed unless it is one.

    Raises
    ------
    OptionError
        When it is nothing that data can be made of.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path) or hasattr(data, "columns"):
        return load(data, seed=seed)
    if isinstance(data, tuple) and len(data) == 2:
        return from_arrays(*data, seed=seed)
    raise OptionError(
        f"data is {type(data).__name__} but must be a name, a path, a DataFrame, arrays (x, y) or"
        " what tuner.load returned."
    )


def given_settings(
    settings: Hyperparameters | None,
    strategy: Strategy | None,
    keywords: Mapping[str, Any],
    model: OwnModel | None = None,
) -> Given:
    """Return settings and strategy with what keywords say in place of it.

    Raises
    ------
    OptionError
        When a keyword is unknown, or a value is of another type or out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> given_settings(None, Strategy(epochs=5), {"hidden": np.int64(8)}).strategy.epochs
    5
    """
    base = {**(vars(settings) if settings else {}), **(vars(strategy) if strategy else {})}
    own = base.pop("own", None)
    if model is not None:
        own = {**(own or {}), **model.params}
    given = split_settings({**base, **{name: plain(value) for name, value in keywords.items()}})
    return given._replace(hyperparameters=replace(given.hyperparameters, own=own))


def call_of(verb: str, data: object, keywords: Mapping[str, Any]) -> str:
    """Return a call as a line of Python, for a record made from Python.

    Examples
    --------
    >>> call_of("find_eta", "digits", {"hidden": (30,)})
    "tuner.find_eta('digits', hidden=(30,))"
    """
    name = data.name if isinstance(data, Dataset) else data
    first = repr(name) if isinstance(name, str | Path) else type(name).__name__
    return f"tuner.{verb}({', '.join([first, *(f'{k}={_named(v)}' for k, v in keywords.items())])})"


def _named(value: Any) -> str:
    """Return a value as a call would have it: functions, classes and models by their names."""
    if isinstance(value, partial):
        given = [_named(value.func), *(f"{k}={_named(v)}" for k, v in value.keywords.items())]
        return f"partial({', '.join(given)})"
    if callable(value):
        return getattr(value, "__qualname__", type(value).__name__).rpartition(">.")[2]
    return repr(value)
