"""The results of a long run, stored one by one: killed at any moment, it resumes from them.

Each entry is a JSON file of its own, with a SHA-256 over its name and content, written atomically.
An index of the entries tells a deleted one from one that was never made.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from tuner.data.files import digest
from tuner.errors import InputError
from tuner.files import clear_parts, only_process, write_file
from tuner.records import SCHEMA, Record, from_json, to_json

R = TypeVar("R", bound=Record)

LOCK = "run.lock"
IDENTITY, PROGRESS = "identity", "progress"

FIRST_EDITION = "asked.json"
"""A file of stores whose entries had no checksums."""

AGAIN = "start over with --fresh, or choose another --out"


class RunStore:
    """The stored results of one run, and the time they took.

    Opened by `open_store`, which locks it for one process.

    Parameters
    ----------
    folder
        Where the files lie.
    identity
        What identifies the run, as JSON values: it resumes only if all of it matches.
    began
        When this process started, on the clock of `time.monotonic`; by default now.

    Raises
    ------
    InputError
        When the folder holds another run, or an entry is damaged; the message names the file or
        what differs.
    OutputError
        When the folder cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tuner.records import Strategy
    >>> def decide() -> Strategy:
    ...     print("deciding")
    ...     return Strategy(epochs=30)
    >>> with TemporaryDirectory() as home:
    ...     for _ in range(2):
    ...         with open_store(Path(home), {"seed": 0}) as store:
    ...             strategy = store.once("strategy", Strategy, decide)
    deciding
    >>> strategy.epochs
    30
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], began: float | None = None
    ) -> None:
        self.folder = folder
        self._began = time.monotonic() if began is None else began
        if (folder / FIRST_EDITION).exists():
            _refuse(folder, "holds a run of an earlier version")
        known = _read(self._path(IDENTITY))
        if known is None:
            _write(self._path(IDENTITY), identity)
        elif known != identity:
            _refuse(folder.parent, f"holds another run ({_differences(known, identity)})")
        progress = _read(self._path(PROGRESS)) or {"seconds": 0.0, "entries": {}}
        self._before: float = progress["seconds"]
        self._entries: dict[str, float] = progress["entries"]
        for name in self._entries:
            if not self._path(name).exists():
                _refuse(self._path(name), "is missing")

    @property
    def seconds(self) -> float:
        """Seconds worked so far, by all processes; work lost by a kill does not count."""
        return self._before + time.monotonic() - self._began

    def has(self, name: str) -> bool:
        """Return whether there is an entry of this name."""
        return self._path(name).exists()

    def load(self, name: str, kind: type[R]) -> R | None:
        """Return an entry; None when there is none.

        Raises
        ------
        InputError
            When the entry is damaged, or of another type.
        """
        return read_entry(self._path(name), kind)

    def saved_at(self, name: str) -> float:
        """Return the seconds worked when an entry was stored."""
        return self._entries.setdefault(name, self.seconds)

    def save(self, name: str, record: Record) -> None:
        """Store an entry, replacing an older one, and the time until now."""
        write_entry(self._path(name), record)
        self._entries[name] = self.seconds
        self.tick()

    def once(self, name: str, kind: type[R], work: Callable[[], R]) -> R:
        """Return an entry; if there is none, call `work` and store its result."""
        known = self.load(name, kind)
        if known is None:
            known = work()
            self.save(name, known)
        return known

    def tick(self) -> None:
        """Store the time until now."""
        _write(self._path(PROGRESS), {"seconds": self.seconds, "entries": self._entries})

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def read_entry(path: Path, kind: type[R], way_out: str = AGAIN) -> R | None:
    """Return the record that `write_entry` wrote; None when there is no file.

    Raises
    ------
    InputError
        When the file is damaged, of another name, or holds another type; the message ends with what
        to do.
    """
    content = _read(path, way_out)
    if content is None:
        return None
    try:
        return from_json(kind, json.dumps(content))
    except InputError as error:
        _refuse(path, f"cannot be read ({str(error).rstrip('.')})", way_out, error)


def write_entry(path: Path, record: Record) -> None:
    """Write a record to a file of its own, atomically, with a checksum.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    _write(path, to_json(record))


def _read(path: Path, way_out: str = AGAIN) -> Any:
    """Return the contents of a file; None if there is no such file."""
    try:
        stamp = json.loads(path.read_bytes())
        content = stamp["content"]
        if stamp["schema"] != SCHEMA:
            _refuse(path, f"has schema {stamp['schema']!r}, not {SCHEMA}", way_out)
        if content is None or stamp["sha256"] != _checksum(path.stem, content):
            _refuse(path, "was altered or damaged (its SHA-256 differs)", way_out)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(path, f"cannot be read ({error.strerror})", way_out, error)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        _refuse(path, "was altered or damaged", way_out, error)
    return content


def _write(path: Path, content: Any) -> None:
    stamp = {"schema": SCHEMA, "sha256": _checksum(path.stem, content), "content": content}
    write_file(path, json.dumps(stamp, allow_nan=False).encode())


def _refuse(path: Path, why: str, way_out: str = AGAIN, cause: Exception | None = None) -> NoReturn:
    raise InputError(f"{path}: {why}: {way_out}.") from cause


@contextmanager
def open_store(
    folder: Path,
    identity: Mapping[str, Any],
    *,
    began: float | None = None,
    fresh: bool = False,
) -> Iterator[RunStore]:
    """Open the store in a folder, created if needed, and lock it for this process.

    Parameters
    ----------
    folder, identity, began
        As for `RunStore`.
    fresh
        Whether to discard what is stored, once no other process works with it.

    Raises
    ------
    InputError
        When another process works with it, and as for `RunStore`.
    OutputError
        When the folder cannot be written.
    """
    taken = InputError(
        f"{folder.parent}: another process works there: wait for it, or choose another --out."
    )
    with only_process(folder / LOCK, taken):
        if fresh:
            _clear(folder)
        clear_parts(folder)
        yield RunStore(folder, identity, began)


def _clear(folder: Path) -> None:
    """Remove the store if there is one; the lock file stays, as others may wait for it."""
    if not any((folder / name).exists() for name in (f"{IDENTITY}.json", FIRST_EDITION)):
        return
    for path in folder.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _checksum(name: str, content: Any) -> str:
    return digest(json.dumps([name, content], allow_nan=False).encode())


def _differences(known: Any, identity: Mapping[str, Any]) -> str:
    if not isinstance(known, dict):
        return "whose identity cannot be read"
    return "; ".join(
        f"{key} was {known.get(key)} and is {identity.get(key)}"
        for key in {**identity, **known}
        if known.get(key) != identity.get(key)
    )
