"""Small data sets and what tests ask of lanes."""

import pickle
from typing import TypeVar

import numpy as np

from tuner.data import Part, TuningData
from tuner.trainers.native import NativeLane, NativeTrainer

T = TypeVar("T")


def toy_data(n: int = 23, d: int = 6, classes: int = 3, seed: int = 0) -> TuningData:
    """Gaussian clouds, one for each class, that overlap a little."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((classes, d))

    def part(size: int) -> Part:
        y = np.arange(size) % classes
        x = centres[y] + 0.5 * rng.standard_normal((size, d))
        return Part(x.astype(np.float32), y)

    return TuningData(part(n), part(n // 2 + 1), tuple(f"class {c}" for c in range(classes)))


def toy_trainer(n: int = 23, d: int = 6, classes: int = 3) -> NativeTrainer:
    return NativeTrainer(toy_data(n, d, classes))


def assert_same_lane(one: NativeLane, other: NativeLane) -> None:
    """Both are the same network at the same moment, bit for bit."""
    assert (one.settings, one.steps, one.diverged) == (other.settings, other.steps, other.diverged)
    for a, b in zip(one.parameters.arrays, other.parameters.arrays, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def through_pickle(value: T) -> T:
    """What another process would receive."""
    received: T = pickle.loads(pickle.dumps(value))  # noqa: S301
    return received
