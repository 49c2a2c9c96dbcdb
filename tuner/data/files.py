"""Reading a file whole, with a one-line error for whatever may be wrong with it."""

import gzip
import io
import lzma
import zipfile
import zlib
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


PACKED = (".gz", ".xz", ".zip")
"""Endings of files that are unpacked; a zip archive must hold one file."""

XZ_MEMORY = 512 << 20
"""Bytes that unpacking xz may take beside the content."""


def plain_suffix(path: Path) -> str:
    """Return the ending of a file's name in small letters, without that of a packed one.

    Examples
    --------
    >>> plain_suffix(Path("a.CSV")), plain_suffix(Path("a.csv.gz"))
    ('.csv', '.csv')
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in PACKED else suffix


def read_unpacked(path: Path) -> bytes:
    """Return the content of a file that may be packed; never more than `MAX_BYTES`.

    Raises
    ------
    DataError
        As `read_bytes`, or when a packed file is damaged, too large, or holds several files.
    """
    content, suffix = read_bytes(path), path.suffix.lower()
    try:
        if suffix == ".gz":
            return _inflated(content, str(path))
        if suffix == ".xz":
            return _unxzed(content, str(path))
        return _unzipped(content, str(path)) if suffix == ".zip" else content
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise DataError(f"{path}: is damaged ({error}): pack it again.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be unpacked ({error}): unpack it yourself.") from error


def _inflated(content: bytes, where: str) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        while piece := stream.read(MAX_BYTES // 64):
            out.write(piece)
            check_unpacked(out.tell(), where)
    return out.getvalue()


def _unxzed(content: bytes, where: str) -> bytes:
    # lzma.open would take as much memory as the file asks for
    out = io.BytesIO()
    while content:
        stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        while not stream.eof:
            if stream.needs_input and not content:
                raise EOFError("it ends too early")
            out.write(stream.decompress(content, max_length=MAX_BYTES // 64))
            check_unpacked(out.tell(), where)
            content = b""
        content = stream.unused_data.lstrip(b"\0")
    return out.getvalue()


def _unzipped(content: bytes, where: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inside = [each for each in archive.infolist() if not each.is_dir()]
        members = [each for each in inside if not each.filename.startswith("__MACOSX/")]
        if len(members) != 1:
            raise DataError(f"{where}: holds {len(members)} files: pack one table alone.")
        check_members(members, where)
        return archive.read(members[0])


def check_members(members: list[zipfile.ZipInfo], where: str) -> None:
    """Raise `DataError` for members of an archive that are too large, or claim what cannot be."""
    check_unpacked(sum(each.file_size for each in members), where)
    for each in members:
        if each.file_size > DEFLATE_LIMIT * max(each.compress_size, 1):
            raise DataError(f"{where}: {each.filename} claims an impossible size: save it again.")


def check_unpacked(size: int, where: str) -> None:
    """Raise `DataError` for a file that unpacks to more than `MAX_BYTES`."""
    if size > MAX_BYTES:
        raise DataError(
            f"{where}: would unpack to more bytes than {MAX_BYTES}, which is the limit: use a part."
        )


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
        raise DataError(f"{path}: is not a regular file: copy its content to one.")
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
