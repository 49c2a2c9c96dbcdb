"""Models of every kind that an export must hold, and raw rows for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tuner.data import Dataset, from_arrays, load
from tuner.metrics import default_metric
from tuner.network.losses import LOSSES
from tuner.records import Hyperparameters
from tuner.storage.models import Member, Model, model_of
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train

ROWS = 120


def network(data: Dataset, **changes: Any) -> Model:
    chosen = Hyperparameters(**{"eta": 0.5, "hidden": (6,), **changes})
    trainer = NativeTrainer(data.tuning)
    start = begin(
        trainer,
        chosen,
        Constant(eta=chosen.eta),
        Stopping(epochs=3, metric=default_metric(data.summary.task)),
    )
    return model_of(train(trainer, [start])[0], data)


def committee(first: Model, *others: Model) -> Model:
    """Join models with weights 0.5, 0.25, … and a temperature."""
    shares = np.array([0.5**k for k in range(len(others) + 1)])
    return replace(
        first,
        others=tuple(
            Member(
                settings=each.settings,
                parameters=each.parameters,
                preprocessing=each.preprocessing,
            )
            for each in others
        ),
        weights=tuple((shares / shares.sum()).tolist()),
        temperature=1.7,
    )


def numbers() -> pd.DataFrame:
    """Return numbers with gaps, a far outlier and dates."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"label": rng.normal(5, 2, ROWS), "width": rng.exponential(3, ROWS)})
    frame.loc[7, "width"] = 1e9
    frame["when"] = pd.Timestamp("2019-03-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D")
    frame.loc[::11, ["label", "when"]] = np.nan, pd.NaT
    return frame


def mixed() -> pd.DataFrame:
    """Return those numbers beside texts with gaps, rare ones among them, and words for yes/no."""
    rng = np.random.default_rng(1)
    frame = numbers()
    frame["color"] = rng.choice(["red", "green", "blue", "猫"], ROWS)
    frame.loc[::17, "color"] = None
    frame.loc[3, "color"] = "once"
    frame["paid"] = rng.choice(["yes", "no"], ROWS)
    return frame


def classified(frame: pd.DataFrame) -> Dataset:
    return load(frame.assign(kind=np.where(np.arange(ROWS) % 3, "a", "b")), target="kind")


def images() -> Dataset:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (60, 3, 2))
    pixels[:, 0, 0] = 255
    return from_arrays(pixels, np.arange(60) % 3)


def raw_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of numbers and dates as exports take them, by pandas alone."""
    kept = frame.select_dtypes(["number", "datetime"]).copy()
    for name in kept.select_dtypes("datetime"):
        kept[name] = (kept[name] - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    return kept.astype(float)


def of_iris(**changes: Any) -> Callable[[], Model]:
    return lambda: network(load("iris"), **changes)


def iris_committee() -> Model:
    data = load("iris")
    return committee(
        network(data, cost="cross-entropy"),
        network(data, cost="log-likelihood", hidden=(3, 2), activation="tanh"),
        network(data, cost="quadratic", hidden=(), precision="float64"),
    )


IRIS_MODELS: dict[str, Callable[[], Model]] = {
    **{cost: of_iris(cost=cost) for cost in LOSSES},
    **{kind: of_iris(activation=kind, hidden=(5, 4)) for kind in ("sigmoid", "tanh", "relu")},
    "no hidden layer": of_iris(hidden=()),
    "float64": of_iris(precision="float64"),
    "temperature": lambda: replace(of_iris()(), temperature=0.3),
    "committee": iris_committee,
}


def number_committee(frame: pd.DataFrame) -> Model:
    """Return two networks that predict numbers around 1,000."""
    y = 1_000 + 50 * np.sin(np.arange(len(frame))) + frame["label"].fillna(5)
    data = load(frame.assign(price=y), target="price", task="regression")
    settings = {"cost": "quadratic", "eta": 0.05}
    first, other = (network(data, hidden=hidden, **settings) for hidden in ((4,), (3, 2)))
    return replace(committee(first, other), temperature=1.0)
