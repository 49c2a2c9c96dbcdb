"""From trained networks to the lines of a picture, few enough points for a small page."""

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
"""What can be drawn against epochs, by the title of its panel."""


def history_panel(title: str, runs: Mapping[str, Trainings], *, log_y: bool = False) -> Panel:
    """Draw the mean over seeds of one measure against epochs, with its range over seeds.

    Parameters
    ----------
    title
        One of `MEASURES`.
    runs
        The networks of each line, by its name.
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
    """Choose which of the epochs 1 … n are drawn: the first ones, then ever fewer.

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
    """Return one line with the numbers as short as a picture needs them."""
    return Series(name=name, x=short(x), y=short(y))


def band(name: str, x: Iterable[float], columns: Sequence[Sequence[float]]) -> Series:
    """Return a line of means with the range of each column."""
    return Series(
        name=name,
        x=short(x),
        y=short(float(np.mean(column)) for column in columns),
        low=short(min(column) for column in columns),
        high=short(max(column) for column in columns),
    )


def short(values: Iterable[float]) -> tuple[float, ...]:
    """Round to five significant digits; what is not finite stays so."""
    return tuple(float(f"{v:.5g}") if math.isfinite(v) else math.nan for v in values)
