"""From raw columns to the network's inputs: fitted by scikit-learn, stored as a plain value.

The fitted value is a record, so it travels inside a saved model as JSON, and applying it needs
neither scikit-learn nor a pickle.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.inputs import MISSING, Column, Inputs, Part, missing_notes, pixel_names
from tuner.errors import DataError
from tuner.records import Note, NoteKind, Record

MAX_CATEGORIES = 50
"""Columns made from one text column at most; rarer categories share the last of them."""

MIN_COUNT = 3
"""Training examples that a category needs for a column of its own."""

ROWS_AT_ONCE = 4_096
"""Rows standardised at once, to bound the memory."""

MAX_RARE = 1_000
"""Rarer categories that are remembered, to tell them from unseen ones."""

BEND = 3.0
"""Beyond this size a standardised number grows only logarithmically: z = 100 becomes 7.6."""

FENCE = 5.0
"""Mean and deviation are of values cut off at so many times the distance that 99 % lie within."""

QUARTILES = 1.3489795003921634
"""Distance of the quartiles of a normal distribution, in standard deviations."""

MOST_QUANTILES = 200
"""Values that a column's distribution is told by, under `quantile`."""

DAYS: Mapping[Part, float] = {"year": 365.2425, "week": 7.0, "day": 1.0}
"""Length of the cycles whose phase a date is told by, beside the days since 1970-01-01."""

WAVES = {"sine": np.sin, "cosine": np.cos}

LIMIT = 20.0
"""Largest size of a standardised number: a nearly constant column cannot explode in new data."""

FEW_IMAGES = 20
"""From so many images on, some pixel should be as bright as in training, within a factor of 2."""

DARKEST = 1 / 8
"""Of the range, the least that the brightest pixel of fewer images must reach."""


@dataclass(frozen=True, kw_only=True)
class Numeric(Record):
    """A column of numbers, filled and scaled: (value − mean) / scale, 0 if it was constant.

    Attributes
    ----------
    name
        Of the column.
    mean, scale
        Mean and standard deviation of the training examples, or what stands for them under another
        scaling; a scale of 0 marks a constant.
    median
        Of the training examples, in place of a missing value; None in older models: the mean.
    indicator
        Whether one more column says where a value is missing, with 1.
    quantiles
        Values at even shares of the training examples, from the least to the largest: a value
        becomes the normal score of its share among them before mean and scale are used.
    """

    name: str
    mean: float
    scale: float
    median: float | None = None
    indicator: bool = False
    quantiles: tuple[float, ...] = ()

    @property
    def filling(self) -> float:
        """What stands in place of a missing value."""
        return self.mean if self.median is None else self.median


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
    pair
        Whether two columns are made into one: −1 and 1, and 0 for every other text.
    rare
        Categories of training that share that column; none where there are too many to remember.
    """

    name: str
    categories: tuple[str, ...]
    other: bool = False
    rare: tuple[str, ...] = ()
    pair: bool = False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each column made."""
        own = tuple(f"{self.name}={category}" for category in self.categories)
        names = (*own, f"{self.name}=(other)") if self.other else own
        return names[1:] if self.pair else names

    def encode(self, texts: NDArray[np.object_]) -> NDArray[np.float32]:
        """Turn texts (n,) into ones and zeros (n, columns made)."""
        place = {category: i for i, category in enumerate(self.categories)}
        places = np.fromiter((place.get(text, len(place)) for text in texts), np.intp, len(texts))
        if self.pair:
            return np.array([[-1], [1], [0]], dtype=np.float32)[places]
        return np.eye(len(place) + 1, len(self.feature_names), dtype=np.float32)[places]

    def unseen(self, texts: NDArray[np.object_]) -> Counter[str]:
        """Count the texts (n,) that no training example had, as far as that is known."""
        if self.other and not self.rare:
            return Counter()
        known = {*self.categories, *self.rare}
        return Counter(text for text in texts if text not in known)


