"""Trained networks as a value and as a file that needs nothing beside it."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.data import Dataset, Part, Preprocessing
from tuner.data.dataset import PartRows
from tuner.data.folds import Fold
from tuner.data.loading import Prepared, prepare, warn
from tuner.environment import installed
from tuner.errors import DataError
from tuner.metrics import Measured, of_classes, of_numbers
from tuner.network.arrays import Array
from tuner.network.blas import one_thread
from tuner.network.initialization import Parameters
from tuner.network.losses import Loss, losses_of, shares_of
from tuner.records import DataSummary, Hyperparameters, Record, TaskName
from tuner.records.measures import Measures, check_measures, check_metric
from tuner.storage import tensorfile
from tuner.trainers.native import ROWS_AT_ONCE, NativeLane, Scale, logits, one_hot
from tuner.training.loop import Training

if TYPE_CHECKING:
    from tuner.data.loading import Raw

KIND = "model"


@dataclass(frozen=True, eq=False, kw_only=True)
class Member:
    """One network of a committee; see `Model` for its attributes."""

    settings: Hyperparameters
    parameters: Parameters
    preprocessing: Preprocessing


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """A trained network, or a committee of several, with all that is needed to use it on raw data.

    A committee gives the weighted mean of the probabilities of its members, or of the numbers that
    they predict.

    `predict` and `predict_proba` take raw data. The other methods take what `preprocess` returns,
    such as rows of `Dataset.train`.

    Attributes
    ----------
    settings
        What it was built and trained with; of a committee the first member.
    parameters
        Its weights and biases; of a committee those of the first member.
    preprocessing
        Turns raw inputs into its own; of a committee those of the first member.
    data
        The data it was trained on.
    validation_metrics
        Those of the best epoch, by the names of `tuner.metrics.METRICS`.
    metric
        The one that chose the epoch.
    tuner
        The version of tuner that trained it.
    others
        The further members of a committee; none of a single network.
    weights
        The share of each member in the mean; they sum to 1.
    temperature
        What logits are divided by before they become probabilities.
    refitted
        Whether it trained on the validation examples too, once they had chosen; their accuracy is
        that of the networks before.

    Raises
    ------
    DataError
        When these are inconsistent, or a weight is not finite.

    Examples
    --------
    >>> from tuner.data import load
    >>> from tuner.training.loop import begin, train
    >>> from tuner.strategies.schedules import Constant
    >>> from tuner.strategies.stopping import Stopping
    >>> from tuner.trainers.native import NativeTrainer
    >>> iris = load("iris")
    >>> trainer, settings = NativeTrainer(iris.tuning), Hyperparameters(eta=0.5, hidden=(8,))
    >>> start = begin(trainer, settings, Constant(eta=0.5), Stopping(epochs=30))
    >>> done, = train(trainer, [start])
    >>> model = model_of(done, iris)
    >>> model.predict([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]).tolist()
    ['setosa', 'virginica']
    >>> model.accuracy(iris.validation.x, iris.validation.y) == model.validation_accuracy
    True
    """

    settings: Hyperparameters
    parameters: Parameters
    preprocessing: Preprocessing
    data: DataSummary
    validation_metrics: Mapping[str, float]
    tuner: str
    metric: str = "accuracy"
    others: tuple[Member, ...] = ()
    weights: tuple[float, ...] = (1.0,)
    temperature: float = 1.0
    refitted: bool = False

    def __post_init__(self) -> None:
        widths = self.data.n_features, *(_width(each.preprocessing) for each in self.others)
        for member, width in zip(self.members, widths, strict=True):
            ends = (width, self.data.n_outputs)
            tensorfile.check_parameters(member.parameters, member.settings, ends)
        _check_preprocessing(self.preprocessing, self.data)
        for member in self.others:
            _check_raw_columns(member.preprocessing, self.preprocessing)
        _check_shares(self.weights, len(self.members), self.temperature)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every network; a single one is a committee of one."""
        first = Member(
            settings=self.settings, parameters=self.parameters, preprocessing=self.preprocessing
        )
        return (first, *self.others)

    @cached_property
    def preprocessings(self) -> tuple[Preprocessing, ...]:
        """What makes the inputs, side by side; members trained on the same rows share one."""
        return tuple(dict.fromkeys(member.preprocessing for member in self.members))

    @cached_property
    def _columns(self) -> tuple[slice, ...]:
        """The columns of the inputs that each member reads."""
        ends = np.cumsum([0, *map(_width, self.preprocessings)]).tolist()
        places = [self.preprocessings.index(member.preprocessing) for member in self.members]
        return tuple(slice(ends[place], ends[place + 1]) for place in places)

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of each class, in the order of the outputs; none where numbers are predicted."""
        return self.data.classes

    @property
    def task(self) -> TaskName:
        """Whether classes or numbers are predicted."""
        return self.data.task

    @property
    def validation_accuracy(self) -> float:
        """Share of the validation examples classified right at the best epoch, 0 … 1."""
        return self.validation_metrics.get("accuracy", 0.0)

    def loss(self, member: Member | None = None) -> Loss:
        """Return the cost with its output layer of a member, by default of the first."""
        return losses_of(self.task)[(member or self.members[0]).settings.cost]

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """(height, width) where an input is an image, else None."""
        return self.data.image_shape

    def predict(self, x: "Raw | Part") -> NDArray[Any]:
        """Return the name (n,) of the class with the largest output, or the predicted number.

        Parameters
        ----------
        x
            Raw inputs: a DataFrame of pandas or polars with the columns of training, in any order,
            others ignored; an array (n, d) with the columns in the order of training, or of images
            (n, h, w); the name of a data set or the path of a file; or a part of a `Dataset` or
            rows of its `x`.

        Raises
        ------
        DataError
            When x cannot be used, lacks a column, or has pixels of another range than in training.
        """
        inputs = self.preprocess(x)
        if self.task == "regression":
            return self.values(inputs)
        return np.array(self.classes)[self.predict_indices(inputs)]

    def predict_proba(self, x: "Raw | Part") -> Array:
        """Return a share (n, c) for each class, as `probabilities`; x and errors as `predict`."""
        return self.probabilities(self.preprocess(x))

    def preprocess(self, x: "Raw | Part") -> NDArray[np.float32]:
        """Return the network's inputs (n, d) for raw data; x and errors as `predict`.

        Warns
        -----
        DataWarning
            When a column holds categories that no training example had.
        """
        prepared = self.prepare(x)
        warn(prepared.notes, _name_of(x))
        return prepared.x

    def prepare(self, x: "Raw | Part", known: Collection[str] = ()) -> Prepared:
        """Return the network's inputs (n, d) as `preprocess`, and notes on how they were read.

        Columns of a table that are neither those of training nor `known` are ignored, with a note.
        """
        if isinstance(x, Part | PartRows):
            if self.image_shape is None and (self.refitted or self.data.folds):
                raise DataError(
                    "x: is a part of a data set, scaled for networks of its training part: give raw"
                    " data."
                )
            return Prepared(np.asarray(x.x if isinstance(x, Part) else x))
        where = _name_of(x)
        try:
            own = filter(None, (self.data.target, self.data.groups, self.data.time))
            told = None if self.data.target is None else [*known, *own]  # by older models: nothing
            return prepare(x, *self.preprocessings, known=told)
        except DataError as error:
            if str(error).startswith(f"{where}: "):
                raise
            raise DataError(f"{where}: {error}") from error

    def outputs(self, x: ArrayLike) -> Array:
        """Return the network's outputs a (n, c) for inputs x (n, d).

        Sigmoid outputs are c separate numbers from 0 to 1; softmax outputs sum to 1, and so do
        those of a committee, its probabilities.

        Raises
        ------
        DataError
            When x has another shape, or is so extreme that an output is NaN.
        """
        a = self._logits(x, tempered=False)
        with np.errstate(all="ignore"):
            self.loss().output(a)
        return a

    def values(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the predicted number (n,) in the unit of the target; errors as `outputs`.

        Raises
        ------
        DataError
            When the model predicts classes.
        """
        if self.task == "classification":
            raise DataError("the model predicts classes: use predict or probabilities.")
        return self._logits(x)[:, 0].astype(np.float64)

    def probabilities(self, x: ArrayLike) -> Array:
        """Return a share (n, c) for each class: the outputs, divided by their sum.

        Of sigmoid outputs this is a convention, not a calibrated probability. It is computed from
        the logits, so it holds where all outputs of an example round to 0. Errors as `outputs`.
        """
        if self.task == "regression":
            raise DataError("the model predicts numbers, not classes: use predict.")
        z = self._logits(x)
        with np.errstate(all="ignore"):
            self.loss().probabilities(z)
        return z

    def predict_indices(self, x: ArrayLike) -> NDArray[np.intp]:
        """Return the class index (n,) of the largest output; errors as `outputs`."""
        indices: NDArray[np.intp] = self._logits(x).argmax(axis=1)
        return indices

    def accuracy(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the share of examples (at least one) whose class index y (n,) is predicted."""
        return float((self.predict_indices(x) == _matching(x, y, np.intp)).mean())

    def costs(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Return the cost (n,) of each example, without regularization; errors as `outputs`.

        A committee's is that of its outputs by the cost function of its first member. Of predicted
        numbers it is in the square of the target's unit.
        """
        z = self._logits(x, tempered=False)
        targets = (
            one_hot(_matching(x, y, np.intp), len(self.classes), z.dtype)
            if self.classes
            else _matching(x, y, np.float64)[:, np.newaxis]
        )
        with np.errstate(all="ignore"):
            return self.loss().per_example(z, targets).astype(np.float64)

    def measured(self, x: ArrayLike, y: ArrayLike) -> Measured:
        """Return the metrics on inputs x (n, d) with class indices or numbers y (n,)."""
        if self.task == "regression":
            return of_numbers(_matching(x, y, np.float64), self.values(x))
        z = self._logits(x)
        shares = z.copy()
        with np.errstate(all="ignore"):
            self.loss().probabilities(shares)
        return of_classes(_matching(x, y, np.intp), z, lambda: shares)

    def _logits(self, x: ArrayLike, *, tempered: bool = True) -> Array:
        """Return the logits (n, c); those of a single network also as it was trained.

        A temperature makes better probabilities, but is no part of what cost and outputs are.
        """
        rows = np.asarray(x)
        width = sum(map(_width, self.preprocessings))
        if rows.ndim != 2 or rows.shape[1] != width or not len(rows):
            raise DataError(
                f"x has shape {rows.shape} but must be (n, {width}): preprocess it as in training."
            )
        with one_thread(), np.errstate(all="ignore"):
            z = np.concatenate([self._pooled(each, tempered) for each in self._pieces(rows)])
        sound = np.isfinite(z).all(axis=1)
        if not sound.all():
            raise DataError(
                f"example {sound.argmin() + 1} lies so far from the training data that the "
                "network's output is NaN: check its values."
            )
        return z

    def member_logits(self, x: NDArray[Any]) -> list[Array]:
        """Return the logits (n, c) of each member for inputs x (n, d)."""
        with one_thread(), np.errstate(all="ignore"):
            return [np.concatenate(each) for each in zip(*self._pieces(x), strict=True)]

    def _pieces(self, rows: NDArray[Any]) -> Iterator[list[Array]]:
        # In the trainer's chunks, so that each logit is the same to the bit.
        for first in range(0, len(rows), ROWS_AT_ONCE):
            piece = rows[first : first + ROWS_AT_ONCE].astype(np.float32, copy=False)
            yield [
                logits(member.parameters, member.settings, piece[:, columns])
                for member, columns in zip(self.members, self._columns, strict=True)
            ]

    def _pooled(self, of_members: Sequence[Array], tempered: bool) -> Array:
        """Return the logits (n, c) of the whole from those of its members."""
        if len(of_members) == 1:
            same = self.temperature == 1 or not tempered
            return of_members[0] if same else of_members[0] / self.temperature
        shares = [
            shares_of(z, self.loss(member), self.temperature)
            for z, member in zip(of_members, self.members, strict=True)
        ]
        return self.loss().logits(np.average(shares, axis=0, weights=self.weights))


def _name_of(x: "Raw | Part") -> str:
    return str(x) if isinstance(x, str | Path) else "x"


def _matching(x: ArrayLike, y: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    indices = np.asarray(y, dtype=dtype)
    if indices.shape != (n := len(np.asarray(x)),):
        raise DataError(f"y has shape {indices.shape} but must be ({n},): give one for each row.")
    return indices


def _check_preprocessing(preprocessing: Preprocessing, data: DataSummary) -> None:
    if preprocessing.image_shape != data.image_shape:
        raise DataError("holds images of two sizes: save it again.")
    sound = preprocessing.divisor > 0 and all(each.scale >= 0 for each in preprocessing.numeric)
    if _width(preprocessing) != data.n_features or not sound:
        raise DataError("holds a preprocessing that does not fit its network: save it again.")


def _width(preprocessing: Preprocessing) -> int:
    """Return the number of inputs that it makes."""
    shape = preprocessing.image_shape
    return len(preprocessing.feature_names) if shape is None else shape[0] * shape[1]


def _check_raw_columns(one: Preprocessing, first: Preprocessing) -> None:
    if (one.image_shape, one.column_names) != (first.image_shape, first.column_names):
        raise DataError("holds networks of different inputs: save it again.")


def _check_shares(weights: tuple[float, ...], members: int, temperature: float) -> None:
    sound = len(weights) == members and all(weight >= 0 for weight in weights)
    if not sound or not math.isclose(sum(weights), 1) or not 0 < temperature < math.inf:
        raise DataError(
            f"holds the weights {weights} and the temperature {temperature} for {members} networks:"
            " save it again."
        )


def model_of(training: Training[NativeLane], dataset: Dataset, fold: Fold | None = None) -> Model:
    """Return the best network of a training as a model; see `Model` for an example.

    `fold` is what it trained on, if not the training part. Numbers are predicted in the unit of the
    target: the scale of the training targets goes into the output neuron.
    """
    tuning = fold.tuning if fold else dataset.tuning
    best = training.best_epoch
    return Model(
        settings=training.settings,
        parameters=_in_units(training.best.network, Scale.of(tuning.train.y)),
        preprocessing=fold.preprocessing if fold else dataset.preprocessing,
        data=replace(dataset.summary, n_features=training.best.n_in),
        validation_metrics=best.validation_metrics if best else {},
        metric=training.stopping.metric,
        tuner=installed(["eta-tuner"]).get("eta-tuner", "not installed"),
    )


def _in_units(parameters: Parameters, scale: Scale) -> Parameters:
    """Return a network whose outputs are in the unit of the target."""
    if scale == (0.0, 1.0):
        return parameters
    weights, biases = list(parameters.weights), list(parameters.biases)
    dtype = weights[-1].dtype
    weights[-1] = (weights[-1].astype(np.float64) * scale.width).astype(dtype)
    biases[-1] = (biases[-1].astype(np.float64) * scale.width + scale.center).astype(dtype)
    return Parameters(tuple(weights), tuple(biases))


@dataclass(frozen=True, kw_only=True)
class MemberRecord(Record):
    """What a model's file holds of a further member beside its arrays."""

    settings: Hyperparameters
    preprocessing: Preprocessing


@dataclass(frozen=True, kw_only=True)
class ModelRecord(Record):
    """What a model's file holds beside the arrays; what has a default is not in older files."""

    settings: Hyperparameters
    preprocessing: Preprocessing
    data: DataSummary
    validation_metrics: Measures
    tuner: str
    metric: str = "accuracy"
    others: tuple[MemberRecord, ...] = ()
    weights: tuple[float, ...] = (1.0,)
    temperature: float = 1.0
    refitted: bool = False

    def __post_init__(self) -> None:
        check_measures(self.validation_metrics)
        check_metric(self.metric)


def save_model(model: Model, path: str | Path) -> None:
    """Write a model to a safetensors file; the same model gives the same bytes.

    Raises
    ------
    OutputError
        When it cannot be written there; an older file of that name is then unchanged.
    """
    record = ModelRecord(
        settings=model.settings,
        preprocessing=model.preprocessing,
        data=model.data,
        validation_metrics=model.validation_metrics,
        tuner=model.tuner,
        metric=model.metric,
        others=tuple(
            MemberRecord(settings=member.settings, preprocessing=member.preprocessing)
            for member in model.others
        ),
        weights=model.weights,
        temperature=model.temperature,
        refitted=model.refitted,
    )
    arrays: dict[str, Array] = {}
    for prefix, member in zip(_prefixes(len(model.members)), model.members, strict=True):
        arrays |= tensorfile.named(member.parameters, prefix)
    tensorfile.write(Path(path), KIND, record, arrays)


def _prefixes(members: int) -> list[str]:
    """Return what the names of the arrays of each member begin with."""
    return ["", *(f"{k}." for k in range(2, members + 1))]


def load_model(path: str | Path) -> Model:
    """Read a model that `save_model` wrote; no code in the file is run.

    Raises
    ------
    DataError
        When the file is missing, damaged, no model of tuner, of a newer schema, or holds weights
        that are not finite or do not fit its settings.

    Examples
    --------
    >>> load_model("no-such-file.safetensors")
    Traceback (most recent call last):
        ...
    tuner.errors.DataError: no-such-file.safetensors: no such file: check the path.
    """
    record, arrays = tensorfile.read(Path(path), KIND, ModelRecord)
    with tensorfile.naming(Path(path)):
        settings = [record.settings, *(each.settings for each in record.others)]
        networks = dict(zip(_prefixes(len(settings)), settings, strict=True))
        first, *others = tensorfile.parameters_from(arrays, networks)
        return Model(
            settings=record.settings,
            parameters=first,
            preprocessing=record.preprocessing,
            data=record.data,
            validation_metrics=record.validation_metrics,
            tuner=record.tuner,
            metric=record.metric,
            others=tuple(
                Member(
                    settings=each.settings,
                    parameters=parameters,
                    preprocessing=each.preprocessing,
                )
                for each, parameters in zip(record.others, others, strict=True)
            ),
            weights=record.weights,
            temperature=record.temperature,
            refitted=record.refitted,
        )
