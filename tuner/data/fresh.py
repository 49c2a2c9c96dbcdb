"""Training images changed anew in every epoch (article, "Expanding the training data").

`tuner.data.expansion` adds changed copies to a data set once; here no network ever sees the same
picture twice. Images are changed in groups that share one change, which turns a warp into one
sparse matrix product: several times faster than image by image, and the groups are drawn anew in
each epoch.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_array

Array = NDArray[np.floating[Any]]

GROUP = 16
"""Images that share one change; part of the reproducible result."""

Change = Callable[[Array, Generator], Array]
"""From images (n, h, w) with values from 0 to 1 to new ones of the same shape and precision."""

_SPAN = 28
"""Distances below are in pixels of an image this wide, and grow and shrink with the image."""


class FreshImages:
    """Changes rows of pixels anew, as an expansion says; falsy where it says not at all.

    `shift` moves by −1 … 1 whole pixels along each axis. `distort` turns by up to 10°, stretches
    by up to 10 %, slants, moves by up to 1.5 pixels and bends by a smooth random field.

    Examples
    --------
    >>> spot = np.zeros((1, 25), dtype=np.float32)
    >>> spot[0, 12] = 1
    >>> float(FreshImages("shift", (5, 5)).rows(spot, np.random.default_rng(0)).sum())
    1.0
    """

    def __init__(self, expansion: str, image_shape: tuple[int, int] | None) -> None:
        changes: dict[str, Change] = {"shift": shift, "distort": distort}
        self._change, self._shape = changes.get(expansion), image_shape

    def __bool__(self) -> bool:
        return self._change is not None

    def rows(self, x: Array, rng: Generator) -> Array:
        """Return new rows (n, h·w) for those given."""
        if self._change is None or self._shape is None:
            return x
        return self._change(x.reshape(-1, *self._shape), rng).reshape(x.shape)


def shift(images: Array, rng: Generator, *, pixels: int = 1) -> Array:
    """Move each group by −pixels … pixels whole pixels along each axis."""
    n, height, width = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    moved = np.empty_like(images)
    moves = rng.integers(0, 2 * pixels, size=(-(-n // GROUP), 2), endpoint=True)
    for group, (down, right) in enumerate(moves):
        rows = slice(group * GROUP, (group + 1) * GROUP)
        moved[rows] = padded[rows, down : down + height, right : right + width]
    return moved


def distort(
    images: Array,
    rng: Generator,
    *,
    degrees: float = 10.0,
    stretch: float = 0.1,
    slope: float = 0.1,
    pixels: float = 1.5,
    bend: float = 1.2,
    sigma: float = 4.0,
) -> Array:
    """Turn, stretch, slant, move and bend each group.

    Parameters
    ----------
    images
        Shape (n, h, w).
    rng
        Source of the amounts.
    degrees, stretch, slope, pixels
        Most that a group is turned, stretched along each axis (as a share), slanted (pixels a row)
        and moved.
    bend, sigma
        Root mean square of the smooth random displacements, and the standard deviation of the
        Gaussian that smooths them; in pixels.

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003.
    """
    n, height, width = images.shape
    groups = -(-n // GROUP)
    unit = height / _SPAN
    turn, stretch_y, stretch_x, slant, move_y, move_x = rng.uniform(
        -1, 1, size=(6, groups, 1, 1)
    ).astype(np.float32) * np.reshape(
        [np.deg2rad(degrees), stretch, stretch, slope, pixels * unit, pixels * unit], (6, 1, 1, 1)
    ).astype(np.float32)
    down = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[None, :, None]
    right = (np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, None, :]
    bent = _smooth_fields(rng, groups, (height, width), bend * unit, sigma * unit)
    cos, sin = np.cos(turn), np.sin(turn)
    rows = (1 + stretch_y) * (cos * down - sin * right) + move_y + bent[0]
    columns = (1 + stretch_x) * (sin * down + cos * right) + slant * down + move_x + bent[1]
    return _warp(images, rows + (height - 1) / 2, columns + (width - 1) / 2)


@cache
def _smoother(size: int, sigma: float) -> NDArray[np.float32]:
    """Return the matrix (size, size) that smooths a line by a Gaussian."""
    return gaussian_filter1d(np.eye(size), sigma, axis=0, mode="constant").astype(np.float32)


def _smooth_fields(
    rng: Generator, groups: int, shape: tuple[int, int], rms: float, sigma: float
) -> NDArray[np.float32]:
    """Draw displacements (2, groups, h, w): smoothed noise whose root mean square is `rms`."""
    noise = rng.standard_normal((2, groups, *shape), dtype=np.float32)
    rows, columns = (_smoother(size, sigma) for size in shape)
    smooth = rows @ noise @ columns.T
    # The share of the noise's size that is left, in the middle of the image.
    left = np.linalg.norm(rows[shape[0] // 2]) * np.linalg.norm(columns[shape[1] // 2])
    return (smooth * np.float32(rms / left)).astype(np.float32)


def _warp(images: Array, rows: Array, columns: Array) -> Array:
    """Take each pixel from where `rows` and `columns` (groups, h, w) point, linearly between four.

    What lies beyond the border is 0.
    """
    n, height, width = images.shape
    groups, pixels = len(rows), height * width
    top, left = np.floor(rows), np.floor(columns)
    low, before = rows - top, columns - left
    data = np.empty((groups, height, width, 4), np.float32)
    index = np.empty((groups, height, width, 4), np.int32)
    first = (np.arange(groups, dtype=np.int32) * pixels)[:, None, None]
    for tap, (dy, dx) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        y, x = top + dy, left + dx
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        weight = (low if dy else 1 - low) * (before if dx else 1 - before)
        data[..., tap] = weight * inside
        index[..., tap] = np.where(inside, y * width + x, 0).astype(np.int32) + first
    ends = np.arange(0, 4 * groups * pixels + 1, 4, dtype=np.int32)
    matrix = csr_array(
        (data.ravel().astype(images.dtype, copy=False), index.ravel(), ends),
        shape=(groups * pixels, groups * pixels),
    )
    flat = np.zeros((groups, GROUP, pixels), images.dtype)
    flat.reshape(-1, pixels)[:n] = images.reshape(n, pixels)
    stacked = np.ascontiguousarray(flat.transpose(0, 2, 1)).reshape(-1, GROUP)
    warped = (matrix @ stacked).reshape(groups, pixels, GROUP).transpose(0, 2, 1)
    result: Array = np.ascontiguousarray(warped).reshape(-1, height, width)[:n]
    return result
