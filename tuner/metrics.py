"""What is measured of a network's outputs beside its cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Metric:
    """A measure of how well outputs fit the labels.

    Attributes
    ----------
    name
        What reports call it.
    unit
        `percent` for a share 0 … 1 that is written as a percentage, else `number`.
    greater_is_better
        Whether more of it is better.
    compute
        `compute(labels, scores)` returns it for class indices (n,) and one score (n, c) a class,
        the larger the more likely; n is at least 1.
    """

    name: str
    unit: str
    greater_is_better: bool
    compute: Callable[[NDArray[np.intp], NDArray[np.floating[Any]]], float]


def accuracy(labels: NDArray[np.intp], scores: NDArray[np.floating[Any]]) -> float:
    """Return the share of examples whose largest score is that of their class.

    Examples
    --------
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    return float((scores.argmax(axis=1) == labels).mean())


METRICS: Mapping[str, Metric] = {"accuracy": Metric("accuracy", "percent", True, accuracy)}
"""Each metric by the name that measurements, records and options have for it."""


def measured(labels: NDArray[np.intp], scores: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Return every metric of some examples by its name."""
    return {name: metric.compute(labels, scores) for name, metric in METRICS.items()}
