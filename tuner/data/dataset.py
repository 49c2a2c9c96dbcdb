"""A data set in parts, and the seal on the test part, which training code must not see."""

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tuner.data import seal
from tuner.data.inputs import Inputs, Rows
from tuner.data.preprocessing import Preprocessing
from tuner.errors import DataError, SealError
from tuner.records import DataSummary, Note, TaskName
from tuner.settings import plain


class PartRows(np.ndarray[Any, np.dtype[np.float32]]):
    """Rows of a part's `x`, still known as such after indexing, but not after arithmetic.

    A model takes them as they are, where it would standardise other arrays.
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return the result of a computation as a plain array or number."""
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain


@dataclass(frozen=True, eq=False)
class Part:
    """Examples that belong together: the training, validation or test part of a data set.

    Attributes
    ----------
    x
        Inputs, float32 of shape (n, d), C-contiguous and read-only; what a model computes on.
    y
        Class indices, intp of shape (n,), or numbers to predict, float64; read-only.

    Examples
    --------
    >>> part = Part(np.zeros((3, 2)), np.array([0, 1, 0]))
    >>> part.n, part.x.dtype, part.x.flags.writeable
    (3, dtype('float32'), False)
    """

    x: NDArray[np.float32]
    y: NDArray[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", _read_only(self.x, np.float32).view(PartRows))
        object.__setattr__(self, "y", _read_only(self.y, _kind_of(self.y)))
        if self.x.ndim != 2 or self.y.shape != (len(self.x),):
            raise ValueError(
                f"x must be (n, d) and y (n,) but they are {self.x.shape} and {self.y.shape}."
            )

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.y)

    def __reduce__(self) -> tuple[type["Part"], tuple[Any, Any]]:
        # NumPy forgets the read-only flag in a pickle; the constructor sets it again.
        return Part, (np.asarray(self.x), self.y)


def _kind_of(y: NDArray[Any]) -> type[np.generic]:
    return np.float64 if np.asarray(y).dtype.kind == "f" else np.intp


def _read_only(values: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class TuningData:
    """All that tuning may see; the test part cannot be reached from here.

    Attributes
    ----------
    train, validation
        The parts to train on and to choose by.
    classes
        Name of each class; `y` holds indices into it. None where `y` holds numbers to predict.
    image_shape
        (height, width) where each row of `x` is an image, else None.
    """

    train: Part
    validation: Part
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None

    @property
    def task(self) -> TaskName:
        """Whether classes or numbers are predicted."""
        return "classification" if self.classes else "regression"

    @property
    def n_outputs(self) -> int:
        """Output neurons of a network: one a class, or one number."""
        return len(self.classes) or 1


class Dataset:
    """A data set in three parts, of which the test part is sealed.

    What its constructor is given beyond these are further fields of `tuner.records.DataIdentity`.

    Attributes
    ----------
    name
        The known name, or the file's name.
    tuning
        Training and validation part: the value to hand to tuning and to worker processes.
    feature_names
        Name of each column of `x`.
    preprocessing
        Fitted on the training part; maps raw inputs to rows of `x`.
    raw
        Raw inputs of the training and then of the validation examples, to draw folds of; None for
        images, whose inputs do not depend on the split, and where they are not known.
    group_of
        The number (n,) of the group of each of these examples; None where there are no groups.
    summary
        Which data this is, for records and reports.

    Examples
    --------
    >>> from tuner.data import load
    >>> iris = load("iris")
    >>> iris.train.n, iris.validation.n, iris.test_openings
    (90, 30, 0)
    >>> iris.open_test().n, iris.test_openings
    (30, 1)
    """

    def __init__(
        self,
        tuning: TuningData,
        test: Part,
        *,
        name: str,
        sha256: str,
        preprocessing: Preprocessing,
        notes: tuple[Note, ...] = (),
        raw: Inputs | None = None,
        raw_test: Inputs | None = None,
        group_of: Rows | None = None,
        **identity: Any,
    ) -> None:
        self.name = name
        self.tuning = tuning
        self.feature_names = preprocessing.feature_names
        self.preprocessing = preprocessing
        self.raw, self.group_of = raw, group_of
        self._test, self._raw_test = test, raw_test
        self._openings = 0
        self.summary = DataSummary(
            name=name,
            sha256=sha256,
            n_train=tuning.train.n,
            n_validation=tuning.validation.n,
            n_test=test.n,
            task=tuning.task,
            notes=notes,
            n_features=tuning.train.x.shape[1],
            classes=tuning.classes,
            image_shape=tuning.image_shape,
            **{field: plain(value) for field, value in identity.items()},
        )

    @property
    def train(self) -> Part:
        """The part to train on."""
        return self.tuning.train

    @property
    def validation(self) -> Part:
        """The part to choose by."""
        return self.tuning.validation

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of each class."""
        return self.tuning.classes

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """(height, width) where each row of `x` is an image, else None."""
        return self.tuning.image_shape

    @property
    def test_openings(self) -> int:
        """How often the test part has been opened on this machine, by any command."""
        return self._openings or seal.openings(self.summary)

    def open_test(self, *preprocessings: Preprocessing) -> Part:
        """Break the seal: count the opening, also for later commands, and return the test part.

        Parameters
        ----------
        *preprocessings
            Make the inputs, side by side; by default that of the data set does.

        Raises
        ------
        DataError
            When preprocessings are given but the raw inputs are not known; nothing is opened.

        Warns
        -----
        SealWarning
            When the opening could not be counted (`tuner.data.seal`).
        """
        if preprocessings and self._raw_test is None:
            raise DataError(f"{self.name}: its raw inputs are not known: load it by tuner.load.")
        self._openings = seal.count_opening(self.summary, self._openings)
        if not preprocessings or self._raw_test is None:
            return self._test
        inputs = [each.transform(self._raw_test) for each in preprocessings]
        return Part(np.hstack(inputs), self._test.y)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, test_openings={self.test_openings})"

    def __reduce__(self) -> NoReturn:
        raise SealError(
            f"{self.name}: a copy of the data set would carry its test part uncounted: "
            "hand on its .tuning instead."
        )
