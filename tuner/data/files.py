"""Reading a file whole, with one clear line for whatever may be wrong with it."""

from hashlib import sha256
from pathlib import Path

from tuner.errors import DataError

MAX_BYTES = 2 * 1024**3
"""Largest file, and largest array unpacked from one, that is read: 2 GiB."""

MAX_CELLS = MAX_BYTES // 8
"""Most values of a table, or pixels of a set of images; each takes up to 8 bytes, several times."""

MAX_TEXT = 1_000
"""Most characters of a category or label."""

DEFLATE_LIMIT = 1032
"""Deflate cannot shrink by more than this factor; a header that claims more is wrong."""


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    DataError
        When it is missing, no regular file, unreadable, empty or larger than `MAX_BYTES`.
    """
    check_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): check its rights.") from error


def exists(path: Path) -> bool:
    """Tell whether there is anything at this path; False too for what cannot be a path."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def check_file(path: Path) -> None:
    """Raise `DataError` unless the path is a regular file of a size that can be read."""
    if not exists(path):
        raise DataError(f"{path}: no such file: check the path.")
    if path.is_dir():
        raise DataError(f"{path}: is a directory: give one file in it.")
    if not path.is_file():
        raise DataError(f"{path}: is no regular file: copy its content to one.")
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path}: is empty: write or download it again.")
    if size > MAX_BYTES:
        raise DataError(f"{path}: holds {size} bytes but {MAX_BYTES} is the limit: use a part.")


def digest(*contents: bytes | memoryview) -> str:
    """Return the SHA-256 of all contents, one after the other, in hexadecimal.

    Examples
    --------
    >>> digest(b"ab", b"c") == digest(b"abc")
    True
    """
    total = sha256()
    for content in contents:
        total.update(content)
    return total.hexdigest()


def check_cells(rows: int, columns: int, where: str) -> None:
    """Raise `DataError` for a table or array of more than `MAX_CELLS` cells."""
    if rows * columns > MAX_CELLS:
        raise DataError(
            f"{where}: holds {rows:,} × {columns:,} values but {MAX_CELLS:,} is the limit: use a"
            f" part (with 8 bytes each that is {MAX_BYTES >> 30} GiB)."
        )
