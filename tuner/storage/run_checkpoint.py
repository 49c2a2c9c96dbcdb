"""The files that a run of `train` keeps in its folder, so that it can be resumed after a kill."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import InputError
from tuner.files import clear_parts
from tuner.records import DataSummary, EtaSearch, Record
from tuner.settings import Hyperparameters
from tuner.storage import CHECKPOINT
from tuner.storage.checkpoints import load_checkpoint, resume, save_checkpoint
from tuner.storage.run_store import read_entry, write_entry
from tuner.trainers.native import NativeLane
from tuner.training.loop import Training

SEARCH = "eta-search.json"

SECONDS_BETWEEN = 1.0
"""Writing a checkpoint after each epoch would take longer than many an epoch."""


@dataclass(frozen=True, kw_only=True)
class FoundEta(Record):
    """The η search that a run started from, and the settings it was made for."""

    settings: Hyperparameters
    result: EtaSearch


class RunCheckpoint:
    """Keeps the checkpoint of each network of a run, and the η search that it began with.

    Parameters
    ----------
    folder
        Where the files are written; created if needed.
    data
        The data that the run trains on.

    Attributes
    ----------
    folder
        Where the files are.
    latest
        Its networks after the last epoch; none before the first.
    """

    def __init__(self, folder: Path, data: DataSummary) -> None:
        self.folder = folder
        self.checkpoint, self._search = folder / CHECKPOINT, folder / SEARCH
        self._data = data
        self.latest: tuple[Training[NativeLane], ...] = ()
        self._unsaved: FoundEta | None = None
        self._saved_at = time.monotonic()

    def check(self, *, resume: bool, fresh: bool) -> None:
        """Raise `InputError` if none is there to `resume`, or one is there and neither is set."""
        there = self.checkpoint.is_file()
        if resume and not there:
            raise InputError(
                f"{self.checkpoint}: no such file to --resume from: leave the option out."
            )
        if there and not (resume or fresh):
            raise InputError(
                f"{self.checkpoint}: is of a run that was interrupted: go on with --resume, start "
                "over with --fresh, or choose another --out."
            )

    def begin_with(self, found: FoundEta) -> None:
        """Save this η search together with the first checkpoint."""
        self._unsaved = found

    def watch(self, trainings: Sequence[Training[NativeLane]]) -> None:
        """Note the run after an epoch, and save it unless it was saved within the last second."""
        self.latest = tuple(trainings)
        if time.monotonic() - self._saved_at >= SECONDS_BETWEEN:
            self.save()

    def save(self) -> None:
        """Save the run as it was after its last epoch, if there was one.

        A kill between two files leaves networks at two epochs; each goes on from its own.
        """
        if not self.latest:
            return
        if self._unsaved is not None:  # before the checkpoint, which needs it
            write_entry(self._search, self._unsaved)
            self._unsaved = None
        for number, training in enumerate(self.latest, 1):
            save_checkpoint(training, self._file(number), self._data)
        self._saved_at = time.monotonic()

    def _file(self, number: int) -> Path:
        if number == 1:
            return self.checkpoint
        return self.checkpoint.with_stem(f"{self.checkpoint.stem}-{number}")

    def resume(
        self, begin: Callable[[float], tuple[Training[NativeLane], ...]], eta: float | None
    ) -> tuple[tuple[Training[NativeLane], ...], EtaSearch | None]:
        """Return the saved networks, and the η search that they began with.

        Parameters
        ----------
        begin
            Returns the wanted networks before their first epoch, for their η.
        eta
            The wanted learning rate; None for the one that the saved run had found.

        Raises
        ------
        DataError
            When the checkpoint cannot be used, or belongs to another run.
        InputError
            When η is to be found but the saved run was given one.
        """
        saved, _ = load_checkpoint(self.checkpoint)
        search = self._found(saved.settings.eta) if eta is None else None
        wanted = enumerate(begin(eta or saved.settings.eta), 1)
        trainings = (
            resume(file, training, self._data) if (file := self._file(n)).is_file() else training
            for n, training in wanted
        )
        return tuple(trainings), search

    def _found(self, eta: float) -> EtaSearch:
        found = read_entry(self._search, FoundEta)
        if found is None or found.settings.eta != eta:
            raise InputError(
                f"{self.checkpoint}: is the checkpoint of another run: eta is {eta} there but "
                "auto here: give the same settings, or start anew."
            )
        return found.result

    def clear(self) -> None:
        """Remove what was saved, and what a kill left half-written."""
        others = self.folder.glob(f"{self.checkpoint.stem}-*{self.checkpoint.suffix}")
        names = {self.checkpoint.name, self._search.name, *(file.name for file in others)}
        for name in names:
            with suppress(FileNotFoundError):
                self.checkpoint.with_name(name).unlink()
        if self.checkpoint.parent.is_dir():
            clear_parts(self.checkpoint.parent, names)
