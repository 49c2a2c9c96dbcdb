"""What every record has in common: how it is checked, and turned into JSON and back."""

import json
import math
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
)

from tuner.errors import InputError

SCHEMA = 1

KEYS = {"start_from_epoch": "warm_up", "network_values": "accuracies"}
"""Fields whose key in JSON is the name they once had."""

R = TypeVar("R")

Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    PlainSerializer(lambda value: value if math.isfinite(value) else None),
]
"""A float that may have left the finite numbers; JSON has no such number, so it becomes null."""

Positive = Annotated[float, Field(gt=0)]
"""A number above 0; JSON that holds another is refused."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of examples, 0 … 1; JSON that holds another number is refused."""


class _Adapters(dict[type, TypeAdapter[Any]]):
    """What pydantic makes of each kind of record; it takes some milliseconds, so once."""

    def __missing__(self, kind: type) -> TypeAdapter[Any]:
        self[kind] = TypeAdapter(kind)
        return self[kind]


_ADAPTERS = _Adapters()


class Record:
    """The base of all records: how each is turned into JSON and back."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        alias_generator=lambda name: KEYS.get(name, name.rstrip("_")),
        validate_by_alias=True,
    )


def to_json(record: Record) -> Any:
    """Turn a record into what `json` can hold.

    A trailing underscore leaves a field's name (`lambda_` becomes `lambda`), and a cost that is not
    finite becomes None.

    Examples
    --------
    >>> from tuner.records import Judgement, Verdict
    >>> curve = {"epochs": (0.0, 1.0), "costs": (2.5, math.inf)}
    >>> to_json(Judgement(eta=9.0, verdict=Verdict.DIVERGED, reason="", **curve))
    {'eta': 9.0, 'verdict': 'diverged', 'reason': '', 'epochs': [0.0, 1.0], 'costs': [2.5, None]}
    """
    return _ADAPTERS[type(record)].dump_python(record, mode="json", by_alias=True)


OLD_KEYS = b'_accuracy":', b'"log_loss":'
"""Ends of the keys that metrics had before records held them under their names."""


def _brought_up(text: str | bytes) -> str | bytes:
    """Return JSON of older versions, which knew no metric but accuracy, as it is written today."""
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if not any(key in content for key in OLD_KEYS):
        return text
    try:
        return json.dumps(json.loads(text, object_hook=_with_metrics))
    except (ValueError, RecursionError):  # the check says what is wrong with it
        return text


def _with_metrics(table: dict[str, Any]) -> dict[str, Any]:
    for part in ("training", "validation"):
        if (value := table.pop(f"{part}_accuracy", None)) is not None:
            table[f"{part}_metrics"] = {"accuracy": value}
    if "best_epoch" in table and "stop_reason" in table:
        table.pop("best_validation_accuracy", None)
    if "over_seeds" in table and "balanced_accuracy" in table:
        table["metrics"] = {
            "accuracy": table.pop("accuracy", None),
            "balanced-accuracy": table.pop("balanced_accuracy"),
        }
    if "temperature" in table and "log_loss" in table:
        table["metrics"] = {"log-loss": table.pop("log_loss"), "accuracy": table.pop("accuracy", 0)}
    return table


def from_json(kind: type[R], text: str | bytes) -> R:
    """Rebuild the record of type `kind` from JSON text; a cost of null returns as NaN.

    Raises
    ------
    InputError
        When the text is no JSON, or a key is missing, unknown or holds another type.
    """
    try:
        checked: R = _ADAPTERS[kind].validate_json(_brought_up(text), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (kind.__name__, *first["loc"]))
        message = first["msg"].removeprefix("Value error, ").removesuffix(".")
        raise InputError(f"{where}: {message}.") from error
    return checked
