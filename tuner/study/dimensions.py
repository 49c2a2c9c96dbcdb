"""The dimensions of a search space as small Python values, for `tuner.search`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.errors import OptionError


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included, drawn uniformly.

    Examples
    --------
    >>> Range(0, 0.5)
    Range(low=0, high=0.5)
    """

    low: float
    high: float

    @property
    def table(self) -> dict[str, Any]:
        """The dimension as a study file states it."""
        return {"low": float(self.low), "high": float(self.high)}


@dataclass(frozen=True)
class LogRange:
    """Numbers from `low` > 0 to `high`, both included, drawn uniformly in their logarithm."""

    low: float
    high: float

    @property
    def table(self) -> dict[str, Any]:
        """The dimension as a study file states it."""
        return {"low": float(self.low), "high": float(self.high), "log": True}


@dataclass(frozen=True)
class IntRange:
    """Whole numbers from `low` to `high`, both included, uniformly or in their logarithm."""

    low: int
    high: int
    log: bool = False

    @property
    def table(self) -> dict[str, Any]:
        """The dimension as a study file states it."""
        return {"low": int(self.low), "high": int(self.high), "log": self.log}


@dataclass(frozen=True, init=False)
class Choices:
    """Two or more values to choose from; a list of them says the same.

    Examples
    --------
    >>> Choices("sigmoid", "relu")
    Choices(options=('sigmoid', 'relu'))
    """

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        object.__setattr__(self, "options", options)

    @property
    def table(self) -> dict[str, Any]:
        """The dimension as a study file states it."""
        return {"choices": [_plain(option) for option in self.options]}


Dimension = Range | LogRange | IntRange | Choices
Space = Mapping[str, Any]
"""A `Dimension` for each searched setting; a list is `Choices`, a mapping as in study files."""


def search_tables(space: Space) -> dict[str, Any]:
    """Return a search space as the table `search` of a study file.

    Parameters
    ----------
    space
        A dimension for each searched setting, by its Python name (`lambda_`).

    Raises
    ------
    OptionError
        When a value is not a dimension.

    Examples
    --------
    >>> search_tables({"lambda_": LogRange(0.01, 10), "hidden": [(30,), (100,)]})
    {'lambda': {'low': 0.01, 'high': 10.0, 'log': True}, 'hidden': {'choices': [[30], [100]]}}
    """
    return {name.rstrip("_"): _table(name, dimension) for name, dimension in space.items()}


def _table(name: str, dimension: Any) -> dict[str, Any]:
    if isinstance(dimension, Mapping):
        return dict(dimension)
    if isinstance(dimension, list | tuple):
        dimension = Choices(*dimension)
    if not isinstance(dimension, Dimension):
        raise OptionError(
            f"search.{name} must be a Range, LogRange, IntRange or a list of choices but is "
            f"{dimension!r}."
        )
    return dimension.table


def _plain(option: Any) -> Any:
    """Return an option as a study file holds it: tuples as lists, None as off."""
    if isinstance(option, list | tuple):
        return [_plain(each) for each in option]
    if option is None:
        return "off"
    return option.item() if hasattr(option, "item") else option
