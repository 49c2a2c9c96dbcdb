"""How a result came about: enough to make it again, and to see that it is the same."""

from collections.abc import Iterator, Mapping

from tuner.records import (
    Choices,
    DataSummary,
    Environment,
    FindEtaRecord,
    Hyperparameters,
    Range,
    Strategy,
    StudyRecord,
    TrainRecord,
    TuneRecord,
    Value,
    to_json,
)
from tuner.report.document import Group, Provenance
from tuner.report.format import number
from tuner.report.frames.study_space import plain
from tuner.settings import telling

SHOWN_CLASSES = 20


def provenance(record: FindEtaRecord | TrainRecord | StudyRecord | TuneRecord) -> Provenance:
    """Collect the provenance of a record; η is a setting unless it is the answer."""
    if isinstance(record, StudyRecord):
        how = _study_file(record)
    elif isinstance(record, TuneRecord):
        allowed = "those of the article" if record.article else "all"
        request = (("budget", f"{number(record.budget)} s"), ("regularizers", allowed))
        how = [
            ("Request", request),
            ("Settings of the model", _settings(record.settings)),
            ("Stopping and schedule of the model", _settings(record.final.strategy)),
            *_study_file(record.study),
        ]
    elif isinstance(record, TrainRecord):
        how = [
            ("Settings", _settings(record.settings)),
            ("Stopping and schedule", _settings(record.strategy)),
        ]
    else:
        how = [("Settings", _settings(record.settings, answer="eta"))]
    return Provenance(
        record.command, (*how, *data_and_environment(record.data, record.environment))
    )


def data_and_environment(data: DataSummary, environment: Environment) -> tuple[Group, ...]:
    """Return what a result was made from and with."""
    return ("Data", _data(data)), ("Environment", _environment(environment))


def _settings(
    settings: Hyperparameters | Strategy, answer: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return all settings but the one that is the answer."""
    values = to_json(settings)
    if isinstance(settings, Hyperparameters):
        own = values.pop("own", {})
        values = {each.stored: values[each.stored] for each in telling(settings)} | own
    return tuple((_spaced(name), _plain(values[name])) for name in values if name != answer)


def _study_file(record: StudyRecord) -> list[Group]:
    """Return what a study file says, a group for each of its tables."""
    plan = record.plan
    whole = {
        "name": record.result.study,
        "title": plan.title,
        "eta": plan.eta,
        "eta seeds": plan.eta_seeds,
        "trials": plan.trials,
        "batch": plan.batch,
        "seeds": plan.seeds,
        "rungs": plan.rungs,
        "keep": plan.keep,
        "sampler": plan.sampler,
        "objectives": record.result.objectives,
        "seed": plan.seed,
    }
    space = record.result.space
    return [
        ("Study", tuple((name, _plain(value)) for name, value in whole.items() if value != "")),
        ("Study: data", tuple((_spaced(k), _plain(v)) for k, v in _stated(plan.data))),
        ("Study: network", tuple((_spaced(k), _plain(v)) for k, v in plan.network.items())),
        ("Study: train", tuple((_spaced(k), _plain(v)) for k, v in _stated(plan.train))),
        ("Study: search", tuple((_spaced(name), _searched(d)) for name, d in space.items())),
    ]


def _stated(table: Mapping[str, Value | None]) -> Iterator[tuple[str, Value | None]]:
    """Leave out what is not set; a patience that is not there is off."""
    return ((k, v) for k, v in table.items() if v is not None or k == "patience")


def _searched(dimension: Range | Choices) -> str:
    """Write where a dimension was searched."""
    if isinstance(dimension, Choices):
        return ", ".join(map(plain, dimension.choices))
    how = ", log-uniform" if dimension.log else ""
    return f"{number(dimension.low)} to {number(dimension.high)}{how}"


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
        *((("target", data.target),) if data.target is not None else ()),
        ("split seed", "none" if data.split_seed is None else str(data.split_seed)),
        *((("folds", _folds(data)),) if data.folds is not None else ()),
        *((("dropped columns", ", ".join(data.dropped)),) if data.dropped else ()),
        *((("scaling", data.scaling),) if data.scaling != "standard" else ()),
        *((("groups", data.groups),) if data.groups is not None else ()),
        *((("time", data.time),) if data.time is not None else ()),
        *((("SHA-256 of the test data", data.test_sha256),) if data.test_sha256 else ()),
        ("training examples", str(data.n_train)),
        ("validation examples", str(data.n_validation)),
        ("test examples", str(data.n_test)),
        ("features", f"{data.n_features}{shape}"),
        (f"{len(data.classes)} classes", _classes(data.classes)),
    )


def _folds(data: DataSummary) -> str:
    return f"{data.folds}, drawn {data.repeats} times" if data.repeats > 1 else str(data.folds)


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
