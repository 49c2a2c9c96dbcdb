"""A batch of trials in training, saved in files between its rungs."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.errors import DataError, InputError
from tuner.files import clear_parts
from tuner.records import DataSummary, EtaSearch, EtaSearches, Hyperparameters, Record, StopReason
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.storage.run_store import read_entry, write_entry
from tuner.trainers.native import NativeLane
from tuner.training.loop import Training

BATCH, ETAS = "batch.json", "etas.json"

Key = tuple[int, int]
"""Trial number and seed; with K folds, K times the seed plus the fold."""


@dataclass(frozen=True, kw_only=True)
class Batch(Record):
    """Trials that are drawn, trained and halved together.

    Attributes
    ----------
    number
        Of the batch, from 0.
    first
        Number of its first trial.
    study
        Fingerprint of its study file and data.
    params
        The parameters of each trial.
    """

    number: int
    first: int
    study: str
    params: tuple[dict[str, Any], ...]

    @property
    def trials(self) -> range:
        """The numbers of its trials."""
        return range(self.first, self.first + len(self.params))


class BatchFiles:
    """The files of the current batch, in the folder of its study.

    `batch.json` says which batch it is; `trial-N-S.safetensors` is the latest network of trial N
    and seed S. Each is replaced atomically. All of it can be recomputed, so an unreadable file
    counts as absent.

    Parameters
    ----------
    folder
        Of the study.
    data
        Which data the networks train on.
    with_networks
        Whether networks are stored; those of a user's own trainer cannot be.
    """

    def __init__(self, folder: Path, data: DataSummary, *, with_networks: bool = True) -> None:
        self._folder, self._data, self._with_networks = folder, data, with_networks

    def load_batch(self) -> Batch | None:
        """Return the current batch, or None."""
        with suppress(InputError):
            return read_entry(self._folder / BATCH, Batch)
        return None

    def save_batch(self, batch: Batch) -> None:
        """Save which batch is the current one."""
        write_entry(self._folder / BATCH, batch)

    def load(self, batch: Batch) -> dict[Key, Training[NativeLane]]:
        """Return the stored networks of a batch."""
        found = {}
        for path in self._folder.glob("trial-*-*.safetensors") if self._with_networks else ():
            trial, seed = (int(part) for part in path.stem.split("-")[1:])
            if trial in batch.trials:
                with suppress(DataError):
                    network, data = load_checkpoint(path)
                    if data.identity == self._data.identity:
                        found[trial, seed] = network
        return found

    def save(self, key: Key, training: Training[NativeLane]) -> None:
        """Store a network, replacing its earlier state."""
        if self._with_networks:
            path = self._folder / f"trial-{key[0]}-{key[1]}.safetensors"
            save_checkpoint(training, path, self._data)

    def clear(self) -> None:
        """Remove the batch's files: all its trials are stored."""
        clear_batch(self._folder)


def clear_batch(folder: Path) -> None:
    """Remove the files of the current batch, and what a kill left half written."""
    (folder / BATCH).unlink(missing_ok=True)
    for path in folder.glob("trial-*-*.safetensors"):
        path.unlink(missing_ok=True)
    clear_parts(folder)


class EtaFile:
    """The threshold searches of a study, each made once: `etas.json` in its folder."""

    def __init__(self, folder: Path, study: str) -> None:
        self._path, self._study = folder / ETAS, study

    def load(self) -> dict[Hyperparameters, EtaSearch]:
        """Return each search by the settings it was made for; none if they are another study's.

        Raises
        ------
        InputError
            When the file is damaged.
        """
        stored = read_entry(self._path, _Searches, "remove it: its searches are made again")
        return dict(stored.searches) if stored and stored.study == self._study else {}

    def save(self, searches: EtaSearches) -> None:
        """Store them all."""
        write_entry(self._path, _Searches(study=self._study, searches=searches))


def remove_batch_files(folder: Path) -> None:
    """Remove what the classes above write to the folder of a study."""
    clear_batch(folder)
    (folder / ETAS).unlink(missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class _Searches(Record):
    study: str
    searches: EtaSearches


def value_at(trainings: Sequence[Training[Any]], epoch: int, worst: float) -> float:
    """Return the mean over seeds of the best validation metric up to an epoch.

    A trial with a network that has diverged by then is worth `worst`. Later epochs do not count, so
    a resumed batch is halved as before.
    """
    if any(t.reason is StopReason.DIVERGED and len(t.history) <= epoch for t in trainings):
        return worst
    metric = trainings[0].stopping.metric
    best = [max(t.history[:epoch], key=lambda e: e.score(metric)) for t in trainings]
    values = [epoch.validation_metrics[metric] for epoch in best]
    return sum(values) / len(values) if all(map(math.isfinite, values)) else worst


def survivors(scores: Mapping[int, float], keep: float) -> frozenset[int]:
    """Return the trials that survive a rung of successive halving (Jamieson & Talwalkar 2016).

    Parameters
    ----------
    scores
        The score of each trial that reached this rung, early-stopped ones included; greater is
        better.
    keep
        The share that survives, 0 … 1, at least one trial; of equals the earlier one.

    Examples
    --------
    >>> sorted(survivors({0: 0.91, 1: 0.95, 2: 0.91, 3: 0.90}, keep=0.5))
    [0, 1]
    """
    ranked = sorted(scores, key=lambda number: (-scores[number], number))
    return frozenset(ranked[: max(1, math.ceil(keep * len(ranked)))])
