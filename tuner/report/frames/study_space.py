"""What was searched: dimensions as axes, values in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tuner.records import Choices, Range, StudyRecord, Value, layers_text
from tuner.report.format import number

SYMBOLS: Mapping[str, str] = {"lambda": "λ", "eta": "η"}
LONG: Mapping[str, str] = {
    "lambda": "regularization λ",
    "eta": "learning rate η",
    "hidden": "hidden neurons",
    "layers": "hidden layers",
    "batch_size": "mini-batch size",
}

LONGEST = 40
"""Characters of a value in a sentence; tables hold the whole."""

Scale = Literal["log", "linear", "choice"]


@dataclass(frozen=True)
class Dimension:
    """One dimension of a search space as an axis.

    Attributes
    ----------
    name
        In the study file.
    scale
        How it is drawn: along a logarithm, evenly, or as a row of choices.
    low, high
        The ends of a range.
    choices
        Each choice in words; numbers and networks from small to large.
    ordered
        Whether the choices are numbers or layers, and so stand in order.
    """

    name: str
    scale: Scale
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def symbol(self) -> str:
        """Its short name."""
        return symbol(self.name)

    @property
    def long(self) -> str:
        """Its name for an axis or a heading."""
        return LONG.get(self.name, self.symbol)

    def place(self, value: Value | None) -> float:
        """Return where a value stands on the axis: NaN when it is missing or stands nowhere.

        Examples
        --------
        >>> Dimension("cost", "choice", choices=("quadratic", "cross-entropy")).place("quadratic")
        0.0
        >>> Dimension("lambda", "log", 0.1, 10.0).place(None)
        nan
        >>> Dimension("hidden", "linear", 5, 100).place((30,))
        30.0
        """
        if self.scale == "choice":
            text = plain(value)
            return float(self.choices.index(text)) if text in self.choices else math.nan
        place = as_number(value[0] if isinstance(value, tuple) and len(value) == 1 else value)
        return math.nan if self.scale == "log" and not place > 0 else place


def dimensions(record: StudyRecord) -> tuple[Dimension, ...]:
    """Return the dimensions of a study in the order of its file."""
    return tuple(_dimension(name, d) for name, d in record.result.space.items())


def _dimension(name: str, searched: Range | Choices) -> Dimension:
    if isinstance(searched, Range):
        log = searched.low > 0 and (searched.log or name in SYMBOLS)
        return Dimension(name, "log" if log else "linear", searched.low, searched.high)
    ordered = all(isinstance(each, int | float | tuple) for each in searched.choices)
    values = sorted(searched.choices, key=_size) if ordered else searched.choices
    return Dimension(name, "choice", choices=tuple(map(plain, values)), ordered=ordered)


def _size(value: Value) -> tuple[float, ...]:
    """Return what orders numbers, and networks by depth and then width."""
    if isinstance(value, tuple):
        return (len(value), *value)
    return (as_number(value),)


def symbol(name: str) -> str:
    """Return the short name of a dimension.

    Examples
    --------
    >>> symbol("lambda"), symbol("batch_size")
    ('λ', 'batch size')
    """
    return SYMBOLS.get(name, name.replace("_", " "))


def as_number(value: object) -> float:
    """Return a number as a float, and NaN for what is none."""
    return float(value) if isinstance(value, int | float) else math.nan


def plain(value: Value | None) -> str:
    """Write the value of a dimension whole.

    Examples
    --------
    >>> plain(0.30000001), plain((30, 20)), plain("relu"), plain(None)
    ('0.3', '30,20', 'relu', 'none')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, bool):
        return str(value).lower()
    return (layers_text(value) if isinstance(value, tuple) else value) or "none"


def in_words(params: Mapping[str, Value]) -> str:
    """Write the values of a trial for a sentence.

    Examples
    --------
    >>> in_words({"lambda": 0.3, "hidden": (30,)})
    'λ = 0.3, hidden = 30'
    """
    return ", ".join(f"{symbol(name)} = {shortened(plain(v))}" for name, v in params.items())


def shortened(text: str, most: int = LONGEST) -> str:
    """Cut a text that is too long.

    Examples
    --------
    >>> shortened("cross-entropy", 8)
    'cross-e…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
