"""What a run leaves in its output folder while it goes on, so that it can be resumed."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import InputError
from tuner.files import clear_parts, write_file
from tuner.records import DataSummary, EtaSearch, FindEtaRecord

if TYPE_CHECKING:
    from tuner.trainers.native import NativeLane
    from tuner.training.loop import Training

CHECKPOINT, SEARCH = "checkpoint.safetensors", "eta-search.json"

SECONDS_BETWEEN = 1.0
"""Writing a checkpoint after each epoch would take longer than many an epoch."""


class Keeper:
    """Keeps the checkpoint of one run, and the η search that it began with.

    Parameters
    ----------
    folder
        The output folder.
    data
        Which data the run trains on.

    Attributes
    ----------
    latest
        The run after its last epoch.
    begun_with
        The η search, until it is kept.
    """

    def __init__(self, folder: Path, data: DataSummary) -> None:
        self.checkpoint, self.search = folder / CHECKPOINT, folder / SEARCH
        self.data = data
        self.latest: Training[NativeLane] | None = None
        self.begun_with: FindEtaRecord | None = None
        self.written = time.monotonic()

    def watch(self, trainings: "Sequence[Training[NativeLane]]") -> None:
        """Look at the run after an epoch, and keep it if the last time was a while ago."""
        (self.latest,) = trainings
        if time.monotonic() - self.written >= SECONDS_BETWEEN:
            self.keep()

    def keep(self) -> None:
        """Keep the run as it was after its last epoch, if there was one."""
        from tuner.storage.checkpoints import save_checkpoint

        if self.latest is not None:
            self._keep_search()
            save_checkpoint(self.latest, self.checkpoint, self.data)
            self.written = time.monotonic()

    def _keep_search(self) -> None:
        """Keep the η search before the checkpoint that needs it, once."""
        from tuner.report import stored_json

        if self.begun_with is not None:
            write_file(self.search, stored_json(self.begun_with))
            self.begun_with = None

    def resume(
        self, begin: "Callable[[float], Training[NativeLane]]", eta: float | None
    ) -> "tuple[Training[NativeLane], EtaSearch | None]":
        """Return the run as it was kept, and the η search that it began with.

        Parameters
        ----------
        begin
            Gives the run that is wanted, at its start, for its η.
        eta
            The one that is wanted; None for the one that was found.

        Raises
        ------
        DataError
            When the checkpoint cannot be used, or is that of another run.
        InputError
            When η is to be the one that was found, but it was given.
        """
        from tuner.storage.checkpoints import load_checkpoint, resume

        saved, _ = load_checkpoint(self.checkpoint)
        search = self._found(saved.settings.eta) if eta is None else None
        training = resume(self.checkpoint, begin(eta or saved.settings.eta), self.data)
        return training, search

    def _found(self, eta: float) -> EtaSearch:
        from tuner.report import load_stored

        record = load_stored(self.search) if self.search.is_file() else None
        if not isinstance(record, FindEtaRecord) or record.settings.eta != eta:
            raise InputError(
                f"{self.checkpoint}: is the checkpoint of another run: eta is {eta} there but "
                "auto here: give the same settings, or start anew."
            )
        return record.result

    def forget(self) -> None:
        """Remove what was kept, and what a kill left half-written."""
        for kept in (self.checkpoint, self.search):
            kept.unlink(missing_ok=True)
            clear_parts(kept.parent, [kept.name])
