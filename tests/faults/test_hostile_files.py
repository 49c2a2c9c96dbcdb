"""Files that are damaged or made with ill will: a clear `TunerError`, or sound data, and soon.

Each reader gets bytes that were flipped, cut, doubled and put in at random, and what hypothesis
makes up. A file that is read gives finite numbers; no pickle is ever loaded.
"""

import gzip
import io
import pickle
import random
import signal
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuner
from tuner.errors import DataWarning, TunerError

QUICK, WHOLE = 60, 10_000
"""Cases for each reader, by default and in the long run."""

SECONDS = 30
"""Longest that one case may take, on a machine that has other work; alone it is some 0.03 s."""

N = 30


def npz(compressed: bool = True) -> bytes:
    file = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(file, x=np.random.default_rng(0).normal(size=(N, 3)), y=np.arange(N) % 2)
    return file.getvalue()


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.normal(size=N).round(3),
            "n": rng.permutation(N * 3)[:N],
            "colour": np.array(["red", "green"])[rng.integers(0, 2, N)],
            "day": [f"2024-01-{i % 28 + 1:02}" for i in rng.permutation(N)],
            "share": [f"{i}%" for i in rng.permutation(N)],
            "y": np.arange(N) % 2,
        }
    )


def parquet() -> bytes:
    file = io.BytesIO()
    frame().to_parquet(file)
    return file.getvalue()


def idx(kind: int, body: bytes, *shape: int) -> bytes:
    return bytes([0, 0, 8, kind]) + b"".join(n.to_bytes(4, "big") for n in shape) + body


IMAGES = idx(3, np.random.default_rng(0).bytes(N * 9), N, 3, 3)
LABELS = idx(1, bytes(i % 2 for i in range(N)), N)


def model(folder: Path) -> bytes:
    run = tuner.train("iris", hidden=(3,), eta=0.5, epochs=2)
    tuner.save_model(run.model, folder / "m.safetensors")
    return (folder / "m.safetensors").read_bytes()


READERS: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "IDX": ("a-images-idx3-ubyte", lambda _: IMAGES),
    "IDX.gz": ("a-images-idx3-ubyte.gz", lambda _: gzip.compress(IMAGES, mtime=0)),
    "labels": ("a-labels-idx1-ubyte", lambda _: LABELS),
    "NPZ": ("a.npz", lambda _: npz()),
    "NPZ, stored": ("a.npz", lambda _: npz(compressed=False)),
    "CSV": ("a.csv", lambda _: frame().to_csv(index=False).encode()),
    "Parquet": ("a.parquet", lambda _: parquet()),
    "model": ("a.safetensors", model),
}

TOKENS: tuple[bytes, ...] = (
    *(bytes([byte]) * n for byte in (0, 255, 127) for n in (1, 4, 8)),
    *(b",", b";", b'"', b"\n", b"\r", b"nan", b"inf", b"-1e999", b"1e400", b"\xef\xbb\xbf", b"\t"),
    *(b"{", b"}", b"[" * 50, b"'", b"\\", b"../", b"NA", b"sep=;\n", b"1,5", b"007", b"%", b"\x80"),
    *((2**bits - 1).to_bytes(8, "little") for bits in (31, 32, 63, 64)),
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return a damaged copy: some bytes flipped, cut out, doubled, or put in anew."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place, length = rng.randrange(len(found) + 1), rng.choice((1, 2, 4, 16, len(found) // 3))
        kind = rng.randrange(6)
        if kind == 0 and place < len(found):
            found[place] = rng.randrange(256)
        elif kind == 1 and place < len(found):
            found[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del found[place : place + length]
        elif kind == 3:
            found[place:place] = found[place : place + length]
        elif kind == 4:
            found[place:place] = rng.choice(TOKENS)
        else:
            token = rng.choice(TOKENS)
            found[place : place + len(token)] = token
    return bytes(found)


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def late(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read_or_refuse(path: Path) -> bool:
    """Read a file as what its name says; return whether it was taken. Other errors get out."""
    with within(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            if path.suffix == ".safetensors":
                loaded = tuner.load_model(path)
                assert all(np.isfinite(array).all() for array in loaded.parameters.arrays)
                return True
            source = str(path).replace("labels-idx1", "images-idx3")
            data = tuner.load(source, target="y" if path.suffix in (".csv", ".parquet") else None)
        except TunerError as error:
            assert str(error)  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
            return False
    for part in (data.train, data.validation):
        assert np.isfinite(part.x).all()
        assert (part.y >= 0).all()
        assert (part.y < len(data.classes)).all()
    return True


def prepare(folder: Path, reader: str) -> tuple[Path, bytes]:
    """Return the path of a reader's file, and its sound content."""
    name, make = READERS[reader]
    (folder / "a-images-idx3-ubyte").write_bytes(IMAGES)
    (folder / "a-labels-idx1-ubyte").write_bytes(LABELS)
    return folder / name, make(folder)


def refused(folder: Path, reader: str, cases: int) -> int:
    """Read so many damaged files; return how many were refused."""
    path, content = prepare(folder, reader)
    path.write_bytes(content)
    assert read_or_refuse(path)
    rng, count = random.Random(reader), 0  # noqa: S311
    for case in range(cases):
        path.write_bytes(mutated(content, rng))
        try:
            count += not read_or_refuse(path)
        except BaseException as error:
            error.add_note(f"{reader}: case {case} of {cases}")
            raise
    return count


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files_are_refused_or_sound(tmp_path: Path, reader: str) -> None:
    assert refused(tmp_path, reader, QUICK) > QUICK // 6


@pytest.mark.exhaustive
@pytest.mark.parametrize("reader", READERS)
def test_ten_thousand_damaged_files(tmp_path: Path, reader: str) -> None:
    count = refused(tmp_path, reader, WHOLE)
    print(f"{reader}: {WHOLE} cases, {count} refused, {WHOLE - count} sound")
    assert count > WHOLE // 6


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "1", "0.5", "nan", "inf", "1e400", "NA", "True", "12%", "2024-1-31", "007"]
    ),
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=12),
    st.sampled_from(",;\t|"),
    st.lists(st.text(max_size=6), max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_tables_of_anything(rows: list[list[str]], delimiter: str, names: list[str]) -> None:
    lines = [[*names, "y"], *([*row, str(i % 2)] for i, row in enumerate(rows * 4))]
    text = "\n".join(delimiter.join(line) for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "any.csv")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        read_or_refuse(path)


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    canary = tmp_path / "sang"
    pickled = pickle.dumps(Canary(canary))
    objects = np.empty(N, dtype=object)
    objects[:] = [Canary(canary)] * N
    array = io.BytesIO()
    np.lib.format.write_array(array, objects, allow_pickle=True)
    contents = {
        "a.npz": {"x.npy": array.getvalue(), "y.npy": array.getvalue()},
        "b.npz": {"x.npy": pickled, "y.npy": pickled},
        "c.npz": {"x": pickled, "y.pkl": pickled},
    }
    for name, members in contents.items():
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for member, content in members.items():
                file.writestr(member, content)
    for name in ("d.csv", "e.parquet", "f.safetensors", "g-images-idx3-ubyte", "h.npz"):
        (tmp_path / name).write_bytes(pickled)
    (tmp_path / "g-labels-idx1-ubyte").write_bytes(pickled)
    for path in sorted(tmp_path.iterdir()):
        if "labels" not in path.name:
            assert not read_or_refuse(path)
    assert not canary.exists()
    pickle.loads(pickled)  # noqa: S301 - it would have sung
    assert canary.exists()