@dataclass(frozen=True, kw_only=True)
class Preprocessing(Record):
    """How raw inputs become rows of `x`: numbers, missing indicators, categories; or pixels.

    Attributes
    ----------
    numeric, categorical
        What is done to each column of a table, in the order of the columns of `x`.
    image_shape
        (height, width) of images, which have no named columns; None for tables.
    divisor
        The pixel value of an image that becomes 1.
    brightest
        The largest pixel value that the data of training hold; None in older models.
    bend
        Size from which on a standardised number grows with its logarithm; None in older models.
    limit
        Largest size of a standardised number; None in older models.
    columns
        What each column of the raw table is, in its order; none in older models, and for arrays.
    scaling
        How the numbers were scaled, a name in `tuner.settings.SCALINGS`.

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
    brightest: float | None = None
    bend: float | None = None
    limit: float | None = None
    columns: tuple[Column, ...] = ()
    scaling: str = "standard"

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """What each column of the raw table is."""
        if self.columns:
            return self.columns
        if self.image_shape is not None:
            return tuple(Column(name=name, kind="number") for name in self.feature_names)
        numbers = (Column(name=each.name, kind="number") for each in self.numeric)
        texts = (Column(name=each.name, kind="category") for each in self.categorical)
        return (*numbers, *texts)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each column of `x`."""
        if self.image_shape is not None:
            return pixel_names(self.image_shape)
        indicators = (f"{column.name}={MISSING}" for column in self.numeric if column.indicator)
        made = (name for column in self.categorical for name in column.feature_names)
        return (*(column.name for column in self.numeric), *indicators, *made)

    def inputs_of(self, column: Column) -> int:
        """Return how many columns of `x` are made of a column of the raw table."""
        names = {column.name, *phase_names(column)}
        numbers = sum(1 + each.indicator for each in self.numeric if each.name in names)
        texts = (each for each in self.categorical if each.name == column.name)
        return numbers + sum(len(each.feature_names) for each in texts)

    @property
    def text_names(self) -> tuple[str, ...]:
        """Name of each text column of the raw table."""
        return tuple(column.name for column in self.categorical)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Name of each column of the raw table, or of each pixel."""
        if self.image_shape is not None:
            return pixel_names(self.image_shape)
        made = {name for column in self.columns for name in phase_names(column)}
        numbers = (column.name for column in self.numeric if column.name not in made)
        return (*numbers, *self.text_names)

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
        inputs = _with_phases(inputs, self.columns)
        numbers = inputs.numbers[:, self._number_places(inputs)]
        missing = np.isnan(numbers[:, [column.indicator for column in self.numeric]])
        return np.hstack(
            [self._standardise(numbers), missing.astype(np.float32), *self._encode(inputs)]
        )

    def check_new(self, inputs: Inputs) -> list[Note]:
        """Compare new raw inputs with those of training; return notes on the differences.

        Raises
        ------
        DataError
            When images have pixels of another range, or a column of texts holds none that a
            training example had.
        """
        if self.image_shape is not None:
            self._check_range(inputs)
            return []
        notes = missing_notes(inputs)
        for column, place in zip(self.categorical, self._text_places(inputs), strict=True):
            unseen = column.unseen(inputs.texts[:, place])
            if not unseen:
                continue
            n, listed = unseen.total(), ", ".join(repr(text[:30]) for text in list(unseen)[:3])
            if n == inputs.n and set(unseen) != {MISSING}:
                known = ", ".join(repr(text[:30]) for text in column.categories[:5])
                raise DataError(
                    f"column {column.name!r} holds no category of training ({known}) but {listed}:"
                    " write them as in training."
                )
            text = (
                f"column {column.name!r} holds {len(unseen)} unseen"
                f" {'category' if len(unseen) == 1 else 'categories'} ({listed}"
                f"{', …' if len(unseen) > 3 else ''}) in {n:,} of {inputs.n:,} rows."
            )
            notes.append(Note(kind=NoteKind.UNSEEN, text=text))
        return notes

    def _check_range(self, inputs: Inputs) -> None:
        if inputs.number_names != self.feature_names or not inputs.numbers.size:
            return
        least, most = float(inputs.numbers.min()), float(inputs.numbers.max())
        enough = self.divisor * DARKEST
        if inputs.n >= FEW_IMAGES:
            enough = max(enough, (self.brightest or self.divisor) / 2)
        if least < 0 or most > self.divisor or 0 < most < enough:
            raise DataError(
                f"has pixels from {least:g} to {most:g} where the model was trained on pixels from"
                f" 0 to {self.divisor:g}: scale them alike."
            )

    def _scale_pixels(self, inputs: Inputs) -> NDArray[np.float32]:
        if inputs.number_names != self.feature_names:
            raise DataError(
                f"images of {self.image_shape} pixels are needed, but the inputs have "
                f"{len(inputs.number_names)} other columns: use images of that size."
            )
        pixels = inputs.numbers.astype(np.float32)
        pixels /= np.float32(self.divisor)
        return pixels

    def _number_places(self, inputs: Inputs) -> list[int] | slice:
        names = tuple(column.name for column in self.numeric)
        same = names == inputs.number_names
        return slice(None) if same else _places(names, inputs.number_names, "numbers")

    def _standardise(self, numbers: NDArray[Any]) -> NDArray[np.float32]:
        filling = np.array([column.filling for column in self.numeric])
        mean = np.array([column.mean for column in self.numeric])
        scale = np.array([column.scale or np.inf for column in self.numeric])
        x = np.empty(numbers.shape, np.float32)
        with np.errstate(over="ignore", under="ignore"):
            for first in range(0, len(x), ROWS_AT_ONCE):
                rows = slice(first, first + ROWS_AT_ONCE)
                z = (self._scored(_filled(numbers[rows], filling)) - mean) / scale
                x[rows] = z if self.bend is None else _bent(z, self.bend)
        finite = np.isfinite(x).all(axis=0)
        if not finite.all():
            name = self.numeric[int(finite.argmin())].name
            raise DataError(f"column {name!r} holds a number beyond float32: rescale or drop it.")
        return x if self.limit is None else np.clip(x, -self.limit, self.limit, out=x)

    def _scored(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Return numbers (n, p), of columns with quantiles their normal scores."""
        places = [i for i, column in enumerate(self.numeric) if column.quantiles]
        if not places:
            return numbers
        scored = numbers.astype(np.float64)
        for i in places:
            scored[:, i] = normal_scores(scored[:, i], self.numeric[i].quantiles)
        return scored

    def _text_places(self, inputs: Inputs) -> list[int]:
        return _places(self.text_names, inputs.text_names, "texts")

    def _encode(self, inputs: Inputs) -> Iterator[NDArray[np.float32]]:
        for column, place in zip(self.categorical, self._text_places(inputs), strict=True):
            yield column.encode(inputs.texts[:, place])


