"""The preprocessing of numbers as arrays, which every format computes alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import DAYS, WAVES, Preprocessing, phase_names
from tuner.errors import DataError

SHIFTS = {"sine": 0.0, "cosine": np.pi / 2}
"""What is added to the angle, so that its sine is that wave."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """How the raw numbers (n, p) become standardised ones (n, k).

    Attributes
    ----------
    places
        The raw column (k,) that each is made of.
    is_phase, turns, shifts
        Whether it is the phase of a date, sin(turn · days + shift).
    filling, mean, scale
        What is put in place of NaN, what is subtracted and what is divided by; infinity makes a
        constant column zero.
    indicators
        Those of the k columns that one more column says of where they are NaN.
    """

    places: NDArray[np.int64]
    is_phase: NDArray[np.bool_]
    turns: NDArray[np.float64]
    shifts: NDArray[np.float64]
    filling: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    indicators: NDArray[np.int64]


def number_names(preprocessing: Preprocessing) -> list[str]:
    """Return the names of the raw columns of numbers, in the order in which they are wanted."""
    texts = preprocessing.text_names
    return [name for name in preprocessing.column_names if name not in texts]


def scaling_of(preprocessing: Preprocessing) -> Scaling:
    """Return the scaling of a table's numbers.

    Raises
    ------
    DataError
        When they are scaled by quantiles, for which the formats have no operator.
    """
    if preprocessing.scaling == "quantile":
        raise DataError(
            "the numbers are scaled by quantiles, which no other format can hold: train with"
            " another --scaling."
        )
    raw = number_names(preprocessing)
    phases = {
        name: (raw.index(column.name), 2 * np.pi / DAYS[part], SHIFTS[wave])
        for column in preprocessing.columns
        for name, (part, wave) in zip(
            phase_names(column), [(p, w) for p in column.parts for w in WAVES], strict=True
        )
    }
    numeric = preprocessing.numeric
    sources = [phases.get(each.name) or (raw.index(each.name), 0.0, 0.0) for each in numeric]
    places, turns, shifts = np.array(sources, dtype=np.float64).reshape(-1, 3).T
    return Scaling(
        places=places.astype(np.int64),
        is_phase=turns > 0,
        turns=turns,
        shifts=shifts,
        filling=np.array([each.filling for each in numeric]),
        mean=np.array([each.mean for each in numeric]),
        scale=np.array([each.scale or np.inf for each in numeric]),
        indicators=np.flatnonzero([each.indicator for each in numeric]),
    )
