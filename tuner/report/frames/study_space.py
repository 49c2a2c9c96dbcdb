"""What was searched, and which trial is best: dimensions as axes, values in words, the ranking."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tuner.records import Choices, Range, StudyRecord, Trial, Value, layers_text
from tuner.report.format import number
from tuner.stats import mean_interval, wilson

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
    if isinstance(value, int | float):
        return number(value)
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


@dataclass(frozen=True)
class Ranking:
    """The best trial and those tied with it.

    Attributes
    ----------
    best
        The complete trial with the highest validation accuracy, the first of equals.
    over_examples
        Its 95 % interval over validation examples.
    over_seeds
        Its 95 % interval over seeds; None with a single seed.
    tied
        The other complete trials that reach the lower end of the wider of both intervals, from the
        best down.
    sensible
        Of the best and the tied the smallest network, of equal ones the more accurate.
    smaller
        Whether that network is smaller than the best trial's.
    """

    best: Trial
    over_examples: tuple[float, float]
    over_seeds: tuple[float, float] | None
    tied: tuple[Trial, ...]
    sensible: Trial
    smaller: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The span of both intervals."""
        lows, highs = zip(self.over_examples, self.over_seeds or self.over_examples, strict=True)
        return max(0.0, min(lows)), min(1.0, max(highs))


def ranking(record: StudyRecord) -> Ranking | None:
    """Rank the trials of a study; None when none was completed."""
    complete = [trial for trial in record.result.trials if trial.state == "complete"]
    complete.sort(key=lambda trial: (-trial.accuracy, trial.number))
    if not complete:
        return None
    best, *others = complete
    over_seeds = mean_interval(best.accuracies) if len(best.accuracies) > 1 else None
    over_examples = wilson(best.accuracy, record.data.n_validation)
    least = min(over_examples[0], *(over_seeds or over_examples))
    tied = tuple(trial for trial in others if trial.accuracy >= least)
    sizes = {trial.number: record.parameters(trial) for trial in (best, *tied)}
    sensible = min((best, *tied), key=lambda trial: sizes[trial.number])
    smaller = sizes[sensible.number] < sizes[best.number]
    return Ranking(best, over_examples, over_seeds, tied, sensible if smaller else best, smaller)
