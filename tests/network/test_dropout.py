import numpy as np
import pytest

from tests.support.network.start import masks_of
from tuner.network.dropout import BLOCK, DropoutMasks
from tuner.settings import Hyperparameters

WIDE = Hyperparameters(eta=1, hidden=(400, 50), dropout=0.25, seed=5)


def test_masks_leave_out_the_share_asked_for_and_scale_the_rest() -> None:
    first, second = masks_of(WIDE, block=0)
    assert (first.shape, second.shape) == ((BLOCK, 400), (BLOCK, 50))
    assert set(np.unique(first)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.mean(first == 0) == pytest.approx(0.25, abs=0.02)


def test_nothing_is_left_out_without_dropout() -> None:
    (mask,) = masks_of(Hyperparameters(eta=1, hidden=(4,)), block=3)
    np.testing.assert_array_equal(mask, np.ones((BLOCK, 4), np.float32))


@pytest.mark.parametrize(
    ("seed", "block", "same"), [(5, 0, True), (5, 1, False), (6, 0, False), (6, 1, False)]
)
def test_masks_depend_on_seed_and_block_alone(seed: int, block: int, same: bool) -> None:
    other = Hyperparameters(eta=9, hidden=(400, 50), dropout=0.25, seed=seed, lambda_=3)
    pairs = zip(masks_of(WIDE, 0), masks_of(other, block), strict=True)
    assert [np.array_equal(one, two) for one, two in pairs] == [same, same]


def test_masks_of_a_step_are_found_in_any_order() -> None:
    lanes = [WIDE, Hyperparameters(eta=1, hidden=(400, 50), dropout=0.5, seed=7)]
    masks = DropoutMasks(WIDE.hidden, [(s.dropout, s.seed) for s in lanes], "float32")
    for step in (0, 200, 63, 64, 65, 1, 200):
        block, within = divmod(step, BLOCK)
        for layer, mask in enumerate(masks.at(step)):
            for lane, settings in enumerate(lanes):
                expected = masks_of(settings, block)[layer][within]
                np.testing.assert_array_equal(mask[lane, 0], expected)


def test_masks_have_the_precision_of_the_network() -> None:
    double = Hyperparameters(eta=1, hidden=(3,), dropout=0.5, precision="float64")
    assert masks_of(double, 0)[0].dtype == np.float64
