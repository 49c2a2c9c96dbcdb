"""What a study searched: its dimensions and their values in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuner.records import StudyRecord
from tuner.report.format import number

SYMBOLS: Mapping[str, str] = {"lambda": "λ", "eta": "η"}
LONG: Mapping[str, str] = {
    "lambda": "regularisation λ",
    "eta": "learning rate η",
    "hidden": "hidden neurons",
    "layers": "hidden layers",
    "batch_size": "mini-batch size",
}

FEW_VALUES = 12
"""Numbers without a range, when there are no more of them than these, count as choices."""

LONGEST = 40
"""Characters of a value in a sentence; tables hold the whole."""

Scale = Literal["log", "linear", "choice"]


@dataclass(frozen=True)
class Dimension:
    """One dimension of a search space.

    Attributes
    ----------
    name
        In the study file.
    scale
        How it is drawn: along a logarithm, evenly, or as a row of choices.
    low, high
        The ends of a range.
    choices
        Each choice as a trial holds it, in words; numbers and networks from small to large.
    """

    name: str
    scale: Scale
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """Its short name."""
        return symbol(self.name)

    @property
    def long(self) -> str:
        """Its name for an axis or a heading."""
        return LONG.get(self.name, self.symbol)

    @property
    def ordered(self) -> bool:
        """Whether its choices are numbers or layers, and so stand in order."""
        return all(_is_number(text) or layer_sizes(text) is not None for text in self.choices)

    def place(self, value: Any) -> float:
        """Return where a value stands on the axis: NaN when it is missing or stands nowhere.

        Examples
        --------
        >>> Dimension("cost", "choice", choices=("quadratic", "cross-entropy")).place("quadratic")
        0.0
        >>> Dimension("lambda", "log", 0.1, 10.0).place(None)
        nan
        """
        if self.scale == "choice":
            text = plain(value)
            return float(self.choices.index(text)) if text in self.choices else math.nan
        place = as_number(value)
        return math.nan if self.scale == "log" and not place > 0 else place


def symbol(name: str) -> str:
    """Return the short name of a dimension.

    Examples
    --------
    >>> symbol("lambda"), symbol("batch_size")
    ('λ', 'batch size')
    """
    return SYMBOLS.get(name, name.replace("_", " "))


def as_number(value: Any) -> float:
    """Return a finite number as such, all else as NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if math.isfinite(value) else math.nan


def plain(value: Any) -> str:
    """Write the value of a dimension whole.

    Examples
    --------
    >>> plain(0.30000001), plain("30,20"), plain(""), plain(None)
    ('0.3', '30,20', 'none', 'none')
    """
    if isinstance(value, bool) or value is None or value == "":
        return str(value or "none").lower()
    return number(value) if isinstance(value, int | float) else str(value)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def in_words(params: Mapping[str, Any]) -> str:
    """Write the values of a trial for a sentence.

    Examples
    --------
    >>> in_words({"lambda": 0.3, "hidden": "30"})
    'λ = 0.3, hidden = 30'
    """
    values = {name: plain(value) for name, value in params.items()}
    return ", ".join(f"{symbol(name)} = {shortened(text)}" for name, text in values.items())


def shortened(text: str, most: int = LONGEST) -> str:
    """Cut a text that is too long.

    Examples
    --------
    >>> shortened("cross-entropy", 8)
    'cross-e…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def part(record: StudyRecord, name: str) -> Mapping[str, Any]:
    """Return one table of the study file; empty when there is none."""
    found = record.spec.get(name)
    return found if isinstance(found, Mapping) else {}


def dimensions(record: StudyRecord) -> tuple[Dimension, ...]:
    """Return the dimensions of a study in the order of its file, then any that only trials have."""
    searched = {name: d for name, d in part(record, "search").items() if isinstance(d, Mapping)}
    seen = {name: None for trial in record.result.trials for name in trial.params}
    return tuple(
        _dimension(name, searched.get(name, {}), [t.params.get(name) for t in record.result.trials])
        for name in {**dict.fromkeys(searched), **seen}
    )


def _dimension(name: str, stated: Mapping[str, Any], values: Sequence[Any]) -> Dimension:
    low, high = as_number(stated.get("low")), as_number(stated.get("high"))
    if low < high:
        log = low > 0 and (bool(stated.get("log")) or name in SYMBOLS)
        return Dimension(name, "log" if log else "linear", low, high)
    known = [value for value in values if value is not None]
    given = stated.get("choices")
    if isinstance(given, list | tuple):
        return Dimension(name, "choice", choices=_ordered([_held(each) for each in given], known))
    numbers = sorted({as_number(value) for value in known})
    if len(numbers) > FEW_VALUES and not any(map(math.isnan, numbers)):
        return Dimension(name, "linear", numbers[0], numbers[-1])
    return Dimension(name, "choice", choices=_ordered([], known))


def _held(choice: Any) -> Any:
    """Return a choice as trials hold it: layers are a text."""
    return ",".join(map(str, choice)) if isinstance(choice, list | tuple) else choice


def _ordered(given: Sequence[Any], seen: Sequence[Any]) -> tuple[str, ...]:
    every = list({plain(each): each for each in (*given, *seen)}.items())
    sizes = {text: _size(value) for text, value in every}
    if all(size is not None for size in sizes.values()):
        every.sort(key=lambda item: sizes[item[0]] or ())
    return tuple(text for text, _ in every)


def _size(choice: Any) -> tuple[float, ...] | None:
    """Return what orders a number, or layers such as "30,20"; None for words."""
    if not math.isnan(amount := as_number(choice)):
        return (1.0, amount)
    layers = layer_sizes(choice)
    return None if layers is None else (float(len(layers)), *map(float, layers))


def layer_sizes(value: Any) -> tuple[int, ...] | None:
    """Read hidden layers as a trial or a study file holds them.

    Examples
    --------
    >>> layer_sizes("30,20"), layer_sizes(30), layer_sizes("sigmoid")
    ((30, 20), (30,), None)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return None
    sizes = [str(each).strip() for each in parts if str(each).strip()]
    return tuple(map(int, sizes)) if all(map(str.isdecimal, sizes)) else None
