"""How the dimensions and other values of a study file are read."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tuner.errors import InputError, OptionError
from tuner.records import Choices, Dimension, IntRange, Range, layers_text
from tuner.settings import (
    COLUMNS,
    INTEGER,
    LAYERS,
    NUMBER,
    PATIENCE,
    Hyperparameters,
    Kind,
    Setting,
    Strategy,
    check_own_name,
    meant,
    settings_of,
)

OWN_CHOICE = Kind(
    str,
    "a number, a text, true or false",
    "",
    lambda value: isinstance(value, bool | int | float | str),
)

LARGEST = 2**53
"""Largest whole number of a file: databases and floats represent those up to here exactly."""


def in_optuna(name: str, choice: Any) -> Any:
    """Return a choice of the file as Optuna holds it: layers become a text, such as "30,20"."""
    if name != "hidden":
        return choice
    return layers_text(choice) if isinstance(choice, list | tuple) else str(choice)


def extremes(name: str, dimension: Dimension) -> tuple[Any, ...]:
    """Return the ends of a range, or every choice as Optuna holds it."""
    if isinstance(dimension, Range):
        return dimension.low, dimension.high
    return tuple(in_optuna(name, choice) for choice in dimension.choices)


SEARCHED = {
    each.key: each
    for each in sorted(
        (
            *settings_of(Hyperparameters).values(),
            *settings_of(Strategy).values(),
            Setting(name="layers", kind=INTEGER, help="Hidden layers of one size.", search=3),
        ),
        key=lambda each: each.search or 0,
    )
    if each.search
}
"""What can be searched, by its key, in the order of the dimensions of a study."""


def dimension(of: Setting, stated: Any) -> Dimension:
    """Return the dimension of a setting from its table in a study file.

    Parameters
    ----------
    of
        One of `SEARCHED`.
    stated
        Its table, or from Python also a list of choices.

    Raises
    ------
    InputError
        When it is not a dimension, or its values are not of the setting's kind.
    """
    key = f"search.{of.key}"
    if isinstance(stated, list | tuple):
        stated = {"choices": stated}
    given = table(key, stated, ["choices"] if of.choices else ["low", "high", "log", "choices"])
    if "choices" in given and len(given) > 1:
        other = next(name for name in given if name != "choices")
        raise InputError(f"{key}.{other}: give low and high, or choices, not both.")
    for needed in ("choices",) if of.choices or "choices" in given else ("low", "high"):
        if needed not in given:
            raise InputError(f"{key}.{needed} is missing: a study must have it.")
    return _choices(of, key, given) if "choices" in given else _range(of, key, given)


def stated_in(search: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the table of each dimension of [search], those of [search.own] last.

    Examples
    --------
    >>> stated_in({"hidden": {"choices": [1, 2]}, "eta": None, "own": {"width": {"low": 1}}})
    {'hidden': {'choices': [1, 2]}, 'width': {'low': 1}}
    """
    every = {**search, **search.get("own", {})}
    return {name: each for name, each in every.items() if each is not None and name != "own"}


def of_ours(name: str) -> bool:
    """Return whether a dimension of that name, as Python or a file has it, is one of ours."""
    return any(name in (each.name, each.key) for each in SEARCHED.values())


def own_dimensions(stated: Any) -> dict[str, Dimension]:
    """Return the dimensions that only a model of one's own knows, from their tables.

    A range whose ends are whole numbers holds whole numbers.

    Raises
    ------
    InputError
        When a name is one of ours or no name, or a dimension is none.
    """
    dimensions = {}
    if not isinstance(stated, Mapping):
        raise wrong("search.own", "a table: [search.own]", stated)
    for name, given in stated.items():
        try:
            check_own_name(name, "search.own")
        except OptionError as error:
            raise InputError(str(error)) from error
        dimensions[name] = dimension(_own_setting(name, given), given)
    return dimensions


def _own_setting(name: str, stated: Any) -> Setting:
    """Return the setting that a dimension of one's own is one of, by the values it has."""
    whole = isinstance(stated, Mapping) and all(
        INTEGER.fits(stated[end]) for end in ("low", "high") if end in stated
    )
    choices = not isinstance(stated, Mapping) or "choices" in stated
    kind = OWN_CHOICE if choices else INTEGER if whole else NUMBER
    return Setting(name=f"own.{name}", kind=kind, help="")