def _bent(z: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """Return z up to ±bend as it is, and beyond with the logarithm of what it is further out."""
    size = np.abs(z)
    bent: NDArray[np.float64] = np.copysign(
        np.minimum(size, bend) + np.log1p(np.maximum(size - bend, 0)), z
    )
    return bent


def _places(names: tuple[str, ...], among: tuple[str, ...], kind: str) -> list[int]:
    where = {name: i for i, name in enumerate(among)}
    for name in names:
        if name not in where:
            raise DataError(f"column {name!r} with {kind} is missing: add it as in training.")
    return [where[name] for name in names]


def normal_scores(values: NDArray[np.float64], quantiles: Sequence[float]) -> NDArray[np.float64]:
    """Return the normal score (n,) of each value by its share among K quantiles.

    The share lies between those of the neighboring quantiles in proportion; that of a value which
    several quantiles have is in their middle. Shares end at 1/2K from 0 and 1.

    Examples
    --------
    >>> normal_scores(np.array([1.0, 3, 99]), (0.0, 1.0, 2.0)).round(3)
    array([0.   , 0.967, 0.967])
    """
    from scipy.special import ndtri

    known, shares = np.asarray(quantiles), np.linspace(0, 1, len(quantiles))
    up = np.interp(values, known, shares)
    down = np.interp(-values, -known[::-1], -shares[::-1])
    edge = 0.5 / len(known)
    scores: NDArray[np.float64] = ndtri(np.clip((up - down) / 2, edge, 1 - edge))
    return scores


def fit(
    inputs: Inputs, columns: tuple[Column, ...] = (), scaling: str = "standard"
) -> Preprocessing:
    """Fit the preprocessing of a table on its training examples.

    Missing numbers are filled with the median, and one more column says where; columns that lack
    values in the same rows share it. Numbers are scaled, bent from ±`BEND` on and cut off at
    ±`LIMIT`; a constant column becomes zeros for good. A date has its phase in year, week and day,
    where it varies. Texts are one-hot encoded, two of them as one column; texts of fewer than
    `MIN_COUNT` examples, and those beyond the `MAX_CATEGORIES` most frequent, are gathered.

    Parameters
    ----------
    inputs
        Of the training examples.
    columns
        How the table was read, kept to read new ones alike.
    scaling
        "standard": by mean and standard deviation, those of values not far out; "robust": by the
        median and the distance of the quartiles, as wide as one standard deviation of normal
        values, or by the standard deviation where the quartiles are one; "quantile": by the normal
        score of the value's share among the training values.

    Raises
    ------
    DataError
        When the numbers of a column are too large for their variance to be computed.
    """
    inputs = _with_phases(inputs, columns)
    return Preprocessing(
        numeric=_fit_numeric(inputs, scaling),
        categorical=_fit_categorical(inputs),
        bend=BEND,
        limit=LIMIT,
        columns=columns,
        scaling=scaling,
    )


def _fit_numeric(inputs: Inputs, scaling: str) -> tuple[Numeric, ...]:
    if not inputs.number_names:
        return ()
    medians, indicators = _medians(inputs.numbers), _indicators(inputs.numbers)
    means, scales = _fit_standard(inputs, medians)
    quantiles: list[tuple[float, ...]] = [()] * len(means)
    if scaling == "robust":
        means, scales = _fit_robust(inputs.numbers, medians, scales)
    elif scaling == "quantile":
        quantiles = [
            _quantiles(values) if scale else ()
            for values, scale in zip(inputs.numbers.T, scales, strict=True)
        ]
        means, scales = np.where(scales, 0.0, means), np.where(scales, 1.0, 0.0)
    return tuple(
        Numeric(
            name=name,
            mean=float(means[i]),
            scale=float(scales[i]),
            median=float(medians[i]),
            indicator=bool(indicators[i]),
            quantiles=quantiles[i],
        )
        for i, name in enumerate(inputs.number_names)
    )


def _fit_standard(
    inputs: Inputs, medians: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation (p,) of each column, the latter 0 where it is constant."""
    numbers = _filled(inputs.numbers.astype(np.float64, copy=False), medians)
    fenced = _fenced(numbers, medians)
    with np.errstate(all="ignore"):
        means, variances = fenced.mean(axis=0), fenced.var(axis=0)
        rounding = np.square(len(fenced) * means * np.finfo(np.float64).eps)
    constant = (numbers == numbers[:1]).all(axis=0)
    finite = np.isfinite(variances) | constant
    if not finite.all():
        name = inputs.number_names[int(finite.argmin())]
        raise DataError(f"column {name!r} has numbers too large to scale: rescale it.")
    means = np.where(constant, numbers[0], means)
    return means, np.where(constant | (variances <= rounding), 0.0, np.sqrt(variances))


def _fit_robust(
    numbers: NDArray[Any], medians: NDArray[np.float64], deviations: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and scale (p,) of each column (n, p), missing values left aside."""
    known = np.where(np.isnan(numbers).all(axis=0), medians, numbers)
    low, high = np.nanquantile(known, (0.25, 0.75), axis=0)
    spread = (high - low) / QUARTILES
    return medians, np.where((spread > 0) & (deviations > 0), spread, deviations)


def _quantiles(values: NDArray[Any]) -> tuple[float, ...]:
    known = np.sort(values[~np.isnan(values)]).astype(np.float64)
    places = np.linspace(0, len(known) - 1, min(MOST_QUANTILES, len(known)))
    exact = places.round(9)  # beside equal values a rounding error would be another value
    return tuple(np.interp(exact, np.arange(len(known)), known).tolist())


def _filled(numbers: NDArray[Any], filling: NDArray[np.float64]) -> NDArray[Any]:
    missing = np.isnan(numbers)
    return np.where(missing, filling, numbers) if missing.any() else numbers


def _fenced(numbers: NDArray[np.float64], medians: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, p) with single far values pulled in, so that they do not flatten the others."""
    distance = np.abs(numbers - medians)
    most = FENCE * np.quantile(distance, 0.99, axis=0, method="lower")
    far = (distance > most) & (most > 0)
    return np.where(far, np.clip(numbers, medians - most, medians + most), numbers)


def phase_names(column: Column) -> tuple[str, ...]:
    """Return the names of what a date is told by beside its days: of each part, each wave."""
    return tuple(f"{column.name} ({wave} of {part})" for part in column.parts for wave in WAVES)


def _with_phases(inputs: Inputs, columns: tuple[Column, ...]) -> Inputs:
    """Add to each column of dates the sine and cosine of its phase in the cycles it varies in."""
    dates = [column for column in columns if column.parts]
    if not dates:
        return inputs
    places = _places(tuple(each.name for each in dates), inputs.number_names, "dates")
    phases = [
        wave(2 * np.pi / DAYS[part] * inputs.numbers[:, place])
        for column, place in zip(dates, places, strict=True)
        for part in column.parts
        for wave in WAVES.values()
    ]
    names = tuple(name for column in dates for name in phase_names(column))
    numbers = np.column_stack([inputs.numbers, *phases])
    return replace(inputs, numbers=numbers, number_names=(*inputs.number_names, *names))


def _medians(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Return the median (p,) of each column of (n, p), 0 where all is missing."""
    lacking = np.isnan(numbers).any(axis=0)
    medians = np.zeros(numbers.shape[1])
    with np.errstate(all="ignore"):
        medians[~lacking] = np.median(numbers[:, ~lacking].astype(np.float64), axis=0)
    for column in np.flatnonzero(lacking):
        known = numbers[~np.isnan(numbers[:, column]), column]
        medians[column] = np.median(known) if len(known) else 0.0
    return medians


def _indicators(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which columns (p,) of (n, p) lack values, each pattern of rows once."""
    missing = np.isnan(numbers)
    first: dict[bytes, int] = {}
    for column in np.flatnonzero(missing.any(axis=0)):
        first.setdefault(np.packbits(missing[:, column]).tobytes(), int(column))
    return np.isin(np.arange(numbers.shape[1]), list(first.values()))


def _fit_categorical(inputs: Inputs) -> tuple[Categorical, ...]:
    if not inputs.text_names:
        return ()
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=MIN_COUNT,
        max_categories=MAX_CATEGORIES,
    )
    encoder.fit(inputs.texts)
    columns = []
    for name, found, rare in zip(
        inputs.text_names, encoder.categories_, encoder.infrequent_categories_, strict=True
    ):
        gathered = set() if rare is None else set(rare)
        kept = tuple(str(category) for category in found if category not in gathered)
        few = tuple(sorted(gathered)) if len(gathered) <= MAX_RARE else ()
        columns.append(
            Categorical(
                name=name,
                categories=kept,
                other=bool(gathered),
                rare=few,
                pair=len(kept) + bool(gathered) == 2,
            )
        )
    return tuple(columns)
