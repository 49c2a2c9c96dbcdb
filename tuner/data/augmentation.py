"""Data augmentation: training images shifted, turned, slanted and distorted.

The article's section "Expanding the training data" adds changed copies to a data set once
(`expand`): each image is changed in its own way. An `Augmenter` changes the images anew in every
epoch, so that no network ever sees the same picture twice; it changes them in groups that share one
change, which turns a warp into one sparse matrix product, several times faster than image by image,
and the groups are drawn anew in each epoch.

A function takes images (n, h, w) with values from 0 to 1 and a generator, draws the amounts, and
returns new images of the same shape; what comes in from beyond the border is 0.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tuner.data.dataset import Part
from tuner.errors import OptionError
from tuner.randomness import Purpose, stream
from tuner.records import require

Images = NDArray[np.float32]
Array = NDArray[np.floating[Any]]
A = TypeVar("A", bound=NDArray[np.floating[Any]])

Augmentation = Callable[[Images, Generator], Images]

GROUP = 16
"""Images that share one change in training; part of the reproducible result."""

_BLOCK = 1000  # images warped at once, to bound the memory for coordinates

_SPAN = 28
"""Distances of `distort` are in pixels of an image this wide, and scale with the image."""


class Augmenter:
    """Augments rows of pixels for each epoch; falsy without a kind of augmentation.

    `shift` moves by −1 … 1 whole pixels along each axis. `distort` turns by up to 10°, stretches
    by up to 10 %, slants, moves by up to 1.5 pixels and bends by a smooth random field.

    Examples
    --------
    >>> spot = np.zeros((1, 25), dtype=np.float32)
    >>> spot[0, 12] = 1
    >>> float(Augmenter("shift", (5, 5)).rows(spot, np.random.default_rng(0)).sum())
    1.0
    """

    def __init__(self, name: str, image_shape: tuple[int, int] | None) -> None:
        self._change = {"shift": shift_groups, "distort": distort}.get(name)
        self._shape = image_shape

    def __bool__(self) -> bool:
        return self._change is not None

    def rows(self, x: Array, rng: Generator) -> Array:
        """Return new rows (n, h·w) for those given."""
        if self._change is None or self._shape is None:
            return x
        return self._change(x.reshape(-1, *self._shape), rng).reshape(x.shape)


def shift(images: Images, rng: Generator, *, pixels: int = 1) -> Images:
    """Move each image by −pixels … pixels whole pixels along each axis.

    Examples
    --------
    >>> spot = np.zeros((1, 3, 3), dtype=np.float32)
    >>> spot[0, 1, 1] = 1
    >>> float(shift(spot, np.random.default_rng(0)).sum())
    1.0
    """
    require(pixels >= 0, "pixels", pixels, "at least 0")
    down, right = rng.integers(0, 2 * pixels, size=(2, len(images)), endpoint=True)
    return _moved(images, np.stack([down, right], axis=1), pixels, group=1)


def rotate(images: Images, rng: Generator, *, degrees: float = 15.0) -> Images:
    """Turn each image about its centre by −degrees … degrees."""
    require(0 <= degrees <= 180, "degrees", degrees, "from 0 to 180")
    angle = np.deg2rad(rng.uniform(-degrees, degrees, size=(len(images), 1, 1)))
    down, right = _from_centre(images)
    return _warp_each(
        images,
        down * np.cos(angle) - right * np.sin(angle) - down,
        down * np.sin(angle) + right * np.cos(angle) - right,
    )


def skew(images: Images, rng: Generator, *, slope: float = 0.2) -> Images:
    """Slant each image: a row that lies k pixels below the centre moves by ±slope · k pixels."""
    require(0 <= slope < np.inf, "slope", slope, "a finite number, at least 0")
    slopes = rng.uniform(-slope, slope, size=(len(images), 1, 1))
    down, _ = _from_centre(images)
    return _warp_each(images, np.zeros_like(down), slopes * down)


def elastic(images: Images, rng: Generator, *, alpha: float = 34.0, sigma: float = 4.0) -> Images:
    """Distort each image by a smooth random field of displacements.

    Parameters
    ----------
    images
        Shape (n, h, w).
    rng
        Source of the fields.
    alpha
        Strength: the factor on the smoothed field; at the defaults a pixel moves by 1.4 or so.
    sigma
        Standard deviation of the Gaussian that smooths the uniform noise, in pixels.

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003.
    """
    require(0 <= alpha < np.inf, "alpha", alpha, "a finite number, at least 0")
    require(0 < sigma < np.inf, "sigma", sigma, "a positive finite number")
    from scipy.ndimage import gaussian_filter

    noise = rng.uniform(-1, 1, size=(2, *images.shape)).astype(np.float32)
    down, right = alpha * gaussian_filter(noise, sigma, mode="constant", axes=(2, 3))
    return _warp_each(images, down, right)


AUGMENTATIONS: dict[str, Augmentation] = {
    "shift": shift,
    "rotate": rotate,
    "skew": skew,
    "elastic": elastic,
}


def expand(
    part: Part,
    image_shape: tuple[int, int],
    *,
    copies: int = 1,
    seed: int = 0,
    kinds: Sequence[str | Augmentation] = ("shift",),
) -> Part:
    """Add changed copies of its images to a part; the images themselves come first.

    Parameters
    ----------
    part
        Images as rows of pixels from 0 to 1.
    image_shape
        (height, width).
    copies
        How many changed copies of each image; the result has n · (1 + copies) examples.
    seed
        Of all changes; copy i is the same however many copies follow.
    kinds
        What is done to each copy, one after the other: names in `AUGMENTATIONS`, or functions
        such as `functools.partial(rotate, degrees=5)`.

    Raises
    ------
    OptionError
        When a kind is unknown, `copies` is negative, or the shape does not fit the part.

    Examples
    --------
    >>> part = Part(np.eye(4), np.arange(4))
    >>> expand(part, (2, 2), copies=2).n
    12
    """
    require(copies >= 0, "copies", copies, "at least 0")
    require(seed >= 0, "seed", seed, "at least 0")
    pixels = part.x.shape[1]
    if image_shape[0] * image_shape[1] != pixels:
        raise OptionError(f"image_shape is {image_shape} but an example has {pixels} pixels.")
    changes = [_function(kind) for kind in kinds]
    images = part.x.reshape(-1, *image_shape)
    blocks = [part.x]
    for copy in range(copies):
        changed = images
        for place, change in enumerate(changes):
            changed = change(changed, stream(seed, Purpose.EXPANSION, copy, place))
        blocks.append(changed.reshape(part.n, pixels))
    return Part(np.concatenate(blocks), np.tile(part.y, 1 + copies))


def _function(kind: str | Augmentation) -> Augmentation:
    if not isinstance(kind, str):
        return kind
    require(kind in AUGMENTATIONS, "kinds", repr(kind), f"among {', '.join(AUGMENTATIONS)}")
    return AUGMENTATIONS[kind]


def _from_centre(images: Images) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows (1, h, 1) and columns (1, 1, w) counted from the centre of the image."""
    _, height, width = images.shape
    down = np.arange(height) - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    return down[None, :, None], right[None, None, :]


