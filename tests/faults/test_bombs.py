"""Small files that claim, or become, something huge: refused or read within bounds.

Each is read by a process of its own under a limit of address space and time. What a sound table may
take is measured in the same way, as a multiple of its n·d values of 8 bytes.
"""

import gzip
import json
import os
import resource
import struct
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

import tuner
from tuner.data.files import MAX_CELLS
from tuner.errors import TunerError

pytestmark = pytest.mark.exhaustive

LIMIT = 3 << 30
"""Bytes of address space beyond which a reader fails; libraries alone map 1 GiB."""

SECONDS = 100
"""Of a processor until a reader is killed; the widest table takes 40 of them, others a few."""


def zeros(path: Path, head: bytes, bodies: int, size: int) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(bodies):
            file.write(bytes(size))


def npz_of_bytes(folder: Path) -> str:
    x = np.broadcast_to(np.uint8(0), (270, 1_000_000))
    np.savez_compressed(folder / "u8.npz", x=x, y=np.arange(270) % 2)
    return "u8.npz"


def npz_of_long_labels(folder: Path) -> str:
    y = np.array(["a" * 500_000, *["b"] * 199])
    np.savez_compressed(folder / "labels.npz", x=np.zeros((200, 3)), y=y)
    return "labels.npz"


def idx_of_huge_images(folder: Path) -> str:
    zeros(folder / "a-images-idx3-ubyte.gz", struct.pack(">4I", 0x803, 270, 1000, 1000), 270, 10**6)
    zeros(folder / "a-labels-idx1-ubyte.gz", struct.pack(">2I", 0x801, 270), 1, 270)
    return "a-images-idx3-ubyte.gz"


def parquet_of_one_long_text(folder: Path) -> str:
    text = pyarrow.DictionaryArray.from_arrays(np.zeros(200_000, np.int32), ["x" * 1_000_000])
    frame = pyarrow.table({"t": text, "y": np.arange(200_000) % 2})
    pyarrow.parquet.write_table(frame, folder / "dict.parquet")
    return "dict.parquet"


def parquet_of_lists(folder: Path) -> str:
    cells = pd.Series([[0.0] * 100_000] * 300)
    pd.DataFrame({"t": cells, "y": np.arange(300) % 2}).to_parquet(folder / "list.parquet")
    return "list.parquet"


def parquet_of_repeated_texts(folder: Path) -> str:
    texts = pd.Categorical([f"{i % 20:0900}" for i in range(100_000)])
    pd.DataFrame({"t": texts, "y": np.arange(100_000) % 2}).to_parquet(folder / "many.parquet")
    return "many.parquet"


def csv_of_many_columns(folder: Path) -> str:
    n = 100_000
    rows = [",".join([*(f"c{i}" for i in range(n)), "y"])]
    digits = np.random.default_rng(0).integers(10, size=(12, n))
    rows += [",".join(map(str, [*line, row % 2])) for row, line in enumerate(digits)]
    (folder / "columns.csv").write_text("\n".join(rows))
    return "columns.csv"


def csv_of_one_huge_cell(folder: Path) -> str:
    (folder / "cell.csv").write_text('a,y\n"' + "x" * 30_000_000 + '",1\nb,0\n')
    return "cell.csv"


def csv_of_a_huge_name(folder: Path) -> str:
    (folder / "name.csv").write_text("x" * 10_000_000 + ",y\n" + "1,0\n2,1\n" * 10)
    return "name.csv"


BOMBS: dict[str, tuple[Callable[[Path], str], str]] = {
    "NPZ of bytes": (npz_of_bytes, f"holds 270 × 1,000,000 values but {MAX_CELLS:,} is the limit"),
    "NPZ of long labels": (npz_of_long_labels, "y.npy holds texts of 500,000 characters but 1,000"),
    "IDX of huge images": (idx_of_huge_images, "holds 270 × 1,000,000 values but"),
    "Parquet of one long text": (parquet_of_one_long_text, "texts of more than 1,000 characters"),
    "Parquet of lists": (parquet_of_lists, "holds neither numbers nor texts but list"),
    "Parquet of repeated texts": (parquet_of_repeated_texts, "60000 × 20"),
    "CSV of 100,000 columns": (csv_of_many_columns, "8 × 100000"),
    "CSV of one huge cell": (csv_of_one_huge_cell, "CSV|texts of more than|has only"),
    "CSV of a huge name": (csv_of_a_huge_name, "CSV"),
}


def table(folder: Path, suffix: str) -> str:
    x = np.random.default_rng(0).normal(size=(40_000, 50))
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(50)]).assign(y=np.arange(40_000) % 2)
    path = folder / f"table{suffix}"
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        np.savez(path, x=x, y=np.arange(40_000) % 2)
    return path.name


MULTIPLES = {".csv": 12.0, ".parquet": 12.0, ".npz": 6.0}
"""Times n·d·8 bytes that reading and splitting a table may take; measured 7.7, 7.7 to 9.5, 4.4."""


def read_in_a_fork(path: Path) -> dict[str, Any]:
    """Load data in a child process; return what came of it and the memory that it took, in KiB."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            train = tuner.load(
                str(path), target="y" if path.suffix != ".npz" and "idx" not in path.name else None
            ).train
            found = f"{train.n} × {train.x.shape[1]}"
        except TunerError as error:
            found = str(error)
        except BaseException as error:  # also MemoryError
            found = f"internal {type(error).__name__}: {error}"
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        os.write(into, json.dumps([found[:1000], after - before]).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    found, took = json.loads(said) if said else ("killed", 0)
    return {"found": found, "KiB": took}


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    tuner.load("iris")  # imports what reading needs, so that only the data are measured
    made = {path.name: path for path in folder.iterdir()}
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    print(json.dumps({name: read_in_a_fork(path) for name, path in made.items()}))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What reading of each bomb and table came to, by its name."""
    folder = tmp_path_factory.mktemp("bombs")
    names = {name: make(folder) for name, (make, _) in BOMBS.items()}
    names |= {suffix: table(folder, suffix) for suffix in MULTIPLES}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.faults.test_bombs", str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    outcomes = json.loads(done.stdout.splitlines()[-1])
    return {name: outcomes[file] for name, file in names.items()}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused(found: dict[str, dict[str, Any]], name: str) -> None:
    said, _, message = found[name]["found"], *BOMBS[name]
    assert any(part in said for part in message.split("|")), said
    assert "internal" not in said
    assert len(said) < 1000
    assert "\n" not in said
    assert found[name]["KiB"] < 1 << 20


@pytest.mark.parametrize("suffix", MULTIPLES)
def test_a_table_takes_a_stated_multiple_of_its_size(
    found: dict[str, dict[str, Any]], suffix: str
) -> None:
    assert found[suffix]["found"] == "24000 × 50"
    assert found[suffix]["KiB"] * 1024 < MULTIPLES[suffix] * 40_000 * 50 * 8


if __name__ == "__main__":
    main(Path(sys.argv[1]))
