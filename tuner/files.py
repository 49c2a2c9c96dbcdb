"""The one way to write files, and the one lock.

Killed at any moment, a writer leaves a file with its old content or with its new one.
"""

import errno
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from tuner.errors import InputError, OutputError

PART = re.compile(r"\.(?P<target>.+?)(?:\.(?P<process>\d+)(?:-[0-9a-f]+)?)?\.part")
"""The name of a temporary file: its target, and the number of the process that writes it."""

LONGEST_TARGET = 200
"""Bytes of a file name up to which its temporary file is named after it; else after a digest."""

FULL = {errno.ENOSPC, errno.EDQUOT}


def write_file(path: Path, content: bytes) -> Path:
    """Write a file atomically; its folder is made if need be.

    Parameters
    ----------
    path
        The file. An older one is replaced; a symbolic link is replaced too, never followed.
    content
        All of it.

    Raises
    ------
    OutputError
        When it cannot be written; an older file is left as it was, and no other beside it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = write_file(Path(folder, "new", "a.txt"), b"a")
    ...     path.read_bytes(), [each.name for each in path.parent.iterdir()]
    (b'a', ['a.txt'])
    """
    (written,) = write_files(path.parent, {path.name: content})
    return written


def write_files(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write several files into a folder, made if need be: all of them, or none.

    All are written under temporary names beside their targets, then renamed. What killed processes
    left of earlier attempts at the same targets is removed.

    Parameters
    ----------
    folder
        Where to write.
    contents
        File name and bytes; older files of these names are replaced.

    Returns
    -------
    The files, in the order of `contents`.

    Raises
    ------
    OutputError
        When the folder cannot be made or a file cannot be written; nothing is left behind.
    """
    unique = f"{os.getpid()}-{secrets.token_hex(4)}"
    parts = {folder / f".{_stem(name)}.{unique}.part": folder / name for name in contents}
    target = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear_parts(folder, contents)
        for part, target in parts.items():
            _write_new(part, target, contents[target.name])
        for part, target in parts.items():
            part.replace(target)
    except (OSError, ValueError) as error:
        advice = "make room" if getattr(error, "errno", None) in FULL else "choose another path"
        raise OutputError(f"{target}: cannot be written ({_reason(error)}): {advice}.") from error
    finally:
        for part in parts:
            with suppress(OSError, ValueError):
                part.unlink()
    return tuple(parts.values())


def clear_parts(folder: Path, targets: Collection[str] | None = None) -> None:
    """Remove temporary files of killed processes: those for some targets, or all in a folder."""
    stems = None if targets is None else {_stem(name) for name in targets}
    for path in [*folder.iterdir()] if folder.is_dir() else []:
        part = PART.fullmatch(path.name)
        if part and (stems is None or part["target"] in stems) and not _runs(part["process"]):
            path.unlink(missing_ok=True)


@contextmanager
def only_process(path: Path, taken: InputError) -> Iterator[None]:
    """Hold a lock file for this process alone; a killed process lets go of it.

    Parameters
    ----------
    path
        The lock file; its folder is made if need be. It stays when the lock is released.
    taken
        What is raised when another process holds it.

    Raises
    ------
    OutputError
        When the file cannot be written, or is a symbolic link.
    """
    from filelock import FileLock, Timeout  # it takes longer to import than a command to start

    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise taken from None
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({_reason(error)}): choose another --out."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _write_new(part: Path, target: Path, content: bytes) -> None:
    if target.exists() and not target.is_file():
        raise OSError(0, "is a directory or a device")
    with part.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _stem(name: str) -> str:
    encoded = os.fsencode(name)
    return name if len(encoded) <= LONGEST_TARGET else sha256(encoded).hexdigest()


def _runs(process: str | None) -> bool:
    """Return whether a process of this number runs."""
    try:
        os.kill(int(process or "none"), 0)
    except (ProcessLookupError, OverflowError, ValueError):
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def _reason(error: Exception) -> str:
    """Return why in one line of printable characters."""
    text = getattr(error, "strerror", None) or str(error)
    return "".join(c if c.isprintable() else " " for c in text)
