"""Writing files so that a reader never meets half of one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tuner.errors import OutputError


def write_files(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files into a folder, made if need be: all of them, or none.

    Parameters
    ----------
    folder
        Where to write.
    contents
        File name and bytes; older files of these names are replaced.

    Returns
    -------
    tuple of Path
        The files, in the order of `contents`.

    Raises
    ------
    OutputError
        When the folder cannot be made or written to; nothing is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_files(Path(folder) / "new", {"a.txt": b"a"})]
    ['a.txt']
    """
    parts = {folder / f".{name}.{os.getpid()}.part": name for name in contents}
    with _removing(*parts):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for part, name in parts.items():
                part.write_bytes(contents[name])
            return tuple(part.replace(folder / name) for part, name in parts.items())
        except OSError as error:
            why = error.strerror or str(error)
            raise OutputError(
                f"{folder}: cannot write here ({why}): choose another --out."
            ) from error


@contextmanager
def _removing(*parts: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for part in parts:
            if part.exists():
                part.unlink()
