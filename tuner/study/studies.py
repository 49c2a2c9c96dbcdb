"""Run studies, and read or delete stored ones."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage

from tuner.data import Dataset
from tuner.data.folds import folds_of
from tuner.errors import InputError, OutputError
from tuner.execution.base import Callbacks, Executor
from tuner.execution.opening import opened
from tuner.metrics import METRICS
from tuner.records import DataSummary, StudySummary
from tuner.study.batches import BatchFiles, remove_batch_files
from tuner.study.coordinator import Coordinator, StudyProgress
from tuner.study.optuna_storage import (
    FILE,
    LOCK,
    SPEC,
    check,
    connected,
    default_url,
    only_coordinator,
    open_study,
    reading,
    study_names,
)
from tuner.study.spec import StudySpec, fitted_study
from tuner.study.summary import summary_of
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer


def run_study(
    spec: StudySpec,
    data: Dataset,
    folder: str | Path,
    *,
    storage: str | None = None,
    workers: int | str | Executor | None = 1,
    scheduler: str | None = None,
    trials: int | None = None,
    callbacks: Callbacks[StudyProgress] = Callbacks(),
) -> tuple[StudySummary, bool]:
    """Run a study, or resume it; stopping and resuming does not change its trials.

    Parameters
    ----------
    spec, data
        What to search, and on which data.
    folder
        Keeps the batch under way, and the trials unless `storage` does.
    storage
        An Optuna storage URL; by default SQLite in `folder`.
    workers
        As for `tuner.execution.opening.open_executor`, or an open executor.
    scheduler
        Address of a scheduler to use instead of processes of this machine.
    trials
        Number of trials; by default that of its file.
    callbacks
        How it is watched and stopped.

    Returns
    -------
    What is stored, and whether the study has all its trials.

    Raises
    ------
    InputError
        When another process works on the study, it was made from another file, data or version, or
        the storage or scheduler cannot be reached.
    OutputError
        When the folder cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tuner.data import load
    >>> spec = StudySpec(
    ...     name="small", trials=4, batch=4, data={"source": "iris"}, network={"hidden": [8]},
    ...     train={"epochs": 5}, search={"lambda": {"low": 0.01, "high": 10, "log": True}},
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     summary, complete = run_study(spec, load("iris"), Path(folder))
    >>> complete, summary.counts
    (True, {'complete': 4, 'pruned': 0, 'failed': 0})
    """
    folder, summary, trainer = Path(folder), data.summary, NativeTrainer(data.tuning)
    spec = fitted_study(spec, summary.task)
    worst = METRICS[spec.metric].worst(data.validation.y)
    if spec.folds is not None:
        trainer = NativeTrainer(*(fold.tuning for fold in folds_of(data, spec.folds)))
        summary = replace(summary, folds=spec.folds)
    return conduct(
        spec,
        summary,
        folder,
        worst=worst,
        trainer=trainer,
        executor=partial(opened, trainer, workers, scheduler),
        files=BatchFiles(folder, summary),
        storage=storage,
        trials=trials,
        callbacks=callbacks,
    )


def conduct(
    spec: StudySpec,
    data: DataSummary,
    folder: Path,
    *,
    worst: float,
    trainer: Trainer[Any],
    executor: Callable[[], AbstractContextManager[Executor]],
    files: BatchFiles,
    storage: str | None,
    trials: int | None,
    callbacks: Callbacks[StudyProgress],
) -> tuple[StudySummary, bool]:
    """Run a study of any trainer's networks; the executor is opened once the study is locked."""
    _make(folder)
    url = storage or default_url(folder)
    with (
        only_coordinator(url, spec.name, folder),
        executor() as opened,
        connected(url) as connection,
    ):
        with reading(url, spec.name):
            study = open_study(connection, spec, data, version("eta-tuner"))
        coordinator = Coordinator(
            spec,
            data,
            study,
            worst=worst,
            trainer=trainer,
            executor=opened,
            folder=folder,
            files=files,
            callbacks=callbacks,
        )
        complete = coordinator.run(trials or spec.trials)
        return summary_of(study), complete


def stored_studies(
    url: str, damaged: Callable[[InputError], None] = lambda _: None
) -> list[StudySummary]:
    """Return every study of a storage that this program made, by name.

    Parameters
    ----------
    damaged
        Called with the error message of each study that cannot be read.

    Raises
    ------
    InputError
        When the storage cannot be reached, or none of its studies can be read.
    """
    found, problems = [], []
    with connected(url) as storage:
        with reading(url):
            names = study_names(storage)
        for name in names:
            try:
                found += _stored(storage, url, name)
            except InputError as problem:
                problems.append(problem)
    if problems and not found:
        raise problems[0]
    for each in problems:
        damaged(each)
    return found


def stored_study(url: str, name: str) -> StudySummary:
    """Return one study of a storage.

    Raises
    ------
    InputError
        When no study has that name, or it is damaged; the message lists the stored ones.
    """
    with connected(url) as storage:
        with reading(url):
            there = name in study_names(storage)
        if there and (found := _stored(storage, url, name)):
            return found[0]
    raise InputError(_unknown(name, stored_studies(url)))


def _stored(storage: RDBStorage, url: str, name: str) -> list[StudySummary]:
    """Return a stored study; None if another program created it."""
    with reading(url, name):
        study = optuna.load_study(study_name=name, storage=storage)
        if SPEC not in study.user_attrs:
            return []
        check(storage, study)
        return [summary_of(study)]


def stored_spec(url: str, name: str) -> dict[str, Any]:
    """Return the study file of a stored study, defaults included."""
    with connected(url) as storage, reading(url, name):
        study = optuna.load_study(study_name=name, storage=storage)
        return dict(study.user_attrs[SPEC])


def delete_study(url: str, name: str, folder: Path) -> None:
    """Delete a study from a storage, and its own files from its folder.

    The folder's SQLite file goes when no other study is in it, the folder when it is empty.

    Raises
    ------
    InputError
        When there is none of that name, or a process works on it.
    """
    stored_study(url, name)
    with only_coordinator(url, name, folder):
        with connected(url) as storage:
            optuna.delete_study(study_name=name, storage=storage)
            empty = not study_names(storage)
        if empty and url == default_url(folder):
            (folder / FILE).unlink()
        if not (folder / FILE).exists():
            remove_batch_files(folder)
            _remove_report(folder)
            (folder / LOCK).unlink(missing_ok=True)
    with suppress(OSError):  # there is more in it
        folder.rmdir()


def _remove_report(folder: Path) -> None:
    for pattern in ("study.html", "study-*.png", "records.json"):
        for path in folder.glob(pattern):
            path.unlink()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be made ({error.strerror}): choose another --out."
        ) from error


def _unknown(name: str, studies: Sequence[StudySummary]) -> str:
    there = ", ".join(each.study for each in studies) or "none"
    return f"study {name}: is not stored there: those that are: {there}."
