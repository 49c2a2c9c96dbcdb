"""`doctor`: what is installed, found and missing."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from tuner.cli.data import VARIABLE, document, where
from tuner.cli.options import AnswerOptions, grouped
from tuner.cli.output import json_text, narration
from tuner.errors import InputError

if TYPE_CHECKING:
    from tuner.data import KnownData
    from tuner.environment import Blas
    from tuner.records import Environment

REPORTS = Path("reports")

OPTIONAL = {
    "onnx": ("onnx", "exports to ONNX"),
    "openpyxl": ("excel", "Excel files"),
    "pyarrow": ("parquet", "Parquet files"),
    "torch": ("torch", "PyTorch models"),
    "dask": ("dask", "cluster studies"),
    "optuna-dashboard": ("dashboard", "dashboards"),
    "psycopg": ("postgres", "PostgreSQL"),
}
"""Package, the extra that brings it, and what it is for."""

FAST = ("openblas", "mkl")


@dataclass(frozen=True)
class Findings:
    """What was found on this machine."""

    environment: "Environment"
    optional: dict[str, str]
    blas: "tuple[Blas, ...]"
    cores: int
    data: "tuple[KnownData, ...]"
    data_folder: str | None
    data_problem: str | None
    writable: bool


@grouped
def doctor(answer: AnswerOptions) -> None:
    """Show versions, BLAS, data and optional parts."""
    with narration() as say:
        say("looking around")
        found = _look()
    if answer.json:
        print(json_text(_document(found)))
    else:
        print("\n".join(_lines(found)))


def _look() -> Findings:
    from tuner.environment import blas_libraries, environment, installed, usable_cores

    data, problem = _data()
    return Findings(
        environment=environment(),
        optional=installed(OPTIONAL),
        blas=blas_libraries(),
        cores=usable_cores(),
        data=data,
        data_folder=os.environ.get(VARIABLE),
        data_problem=problem,
        writable=_writable(REPORTS),
    )


def _data() -> "tuple[tuple[KnownData, ...], str | None]":
    from tuner.data import known

    try:
        return known(), None
    except InputError as error:
        return (), str(error)


def _writable(folder: Path) -> bool:
    """Return whether a folder, or the nearest one above it, can be written to."""
    nearest = next(
        each for each in (folder.absolute(), *folder.absolute().parents) if each.exists()
    )
    try:
        with TemporaryFile(dir=nearest):
            return True
    except OSError:
        return False


def _warnings(found: Findings) -> Iterator[str]:
    if not any(library.kind in FAST for library in found.blas):
        yield "neither OpenBLAS nor MKL was found: results are right, but training may be slower."
    if found.data_problem:
        yield found.data_problem
    if not found.writable:
        yield f"{REPORTS} cannot be written to from here: give --out, or change to another folder."


def _document(found: Findings) -> dict[str, object]:
    from tuner.records import to_json

    return {
        "command": "doctor",
        **to_json(found.environment),
        "optional": [
            {"name": name, "version": found.optional.get(name), "get": _get(extra), "for": purpose}
            for name, (extra, purpose) in OPTIONAL.items()
        ],
        "blas_libraries": [asdict(library) for library in found.blas],
        "cores": found.cores,
        "data_dir": found.data_folder,
        "data": [document(row) for row in found.data],
        "output": {"folder": str(REPORTS), "writable": found.writable},
        "warnings": list(_warnings(found)),
    }


def _get(extra: str) -> str:
    return f"pip install 'eta-tuner[{extra}]'"


def _lines(found: Findings) -> Iterator[str]:
    here = found.environment
    yield f"tuner {here.tuner}, Python {here.python}, {here.platform}"
    yield from _section("Packages", here.packages.items())
    yield from _section(
        "Optional parts",
        (
            (name, found.optional.get(name, f"missing: {_get(extra)} for {purpose}"))
            for name, (extra, purpose) in OPTIONAL.items()
        ),
    )
    yield from _section("Computing", _computing(found))
    yield from _section("Data", ((row.name, where(row)) for row in found.data))
    yield f"  {VARIABLE}: {found.data_folder or 'not set'}"
    warnings = list(_warnings(found))
    yield ""
    yield from (f"Warning: {warning}" for warning in warnings)
    if not warnings:
        yield "All is well."


def _computing(found: Findings) -> Iterator[tuple[str, str]]:
    yield "cores", f"{found.cores} to use"
    for library in found.blas:
        threads = "1 thread" if library.threads == 1 else f"{library.threads} threads, held to 1"
        folder = Path(library.file).parent.name
        yield "BLAS", f"{library.name} ({folder}), {threads}"


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    cells = list(rows)
    width = max((len(name) for name, _ in cells), default=0)
    yield f"\n{title}"
    yield from (f"  {name:{width}}  {value}" for name, value in cells)
