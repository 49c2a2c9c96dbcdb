"""What a tuning has found so far, in files: killed at any moment, it goes on from there."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from tuner.errors import InputError, OutputError
from tuner.records import Record, from_json, to_json

R = TypeVar("R", bound=Record)

ASKED, CLOCK, LOCK = "asked.json", "clock.json", "tune.lock"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; a killed process lets go of it.

    Raises
    ------
    InputError
        When another process works in it.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder.parent}: another process tunes there: wait for it, or choose another --out."
        ) from None
    try:
        yield
    finally:
        lock.release()


class Memory:
    """The results of finished steps, and the time they took, in a folder.

    Parameters
    ----------
    folder
        Where the files lie; made if need be.
    asked
        What the tuning is: it goes on only with the same data, options and version.
    began
        When the budget began to run, on the clock of `time.monotonic`.

    Raises
    ------
    InputError
        When the folder holds another tuning; the message says what differs.
    OutputError
        When it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tuner.records import Step
    >>> def work() -> Step:
    ...     print("working")
    ...     return Step(name="eta", conclusion="η is 0.5.", seconds=1.0)
    >>> with TemporaryDirectory() as home:
    ...     first = Memory(Path(home), {"seed": 0}).once(Step, "eta", work)
    ...     again = Memory(Path(home), {"seed": 0}).once(Step, "eta", work)
    working
    >>> first == again
    True
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any], began: float | None = None) -> None:
        self.folder = folder
        self._began = time.monotonic() if began is None else began
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror}).") from error
        known = self._read(ASKED)
        if known is None:
            self._write(ASKED, asked)
        elif unlike := [k for k in {**asked, **known} if asked.get(k) != known.get(k)]:
            said = "; ".join(f"{k} was {known.get(k)} and is {asked.get(k)}" for k in unlike)
            raise InputError(
                f"{folder.parent}: holds another tuning ({said}): choose another --out, or start "
                "over with --fresh."
            )
        self._before: float = (self._read(CLOCK) or {}).get("seconds", 0.0)

    @property
    def seconds(self) -> float:
        """Time spent so far, earlier goes included; the work lost by a kill is not."""
        return self._before + time.monotonic() - self._began

    def has(self, name: str) -> bool:
        """Return whether something was kept by this name."""
        return (self.folder / f"{name}.json").is_file()

    def recall(self, kind: type[R], name: str) -> R | None:
        """Return what was kept by this name, or None."""
        content = self._read(f"{name}.json")
        return None if content is None else from_json(kind, json.dumps(content))

    def keep(self, name: str, record: Record) -> None:
        """Keep a record, and the time spent until now."""
        self._write(f"{name}.json", to_json(record))
        self.tick()

    def once(self, kind: type[R], name: str, work: Callable[[], R]) -> R:
        """Return what was kept by this name; else do the work and keep what it gives."""
        known = self.recall(kind, name)
        if known is None:
            known = work()
            self.keep(name, known)
        return known

    def tick(self) -> None:
        """Keep the time spent until now."""
        self._write(CLOCK, {"seconds": self.seconds})

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder / name}: cannot be read: start over with --fresh."
            ) from error

    def _write(self, name: str, content: Any) -> None:
        write_whole(self.folder / name, json.dumps(content, allow_nan=False))


def write_whole(path: Path, text: str) -> None:
    """Write a file; killed at any moment, it leaves the old one whole.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}): make room.") from error
