"""How good a saved model is on data, with the seal of its test part kept."""

import math
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Part, read
from tuner.data.inputs import Examples, Roles
from tuner.data.loading import HOLDS, is_table, warn
from tuner.data.seal import count_opening
from tuner.data.splits import split, without_rare
from tuner.errors import DataError, OptionError, TargetError
from tuner.metrics import OF_TASK
from tuner.records import EvaluateRecord, PartName, require_choice
from tuner.storage.models import Model


def evaluate(
    model: Model,
    source: str | Dataset | None = None,
    *,
    target: str | None = None,
    part: PartName | None = None,
    metric: str | None = None,
) -> EvaluateRecord:
    """Measure a model on data.

    Parameters
    ----------
    model
        The network; the names of its classes are matched with those of the data.
    source
        A name or path as for `tuner.data.load`, or a data set that is split exactly as in training
        (the same `DataIdentity`); by default the data of training.
    target
        The column of a table that holds the classes; by default the one of training.
    part
        Of the data of training: "test" (the default) or "validation", split exactly as in
        training, or "all". Of other data "all" is the only choice.
    metric
        What to judge by, a metric of the model's task; by default the one that chose the model. The
        others are measured too.

    Raises
    ------
    DataError
        When the data cannot be used, lack a column, hold a class that the model does not know, or
        cannot be split as in training.
    OptionError
        When `target` or `part` does not fit the data, or `metric` the task.

    Warns
    -----
    DataWarning
        When a column holds categories that no training example had.
    SealWarning
        When the opening of the test part could not be counted.
    """
    metric = metric or model.metric
    require_choice("metric", metric, OF_TASK[model.task])
    if isinstance(source, Dataset):
        return _evaluate_loaded(model, source, part or "test", metric)
    source = source or _source(model)
    trained = model.data
    examples = _read(model, source, Roles(target=target))
    known = trained.sha256 in _digests(examples)
    given = trained.test_sha256 in _digests(examples)
    if known and (trained.groups or trained.time):
        roles = Roles(target=target, groups=trained.groups, time=trained.time)
        examples = _read(model, source, roles)
    if known and trained.drop_rare:
        examples = without_rare(examples)
    part = part or ("test" if known or given else "all")
    require_choice("part", part, get_args(PartName))
    rows = _rows(model, examples, part, source, known=known, given=given)
    y = _expected(model, examples, source)[rows]
    prepared = model.prepare(source, [examples.target] if examples.target else [])
    warn(prepared.notes, source)
    x = prepared.x[rows if examples.kept is None else examples.kept[rows]]
    tests = given or (known and trained.test_sha256 is None)
    openings = count_opening(trained) if tests and part != "validation" else 0
    return _measured(
        model,
        metric,
        Part(x, y),
        name=source,
        sha256=examples.sha256,
        part=part,
        known_data=known or given,
        test_openings=openings,
        notes=prepared.notes,
    )


def _digests(examples: Examples) -> tuple[str, str]:
    return examples.sha256, examples.file_sha256


def _evaluate_loaded(model: Model, data: Dataset, part: PartName, metric: str) -> EvaluateRecord:
    require_choice("part", part, get_args(PartName))
    _refuse_trained(model, part)
    trained_on = replace(model.data.identity, folds=None, repeats=1)
    if (data.summary.identity, data.classes) != (trained_on, model.data.classes):
        raise DataError(
            f"data ({data.name}) are not those of training, split as they were then: give the name"
            " or the path of the data instead."
        )
    if part == "validation":
        opened = data.validation
    elif model.preprocessings == (data.preprocessing,):
        opened = data.open_test()
    elif part == "test":  # of folds, or trained again: the inputs are others
        opened = data.open_test(*model.preprocessings)
    else:
        raise OptionError("part is all but the model was trained on folds or again: leave it out.")
    if part == "all":
        parts = (data.train, data.validation, opened)
        opened = Part(*(np.concatenate([getattr(p, field) for p in parts]) for field in ("x", "y")))
    return _measured(
        model,
        metric,
        opened,
        name=data.name,
        sha256=data.summary.sha256,
        part=part,
        known_data=True,
        test_openings=0 if part == "validation" else data.test_openings,
    )


