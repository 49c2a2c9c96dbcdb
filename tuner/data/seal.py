"""The ledger of openings: how often each test part has been opened on this machine.

A test part that is evaluated repeatedly is no longer a fair test, whichever command does it. So the
count belongs to the identity of the data, not to a command; it is kept in one JSON file in the
user's state folder, or in the folder that `TUNER_STATE_DIR` names.
"""

import os
import warnings
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path

from filelock import FileLock

from tuner.errors import InputError, SealWarning
from tuner.files import write_file
from tuner.records import DataIdentity, Record, SealedPart, from_json, to_json

VARIABLE = "TUNER_STATE_DIR"
LEDGER = "openings.json"
LOCK_SECONDS = 10.0
"""Longest wait for another process that counts; each holds the ledger for milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Opened(Record):
    """How often one test part has been opened; the other fields are those of `DataIdentity`."""

    sha256: str
    target: str | None
    split_seed: int | None
    n_test: int
    openings: int
    groups: str | None = None
    time: str | None = None

    @property
    def test_part(self) -> SealedPart:
        """As `DataIdentity.test_part`."""
        return (self.sha256, self.target, self.split_seed, self.n_test, self.groups, self.time)


@dataclass(frozen=True, kw_only=True)
class Ledger(Record):
    """All test parts that have been opened."""

    opened: tuple[Opened, ...] = ()

    def openings(self, identity: DataIdentity) -> int:
        """Return how often the test part of some data has been opened."""
        return sum(each.openings for each in self.opened if each.test_part == identity.test_part)

    def counted(self, identity: DataIdentity) -> "Ledger":
        """Return the ledger after one more opening."""
        sha256, target, split_seed, n_test, groups, time = identity.test_part
        others = tuple(each for each in self.opened if each.test_part != identity.test_part)
        counted = Opened(
            sha256=sha256,
            target=target,
            split_seed=split_seed,
            n_test=n_test,
            openings=self.openings(identity) + 1,
            groups=groups,
            time=time,
        )
        return replace(self, opened=(*others, counted))


def ledger_path() -> Path:
    """Return where the ledger is, whether or not there is one yet."""
    if folder := os.environ.get(VARIABLE):
        return Path(folder, LEDGER)
    from platformdirs import user_state_path

    return user_state_path("tuner") / LEDGER


def openings(identity: DataIdentity) -> int:
    """Return how often the test part of some data has been opened on this machine.

    Raises
    ------
    InputError
        When the ledger is damaged.
    """
    return _read(ledger_path()).openings(identity)


def count_opening(identity: DataIdentity, before: int = 0) -> int:
    """Count one more opening of a test part; call this before evaluating on it.

    Parameters
    ----------
    identity
        Of the data.
    before
        Openings known to the caller, for where the ledger cannot be used.

    Returns
    -------
    int
        How often it has been opened, this time included.

    Warns
    -----
    SealWarning
        When the ledger cannot be read or written: this opening is then not counted.
    """
    path = ledger_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS):
            ledger = _read(path).counted(identity)
            write_file(path, dumps(to_json(ledger), indent=1).encode())
            return ledger.openings(identity)
    except (OSError, InputError, NotImplementedError) as error:
        why = getattr(error, "strerror", None) or str(error)
        warnings.warn(
            f"{path}: this opening of the test part is not counted ({why}): set {VARIABLE} to a "
            "folder that can be written.",
            SealWarning,
            stacklevel=3,
        )
        return before + 1


def _read(path: Path) -> Ledger:
    try:
        return from_json(Ledger, path.read_bytes())
    except FileNotFoundError:
        return Ledger()
    except InputError as error:
        raise InputError(f"{path}: is damaged ({error}): remove it to count anew.") from error
