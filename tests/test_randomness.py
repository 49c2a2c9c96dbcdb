import numpy as np
import pytest

from tuner.randomness import Purpose, stream


def test_the_numbers_of_the_purposes_never_change() -> None:
    assert {purpose.name: int(purpose) for purpose in Purpose} == {
        "INIT": 0,
        "ORDER": 1,
        "DROPOUT": 2,
        "SPLIT": 3,
        "SUBSET": 4,
        "EXPANSION": 5,
        "PROBE": 6,
        "SAMPLING": 7,
        "FRESH": 8,
        "FOLDS": 9,
        "BOOTSTRAP": 10,
    }


@pytest.mark.parametrize(
    ("seed", "purpose", "index", "drawn"),
    [
        (0, Purpose.INIT, (), 17_394_127_715_520_444_142),
        (0, Purpose.ORDER, (3,), 12_315_895_916_963_303_453),
        (7, Purpose.DROPOUT, (1, 2), 10_243_527_541_393_489_400),
    ],
)
def test_streams_never_change(
    seed: int, purpose: Purpose, index: tuple[int, ...], drawn: int
) -> None:
    assert stream(seed, purpose, *index).bit_generator.random_raw() == drawn


def test_every_seed_purpose_and_index_has_a_stream_of_its_own() -> None:
    keys = [
        (seed, purpose, *index)
        for seed in (0, 1, 2**40)
        for purpose in Purpose
        for index in ((), (0,), (1,), (0, 0), (1, 0), (0, 1))
    ]
    assert len({stream(*key).bit_generator.random_raw() for key in keys}) == len(keys)


def test_a_stream_starts_afresh_each_time() -> None:
    stream(3, Purpose.ORDER, 5).random(100)
    first, again = (stream(3, Purpose.ORDER, 5).permutation(50) for _ in range(2))
    np.testing.assert_array_equal(first, again)