def _measured(model: Model, metric: str, examples: Part, **known: Any) -> EvaluateRecord:
    x, y = examples.x, examples.y
    measured = model.measured(x, y)
    if math.isnan(measured[metric]):
        raise DataError(f"{known['name']}: {metric} cannot be told of these {len(y)} examples.")
    return EvaluateRecord(
        n=len(y),
        metrics={name: value for name, value in measured.items() if not math.isnan(value)},
        metric=metric,
        interval=None if metric == "accuracy" else measured.interval(metric),
        cost=float(model.costs(x, y).mean()),
        trained_on=model.data,
        **known,
    )


def _read(model: Model, source: str, asked: Roles) -> Examples:
    """Read the examples of a source, whose target is that of training unless it is named."""
    if not is_table(source):
        return read(source, asked)
    try:
        return read(
            source, replace(asked, target=asked.target or model.data.target, task=model.task)
        )
    except TargetError as error:
        trained_on = model.data.target
        if asked.target is not None or trained_on is None:
            raise
        raise DataError(
            f"{source}: has no column {trained_on!r}, which the model was trained to predict: give"
            f" data that have it, or --target if another of theirs ({error.columns}) means the "
            "same."
        ) from error


def _source(model: Model) -> str:
    if model.data.name in {"arrays", "DataFrame"}:
        raise OptionError("data must be given: the model was trained on data in Python.")
    return model.data.name


def _rows(
    model: Model, examples: Examples, part: PartName, source: str, *, known: bool, given: bool
) -> NDArray[np.intp]:
    """Return the rows to measure on; those of the parts are exactly the ones of training."""
    trained, now = model.data, examples.target
    if (known or given) and trained.target not in (None, now):
        raise DataError(
            f"{source}: the target is {now!r} but was {trained.target!r} in training: leave "
            "--target out."
        )
    _refuse_trained(model, part)
    if part == "all" or (given and part == "test"):
        return np.arange(examples.inputs.n)
    if given:
        raise OptionError(f"part is {part} but {source} is the test part: leave it out.")
    if not known:
        raise OptionError(
            f"part is {part} but {source} is not what the model was trained on: leave it out to "
            "use all examples."
        )
    if trained.test_sha256 is not None and part == "test":
        raise DataError(f"{source}: the test part is another file: give that one.")
    if trained.n_test == 0:
        raise DataError(
            f"{source}: the model was trained without a test part, so all of it may have trained "
            "the model: give other data."
        )
    if trained.split_seed is None and not examples.published:
        raise DataError(
            f"{source}: the model is of an older tuner and does not say how these data were "
            "split: train it again, or give data that it has not seen."
        )
    n_test = trained.n_test if trained.test_sha256 is None else 0
    rows = split(
        examples,
        test_size=trained.test_size if trained.test_sha256 is None else 0,
        train_size=trained.n_train,
        seed=trained.split_seed or 0,
        small_classes=True,
    )
    if tuple(map(len, (rows.train, rows.validation, rows.test))) != (
        trained.n_train,
        trained.n_validation,
        n_test,
    ):
        raise DataError(
            f"{source}: cannot be split as in training ({trained.n_train}, "
            f"{trained.n_validation} and {n_test} examples): give other data."
        )
    return rows.test if part == "test" else rows.validation


def _refuse_trained(model: Model, part: PartName) -> None:
    if part == "validation" and (model.refitted or model.data.folds):
        how = "again on these examples" if model.refitted else "on folds that hold these examples"
        raise OptionError(
            f"part is validation but the model was trained {how}: leave it out to use the test"
            " part."
        )


def _expected(model: Model, examples: Examples, source: str) -> NDArray[Any]:
    """Return the index (n,) that each example's class has in the model, or its number."""
    if model.task != examples.task:
        raise DataError(
            f"{source}: holds {HOLDS[examples.task]}, but the model predicts {HOLDS[model.task]}:"
            " give other data."
        )
    if model.task == "regression":
        numbers: NDArray[np.float64] = examples.y
        return numbers
    place = {name: i for i, name in enumerate(model.classes)}
    if {name.casefold() for name in model.classes} == {"false", "true"}:
        place |= {each: place[name] for name in model.classes for each in _spellings(name)}
    for name in examples.classes:
        if name not in place:
            listed = ", ".join(map(repr, model.classes[:10]))
            raise DataError(
                f"{source}: holds the class {name!r}, which the model does not know: use data of "
                f"its classes ({listed}{', …' if len(model.classes) > 10 else ''})."
            )
    places = np.array([place[name] for name in examples.classes], dtype=np.intp)
    indices: NDArray[np.intp] = places[examples.y]
    return indices


def _spellings(boolean: str) -> tuple[str, ...]:
    return boolean.lower(), boolean.upper(), boolean.capitalize()