def _range(of: Setting, key: str, given: Mapping[str, Any]) -> Range:
    kind, shape = (NUMBER, Range) if of.kind == NUMBER else (INTEGER, IntRange)
    low, high = (value_of(kind, f"{key}.{end}", given[end]) for end in ("low", "high"))
    for end, number in (("low", low), ("high", high)):
        if not math.isfinite(number):
            raise wrong(f"{key}.{end}", "a finite number", number)
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise wrong(f"{key}.log", "true or false", log)
    ends = f"they are {low:.15g} and {high:.15g}"
    if shape is IntRange and of.key in SEARCHED and not 1 <= low < high:
        raise InputError(f"{key}: 1 ≤ low < high must hold but {ends}.")
    if not low < high:
        raise InputError(f"{key}: low must be below high but {ends}.")
    if log and low <= 0:
        raise InputError(f"{key}: low must be above 0 where log is true but is {low:.15g}.")
    return shape(low, high, log)


def _choices(of: Setting, key: str, given: Mapping[str, Any]) -> Choices:
    def read(at: str, value: Any) -> Any:
        if of.kind == LAYERS and isinstance(value, list | tuple):
            return list_of(at, value, _whole)
        if of.kind == PATIENCE and value in ("off", None):
            return "off"
        return value_of(INTEGER if of.kind == LAYERS else of.kind, at, value)

    choices = list_of(f"{key}.choices", given["choices"], read, least=2)
    dimension = Choices(*choices)
    if len(set(extremes(of.key, dimension))) < len(choices):
        raise InputError(f"{key}: choices must differ but are {list(choices)}.")
    return dimension


# Values of a file; `key` is what messages call them by.


def settings_in(table_name: str, content: Any, known: Mapping[str, Setting]) -> dict[str, Any]:
    """Return the settings of a table, by the names of their fields."""
    names = {other: s for s in known.values() for other in (s.key, s.name, *s.also)}
    values = {}
    stated = table(table_name, content, [s.key for s in known.values()], also=names)
    for name, value in stated.items():
        of = names[name]
        values[of.name] = setting_value(of, f"{table_name}.{name}", value)
    return values


def setting_value(of: Setting, key: str, value: Any) -> Any:
    """Return the validated value of a setting from that of a file."""
    if value is not None or not of.optional:
        value = value_of(of.kind, key, value)
    try:
        of.check(value)
    except OptionError as error:
        raise InputError(f"{key}{str(error).removeprefix(of.key)}") from error
    return value


def value_of(kind: Kind, key: str, value: Any) -> Any:
    """Return a value of a file as settings of this kind hold it."""
    if kind == LAYERS:
        return list_of(key, value, _whole)
    if kind == PATIENCE and value == "off":
        return None
    if not kind.fits(value):
        raise wrong(key, kind.stated, value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(f"{key} must be at most {LARGEST}.")
    if kind == COLUMNS:
        return tuple(value)
    return float(value) if kind == NUMBER else value


def _whole(key: str, value: Any) -> int:
    return int(value_of(INTEGER, key, value))


def table(
    key: str, value: Any, known: Sequence[str], *, also: Iterable[str] = ()
) -> Mapping[str, Any]:
    """Return a table of a file; raise `InputError` if it has an unknown key.

    Parameters
    ----------
    key
        Its name, empty for the whole file.
    also
        Keys that are accepted but not suggested.
    """
    if not isinstance(value, Mapping):
        raise wrong(key, f"a table: [{key}]", value)
    for name in value.keys() - {*known, *also}:
        where = f"{key}.{name}".lstrip(".")
        raise InputError(f"{where} is not a key of a study: {meant(name, known)}")
    return value


def list_of(
    key: str, value: Any, read: Callable[[str, Any], Any], least: int = 0
) -> tuple[Any, ...]:
    """Return a list of a file, each of its entries read by `read(key, entry)`."""
    if not isinstance(value, list | tuple):
        raise wrong(key, "a list in brackets", value)
    if len(value) < least:
        raise wrong(key, f"a list of at least {least}", value)
    return tuple(read(f"{key}.{i}", each) for i, each in enumerate(value))


def wrong(key: str, needed: str, value: Any) -> InputError:
    """Return the error for an invalid value; tables and lists are not quoted."""
    quoted = "" if isinstance(value, Mapping | list | tuple) else f" but is {value!r}"
    return InputError(f"{key} must be {needed}{quoted}.")
