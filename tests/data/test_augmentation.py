"""Images changed once or in every epoch: against moves done by hand and SciPy's own warps."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.ndimage import map_coordinates

from tuner.data import Part, expand, load
from tuner.data.augmentation import (
    AUGMENTATIONS,
    GROUP,
    Augmentation,
    Augmenter,
    Images,
    distort,
    elastic,
    rotate,
    shift,
    shift_groups,
    skew,
)
from tuner.data.augmentation import _warp_groups as warp
from tuner.errors import OptionError


def some_images(n: int = 3, height: int = 9, width: int = 8, seed: int = 0) -> Images:
    return np.random.default_rng(seed).random((n, height, width), dtype=np.float32)


@pytest.mark.parametrize("change", AUGMENTATIONS.values(), ids=AUGMENTATIONS)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_shape_range_and_seed_are_kept(
    change: Augmentation, n: int, height: int, width: int, seed: int
) -> None:
    images = some_images(n, height, width)
    before = images.copy()
    changed = change(images, np.random.default_rng(seed))
    assert (changed.shape, changed.dtype.name) == (images.shape, "float32")
    assert 0 <= changed.min() <= changed.max() <= 1
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(changed, change(images, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    "change",
    [
        partial(shift, pixels=0),
        partial(rotate, degrees=0),
        partial(skew, slope=0),
        partial(elastic, alpha=0),
    ],
)
def test_amount_zero_changes_nothing(change: Augmentation) -> None:
    images = some_images()
    np.testing.assert_allclose(change(images, np.random.default_rng(0)), images, atol=1e-6)


def test_a_shift_is_one_of_nine_by_whole_pixels() -> None:
    image = some_images(1)
    shifted = shift(np.repeat(image, 200, axis=0), np.random.default_rng(0))
    expected = {
        ndimage.shift(image[0], (down, right), order=0).tobytes()
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    assert {found.tobytes() for found in shifted} == expected


class Always:
    """A generator whose every draw is the upper end."""

    def uniform(self, low: float, high: float, size: Any) -> np.ndarray:
        assert low == -high
        return np.full(size, high)


@pytest.mark.parametrize("degrees", [10, 45, 90])
def test_rotation_is_that_of_scipy(degrees: float) -> None:
    images = some_images(2, 9, 9)
    ours = rotate(images, Always(), degrees=degrees)  # type: ignore[arg-type]
    theirs = ndimage.rotate(
        images, -degrees, axes=(1, 2), reshape=False, order=1, mode="grid-constant"
    )
    turned = ndimage.rotate(
        images, degrees, axes=(1, 2), reshape=False, order=1, mode="grid-constant"
    )
    assert np.allclose(ours, theirs, atol=1e-5) or np.allclose(ours, turned, atol=1e-5)


def test_skew_is_that_of_scipy() -> None:
    images = some_images(1, 9, 9)
    ours = skew(images, Always(), slope=0.3)  # type: ignore[arg-type]
    theirs = ndimage.affine_transform(
        images[0], np.array([[1, 0], [0.3, 1]]), offset=(0, -0.3 * 4), order=1, mode="grid-constant"
    )
    np.testing.assert_allclose(ours[0], theirs, atol=1e-5)


def test_each_image_is_changed_in_its_own_way() -> None:
    same = np.repeat(some_images(1), 4, axis=0)
    for change in (rotate, skew, elastic):
        assert len({image.tobytes() for image in change(same, np.random.default_rng(0))}) == 4


def test_what_comes_in_from_the_border_is_background() -> None:
    full = np.ones((50, 6, 6), dtype=np.float32)
    assert shift(full, np.random.default_rng(0), pixels=6).min() == 0
    assert rotate(full, np.random.default_rng(0), degrees=45)[:, 0, 0].min() == 0


def test_elastic_moves_pixels_by_about_the_documented_amount() -> None:
    ramp = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (1, 101, 1))
    moved = (elastic(ramp, np.random.default_rng(0)) - ramp)[0, 20:80, 20:80] * 100
    assert 0.7 < moved.std() < 2.8


def test_expand_keeps_the_images_first_and_repeats_the_labels() -> None:
    part = load("digits").train
    more = expand(part, (8, 8), copies=2, kinds=("shift", "rotate"))
    assert more.n == 3 * part.n
    np.testing.assert_array_equal(more.x[: part.n], part.x)
    np.testing.assert_array_equal(more.y, np.tile(part.y, 3))
    assert not np.array_equal(more.x[part.n : 2 * part.n], more.x[2 * part.n :])
    assert not more.x.flags.writeable


def test_expand_depends_on_the_seed_and_not_on_the_number_of_copies() -> None:
    part = Part(some_images().reshape(3, -1), np.arange(3))
    wanted: Callable[..., Part] = partial(expand, part, (9, 8), kinds=tuple(AUGMENTATIONS))
    two, three = wanted(copies=2), wanted(copies=3)
    np.testing.assert_array_equal(two.x, three.x[: two.n])
    assert not np.array_equal(two.x, wanted(copies=2, seed=1).x)


def test_expand_takes_functions() -> None:
    part = Part(some_images().reshape(3, -1), np.arange(3))
    more = expand(part, (9, 8), kinds=[partial(shift, pixels=0)])
    np.testing.assert_array_equal(more.x[3:], part.x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": -1}, "copies must be at least 0 but is -1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"kinds": ["blur"]}, "kinds must be among shift, rotate, skew, elastic but is 'blur'"),
        ({"image_shape": (7, 7)}, r"image_shape is \(7, 7\) but an example has 72 pixels"),
        ({"kinds": [partial(shift, pixels=-1)]}, "pixels must be at least 0"),
        ({"kinds": [partial(rotate, degrees=200)]}, "degrees must be from 0 to 180"),
        ({"kinds": [partial(skew, slope=np.inf)]}, "slope must be a finite number"),
        ({"kinds": [partial(elastic, sigma=0)]}, "sigma must be a positive finite number"),
        ({"kinds": [partial(elastic, alpha=-1)]}, "alpha must be a finite number"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    part = Part(some_images().reshape(3, -1), np.arange(3))
    with pytest.raises(OptionError, match=message):
        expand(part, **({"image_shape": (9, 8)} | options))


# In training, by groups


def pictures(n: int, height: int = 9, width: int = 7, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, height, width), dtype=np.float32)


def test_a_shift_moves_each_group_by_whole_pixels() -> None:
    spot = np.zeros((3 * GROUP, 9, 9), np.float32)
    spot[:, 4, 4] = 1
    moved = shift_groups(spot, np.random.default_rng(1), pixels=2)
    places = [tuple(np.argwhere(image)[0]) for image in moved]
    assert (moved.sum(axis=(1, 2)) == 1).all()
    assert all(2 <= row <= 6 and 2 <= column <= 6 for row, column in places)
    for first in range(0, len(places), GROUP):
        assert len(set(places[first : first + GROUP])) == 1
    assert len(set(places)) > 1


def test_what_leaves_the_image_is_gone() -> None:
    corner = np.zeros((200 * GROUP, 3, 3), np.float32)
    corner[:, 0, 0] = 1
    shares = shift_groups(corner, np.random.default_rng(0), pixels=1).sum(axis=(1, 2))
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


@pytest.mark.parametrize("name", ["shift", "distort"])
def test_the_same_stream_gives_the_same_images(name: str) -> None:
    x = pictures(50, 8, 8).reshape(50, -1)
    augmenter = Augmenter(name, (8, 8))
    one, two, other = (augmenter.rows(x, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    assert one.shape == x.shape
    assert one.min() >= 0
    assert one.max() <= 1 + 1e-6


def test_no_augmentation_gives_the_rows_themselves() -> None:
    x = pictures(5, 3, 3).reshape(5, -1)
    augmenter = Augmenter("none", None)
    assert not augmenter
    assert augmenter.rows(x, np.random.default_rng(0)) is x
