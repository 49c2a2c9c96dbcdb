"""A record and the arrays of a network in one safetensors file, written atomically.

The file's metadata hold one JSON object under the key "tuner": the schema, the kind of file, the
record, and a SHA-256 over record and arrays. So a file that was truncated, altered or written by
another program is rejected before anything in it is used; no code in it is run.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tuner.data.files import digest, read_bytes
from tuner.errors import DataError, InputError
from tuner.files import write_file
from tuner.network.arrays import Array
from tuner.network.initialization import Parameters
from tuner.records import SCHEMA, Hyperparameters, Record, from_json, to_json

KEY = "tuner"
LONGEST_REASON = 200

R = TypeVar("R", bound=Record)


def write(path: Path, kind: str, record: Record, arrays: Mapping[str, Array]) -> None:
    """Write a record and arrays; an older file of that name is replaced atomically.

    Parameters
    ----------
    path
        The file; its folder is made if need be.
    kind
        What the file holds, `model` or `checkpoint`.
    record
        Its numbers are finite, except those of type `Number`.
    arrays
        By name.

    Raises
    ------
    OutputError
        When it cannot be written there; nothing is left behind.
    """
    write_file(path, pack(kind, to_json(record), arrays))


def read(path: Path, kind: str, record: type[R]) -> tuple[R, dict[str, Array]]:
    """Read what `write` wrote: the record, and the arrays by name.

    Raises
    ------
    DataError
        When the file cannot be read, is damaged, of another kind, or of a newer schema.
    """
    content = read_bytes(path)
    with naming(path):
        text, arrays = unpack(content, kind)
        return from_json(record, text), arrays


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn any `InputError` of the block into a one-line `DataError` that names the file."""
    try:
        yield
    except InputError as error:
        raise DataError(f"{path}: {_one_line(error)}") from error


def pack(kind: str, record: object, arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of a file, the same for the same content.

    Examples
    --------
    >>> text, arrays = unpack(pack("model", {"eta": 0.1}, {"w": np.ones(2)}), "model")
    >>> text, arrays["w"]
    ('{"eta": 0.1}', array([1., 1.]))
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    stamp = {"schema": SCHEMA, "kind": kind, "sha256": _digest(record, arrays), "record": record}
    return save(arrays, {KEY: _text(stamp)})


def unpack(content: bytes, kind: str) -> tuple[str, dict[str, Array]]:
    """Return the record's JSON text and the arrays from the bytes of a file.

    Raises
    ------
    DataError
        When `pack` did not make the bytes, or made them for another kind.
    """
    arrays, stamp = _stamped(content, kind)
    if stamp.get("kind") != kind:
        raise DataError(f"is a {stamp.get('kind')!s} of tuner: give a {kind} instead.")
    schema = stamp.get("schema")
    if schema != SCHEMA:
        raise DataError(f"has schema {schema!s} but this tuner reads {SCHEMA}: update tuner.")
    try:
        record = stamp["record"]
        sound = stamp["sha256"] == _digest(record, arrays)
        text = _text(record)
    except (KeyError, ValueError, RecursionError) as error:
        raise DataError(f"is damaged ({_reason(error)}): save the {kind} again.") from error
    if not sound:
        raise DataError(f"was altered or damaged (its SHA-256 differs): save the {kind} again.")
    return text, arrays


def _stamped(content: bytes, kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    try:
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        stamp = json.loads(header.get("__metadata__", {}).get(KEY, "null"))
    except (SafetensorError, KeyError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(
            f"is damaged or not a safetensors file ({_reason(error)}): give a {kind} saved by"
            " tuner."
        ) from error
    if not isinstance(stamp, dict):
        raise DataError(f"was not written by tuner: give a {kind} saved by tuner.")
    return arrays, stamp


def _digest(record: object, arrays: Mapping[str, Array]) -> str:
    contents = [_text(record).encode()]
    for name, array in sorted(arrays.items()):
        contents += [f"{name} {array.dtype} {array.shape}".encode(), array.tobytes()]
    return digest(*contents)


def _text(value: object) -> str:
    # A path that is not UTF-8 has lone surrogates, which neither JSON nor the file can hold.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()


def _reason(error: BaseException) -> str:
    return _one_line(error).removeprefix("Error while deserializing: ") or type(error).__name__


def _one_line(error: BaseException) -> str:
    text = "".join(c if c.isprintable() else " " for c in str(error))
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"


def named(parameters: Parameters, prefix: str = "") -> dict[str, Array]:
    """Name the arrays of a network: `weights.0`, `biases.0` and so on, behind a prefix."""
    kinds = {"weights": parameters.weights, "biases": parameters.biases}
    return {
        f"{prefix}{kind}.{layer}": array
        for kind, arrays in kinds.items()
        for layer, array in enumerate(arrays)
    }


def parameters_from(
    arrays: Mapping[str, Array], networks: Mapping[str, Hyperparameters]
) -> list[Parameters]:
    """Put together what `named` took apart.

    Parameters
    ----------
    arrays
        By name.
    networks
        The settings of each network by its prefix, in the order of the result.

    Raises
    ------
    DataError
        When an array is missing or unknown.
    """
    names = [
        tuple(
            [f"{prefix}{kind}.{layer}" for layer in range(len(settings.hidden) + 1)]
            for kind in ("weights", "biases")
        )
        for prefix, settings in networks.items()
    ]
    unlike = arrays.keys() ^ {name for pair in names for kind in pair for name in kind}
    if unlike:
        name = min(unlike)
        problem = "holds an unknown" if name in arrays else "lacks the"
        raise DataError(f"{problem} array {name!r}: save it again.")
    return [
        Parameters(tuple(arrays[name] for name in weights), tuple(arrays[name] for name in biases))
        for weights, biases in names
    ]


def check_parameters(
    parameters: Parameters, settings: Hyperparameters, ends: tuple[int, int], *, finite: bool = True
) -> None:
    """Raise `DataError` unless the arrays have the shapes, precision and values they must have.

    `ends` are the numbers of inputs and of outputs of the network.
    """
    sizes = (ends[0], *settings.hidden, ends[1])
    shapes: list[tuple[int, ...]] = [(n_out, n_in) for n_in, n_out in pairwise(sizes)]
    shapes += [(n_out,) for n_out in sizes[1:]]
    for array, shape in zip(parameters.arrays, shapes, strict=True):
        if array.shape != shape or array.dtype != settings.precision:
            raise DataError(
                f"holds an array {array.shape} of {array.dtype} where its settings need {shape} "
                f"of {settings.precision}: save it again."
            )
    if finite and not parameters.finite:
        raise DataError("holds weights that are not finite: train again with a smaller η.")
