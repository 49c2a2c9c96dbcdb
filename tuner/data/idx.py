"""The IDX format of MNIST: a big-endian header, then bytes; gzip-compressed or not.

Header: two zero bytes, the element type (8 for unsigned bytes), the number of dimensions, and
each dimension as an unsigned 32-bit integer.
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tuner.data.files import DEFLATE_LIMIT, MAX_BYTES, check_cells, digest, read_bytes
from tuner.data.inputs import Examples, images
from tuner.data.labels import encode_labels
from tuner.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
Bytes = NDArray[np.uint8]


def parse_idx(content: bytes, where: str, *, dimensions: int) -> Bytes:
    """Turn the content of an IDX file into an array of bytes.

    Parameters
    ----------
    content
        The file as it lies on disk, compressed or not.
    where
        Name of the file in error messages.
    dimensions
        3 for images (n, height, width), 1 for labels (n,).

    Raises
    ------
    DataError
        When the content is not an IDX file, or is longer or shorter than its header says. No memory
        is allocated for a size that the header merely claims.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 9]), "labels", dimensions=1)
    array([5, 9], dtype=uint8)
    """
    plain = unpack_idx(content, where, dimensions=dimensions)
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", plain[4:start])
    return np.frombuffer(plain, dtype=np.uint8, offset=start).reshape(shape)


def unpack_idx(content: bytes, where: str, *, dimensions: int) -> bytes:
    """Return an IDX file uncompressed, its length checked; parameters and errors as `parse_idx`."""
    compressed = content.startswith(GZIP_MAGIC)
    file = io.BytesIO(content)
    try:
        with gzip.GzipFile(fileobj=file) if compressed else file as stream:
            header = stream.read(4 + 4 * dimensions)
            shape = _shape(header, where, dimensions)
            check_cells(shape[0], math.prod(shape[1:]), where)
            size = math.prod(shape)
            most = len(content) * (DEFLATE_LIMIT if compressed else 1)
            body = stream.read(size + 1) if size <= min(most, MAX_BYTES) else b""
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{where}: its gzip data are damaged: download it again.") from error
    if len(body) != size:
        found = "more" if len(body) > size else "less"
        raise DataError(
            f"{where}: the header says {'×'.join(map(str, shape))} bytes but the file holds "
            f"{found}: download it again."
        )
    return header + body


def _shape(header: bytes, where: str, dimensions: int) -> tuple[int, ...]:
    if not header:
        raise DataError(f"{where}: is empty: write or download it again.")
    if header[:4] != bytes([0, 0, 8, dimensions])[: len(header)]:
        kind = "images" if dimensions == 3 else "labels"
        raise DataError(
            f"{where}: is not an IDX file of {kind}: it must start with the bytes 0 0 8"
            f" {dimensions} but starts with {' '.join(map(str, header[:4]))}."
        )
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"{where}: ends within its header: download it again.")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if 0 in shape:
        raise DataError(f"{where}: holds nothing ({'×'.join(map(str, shape))}): use another file.")
    return shape


def read_idx_pair(path: Path) -> Examples:
    """Read the user's images and, beside them, their labels.

    The labels' name is the images' name with `images` and `idx3` replaced by `labels` and `idx1`,
    with or without `.gz`.

    Raises
    ------
    DataError
        When a file is missing or damaged, or their numbers of examples differ.
    """
    labels_path = _labels_path(path)
    contents = read_bytes(path), read_bytes(labels_path)
    pixels = parse_idx(contents[0], str(path), dimensions=3)
    labels = parse_idx(contents[1], str(labels_path), dimensions=1)
    return idx_examples(
        path.name, pixels, labels, sha256=digest(*contents), where=f"{path} and {labels_path.name}"
    )


def idx_examples(
    name: str,
    pixels: Bytes,
    labels: Bytes,
    *,
    sha256: str,
    where: str,
    published: tuple[int, int, int] | None = None,
) -> Examples:
    """Return examples from images (n, h, w) and labels (n,)."""
    if len(pixels) != len(labels):
        raise DataError(
            f"{where}: {len(pixels)} images but {len(labels)} labels: use files of one set."
        )
    inputs, image_shape = images(pixels)
    y, classes = encode_labels(labels, where)
    return Examples(name, inputs, y, classes, sha256, image_shape, 255.0, published)


def _labels_path(path: Path) -> Path:
    name = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    candidates = [path.with_name(name + ".gz"), path.with_name(name)]
    if path.suffix != ".gz":
        candidates.reverse()
    for candidate in candidates:
        if candidate.is_file() and candidate != path:
            return candidate
    raise DataError(f"{path}: its labels are missing: put {candidates[0].name} beside it.")
