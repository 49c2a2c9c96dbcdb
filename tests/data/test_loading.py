from pathlib import Path

import numpy as np
import pytest

from tests.data.test_idx import write_pair
from tests.data.test_npz import X, Y, npz
from tuner.data import from_arrays, load, read, read_inputs
from tuner.errors import DataError, OptionError


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("mnist5k", "neither a known data set nor a file: did you mean mnist-5k"),
        ("MNIST", "did you mean mnist[?]"),
        ("zzzz", "nor a file: use one of mnist-5k, digits, breast_cancer"),
        ("my.csv", "my.csv: no such file"),
        ("folder/data", "no such file"),
        ("x" * 5000, "neither a known data set"),
        ("nul\0", "neither a known data set"),
    ],
)
def test_what_is_neither_known_nor_there_is_refused(source: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(source)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.docx", b"PK", "its kind is not supported: use .csv, .tsv, "),
        ("data", b"1,2", "its kind is not supported"),
        ("data.npz", b"", "is empty"),
        ("data.csv", b"", "is empty"),
        ("a-images-idx3-ubyte", b"", "is empty"),
    ],
)
def test_files_of_no_use_are_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(b"")
    with pytest.raises(DataError, match=message):
        load(str(tmp_path / name))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a directory: give one file"):
        load(str(tmp_path))


def test_a_device_is_refused() -> None:
    with pytest.raises(DataError, match="is not a regular file"):
        load("/dev/null")


def test_a_target_is_for_tables(tmp_path: Path) -> None:
    (tmp_path / "my.npz").write_bytes(npz(x=X, y=Y))
    for source in ("iris", str(tmp_path / "my.npz")):
        with pytest.raises(OptionError, match="has no columns: leave it out"):
            load(source, target="y")


def test_same_seed_same_data() -> None:
    one, same, other = load("iris", seed=1), load("iris", seed=1), load("iris", seed=2)
    np.testing.assert_array_equal(one.train.x, same.train.x)
    assert not np.array_equal(one.train.x, other.train.x)
    assert one.summary.sha256 == other.summary.sha256


def test_summary_tells_one_content_from_another(tmp_path: Path) -> None:
    for name, x in (("a.npz", X), ("b.npz", X), ("c.npz", X + 1)):
        (tmp_path / name).write_bytes(npz(x=x, y=Y))
    a, b, c = (load(str(tmp_path / f"{name}.npz")).summary.sha256 for name in "abc")
    assert a == b != c


def test_arrays_make_a_data_set() -> None:
    data = from_arrays(X.tolist(), np.array(["no", "yes"], dtype=object)[Y], train_size=6)
    assert (data.train.n, data.validation.n, data.classes) == (6, 4, ("no", "yes"))
    assert data.summary.sha256 != from_arrays(X, 1 - Y).summary.sha256


def test_inputs_alone_are_read_from_every_kind(tmp_path: Path) -> None:
    (tmp_path / "my.npz").write_bytes(npz(x=X, y=Y))
    (tmp_path / "x.npz").write_bytes(npz(x=X))
    images = str(write_pair(tmp_path))
    for known, new in (
        ("iris", "iris"),
        (images, images),
        *([(str(tmp_path / "my.npz"), str(tmp_path / "x.npz"))]),
    ):
        fitted = load(known).preprocessing
        x = read_inputs(new, fitted)
        np.testing.assert_array_equal(x, fitted.transform(read(known).inputs))
