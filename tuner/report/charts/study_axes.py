"""The axes of a study's figures: accuracies, and the values of a dimension."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from tuner.report.charts.canvas import label_etas
from tuner.report.charts.fonts import drawable, lettered
from tuner.report.format import number
from tuner.report.frames.study_space import Dimension, shortened


def main_range(points: pd.DataFrame, y: str = "accuracy") -> tuple[float, float]:
    """Return lowest and highest accuracy, in %, of what a figure is to show.

    What a few trials reached far below the others would press these together.

    Examples
    --------
    >>> points = pd.DataFrame({"outcome": "complete", "accuracy": [10.0, 92.0, 93.0, 94.0]})
    >>> main_range(points)
    (88.0, 94.0)
    """
    known = points.dropna(subset=[y])
    if known.empty:
        return 0.0, 100.0
    sound = known.loc[known["outcome"] != "diverged", y]
    complete = known.loc[known["outcome"] == "complete", y]
    main = sound if len(sound) else known[y]
    top = float(known[y].max())
    middle = float((complete if len(complete) else main).median())
    farthest = top - max(3.0, 4 * (top - middle))
    low = float(main.min())
    return (low if low >= farthest else max(farthest, float(main.quantile(0.05)))), top


def limit_trials(axes: Axes, points: pd.DataFrame, y: str = "accuracy") -> None:
    """Zoom on the accuracies that matter; the title says where the axis begins."""
    low, top = main_range(points, y)
    spare = max(0.08 * (top - low), 0.25)
    bottom = max(0.0, low - spare)
    axes.set_ylim(bottom, min(100.0, top + spare))
    even_ticks(axes.yaxis)
    cut = f", from {number(bottom, 3)} up" if bool((points[y] < bottom).any()) else ""
    axes.set_title(f"accuracy in %{cut}", loc="left")


def even_ticks(axis: Axis, *, whole: bool = False, most: int = 6) -> None:
    """Set round ticks at even steps."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 12))))
    axis.set_minor_locator(NullLocator())


def set_axis(axes: Axes, axis: Axis, dimension: Dimension, places: Sequence[float]) -> None:
    """Set scale, limits and ticks for a dimension; `places` are the values that must show."""
    name = "x" if isinstance(axis, XAxis) else "y"
    if dimension.scale == "choice":
        limits = (-0.6, max(0, len(dimension.choices) - 1) + 0.6)
    else:
        low, high = min([dimension.low, *places]), max([dimension.high, *places])
        limits = _spared(dimension, low, high)
    long = lettered(dimension.long, 32, "searched dimension")
    axes.set(**{f"{name}label": long, f"{name}scale": _SCALES[dimension.scale]})
    axes.set(**{f"{name}lim": limits})
    if dimension.scale == "log" and high / low >= _WIDE:
        label_etas(axis)
    elif dimension.scale == "choice":
        _set_choices(axis, dimension.choices)
    else:
        even_ticks(axis, whole=float(low).is_integer() and float(high).is_integer())


_SCALES = {"choice": "linear", "linear": "linear", "log": "log"}
_WIDE = 8
"""From the low to the high end of a logarithmic axis that is labelled in powers of ten."""


def _spared(dimension: Dimension, low: float, high: float) -> tuple[float, float]:
    """Leave some room beyond the ends of a range."""
    if dimension.scale == "log":
        factor = max((high / low) ** 0.04, 1.01)
        return low / factor, high * factor
    spare = 0.04 * (high - low) or 0.5
    return low - spare, high + spare


def _set_choices(axis: Axis, choices: Sequence[str]) -> None:
    labels = tick_texts(choices)
    axis.set_ticks(range(len(choices)), labels)
    axis.set_minor_locator(NullLocator())
    width = sum(max(map(len, label.split("\n"))) for label in labels) * _LETTER
    slanted = isinstance(axis, XAxis) and width > _ACROSS
    angle = 90 if len(choices) > _SLANTED else 40
    for label in axis.get_ticklabels():
        label.set_parse_math(False)
        if slanted:
            label.set(rotation=angle, ha="right", va="center", rotation_mode="anchor", size="small")


_LETTER, _ACROSS = 0.095, 4.2
"""Inches of a letter's width, with something to spare, and of an axis."""

_SLANTED = 8
"""Of more labels than these each stands upright."""


def tick_texts(choices: Sequence[str], most: int = 13) -> list[str]:
    r"""Write choices beside ticks: short, told apart, and only in letters that the font has.

    Examples
    --------
    >>> tick_texts(["cross-entropy", "交叉熵", "halving, patience 3"])
    ['cross-entropy', 'choice 2', 'halving\npatience 3']
    """
    lines = [[" ".join(part.split()) for part in text.split(", ")] for text in choices]
    short = ["\n".join(shortened(part, most) for part in parts) for parts in lines]
    return [
        text if short.count(text) == 1 and text.strip() and _drawable(text) else f"choice {k + 1}"
        for k, text in enumerate(short)
    ]


def _drawable(text: str) -> bool:
    return all(map(drawable, text.split("\n")))
