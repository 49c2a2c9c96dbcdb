"""What a study searches: ranges and choices, and the values that they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuner.serialization import Record

Value = bool | int | float | str | tuple[int, ...]
"""The value of a searched dimension; hidden layers are the tuple of their sizes."""

Stored = bool | int | float | str
"""A value as Optuna holds it: hidden layers are a text, such as "30,20", or the size of one."""


@dataclass(frozen=True)
class Range(Record):
    """Numbers from `low` to `high`, both included, drawn uniformly or (`log`) in their logarithm.

    Examples
    --------
    >>> Range(0, 0.5)
    Range(low=0, high=0.5, log=False)
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class LogRange(Range):
    """Numbers from `low` > 0 to `high`, both included, drawn uniformly in their logarithm."""

    log: bool = field(default=True, repr=False)


@dataclass(frozen=True)
class IntRange(Range):
    """Whole numbers from `low` to `high`, both included, uniformly or in their logarithm."""

    low: int
    high: int


@dataclass(frozen=True, init=False)
class Choices(Record):
    """Two or more values to choose from, in this order; as arguments, or as the tuple `choices`.

    Examples
    --------
    >>> Choices("sigmoid", "relu")
    Choices(choices=('sigmoid', 'relu'))
    """

    choices: tuple[Value, ...]

    def __init__(self, *each: Value, choices: tuple[Value, ...] = ()) -> None:
        object.__setattr__(self, "choices", (*each, *choices))


Dimension = Range | Choices
SearchSpace = Mapping[str, Dimension]
"""Each searched dimension by its name in the study file."""


def layer_sizes(stored: Stored | tuple[int, ...] | list[int]) -> tuple[int, ...]:
    """Return the sizes of hidden layers that Optuna or a study file holds.

    Raises
    ------
    TypeError, ValueError
        When it is neither a number nor a list of them.

    Examples
    --------
    >>> layer_sizes("30,20"), layer_sizes(30), layer_sizes([30, 20]), layer_sizes("")
    ((30, 20), (30,), (30, 20), ())
    """
    if isinstance(stored, int):
        return (stored,)
    parts = stored.split(",") if isinstance(stored, str) else stored
    if not isinstance(parts, list | tuple):
        raise TypeError(f"hidden must be sizes of layers but is {stored!r}")
    return tuple(int(size) for size in parts if size != "")


def layers_text(sizes: tuple[int, ...] | list[int]) -> str:
    """Return hidden layers as one text, as Optuna stores a choice of them.

    Examples
    --------
    >>> layers_text((30, 20))
    '30,20'
    """
    return ",".join(map(str, sizes))
