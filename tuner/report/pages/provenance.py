"""How a result came about: enough to make it again, and to see that it is the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.records import (
    DataSummary,
    Environment,
    FindEtaRecord,
    Hyperparameters,
    Strategy,
    StudyRecord,
    TrainRecord,
    TuneRecord,
    to_json,
)
from tuner.report.format import number

SHOWN_CLASSES = 20

Group = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and name and value of each fact under it."""


@dataclass(frozen=True)
class Provenance:
    """The command, and what it worked with, as names and values.

    Attributes
    ----------
    command
        As it was called.
    groups
        Heading, and then name and value of each fact under it.
    """

    command: str
    groups: tuple[Group, ...]


def provenance(record: FindEtaRecord | TrainRecord | StudyRecord | TuneRecord) -> Provenance:
    """Collect the provenance of a record; η is a setting unless it is the answer."""
    if isinstance(record, StudyRecord):
        how = _study_file(record.spec)
    elif isinstance(record, TuneRecord):
        how = [
            ("Asked for", _asked(record)),
            ("Settings of the model", _settings(record.settings)),
            ("Its stopping and schedule", _settings(record.final.strategy)),
            *_study_file(record.study.spec),
        ]
    elif isinstance(record, TrainRecord):
        how = [
            ("Settings", _settings(record.settings)),
            ("Stopping and schedule", _settings(record.strategy)),
        ]
    else:
        how = [("Settings", _settings(record.settings, answer="eta"))]
    return Provenance(
        record.command,
        (
            *how,
            *data_and_environment(record.data, record.environment),
        ),
    )


def _asked(record: TuneRecord) -> tuple[tuple[str, str], ...]:
    means = "the article's own" if record.article else "all"
    return (("budget", f"{number(record.budget)} s"), ("means allowed", means))


def data_and_environment(data: DataSummary, environment: Environment) -> tuple[Group, ...]:
    """Return what a result was made from and with."""
    return ("Data", _data(data)), ("Environment", _environment(environment))


def _settings(
    settings: Hyperparameters | Strategy, answer: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return all settings but the one that is the answer."""
    values = to_json(settings)
    return tuple((_spaced(name), _plain(values[name])) for name in values if name != answer)


def _study_file(spec: Mapping[str, Any]) -> list[Group]:
    """Return what a study file says, a group for each of its tables."""
    tables = {name: part for name, part in spec.items() if isinstance(part, Mapping)}
    rest = {name: value for name, value in spec.items() if name not in tables}
    parts = [("Study", rest), *((f"Study: {name}", part) for name, part in tables.items())]
    return [
        (heading, tuple((_spaced(k), _stated(v)) for k, v in part.items() if _given(heading, k, v)))
        for heading, part in parts
    ]


def _given(heading: str, name: str, value: object) -> bool:
    """Whether a key says something: a patience that is not there is off."""
    return value not in (None, "") or (heading, name) == ("Study: train", "patience")


def _stated(value: object) -> str:
    """Write a setting of a study file, or where a dimension was searched."""
    if not isinstance(value, Mapping):
        return _plain(value)
    choices = value.get("choices")
    if isinstance(choices, list | tuple):
        return _plain([_plain(each).replace(", ", ",") for each in choices])
    how = ", evenly in the logarithm" if value.get("log") else ""
    return f"{_plain(value.get('low'))} to {_plain(value.get('high'))}{how}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "off"
    return number(value) if isinstance(value, float) else str(value)


def _data(data: DataSummary) -> tuple[tuple[str, str], ...]:
    shape = "" if data.image_shape is None else " (images of {} × {})".format(*data.image_shape)
    return (
        ("name", data.name),
        ("SHA-256", data.sha256),
        ("training examples", str(data.n_train)),
        ("validation examples", str(data.n_validation)),
        ("test examples", str(data.n_test)),
        ("features", f"{data.n_features}{shape}"),
        (f"{len(data.classes)} classes", _classes(data.classes)),
    )


def _classes(classes: tuple[str, ...]) -> str:
    more = len(classes) - SHOWN_CLASSES
    return ", ".join(classes[:SHOWN_CLASSES]) + (f" … and {more} more" if more > 0 else "")


def _environment(environment: Environment) -> tuple[tuple[str, str], ...]:
    threads = "1 thread" if environment.blas_threads == 1 else f"{environment.blas_threads} threads"
    return (
        ("tuner", environment.tuner),
        ("Python", environment.python),
        ("platform", environment.platform),
        *sorted(environment.packages.items()),
        ("BLAS", f"{environment.blas}, {threads}"),
    )
