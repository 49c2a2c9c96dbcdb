"""The folders that runs write to: one process at a time, and no run's results lost to another's."""

import json
import shlex
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile

from tuner.errors import InputError, OutputError
from tuner.files import only_process
from tuner.storage import RECORDS

LOCK = ".tuner.lock"

FLAGS = {"--json", "--debug", "--resume", "--fresh", "--article"}
NOT_OF_THE_RUN = (FLAGS - {"--article"}) | {"--workers", "--scheduler", "--out", "--lang", "--save"}
"""Options by which two commands may differ and still be the same run."""

_held: dict[Path, int] = {}
"""The locks of this process, and the thread that holds each."""


class TakenError(InputError):
    """A folder belongs to another run."""


@contextmanager
def output_folder(folder: Path, option: str = "--out") -> Iterator[None]:
    """Make a folder and see that it can be written to; leave none behind if the block fails.

    Parameters
    ----------
    folder
        It and the folders above it.
    option
        By which the user chose it.

    Raises
    ------
    OutputError
        When the folder cannot be made or written to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home, output_folder(Path(home, "new")):
    ...     print(Path(home, "new").is_dir())
    True
    """
    made: list[Path] = []
    try:
        _open(folder, option, made)
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):  # it is not empty
                each.rmdir()
        raise


def _open(folder: Path, option: str, made: list[Path]) -> None:
    try:
        made += [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = error.strerror
        if isinstance(error, FileExistsError):
            nothing = folder.is_symlink() and not folder.exists()
            why = "is a link to nothing" if nothing else "is a file"
        raise OutputError(
            f"{option} {folder} cannot be written ({why}): choose another."
        ) from error


@contextmanager
def claimed(
    folder: Path, command: str, *, replace: bool = False, replaceable: bool = True
) -> Iterator[None]:
    """Hold a folder, made if need be, for the results of one run.

    A thread that holds it may hold it once more.

    Parameters
    ----------
    folder
        Where the run writes.
    command
        The run as its record states it.
    replace
        Whether the results of another run may be replaced.
    replaceable
        Whether they could be, had the user said so by --fresh.

    Raises
    ------
    TakenError
        When another process works there, or the folder holds the results of another run.
    OutputError
        When the folder cannot be written to.
    """
    with output_folder(folder), _alone(folder):
        former = None if replace else stored_command(folder)
        if former is not None and not same_run(former, command):
            fresh = ", or replace them (--fresh)" if replaceable else ""
            raise TakenError(
                f"{folder}: holds the results of another run ({former}): choose another folder"
                f" (--out){fresh}."
            )
        yield


@contextmanager
def claimed_or_next(default: Path, command: str, *, replace: bool = False) -> Iterator[Path]:
    """Hold the default folder of a run, or the first numbered one that no other run has.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home, claimed_or_next(Path(home, "a"), "tuner.train(1)"):
    ...     _ = Path(home, "a", RECORDS).write_text('{"command": "tuner.train(2)"}')
    ...     with claimed_or_next(Path(home, "a"), "tuner.train(1)") as folder:
    ...         print(folder.name)
    a-2
    """
    with ExitStack() as stack:
        for folder in (numbered(default, n) for n in count(1)):
            with suppress(TakenError):
                stack.enter_context(claimed(folder, command, replace=replace))
                break
        yield folder


def numbered(folder: Path, number: int) -> Path:
    """Return a folder, or the one beside it of a number above 1."""
    return folder if number == 1 else folder.with_name(f"{folder.name}-{number}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = folder.resolve() / LOCK
    if _held.get(lock) == threading.get_ident():
        yield
        return
    taken = TakenError(
        f"{folder}: another process works there: wait for it, or choose another folder (--out)."
    )
    with only_process(lock, taken):
        _held[lock] = threading.get_ident()
        try:
            yield
        finally:
            del _held[lock]
            with suppress(OSError):
                lock.unlink()


def stored_command(folder: Path) -> str | None:
    """Return the command whose results a folder holds; None where it holds none."""
    try:
        record = json.loads((folder / RECORDS).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError):
        record = None
    command = record.get("command") if isinstance(record, dict) else None
    return command if isinstance(command, str) else f"an unreadable {RECORDS}"


def same_run(one: str, other: str) -> bool:
    """Return whether two commands give the same results, as far as their words tell.

    Examples
    --------
    >>> same_run("python -m tuner train --seed 1 --json", "python -m tuner train --seed=1")
    True
    >>> same_run("python -m tuner train --seed 1", "python -m tuner train --seed 2")
    False
    """
    words, others = _words(one), _words(other)
    verb = words[:1]
    # What these two have begun they compare themselves.
    return words == others or (verb == others[:1] and verb in (["tune"], ["study"]))


def _words(command: str) -> list[str]:
    """Return what a command says of its results: each option with its value, in one order."""
    if not command.startswith("python -m tuner "):
        return [command]
    words: list[str] = []
    for word in shlex.split(command)[3:]:
        if words and words[-1].startswith("--") and "=" not in words[-1] and words[-1] not in FLAGS:
            words[-1] += f"={word}"
        else:
            words.append(word)
    said = [word for word in words if word.partition("=")[0] not in NOT_OF_THE_RUN]
    return [w for w in said if not w.startswith("--")] + sorted(
        w for w in said if w.startswith("--")
    )
