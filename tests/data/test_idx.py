import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tuner.data import load
from tuner.data.idx import parse_idx
from tuner.errors import DataError


def zipped(content: bytes) -> bytes:
    """Compress without the time of day, by which each pytest worker would name tests otherwise."""
    return gzip.compress(content, mtime=0)


def idx(values: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()


def write_pair(folder: Path, n: int = 20, ending: str = "", labels: int | None = None) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (n, 4, 3), dtype=np.uint8)
    y = np.arange(n if labels is None else labels) % 2
    pack = zipped if ending else bytes
    (folder / f"my-images-idx3-ubyte{ending}").write_bytes(pack(idx(pixels)))
    (folder / f"my-labels-idx1-ubyte{ending}").write_bytes(pack(idx(y)))
    return folder / f"my-images-idx3-ubyte{ending}"


LABELS = idx(np.arange(100) % 7)
IMAGES = idx(np.arange(24).reshape(2, 4, 3))


@given(arrays(np.uint8, array_shapes(min_dims=3, max_dims=3)), st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_was_written_is_read(values: np.ndarray, compressed: bool) -> None:
    content = zipped(idx(values)) if compressed else idx(values)
    assert np.array_equal(parse_idx(content, "it", dimensions=3), values)


@given(st.binary(max_size=60), st.sampled_from([1, 3]))
@settings(max_examples=100, deadline=None)
def test_arbitrary_bytes_are_an_array_or_a_data_error(content: bytes, dimensions: int) -> None:
    parse_or_refuse(content, dimensions)
    parse_or_refuse(b"\x1f\x8b" + content, dimensions)


@given(st.data(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_flipped_bytes_are_an_array_or_a_data_error(data: st.DataObject, compressed: bool) -> None:
    content = bytearray(zipped(LABELS) if compressed else LABELS)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    parse_or_refuse(bytes(content), 1)


@pytest.mark.parametrize("content", [LABELS, zipped(LABELS)])
def test_every_truncation_is_refused(content: bytes) -> None:
    for end in range(len(content)):
        with pytest.raises(DataError):
            parse_idx(content[:end], "it", dimensions=1)


def parse_or_refuse(content: bytes, dimensions: int) -> None:
    try:
        parse_idx(content, "it", dimensions=dimensions)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it: is empty"),
        (zipped(b""), "it: is empty"),
        (b"\x00\x00\x08", "ends within its header"),
        (LABELS, "is not an IDX file of images: it must start with the bytes 0 0 8 3"),
        (b"GIF89a, says the file", "but starts with 71 73 70 56"),
        (b"\x00\x00\x0d\x03" + bytes(40), "must start with the bytes 0 0 8 3"),
        (IMAGES[:-1], "the header says 2×4×3 bytes but the file holds less"),
        (IMAGES + b"x", "the header says 2×4×3 bytes but the file holds more"),
        (zipped(IMAGES)[:-9], "gzip data are damaged"),
        (zipped(IMAGES)[:-8] + bytes(8), "gzip data are damaged"),
        (zipped(IMAGES) + b"trailing", "gzip data are damaged"),
        (zipped(IMAGES + bytes(10**6)), "holds more"),
        (idx(np.zeros((0, 4, 4))), "holds nothing"),
        (b"\x00\x00\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "is the limit"),
        (b"\x00\x00\x08\x03" + struct.pack(">3I", 2**10, 2**9, 2**9), "holds less"),
        (
            zipped(b"\x00\x00\x08\x03" + struct.pack(">3I", 2**10, 2**9, 2**9)),
            "holds less",
        ),
    ],
)
def test_damaged_files_are_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        parse_idx(content, "it", dimensions=3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_pair_is_loaded_as_images(tmp_path: Path, ending: str) -> None:
    data = load(str(write_pair(tmp_path, ending=ending)))
    assert data.image_shape == (4, 3)
    assert (data.train.n, data.validation.n, data.classes) == (12, 4, ("0", "1"))
    assert 0 <= data.train.x.min() < data.train.x.max() <= 1


def test_labels_compressed_otherwise_than_images_are_found(tmp_path: Path) -> None:
    images = write_pair(tmp_path)
    labels = tmp_path / "my-labels-idx1-ubyte"
    (tmp_path / "my-labels-idx1-ubyte.gz").write_bytes(zipped(labels.read_bytes()))
    labels.unlink()
    assert load(str(images)).train.n == 12


def test_missing_labels_are_named(tmp_path: Path) -> None:
    images = write_pair(tmp_path)
    (tmp_path / "my-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="labels are missing: put my-labels-idx1-ubyte beside it"):
        load(str(images))


def test_numbers_of_images_and_labels_must_agree(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="20 images but 19 labels"):
        load(str(write_pair(tmp_path, labels=19)))


def test_the_labels_file_is_not_the_one_to_give(tmp_path: Path) -> None:
    write_pair(tmp_path)
    with pytest.raises(DataError, match="holds labels: give the images file"):
        load(str(tmp_path / "my-labels-idx1-ubyte"))
