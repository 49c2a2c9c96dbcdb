"""Curves of trained networks for figures, thinned out so that the page stays small."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from tuner.article.context import Trainings
from tuner.records import Epoch, Panel, Series

MOST_POINTS = 60

COST = "training cost"
TRAINING, VALIDATION = "training accuracy, %", "validation accuracy, %"

MEASURES: Mapping[str, Callable[[Epoch], float]] = {
    COST: lambda epoch: epoch.training_cost,
    "validation cost": lambda epoch: epoch.validation_cost,
    TRAINING: lambda epoch: 100 * epoch.training_accuracy,
    VALIDATION: lambda epoch: 100 * epoch.validation_accuracy,
    "learning rate η": lambda epoch: epoch.eta,
}
"""Measures that can be drawn against epochs, by the title of the panel."""


def history_panel(title: str, runs: Mapping[str, Trainings], *, log_y: bool = False) -> Panel:
    """Return a panel of one measure against epochs: its mean over seeds, with the range.

    Parameters
    ----------
    title
        One of `MEASURES`.
    runs
        The networks of each curve, by its name.
    log_y
        Whether the vertical axis is logarithmic.
    """
    series = tuple(_of_seeds(name, MEASURES[title], group) for name, group in runs.items())
    return Panel(title=title, x_title="epochs", series=series, log_y=log_y)


def _of_seeds(name: str, measure: Callable[[Epoch], float], group: Trainings) -> Series:
    rows = [[measure(epoch) for epoch in training.history] for training in group]
    epochs = kept(max(map(len, rows)))
    columns = [[row[i - 1] for row in rows if len(row) >= i] for i in epochs]
    return Series(
        name=name,
        x=tuple(map(float, epochs)),
        y=short(float(np.mean(column)) for column in columns),
        low=short(min(column) for column in columns),
        high=short(max(column) for column in columns),
    )


def kept(n: int, most: int = MOST_POINTS) -> list[int]:
    """Return which of the epochs 1 … n are drawn: the first ones, then an even spread.

    Examples
    --------
    >>> kept(5), len(kept(400)) <= 60, kept(400)[-1]
    ([1, 2, 3, 4, 5], True, 400)
    """
    if n <= most:
        return list(range(1, n + 1))
    spread = np.linspace(1, n, most - most // 3)
    return sorted({*range(1, most // 3 + 1), *(round(x) for x in spread)})[:most]


def line(name: str, x: Iterable[float], y: Iterable[float]) -> Series:
    """Return a curve, rounded for drawing."""
    return Series(name=name, x=short(x), y=short(y))


def band(name: str, x: Iterable[float], columns: Sequence[Sequence[float]]) -> Series:
    """Return a curve of column means, with the range of each column, rounded for drawing."""
    return Series(
        name=name,
        x=short(x),
        y=short(float(np.mean(column)) for column in columns),
        low=short(min(column) for column in columns),
        high=short(max(column) for column in columns),
    )


def short(values: Iterable[float]) -> tuple[float, ...]:
    """Round to five significant digits; values that are not finite become NaN."""
    return tuple(float(f"{v:.5g}") if math.isfinite(v) else math.nan for v in values)
