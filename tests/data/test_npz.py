import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy

from tuner.data import load
from tuner.data.npz import X_NAMES, Y_NAMES, read_arrays
from tuner.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.random((20, 3))
Y = np.arange(20) % 2


def npz(compressed: bool = False, **arrays: object) -> bytes:
    file = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(f"{name}.npy", content)
    return file.getvalue()


def array(values: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    """An .npy file whose header may claim another shape."""
    file = io.BytesIO()
    header = npy.header_data_from_array_1_0(values)
    npy.write_array_header_1_0(file, header | {"shape": shape or values.shape})
    return file.getvalue() + values.tobytes()


def test_arrays_are_standardised(tmp_path: Path) -> None:
    (tmp_path / "my.npz").write_bytes(npz(x=X, y=Y))
    data = load(str(tmp_path / "my.npz"))
    assert data.feature_names == ("x0", "x1", "x2")
    assert data.train.x.shape == (12, 3)
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-6)


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": X, "Y": Y},
        {"x": X.astype(">f4"), "target": Y.astype(str)},
        {"x": np.asfortranarray(X), "y": Y == 1, "more": np.array([1])},
        {"x": X > 0.5, "y": Y.astype(np.uint8)},
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_names_and_element_types_taken(
    tmp_path: Path, arrays: dict[str, np.ndarray], compressed: bool
) -> None:
    (tmp_path / "my.npz").write_bytes(npz(compressed, **arrays))
    assert load(str(tmp_path / "my.npz")).train.n == 12


@pytest.mark.parametrize(
    ("images", "most"),
    [
        (RNG.integers(0, 256, (20, 4, 5), dtype=np.uint8), 255),
        (RNG.integers(0, 2, (20, 4, 5)), 1),
        (RNG.random((20, 4, 5)), 1),
        (RNG.random((20, 4, 5), dtype=np.float32) * 255, 255),
    ],
)
def test_images_are_scaled_to_one(tmp_path: Path, images: np.ndarray, most: int) -> None:
    (tmp_path / "my.npz").write_bytes(npz(x=images, y=Y))
    data = load(str(tmp_path / "my.npz"))
    assert data.image_shape == (4, 5)
    assert data.preprocessing.divisor == most
    assert 0 <= data.train.x.min() < data.train.x.max() <= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a zip file", "is not a valid NumPy archive"),
        (npz(x=X, y=Y)[:-30], "is not a valid NumPy archive"),
        (archive(), "has no array 'x' or 'X' but nothing"),
        (npz(x_train=X, y_train=Y), "has no array 'x' or 'X' but 'x_train', 'y_train'"),
        (npz(x=X, labels=Y), "has no array 'y' or 'Y' or 'target' but 'x', 'labels'"),
        (npz(x=X.astype(object), y=Y), "x.npy holds Python objects"),
        (npz(x=X, y=np.array(["a", None] * 10)), "y.npy holds Python objects"),
        (npz(x=X.astype(str), y=Y), "x holds <U32 but must hold numbers"),
        (npz(x=X + 1j, y=Y), "x holds complex128 but must hold numbers"),
        (npz(x=X[:, 0], y=Y), r"x has shape \(20,\) but must be \(n, d\)"),
        (npz(x=X[:0], y=Y[:0]), r"x has shape \(0, 3\)"),
        (npz(x=X, y=Y[:-1]), r"y has shape \(19,\) but x has 20 examples"),
        (npz(x=X, y=np.eye(2)[Y]), r"y has shape \(20, 2\)"),
        (npz(x=np.where(X > 0.9, np.inf, X), y=Y), "column 'x.' has . infinite value"),
        (npz(x=np.where(X[4, 2] == X, -np.inf, X), y=Y), "column 'x2' has 1 .* in data row 5"),
        (npz(x=np.full((20, 2, 2), 300.0), y=Y), "pixels from 300 to 300"),
        (npz(x=np.full((20, 2, 2), -1.0), y=Y), "pixels from -1 to -1"),
        (archive(x=b"text", y=b"text"), "is not a valid NumPy archive"),
        (archive(x=b"", y=b""), "is not a valid NumPy archive"),
        (archive(x=array(X, (2**40, 3)), y=array(Y)), "has another size"),
        (archive(x=array(X, (2**62, 2**62)), y=array(Y)), "has another size"),
        (archive(x=array(X, (-20, -3)), y=array(Y)), "has another size"),
        (archive(x=array(X[:-1], (20, 3)), y=array(Y)), "has another size"),
        (archive(x=array(X) + b"more", y=array(Y)), "has another size"),
        (npz(x=X, y=np.zeros(20)), "is '0' everywhere"),
    ],
)
def test_bad_archives_are_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load(str(tmp_path / "bad.npz"))
    assert "bad.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked() -> None:
    content = npz(compressed=True, x=np.zeros((1000, 100)), y=np.zeros(1000))
    bomb = bytearray(content)
    entry = content.index(b"PK\x01\x02")  # the directory's first entry; its size is at 24
    bomb[entry + 24 : entry + 28] = (2**31 + 1).to_bytes(4, "little")
    with pytest.raises(DataError, match="is the limit"):
        read_arrays(bytes(bomb), "bomb", (X_NAMES, Y_NAMES))
    bomb[entry + 24 : entry + 28] = (2**30).to_bytes(4, "little")
    with pytest.raises(DataError, match="impossible size"):
        read_arrays(bytes(bomb), "bomb", (X_NAMES, Y_NAMES))


@given(st.data(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_flipped_bytes_are_arrays_or_a_data_error(data: st.DataObject, compressed: bool) -> None:
    content = bytearray(npz(compressed, x=X, y=Y))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(content))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_flipped_headers_are_arrays_or_a_data_error(data: st.DataObject) -> None:
    x = bytearray(array(X))
    for _ in range(data.draw(st.integers(1, 4))):
        x[data.draw(st.integers(0, 127))] = data.draw(st.integers(0, 255))
    read_or_refuse(archive(x=bytes(x), y=array(Y)))


@given(st.integers(0, 2000))
@settings(max_examples=50, deadline=None)
def test_truncations_are_refused(end: int) -> None:
    content = npz(x=X, y=Y)
    with pytest.raises(DataError):
        read_arrays(content[: min(end, len(content) - 1)], "it", (X_NAMES, Y_NAMES))


def read_or_refuse(content: bytes) -> None:
    try:
        read_arrays(content, "it", (X_NAMES, Y_NAMES))
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017
