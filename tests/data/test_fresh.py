"""Images changed anew: against moves done by hand, and SciPy's interpolation pixel by pixel."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from tuner.data.fresh import GROUP, FreshImages, distort, shift
from tuner.data.fresh import _warp as warp


def pictures(n: int, height: int = 9, width: int = 7, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, height, width), dtype=np.float32)


def test_a_shift_moves_each_group_by_whole_pixels() -> None:
    spot = np.zeros((3 * GROUP, 9, 9), np.float32)
    spot[:, 4, 4] = 1
    moved = shift(spot, np.random.default_rng(1), pixels=2)
    places = [tuple(np.argwhere(image)[0]) for image in moved]
    assert (moved.sum(axis=(1, 2)) == 1).all()
    assert all(2 <= row <= 6 and 2 <= column <= 6 for row, column in places)
    for first in range(0, len(places), GROUP):
        assert len(set(places[first : first + GROUP])) == 1
    assert len(set(places)) > 1


def test_what_leaves_the_image_is_gone() -> None:
    corner = np.zeros((200 * GROUP, 3, 3), np.float32)
    corner[:, 0, 0] = 1
    shares = shift(corner, np.random.default_rng(0), pixels=1).sum(axis=(1, 2))
    assert set(shares) == {0, 1}
    assert abs(shares.mean() - 4 / 9) < 0.1  # it stays where both moves are 0 or inwards


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_warp_interpolates_as_scipy_does(dtype: type) -> None:
    images: np.ndarray = pictures(2 * GROUP + 3).astype(dtype)
    rng = np.random.default_rng(3)
    rows = rng.uniform(-2, 10, (3, 9, 7)).astype(np.float32)
    columns = rng.uniform(-2, 8, (3, 9, 7)).astype(np.float32)
    warped = warp(images, rows, columns)
    assert warped.dtype == dtype
    for i, image in enumerate(images):
        at = [rows[i // GROUP], columns[i // GROUP]]
        expected = map_coordinates(image.astype(float), at, order=1, mode="grid-constant")
        np.testing.assert_allclose(warped[i], expected, atol=2e-6)


def test_without_amounts_a_distortion_changes_nothing() -> None:
    images = pictures(GROUP + 1, 12, 12)
    still = distort(
        images, np.random.default_rng(0), degrees=0, stretch=0, slope=0, pixels=0, bend=0
    )
    np.testing.assert_allclose(still, images, atol=1e-6)


def test_the_bend_has_the_size_that_was_asked_for() -> None:
    ramp = np.broadcast_to(np.arange(28, dtype=np.float32) / 28, (300 * GROUP, 28, 28))
    bent = distort(
        ramp,
        np.random.default_rng(0),
        degrees=0,
        stretch=0,
        slope=0,
        pixels=0,
        bend=1.2,
    )
    moved = 28 * (bent - ramp)[::GROUP, 12:16, 12:16]
    assert 1.05 < np.sqrt((moved**2).mean()) < 1.35


@pytest.mark.parametrize("expansion", ["shift", "distort"])
def test_the_same_stream_gives_the_same_images(expansion: str) -> None:
    x = pictures(50, 8, 8).reshape(50, -1)
    fresh = FreshImages(expansion, (8, 8))
    one, two, other = (fresh.rows(x, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    assert one.shape == x.shape
    assert one.min() >= 0
    assert one.max() <= 1 + 1e-6


def test_no_expansion_gives_the_rows_themselves() -> None:
    x = pictures(5, 3, 3).reshape(5, -1)
    fresh = FreshImages("none", None)
    assert not fresh
    assert fresh.rows(x, np.random.default_rng(0)) is x