def _warp_each(images: Images, down: NDArray[np.floating], right: NDArray[np.floating]) -> Images:
    """Take each pixel from where the displacements (n, h, w) point, interpolating linearly."""
    from scipy.ndimage import map_coordinates

    _, height, width = images.shape
    down, right = np.broadcast_to(down, images.shape), np.broadcast_to(right, images.shape)
    warped = np.empty_like(images)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = np.arange(height)[:, None] + down[block]
        columns = np.arange(width) + right[block]
        number = np.broadcast_to(np.arange(len(rows))[:, None, None], rows.shape)
        coordinates = np.stack([number, rows, columns])  # (3, block, h, w)
        warped[block] = map_coordinates(images[block], coordinates, order=1, mode="grid-constant")
    return np.clip(warped, 0, 1, out=warped)


def shift_groups(images: Array, rng: Generator, *, pixels: int = 1) -> Array:
    """Move each group by −pixels … pixels whole pixels along each axis."""
    moves = rng.integers(0, 2 * pixels, size=(-(-len(images) // GROUP), 2), endpoint=True)
    return _moved(images, moves, pixels, group=GROUP)


def _moved(images: A, moves: NDArray[np.integer[Any]], pixels: int, *, group: int) -> A:
    """Cut each group of images out of its padded self, where `moves` (groups, 2) say."""
    _, height, width = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    moved: A = np.empty_like(images)
    for number, (down, right) in enumerate(moves):
        rows = slice(number * group, (number + 1) * group)
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
        Largest rotation, stretch along each axis (as a share), slant (pixels a row) and shift of a
        group.
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
    return _warp_groups(images, rows + (height - 1) / 2, columns + (width - 1) / 2)


@cache
def _smoother(size: int, sigma: float) -> NDArray[np.float32]:
    """Return the matrix (size, size) that smooths a line by a Gaussian."""
    from scipy.ndimage import gaussian_filter1d

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


def _warp_groups(images: Array, rows: Array, columns: Array) -> Array:
    """Take each pixel from where `rows` and `columns` (groups, h, w) point, linearly between four.

    What lies beyond the border is 0.
    """
    from scipy.sparse import csr_array

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
