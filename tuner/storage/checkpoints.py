"""Checkpoints: a network in training as a file from which its training resumes exactly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.errors import DataError
from tuner.network.arrays import Array
from tuner.network.initialization import Parameters
from tuner.records import DataSummary, Epoch, Hyperparameters, Record, to_json
from tuner.storage import tensorfile
from tuner.strategies.schedules import Halving, Planned, Schedule, WithinEpochs
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeLane, names_of_state
from tuner.training.loop import Training

KIND = "checkpoint"

SEEN = {
    *("plateau.best", "plateau.epochs", "plateau.waited"),
    *("divisions", "seen", "seconds_used", "diverged", "last_epoch"),
}
"""The state of a strategy; its other fields are settings."""

BUDGETS = {"epochs", "seconds"}
"""Settings of `Stopping` that a resumed run may change: they do not alter any epoch."""


@dataclass(frozen=True, kw_only=True)
class LaneRecord(Record):
    """The state of a lane besides its arrays and the settings of its training."""

    eta: float
    steps: int
    diverged: bool
    fold: int = 0


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord(Record):
    """The contents of a checkpoint besides the arrays."""

    settings: Hyperparameters
    data: DataSummary
    schedule: Schedule
    stopping: Stopping
    history: tuple[Epoch, ...]
    lane: LaneRecord
    best: LaneRecord


def save_checkpoint(training: Training[NativeLane], path: str | Path, data: DataSummary) -> None:
    """Write a network in training to a file, atomically: a kill leaves the old file intact.

    Raises
    ------
    OutputError
        When it cannot be written there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tuner.data import load
    >>> from tuner.training.loop import begin
    >>> from tuner.strategies.schedules import Constant
    >>> from tuner.trainers.native import NativeTrainer
    >>> iris, settings = load("iris"), Hyperparameters(eta=0.5, hidden=(8,))
    >>> start = begin(NativeTrainer(iris.tuning), settings, Constant(eta=0.5), Stopping(epochs=9))
    >>> with TemporaryDirectory() as folder:
    ...     save_checkpoint(start, Path(folder, "run.safetensors"), iris.summary)
    ...     training, data = load_checkpoint(Path(folder, "run.safetensors"))
    >>> training.stopping.epochs, data == iris.summary
    (9, True)
    """
    record = CheckpointRecord(
        settings=training.settings,
        data=replace(data, n_features=training.lane.n_in),
        schedule=training.schedule,
        stopping=training.stopping,
        history=training.history,
        lane=_lane_record(training.lane),
        best=_lane_record(training.best),
    )
    arrays = _arrays(training.lane, "lane.") | _arrays(training.best, "best.")
    tensorfile.write(Path(path), KIND, record, arrays)


def load_checkpoint(path: str | Path) -> tuple[Training[NativeLane], DataSummary]:
    """Read a network in training and the summary of its data; no code in the file is run.

    Training resumes where it was, even if it was interrupted.

    Raises
    ------
    DataError
        When the file is missing, damaged, no checkpoint of tuner, or of a newer schema.
    """
    record, arrays = tensorfile.read(Path(path), KIND, CheckpointRecord)
    with tensorfile.naming(Path(path)):
        return _training(record, arrays), record.data


def resume(
    path: str | Path, wanted: Training[NativeLane], data: DataSummary
) -> Training[NativeLane]:
    """Read a checkpoint to resume from, and check that it matches the wanted training.

    Parameters
    ----------
    wanted
        The training as it would begin, from `tuner.training.loop.begin`. Its budgets of epochs
        and seconds replace those of the checkpoint; all other settings must match.
    data
        The data at hand; its identity must be that of the checkpoint.

    Raises
    ------
    DataError
        As `load_checkpoint`, and when something differs; the message names every difference.
    """
    saved, saved_data = load_checkpoint(path)
    unlike = [
        *differences(saved_data.identity, data.identity),
        *differences(saved.settings, wanted.settings),
        *_schedule_differences(saved.schedule, wanted.schedule),
        *differences(saved.stopping, wanted.stopping, without=SEEN | BUDGETS),
    ]
    if unlike:
        raise DataError(
            f"{path}: is the checkpoint of another run: {'; '.join(unlike)}: give the same data "
            "and settings, or start anew."
        )
    budgets = {name: getattr(wanted.stopping, name) for name in BUDGETS}
    return replace(saved, stopping=replace(saved.stopping, **budgets))


def differences(
    saved: Record,
    wanted: Record,
    *,
    without: set[str] | frozenset[str] = frozenset(),
) -> list[str]:
    """Describe in which fields two records differ.

    Parameters
    ----------
    without
        Leave these fields out; those of a record in a record are written `plateau.best`.

    Examples
    --------
    >>> differences(Hyperparameters(eta=0.5), Hyperparameters(eta=0.25))
    ['eta is 0.5 there but 0.25 here']
    """
    there, here = dict(_flat(to_json(saved))), dict(_flat(to_json(wanted)))
    names = [name for name in there | here if name not in without]
    return [
        f"{name} is {there.get(name, 'off')} there but {here.get(name, 'off')} here"
        for name in names
        if there.get(name) != here.get(name)
    ]


def _schedule_differences(saved: Schedule, wanted: Schedule) -> list[str]:
    kinds = [type(schedule).__name__.lower() for schedule in (saved, wanted)]
    if kinds[0] != kinds[1]:
        return [f"the schedule is {kinds[0]} there but {kinds[1]} here"]
    return differences(saved, wanted, without=SEEN)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value


def _lane_record(lane: NativeLane) -> LaneRecord:
    eta, steps = lane.settings.eta, lane.steps
    return LaneRecord(eta=eta, steps=steps, diverged=lane.diverged, fold=lane.fold)


def _arrays(lane: NativeLane, prefix: str) -> dict[str, Array]:
    arrays = tensorfile.named(lane.parameters, prefix)
    for name, kept in lane.state.items():
        arrays |= tensorfile.named(kept, f"{prefix}{name}.")
    return arrays


def _training(record: CheckpointRecord, arrays: Mapping[str, Array]) -> Training[NativeLane]:
    _check_counts(record)
    names = names_of_state(record.settings)
    prefixes = [
        lane + part for lane in ("lane.", "best.") for part in ("", *(f"{n}." for n in names))
    ]
    networks = dict.fromkeys(prefixes, record.settings)
    read = iter(tensorfile.parameters_from(arrays, networks))
    lane, best = (
        _lane(record, lane, next(read), {name: next(read) for name in names})
        for lane in (record.lane, record.best)
    )
    return Training(record.settings, lane, best, record.schedule, record.stopping, record.history)


def _check_counts(record: CheckpointRecord) -> None:
    """Raise `DataError` unless epochs, divisions and steps are possible for a run."""
    numbers = [epoch.epoch for epoch in record.history]
    n = len(numbers)
    if numbers != list(range(1, n + 1)) or record.stopping.last_epoch != n:
        raise DataError("holds epochs out of order: start anew.")
    if isinstance(record.schedule, Halving) and not 0 <= record.schedule.divisions <= n:
        raise DataError(f"holds a schedule of {record.schedule.divisions} divisions: start anew.")
    if isinstance(record.schedule, Planned | WithinEpochs) and record.schedule.seen != n:
        raise DataError(f"holds a schedule that saw {record.schedule.seen} epochs: start anew.")
    if not all(0 <= lane.fold < record.data.lanes for lane in (record.lane, record.best)):
        raise DataError("holds a network of a fold that its data do not have: start anew.")
    steps = min(record.lane.steps, record.best.steps)
    if steps < 0:
        raise DataError(f"holds a number of steps that is {steps}: start anew.")


def _lane(
    record: CheckpointRecord,
    lane: LaneRecord,
    parameters: Parameters,
    state: Mapping[str, Parameters],
) -> NativeLane:
    ends = record.data.n_features, record.data.n_outputs
    for arrays in (parameters, *state.values()):
        tensorfile.check_parameters(arrays, record.settings, ends, finite=not lane.diverged)
    settings = replace(record.settings, eta=lane.eta)
    return NativeLane(settings, parameters, lane.steps, lane.diverged, state, lane.fold)
