"""From raw columns to the network's inputs: fitted by scikit-learn, kept as a plain value.

The fitted value is a record, so it travels inside a saved model as JSON, and applying it needs
neither scikit-learn nor a pickle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.inputs import Inputs, pixel_names
from tuner.errors import DataError
from tuner.records import Record

MAX_CATEGORIES = 50
"""Columns made from one text column at most; rarer categories share the last of them."""


@dataclass(frozen=True, kw_only=True)
class Numeric(Record):
    """A column of numbers, standardised: (value − mean) / scale."""

    name: str
    mean: float
    scale: float


@dataclass(frozen=True, kw_only=True)
class Categorical(Record):
    """A column of texts, one-hot encoded.

    Attributes
    ----------
    name
        Of the column.
    categories
        Those with a column of their own, in its order.
    other
        Whether one more column stands for every other text; otherwise such a text gives zeros.
    """

    name: str
    categories: tuple[str, ...]
    other: bool = False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each column made."""
        own = tuple(f"{self.name}={category}" for category in self.categories)
        return (*own, f"{self.name}=(other)") if self.other else own

    def encode(self, texts: NDArray[np.object_]) -> NDArray[np.float32]:
        """Turn texts (n,) into ones and zeros (n, columns made)."""
        place = {category: i for i, category in enumerate(self.categories)}
        places = np.fromiter((place.get(text, len(place)) for text in texts), np.intp, len(texts))
        return np.eye(len(place) + 1, len(self.feature_names), dtype=np.float32)[places]


@dataclass(frozen=True, kw_only=True)
class Preprocessing(Record):
    """How raw inputs become rows of `x`: numbers first, then categories; or pixels.

    Attributes
    ----------
    numeric, categorical
        What is done to each column of a table, in the order of the columns of `x`.
    image_shape
        (height, width) of images, which have no named columns; None for tables.
    divisor
        The pixel value of an image that becomes 1.

    Examples
    --------
    >>> from tuner.data.inputs import numeric
    >>> fitted = Preprocessing(numeric=(Numeric(name="x0", mean=1.0, scale=2.0),))
    >>> fitted.transform(numeric(np.array([[1.0], [5.0]])))
    array([[0.],
           [2.]], dtype=float32)
    """

    numeric: tuple[Numeric, ...] = ()
    categorical: tuple[Categorical, ...] = ()
    image_shape: tuple[int, int] | None = None
    divisor: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each column of `x`."""
        if self.image_shape is not None:
            return pixel_names(self.image_shape)
        made = (name for column in self.categorical for name in column.feature_names)
        return (*(column.name for column in self.numeric), *made)

    @property
    def text_names(self) -> tuple[str, ...]:
        """Name of each text column of the raw table."""
        return tuple(column.name for column in self.categorical)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Name of each column of the raw table, or of each pixel."""
        if self.image_shape is not None:
            return pixel_names(self.image_shape)
        return (*(column.name for column in self.numeric), *self.text_names)

    def transform(self, inputs: Inputs) -> NDArray[np.float32]:
        """Turn raw inputs into float32 rows (n, d).

        Raises
        ------
        DataError
            When a column is missing or of the other kind, images have another size, or a number
            lies so far from the training data that float32 cannot hold it.
        """
        if self.image_shape is not None:
            return self._scale_pixels(inputs)
        with np.errstate(over="ignore", under="ignore"):
            x = np.hstack([self._standardise(inputs), *self._encode(inputs)])
        finite = np.isfinite(x).all(axis=0)
        if not finite.all():
            name = self.feature_names[int(finite.argmin())]
            raise DataError(f"column {name!r} holds a number beyond float32: rescale or drop it.")
        return x

    def _scale_pixels(self, inputs: Inputs) -> NDArray[np.float32]:
        if inputs.number_names != self.feature_names:
            raise DataError(
                f"images of {self.image_shape} pixels are needed, but the inputs have "
                f"{len(inputs.number_names)} other columns: use images of that size."
            )
        pixels = inputs.numbers.astype(np.float32)
        pixels /= np.float32(self.divisor)
        return pixels

    def _standardise(self, inputs: Inputs) -> NDArray[np.float32]:
        names = tuple(column.name for column in self.numeric)
        places = _places(names, inputs.number_names, "numbers")
        whole = names == inputs.number_names
        numbers = inputs.numbers if whole else inputs.numbers[:, places]
        mean = np.array([column.mean for column in self.numeric])
        scale = np.array([column.scale for column in self.numeric])
        return np.asarray((numbers - mean) / scale, dtype=np.float32)

    def _encode(self, inputs: Inputs) -> Iterator[NDArray[np.float32]]:
        places = _places(self.text_names, inputs.text_names, "texts")
        for column, place in zip(self.categorical, places, strict=True):
            yield column.encode(inputs.texts[:, place])


def _places(names: tuple[str, ...], among: tuple[str, ...], kind: str) -> list[int]:
    where = {name: i for i, name in enumerate(among)}
    for name in names:
        if name not in where:
            raise DataError(f"column {name!r} with {kind} is missing: add it as in training.")
    return [where[name] for name in names]


def fit(inputs: Inputs) -> Preprocessing:
    """Fit the preprocessing of a table on its training examples.

    Numbers are standardised, a constant column becomes zeros. Texts are one-hot encoded; a column
    of more than `MAX_CATEGORIES` texts keeps the most frequent and gathers the others.

    Raises
    ------
    DataError
        When the numbers of a column are too large for their variance to be computed.
    """
    return Preprocessing(numeric=_fit_numeric(inputs), categorical=_fit_categorical(inputs))


def _fit_numeric(inputs: Inputs) -> tuple[Numeric, ...]:
    if not inputs.number_names:
        return ()
    from sklearn.preprocessing import StandardScaler

    with np.errstate(all="ignore"):
        scaler = StandardScaler().fit(inputs.numbers.astype(np.float64))
    finite = np.isfinite(scaler.var_)
    if not finite.all():
        name = inputs.number_names[int(finite.argmin())]
        raise DataError(f"column {name!r} has numbers too large to scale: rescale it.")
    fitted = zip(inputs.number_names, scaler.mean_, scaler.scale_, strict=True)
    return tuple(Numeric(name=n, mean=float(m), scale=float(s)) for n, m, s in fitted)


def _fit_categorical(inputs: Inputs) -> tuple[Categorical, ...]:
    if not inputs.text_names:
        return ()
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES)
    encoder.fit(inputs.texts)
    columns = []
    for name, found, rare in zip(
        inputs.text_names, encoder.categories_, encoder.infrequent_categories_, strict=True
    ):
        gathered = set() if rare is None else set(rare)
        kept = tuple(str(category) for category in found if category not in gathered)
        columns.append(Categorical(name=name, categories=kept, other=bool(gathered)))
    return tuple(columns)
