"""The interface between the strategies' drivers and whatever trains networks.

A network in training is a value, a lane: it holds its settings and all its state, and `advance` is
a pure function of it. Rungs, pauses, checkpoints and worker processes are all the same thing then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, TuningData
from tuner.data.files import digest
from tuner.errors import DataError
from tuner.records import DataSummary, Hyperparameters

Portion = Literal["training", "probe", "validation"]
"""Which examples are measured: a whole part, or for `probe` a fixed subset of the training part."""


Rates = NDArray[np.float64]
"""The learning rate at each of some steps, (steps,)."""


class Lane(Protocol):
    """One network in training, a value that nothing changes."""

    @property
    def settings(self) -> Hyperparameters:
        """Its hyperparameters."""
        ...

    @property
    def steps(self) -> int:
        """Training steps taken so far."""
        ...

    @property
    def diverged(self) -> bool:
        """Whether a parameter has left the finite numbers; such a lane no longer trains."""
        ...

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        ...

    def with_eta(self, eta: float) -> Self:
        """Return the same network with another learning rate from here on."""
        ...


L = TypeVar("L", bound=Any)


@dataclass(frozen=True)
class Measurement:
    """What a network does on some examples.

    Attributes
    ----------
    cost
        Mean cost over the examples plus the regularization term; NaN or infinite after divergence.
    metrics
        What `tuner.metrics.METRICS` says of the examples, by its names.
    penalty
        The regularization term in the cost.
    """

    cost: float
    metrics: Mapping[str, float]
    penalty: float = 0.0

    @property
    def accuracy(self) -> float:
        """Share of the examples whose largest output is the right class, 0 … 1."""
        return self.metrics["accuracy"]


class Trainer(Protocol[L]):
    """Whatever can train networks on one data set."""

    def start(self, settings: Hyperparameters) -> L:
        """Return a network before its first step, determined by `settings` (and its seed) alone."""
        ...

    def advance(self, lanes: Sequence[L], steps: int) -> list[L]:
        """Train each lane for that many more steps; the lanes passed in stay as they are."""
        ...

    def measure(self, lanes: Sequence[L], portion: Portion) -> list[Measurement]:
        """Return cost and metrics of each lane on those examples."""
        ...

    def steps_per_epoch(self, settings: Hyperparameters) -> int:
        """Return the number of mini-batches in one pass over the training data."""
        ...

    def baseline(self, settings: Hyperparameters) -> float:
        """Return B, the cost of the best constant prediction on the training data."""
        ...

    def decay(self, settings: Hyperparameters) -> float:
        """Return λ/n, the decay of the weights in one step at η = 1."""
        ...


@runtime_checkable
class PerStepTrainer(Trainer[L], Protocol[L]):
    """A trainer that can change η with every step, as some schedules do."""

    def advance_at(self, lanes: Sequence[L], etas: Sequence[Rates]) -> list[L]:
        """Train each lane with the learning rates (steps,) that are given for it."""
        ...


class DescribedTrainer(Trainer[L], Protocol[L]):
    """A trainer that knows which data it trains on."""

    @property
    def summary(self) -> DataSummary:
        """Which data these are."""
        ...


def constant_rates(lanes: Sequence[Lane], steps: int) -> list[Rates]:
    """Return η of each lane's settings for each of the steps."""
    return [np.full(steps, lane.settings.eta) for lane in lanes]


def tuning_data(data: TuningData | Dataset) -> TuningData:
    """Return training and validation part of the data; the test part stays sealed.

    Raises
    ------
    DataError
        When a number in them is not finite.
    """
    tuning = data.tuning if isinstance(data, Dataset) else data
    for name, part in (("training", tuning.train), ("validation", tuning.validation)):
        check_finite(np.isfinite(part.x), name)
    return tuning


def check_finite(finite: NDArray[np.bool_], part: str) -> None:
    """Raise `DataError`, naming part, row and column, unless all inputs (n, …) are finite."""
    if finite.all():
        return
    row, *column = (int(i) for i in np.argwhere(~finite)[0])
    bad = int((~finite).reshape(len(finite), -1).any(axis=1).sum())
    where = f", column {', '.join(map(str, column))}" if column else ""
    raise DataError(
        f"{part} part: x is missing or infinite in row {row}{where} (from 0), and in {bad} of"
        f" {len(finite)} rows: fill it in or drop the rows."
    )


def summary_of(
    train: tuple[NDArray[np.generic], NDArray[np.generic]],
    validation: tuple[NDArray[np.generic], NDArray[np.generic]],
    classes: tuple[str, ...] | None = None,
) -> DataSummary:
    """Describe which data these are: arrays (x, y) of the training and of the validation part."""
    contents = [np.ascontiguousarray(array) for array in (*train, *validation)]
    numbers = train[1].dtype.kind == "f"
    names = classes or ()
    if not names and not numbers:
        names = tuple(str(c) for c in range(int(max(train[1].max(), validation[1].max())) + 1))
    return DataSummary(
        name="arrays",
        sha256=digest(*(array.tobytes() for array in contents)),
        n_train=len(train[0]),
        n_validation=len(validation[0]),
        n_test=0,
        n_features=int(np.prod(train[0].shape[1:])),
        classes=names,
        task="regression" if numbers else "classification",
    )
