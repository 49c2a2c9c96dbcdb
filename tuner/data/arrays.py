"""Arrays of inputs and labels, validated and combined into examples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.files import check_cells, digest
from tuner.data.inputs import Examples, Inputs, check_finite, images, missing_notes, numeric
from tuner.data.labels import encode_target
from tuner.errors import DataError
from tuner.records import Note, NoteKind, TaskChoice

BRIGHT = 128
"""Images with such a pixel run from 0 to 255, even if none reaches 255."""


def array_examples(
    name: str,
    x: NDArray[Any],
    y: NDArray[Any],
    *,
    task: TaskChoice = "auto",
    file_sha256: str = "",
) -> Examples:
    """Return examples from inputs and labels.

    Parameters
    ----------
    name
        Name of the data, also in error messages.
    x
        Numbers (n, d), or images (n, h, w) with pixels from 0 to 1, to 255, or to what is their
        largest value.
    y
        Labels (n,): whole numbers, booleans or strings; or numbers to predict.
    task
        What to take y for, as `tuner.data.labels.encode_target` says.
    file_sha256
        Of the file that holds them, if one does.

    Notes
    -----
    The identity is that of the content: the same arrays have one SHA-256 wherever they come from.

    Raises
    ------
    DataError
        When shapes, element types or values are other than these.

    Examples
    --------
    >>> array_examples("two", np.zeros((2, 3)), np.array(["b", "a"])).classes
    ('a', 'b')
    """
    inputs, image_shape = array_inputs(name, x)
    if y.shape != (len(x),):
        raise DataError(
            f"{name}: y has shape {y.shape} but x has {len(x)} examples: give one label for each, "
            f"shape ({len(x)},)."
        )
    empty = np.isnan(inputs.numbers).all(axis=0)
    if empty.any():
        raise DataError(
            f"{name}: column {inputs.number_names[empty.argmax()]!r} is empty: drop it."
        )
    target = encode_target(y, f"{name}: y", task)
    divisor, notes = (1.0, missing_notes(inputs)) if image_shape is None else _divisor(x, name)
    return Examples(
        name,
        inputs,
        target.y,
        target.classes,
        digest(_bytes(x), _bytes(y)),
        image_shape,
        divisor,
        notes=(*target.notes, *notes),
        file_sha256=file_sha256,
    )


def _bytes(values: NDArray[Any]) -> bytes:
    return values.astype(str).tobytes() if values.dtype.hasobject else values.tobytes()


def array_inputs(name: str, x: NDArray[Any]) -> tuple[Inputs, tuple[int, int] | None]:
    """Validate the inputs alone; return them, and (h, w) if they are images."""
    if x.dtype.kind not in "biuf":
        raise DataError(f"{name}: x holds {x.dtype} but must hold numbers: encode it first.")
    if x.ndim not in {2, 3} or x.size == 0:
        raise DataError(
            f"{name}: x has shape {x.shape} but must be (n, d), or (n, h, w) for images."
        )
    check_cells(len(x), x[0].size, name)
    if x.dtype.kind == "f" and x.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            x = x.astype(np.float64)
    inputs, image_shape = images(x) if x.ndim == 3 else (numeric(x), None)
    check_finite(inputs, name)
    if image_shape and (missing := np.isnan(x).any(axis=(1, 2))).any():
        raise DataError(
            f"{name}: image {missing.argmax() + 1} has missing pixels: fill them in or drop it."
        )
    return inputs, image_shape


def _divisor(x: NDArray[Any], name: str) -> tuple[float, list[Note]]:
    """Return the pixel value that becomes 1, and a note where it is a guess."""
    least, most = float(np.min(x)), float(np.max(x))
    if least < 0 or most > 255:
        raise DataError(
            f"{name}: x holds images with pixels from {least:g} to {most:g}: scale them to 0…1 or "
            "0…255."
        )
    if most <= 1 or most >= BRIGHT:
        return 255.0 if most > 1 else 1.0, []
    text = f"pixels run from {least:g} to {most:g}: they are divided by {most:g}."
    return most, [Note(kind=NoteKind.READ_AS, text=text)]
