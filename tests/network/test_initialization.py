import numpy as np
import pytest

from tests.support.network.start import parameters_of
from tests.support.trainers.toy import through_pickle
from tuner.network.initialization import Parameters
from tuner.settings import Hyperparameters

SETTINGS = Hyperparameters(eta=1, hidden=(300, 100), seed=2)


def arrays_equal(one: Parameters, other: Parameters) -> list[bool]:
    return [np.array_equal(a, b) for a, b in zip(one.arrays, other.arrays, strict=True)]


@pytest.mark.parametrize(
    ("init", "spread"), [("scaled", 1 / 28), ("large", 1), ("he", 2**0.5 / 28)]
)
def test_weights_spread_as_their_kind_says(init: str, spread: float) -> None:
    start = parameters_of(Hyperparameters(eta=1, hidden=(300,), init=init), 784, 10)
    assert start.weights[0].std() == pytest.approx(spread, rel=0.01)
    assert start.weights[0].mean() == pytest.approx(0, abs=spread / 100)
    assert start.biases[0].std() == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize(
    ("hidden", "shapes"),
    [
        ((), [(3, 7)]),
        ((5,), [(5, 7), (3, 5)]),
        ((5, 1, 4), [(5, 7), (1, 5), (4, 1), (3, 4)]),
    ],
)
def test_shapes_follow_the_hidden_layers(
    hidden: tuple[int, ...], shapes: list[tuple[int, ...]]
) -> None:
    start = parameters_of(Hyperparameters(eta=1, hidden=hidden), 7, 3)
    assert [w.shape for w in start.weights] == shapes
    assert [b.shape for b in start.biases] == [shape[:1] for shape in shapes]


def test_the_seed_alone_decides() -> None:
    start = parameters_of(SETTINGS, 20, 3)
    same = Hyperparameters(eta=5, hidden=(300, 100), seed=2, lambda_=1, activation="relu")
    other = Hyperparameters(eta=1, hidden=(300, 100), seed=3)
    assert all(arrays_equal(start, parameters_of(same, 20, 3)))
    assert not any(arrays_equal(start, parameters_of(other, 20, 3)))


def test_both_precisions_start_from_the_same_network() -> None:
    double = Hyperparameters(eta=1, hidden=(300, 100), seed=2, precision="float64")
    exact = parameters_of(double, 20, 3)
    rounded = parameters_of(SETTINGS, 20, 3)
    for a, b in zip(exact.arrays, rounded.arrays, strict=True):
        assert [str(a.dtype), str(b.dtype)] == ["float64", "float32"]
        np.testing.assert_array_equal(a.astype(np.float32), b)


def test_parameters_are_read_only_and_stay_so_in_a_pickle() -> None:
    start = parameters_of(SETTINGS, 20, 3)
    again = through_pickle(start)
    assert all(arrays_equal(start, again))
    for array in (*start.arrays, *again.arrays):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("value", "finite"), [(0.0, True), (3e38, True), (np.inf, False), (np.nan, False)]
)
@pytest.mark.parametrize("in_weights", [True, False])
def test_parameters_know_whether_they_are_finite(
    value: float, finite: bool, in_weights: bool
) -> None:
    odd, even = np.array([[value, 1.0]], np.float32), np.zeros(1, np.float32)
    parameters = Parameters((odd,), (even,)) if in_weights else Parameters((even,), (odd,))
    assert parameters.finite == finite
