"""More training images from the ones there are: small shifts, turns, slants and distortions.

Each function takes images (n, h, w) with values from 0 to 1 and a generator, draws an amount for
every image anew, and gives new images of the same shape; what comes in from beyond the border is 0.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tuner.data.dataset import Part
from tuner.errors import OptionError
from tuner.randomness import Purpose, stream
from tuner.records import require

Images = NDArray[np.float32]
Expansion = Callable[[Images, Generator], Images]

_BLOCK = 1000  # images warped at once, to bound the memory for coordinates


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
    n, height, width = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    down, right = rng.integers(0, 2 * pixels, size=(2, n, 1, 1), endpoint=True)
    rows = down + np.arange(height)[:, None]  # (n, h, 1)
    columns = right + np.arange(width)  # (n, 1, w)
    moved: Images = padded[np.arange(n)[:, None, None], rows, columns]
    return moved


def rotate(images: Images, rng: Generator, *, degrees: float = 15.0) -> Images:
    """Turn each image about its centre by −degrees … degrees."""
    require(0 <= degrees <= 180, "degrees", degrees, "from 0 to 180")
    angle = np.deg2rad(rng.uniform(-degrees, degrees, size=(len(images), 1, 1)))
    down, right = _from_centre(images)
    return _warp(
        images,
        down * np.cos(angle) - right * np.sin(angle) - down,
        down * np.sin(angle) + right * np.cos(angle) - right,
    )


def skew(images: Images, rng: Generator, *, slope: float = 0.2) -> Images:
    """Slant each image: a row that lies k pixels below the centre moves by ±slope · k pixels."""
    require(0 <= slope < np.inf, "slope", slope, "a finite number, at least 0")
    slopes = rng.uniform(-slope, slope, size=(len(images), 1, 1))
    down, _ = _from_centre(images)
    return _warp(images, np.zeros_like(down), slopes * down)


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
    return _warp(images, down, right)


EXPANSIONS: dict[str, Expansion] = {
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
    kinds: Sequence[str | Expansion] = ("shift",),
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
        What is done to each copy, one after the other: names in `EXPANSIONS`, or functions such as
        `functools.partial(rotate, degrees=5)`.

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


def _function(kind: str | Expansion) -> Expansion:
    if not isinstance(kind, str):
        return kind
    require(kind in EXPANSIONS, "kinds", repr(kind), f"among {', '.join(EXPANSIONS)}")
    return EXPANSIONS[kind]


def _from_centre(images: Images) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows (1, h, 1) and columns (1, 1, w) counted from the centre of the image."""
    _, height, width = images.shape
    down = np.arange(height) - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    return down[None, :, None], right[None, None, :]


def _warp(images: Images, down: NDArray[np.floating], right: NDArray[np.floating]) -> Images:
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
