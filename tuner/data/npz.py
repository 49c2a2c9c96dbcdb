"""The user's own arrays `x` and `y` in a NumPy archive.

Sizes are read from the archive's directory and from each array's header, and compared, before any
memory is allocated; objects (pickles) are refused.
"""

import io
import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from tuner.data.arrays import array_examples, array_inputs
from tuner.data.files import MAX_TEXT, check_cells, check_members, digest, read_bytes
from tuner.data.inputs import Examples, Inputs
from tuner.errors import DataError
from tuner.records import TaskChoice

X_NAMES = ("x", "X")
Y_NAMES = ("y", "Y", "target")

DAMAGED = (
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What zipfile and NumPy raise on a file that is not a valid archive of arrays."""


def read_npz(path: Path, task: TaskChoice = "auto") -> Examples:
    """Read arrays `x` (n, d) or (n, h, w) and `y` (n,) from a file of `numpy.savez`.

    Raises
    ------
    DataError
        When the file is damaged, an array is missing, holds objects, or is larger than 2 GiB; or
        as `array_examples`.
    """
    content = read_bytes(path)
    x, y = read_arrays(content, str(path), (X_NAMES, Y_NAMES))
    return array_examples(str(path), x, y, task=task, file_sha256=digest(content))


def read_npz_inputs(path: Path) -> Inputs:
    """Read array `x` alone; errors as `read_npz`."""
    (x,) = read_arrays(read_bytes(path), str(path), (X_NAMES,))
    return array_inputs(str(path), x)[0]


def read_arrays(
    content: bytes, where: str, wanted: tuple[tuple[str, ...], ...]
) -> list[NDArray[Any]]:
    """Return one array for each tuple of alternative names.

    Raises
    ------
    DataError
        As `read_npz`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            members = [_member(archive, names, where) for names in wanted]
            check_members(members, where)
            return [_read(archive, member, where) for member in members]
    except DataError:
        raise
    except DAMAGED as error:
        raise DataError(
            f"{where}: is not a valid NumPy archive ({type(error).__name__}): write it again with "
            "numpy.savez."
        ) from error


def _member(archive: zipfile.ZipFile, names: tuple[str, ...], where: str) -> zipfile.ZipInfo:
    found = archive.namelist()
    for name in names:
        if f"{name}.npy" in found:
            return archive.getinfo(f"{name}.npy")
    listed = ", ".join(repr(name.removesuffix(".npy")) for name in found[:10]) or "nothing"
    raise DataError(
        f"{where}: has no array {' or '.join(map(repr, names))} but {listed}: save arrays x and y."
    )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> NDArray[Any]:
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(stream)
        if dtype.hasobject:
            raise DataError(
                f"{where}: {member.filename} holds Python objects, which may run code: save plain "
                "numbers or strings."
            )
        size = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or size != member.file_size - stream.tell():
            raise DataError(
                f"{where}: {member.filename} says shape {shape} of {dtype} but has another size: "
                "save it again."
            )
        check_cells(shape[0] if shape else 1, math.prod(shape[1:]), f"{where}: {member.filename}")
        if dtype.kind in "US" and dtype.itemsize > 4 * MAX_TEXT:
            raise DataError(
                f"{where}: {member.filename} holds texts of {dtype.itemsize // 4:,} characters"
                f" but {MAX_TEXT:,} is the limit: shorten them."
            )
        body = stream.read(size)
        stream.read(1)  # reaching the end makes zipfile compare the checksum
    return np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy.read_array_header_2_0(stream)
    raise ValueError(version)
