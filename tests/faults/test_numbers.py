"""Numbers at their ends: a defined result or one clear error, and no warning that leaks.

Warnings are errors in these tests, so whatever NumPy would say of an overflow fails them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tuner
from tuner.data import Dataset, from_arrays
from tuner.errors import DataError, TunerError
from tuner.records import StopReason

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 4))
Y = (X[:, 0] > 0).astype(int)
FEW: dict[str, Any] = {"hidden": (4,), "epochs": 4, "eta": 0.1, "batch_size": 10}


def trained(data: Dataset, **settings: Any) -> Any:
    """Train a small network; what it says must hold together."""
    run = tuner.train(data, **(FEW | settings))
    assert 0 <= run.validation_accuracy <= 1
    model = run.model
    assert all(np.isfinite(array).all() for array in model.parameters.arrays)
    shares = model.predict_proba(data.validation)
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-4)
    return run


def with_column(values: Any) -> np.ndarray:
    return np.column_stack([X, np.broadcast_to(values, N)])


DATA: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "constant column": lambda: (with_column(7.0), Y),
    "huge constant": lambda: (with_column(1e300), Y),
    "constant but for rounding": lambda: (with_column(0.1 + RNG.choice([0, 1e-17], N)), Y),
    "all columns constant": lambda: (np.full((N, 3), 0.1), Y),
    "nearly constant": lambda: (with_column(np.eye(1, N, 3)[0]), Y),
    "beyond float32": lambda: (with_column(RNG.normal(size=N) * 1e39), Y),
    "far beyond float32": lambda: (with_column(RNG.normal(size=N) * 1e150), Y),
    "denormal": lambda: (with_column(np.arange(N) * 5e-324), Y),
    "one outlier": lambda: (with_column(np.where(np.arange(N) == 5, 1e30, X[:, 0])), Y),
    "far from zero": lambda: (with_column(1e15 + np.arange(N)), Y),
    "integers of 64 bits": lambda: (RNG.integers(2**62, 2**63, (N, 2)), Y),
    "unsigned": lambda: (
        np.array([[2**64 - 1], [0]] * 30, np.uint64),
        np.arange(N) % 2,
    ),
    "booleans": lambda: (X > 0, Y),
    "half precision": lambda: (X.astype(np.float16), Y),
    "long double": lambda: (X.astype(np.longdouble), Y),
    "fewer rows than columns": lambda: (RNG.normal(size=(10, 300)), np.arange(10) % 2),
    "one column": lambda: (X[:, :1], Y),
    "all rows alike": lambda: (np.ones((N, 3)), np.arange(N) % 2),
    "black images": lambda: (np.zeros((N, 3, 3)), Y),
    "images of one pixel": lambda: (np.arange(N).reshape(N, 1, 1) % 2, np.arange(N) % 2),
}


@pytest.mark.parametrize("name", DATA)
def test_data_at_the_ends_of_the_numbers(name: str) -> None:
    trained(from_arrays(*DATA[name]()))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (with_column(RNG.normal(size=N) * 1e200), "numbers too large to scale"),
        (with_column(np.nan), "column 'x4' is empty: drop it"),
        (with_column(np.where(np.arange(N) == 7, np.inf, 0)), "1 infinite .* row 8"),
        (np.full((N, 2), np.longdouble("1e4000")), "60 infinite values"),
        (X + 1j, "must hold numbers"),
    ],
)
def test_numbers_that_cannot_be_used(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        from_arrays(x, Y)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize(
    "settings",
    [
        {"eta": 1e-320},
        {"eta": 1e-30},
        {"lambda_": 1e6},
        {"lambda_": 1e30, "eta": 1e-10},
        {"lambda_": N / 0.1},  # ηλ/n = 1: every step forgets all weights
        {"lambda_": 3 * N / 0.1},  # ηλ/n = 3: every step turns them round
        {"regularization": "l1", "lambda_": 1e6},
        {"batch_size": 1},
        {"batch_size": 1000},
        {"dropout": 0.999},
        {"activation": "relu", "eta": 50.0},
        {"cost": "quadratic", "eta": 100.0},
        {"cost": "log-likelihood", "eta": 100.0},
        {"hidden": ()},
        {"hidden": (1, 1, 1, 1, 1, 1)},
    ],
)
def test_settings_at_the_ends(settings: dict[str, Any], optimizer: str) -> None:
    try:
        trained(from_arrays(X, Y), optimizer=optimizer, **settings)
    except TunerError as error:
        assert "diverge" in str(error)  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("eta", [1e30, 1e300])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_an_eta_that_makes_all_infinite_in_one_step(eta: float, activation: str) -> None:
    try:
        run = trained(from_arrays(X, Y), eta=eta, activation=activation)
    except TunerError as error:
        assert "diverge" in str(error)  # noqa: PT017
    else:
        assert run.record.result.stop_reason in set(StopReason)


def test_mini_batches_of_one_class() -> None:
    y = np.repeat([0, 1], [50, 10])
    trained(from_arrays(X, y), batch_size=2)


def test_the_search_for_eta_ends_on_data_without_sense() -> None:
    for name in ("all columns constant", "beyond float32", "one outlier"):
        found = tuner.find_eta(from_arrays(*DATA[name]()), hidden=(3,))
        assert 0 < found.eta < np.inf


def test_ten_thousand_columns() -> None:
    x = RNG.normal(size=(30, 10_000))
    trained(from_arrays(x, np.arange(30) % 2))


def test_a_thousand_classes() -> None:
    y = np.repeat(np.arange(1000), 5)
    data = from_arrays(RNG.normal(size=(5000, 3)), y, task="classification")
    assert len(trained(data, epochs=1).model.classes) == 1000


def test_inputs_far_from_training_are_cut_off() -> None:
    run = trained(from_arrays(X, Y))
    for far in (1e30, 1e300):
        assert np.isfinite(run.model.predict_proba(np.full((2, 4), far) * [[1], [-1]])).all()


def test_a_model_of_ends_is_saved_and_read_again(tmp_path: Path) -> None:
    run = trained(from_arrays(*DATA["huge constant"]()))
    tuner.save_model(run.model, tmp_path / "m.safetensors")
    again = tuner.load_model(tmp_path / "m.safetensors")
    assert again.preprocessing == run.model.preprocessing
    raw = DATA["huge constant"]()[0]
    assert again.predict(raw).tolist() == run.model.predict(raw).tolist()
