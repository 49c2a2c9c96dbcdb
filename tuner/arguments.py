"""From the arguments of the verbs to data, settings and a trainer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tuner.data import Dataset, from_arrays, load
from tuner.data.folds import Fold, folds_of
from tuner.errors import OptionError
from tuner.records import DataSummary
from tuner.settings import Given, Hyperparameters, Strategy, plain, split_settings
from tuner.storage.models import model_of
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import Training

Data = Dataset | str | Path | pd.DataFrame | tuple[Any, Any]
"""A data set, the name or the path of one, a table with its target column, or arrays (x, y)."""


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


def source_of(data: Any, seed: int) -> Source:
    """Return what trains on the data, or the trainer itself where that was given.

    Parameters
    ----------
    data
        Any data that `tuner.load` takes, or a trainer that has a `summary`.
    seed
        Of the split, where the data are loaded here.
    """
    if hasattr(data, "advance"):
        if not hasattr(data, "summary"):
            raise OptionError(f"data is a {type(data).__name__} without a summary of its data.")
        return Source(data, data.summary)
    dataset = dataset_of(data, seed)
    return Source(NativeTrainer(dataset.tuning), dataset.summary, dataset)


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
    settings: Hyperparameters | None, strategy: Strategy | None, keywords: Mapping[str, Any]
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
    return split_settings({**base, **{name: plain(value) for name, value in keywords.items()}})


def call_of(verb: str, data: object, keywords: Mapping[str, Any]) -> str:
    """Return a call as a line of Python, for a record made from Python.

    Examples
    --------
    >>> call_of("find_eta", "digits", {"hidden": (30,)})
    "tuner.find_eta('digits', hidden=(30,))"
    """
    name = data.name if isinstance(data, Dataset) else data
    first = repr(name) if isinstance(name, str | Path) else type(name).__name__
    return f"tuner.{verb}({', '.join([first, *(f'{k}={v!r}' for k, v in keywords.items())])})"
