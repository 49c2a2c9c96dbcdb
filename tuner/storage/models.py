"""A trained network as a value, and as a self-contained file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.data import Dataset, Part, Preprocessing
from tuner.data.dataset import PartRows
from tuner.data.loading import Prepared, prepare, warn
from tuner.environment import installed
from tuner.errors import DataError
from tuner.network.arrays import Array
from tuner.network.blas import one_thread
from tuner.network.initialization import Parameters
from tuner.network.losses import LOSSES
from tuner.records import DataSummary, Hyperparameters, Record
from tuner.storage import tensorfile
from tuner.trainers.native import ROWS_AT_ONCE, NativeLane, logits, one_hot
from tuner.training.loop import Training

if TYPE_CHECKING:
    from tuner.data.loading import Raw

KIND = "model"


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """A trained network with everything needed to apply it to raw data.

    `predict` and `predict_proba` take raw data. The other methods take what `preprocess` returns,
    such as rows of `Dataset.train`.

    Attributes
    ----------
    settings
        Its hyperparameters.
    parameters
        Its weights and biases.
    preprocessing
        Turns raw inputs into those of the network.
    data
        The data it was trained on.
    validation_accuracy
        That of the best epoch, as a share 0 … 1.
    tuner
        The version of tuner that trained it.

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
    validation_accuracy: float
    tuner: str

    def __post_init__(self) -> None:
        tensorfile.check_parameters(self.parameters, self.settings, self.data)
        _check_preprocessing(self.preprocessing, self.data)

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of each class, in the order of the outputs."""
        return self.data.classes

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """(height, width) where an input is an image, else None."""
        return self.data.image_shape

    def predict(self, x: "Raw | Part") -> NDArray[np.str_]:
        """Return the name (n,) of the class with the largest output.

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
        return np.array(self.classes)[self.predict_indices(self.preprocess(x))]

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

    def prepare(self, x: "Raw | Part") -> Prepared:
        """Return the network's inputs (n, d) as `preprocess`, and notes on how they were read."""
        if isinstance(x, Part):
            return Prepared(x.x)
        if isinstance(x, PartRows):
            return Prepared(np.asarray(x))
        where = _name_of(x)
        try:
            return prepare(x, self.preprocessing)
        except DataError as error:
            if str(error).startswith(f"{where}: "):
                raise
            raise DataError(f"{where}: {error}") from error

    def outputs(self, x: ArrayLike) -> Array:
        """Return the network's outputs a (n, c) for inputs x (n, d).

        Sigmoid outputs are c separate numbers from 0 to 1; softmax outputs sum to 1.

        Raises
        ------
        DataError
            When x has another shape, or is so extreme that an output is NaN.
        """
        a = self._logits(x)
        with np.errstate(all="ignore"):
            LOSSES[self.settings.cost].output(a)
        return a

    def probabilities(self, x: ArrayLike) -> Array:
        """Return a share (n, c) for each class: the outputs, divided by their sum.

        Of sigmoid outputs this is a convention, not a calibrated probability. It is computed from
        the logits, so it holds where all outputs of an example round to 0. Errors as `outputs`.
        """
        z = self._logits(x)
        with np.errstate(all="ignore"):
            LOSSES[self.settings.cost].probabilities(z)
        return z

    def predict_indices(self, x: ArrayLike) -> NDArray[np.intp]:
        """Return the class index (n,) of the largest output; errors as `outputs`."""
        indices: NDArray[np.intp] = self._logits(x).argmax(axis=1)
        return indices

    def accuracy(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the share of examples (at least one) whose class index y (n,) is predicted."""
        return float((self.predict_indices(x) == _matching(x, y)).mean())

    def costs(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Return the cost (n,) of each example, without regularization; errors as `outputs`."""
        z = self._logits(x)
        targets = one_hot(_matching(x, y), len(self.classes), z.dtype)
        with np.errstate(all="ignore"):
            return LOSSES[self.settings.cost].per_example(z, targets).astype(np.float64)

    def _logits(self, x: ArrayLike) -> Array:
        rows = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != self.data.n_features or not len(rows):
            raise DataError(
                f"x has shape {rows.shape} but must be (n, {self.data.n_features}): preprocess it "
                "as in training."
            )
        with one_thread(), np.errstate(all="ignore"):
            z = np.concatenate(list(self._pieces(rows)))
        sound = np.isfinite(z).all(axis=1)
        if not sound.all():
            raise DataError(
                f"example {sound.argmin() + 1} lies so far from the training data that the "
                "network's output is no number: check its values."
            )
        return z

    def _pieces(self, rows: NDArray[Any]) -> Iterator[Array]:
        # In the pieces that the trainer measures in, so that each logit is the same to the bit.
        for first in range(0, len(rows), ROWS_AT_ONCE):
            piece = rows[first : first + ROWS_AT_ONCE].astype(np.float32, copy=False)
            yield logits(self.parameters, self.settings, piece)


def _name_of(x: "Raw | Part") -> str:
    return str(x) if isinstance(x, str | Path) else "x"


def _matching(x: ArrayLike, y: ArrayLike) -> NDArray[np.intp]:
    indices = np.asarray(y, dtype=np.intp)
    if indices.shape != (n := len(np.asarray(x)),):
        raise DataError(f"y has shape {indices.shape} but must be ({n},): give one for each row.")
    return indices


def _check_preprocessing(preprocessing: Preprocessing, data: DataSummary) -> None:
    if preprocessing.image_shape != data.image_shape:
        raise DataError("holds images of two sizes: save it again.")
    if data.image_shape is not None:
        made = data.image_shape[0] * data.image_shape[1]
    else:
        made = len(preprocessing.feature_names)
    sound = preprocessing.divisor > 0 and all(each.scale >= 0 for each in preprocessing.numeric)
    if made != data.n_features or not sound:
        raise DataError("holds a preprocessing that does not fit its network: save it again.")


def model_of(training: Training[NativeLane], dataset: Dataset) -> Model:
    """Return the best network of a training as a model; see `Model` for an example."""
    return Model(
        settings=training.settings,
        parameters=training.best.network,
        preprocessing=dataset.preprocessing,
        data=dataset.summary,
        validation_accuracy=training.record.best_validation_accuracy,
        tuner=installed(["eta-tuner"]).get("eta-tuner", "not installed"),
    )


@dataclass(frozen=True, kw_only=True)
class ModelRecord(Record):
    """The contents of a model's file besides the arrays."""

    settings: Hyperparameters
    preprocessing: Preprocessing
    data: DataSummary
    validation_accuracy: float
    tuner: str


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
        validation_accuracy=model.validation_accuracy,
        tuner=model.tuner,
    )
    tensorfile.write(Path(path), KIND, record, tensorfile.named(model.parameters))


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
        (parameters,) = tensorfile.parameters_from(arrays, record.settings)
        return Model(
            settings=record.settings,
            parameters=parameters,
            preprocessing=record.preprocessing,
            data=record.data,
            validation_accuracy=record.validation_accuracy,
            tuner=record.tuner,
        )
