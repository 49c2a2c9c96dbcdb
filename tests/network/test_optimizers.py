"""The door for optimizers with a state: momentum, which is not ours yet, goes through it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.trainers.toy import assert_same_lane, through_pickle, toy_trainer
from tuner.network.arrays import Array
from tuner.network.optimizers import OPTIMIZERS, Optimizer
from tuner.records import DataSummary
from tuner.settings import Hyperparameters
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import begin, train_epoch

MU, STEPS = 0.9, 7
MOMENTUM = Hyperparameters(
    eta=0.3, hidden=(5, 4), optimizer="sgd", lambda_=0.8, batch_size=5, precision="float64", seed=3
)


def momentum(
    parameters: Array, gradient: Array, state: Mapping[str, Array], rates: Mapping[str, Array]
) -> None:
    """v → μv - η∇C, w → w + v (Nielsen, chapter 3, "Other techniques")."""
    velocity = state["velocity"]
    velocity *= MU
    velocity -= rates["eta"] * gradient
    parameters += velocity


@pytest.fixture(autouse=True)
def with_momentum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMIZERS, "momentum", Optimizer(state=("velocity",), step=momentum))


@pytest.fixture(scope="module")
def trainer() -> NativeTrainer:
    return toy_trainer()


def by_hand(trainer: NativeTrainer, settings: Hyperparameters) -> NativeLane:
    """Momentum from the gradients that steps of plain descent reveal."""
    lane = trainer.start(replace(settings, optimizer="sgd"))
    velocity = [np.zeros_like(array) for array in lane.parameters.arrays]
    for _ in range(STEPS):
        (after,) = trainer.advance([lane], 1)
        pairs = zip(lane.parameters.arrays, after.parameters.arrays, strict=True)
        descents = [after - before for before, after in pairs]
        velocity = [MU * v + descent for v, descent in zip(velocity, descents, strict=True)]
        moved = [w + v for w, v in zip(lane.parameters.arrays, velocity, strict=True)]
        layers = len(lane.parameters.weights)
        parameters = type(lane.parameters)(tuple(moved[:layers]), tuple(moved[layers:]))
        lane = replace(after, parameters=parameters)
    return lane


@pytest.mark.parametrize(
    "change", [{}, {"regularization": "l1"}, {"dropout": 0.5}, {"activation": "tanh"}]
)
def test_a_step_of_momentum_follows_the_gradient_of_the_regularized_cost(
    trainer: NativeTrainer, change: dict[str, object]
) -> None:
    settings = replace(MOMENTUM, optimizer="momentum", **change)  # type: ignore[arg-type]
    (lane,) = trainer.advance([trainer.start(settings)], STEPS)
    expected = by_hand(trainer, settings).parameters.arrays
    for actual, exact in zip(lane.parameters.arrays, expected, strict=True):
        np.testing.assert_allclose(actual, exact, rtol=1e-9, atol=1e-12)


def test_its_state_goes_on_where_it_was_alone_or_with_others(trainer: NativeTrainer) -> None:
    lanes = [
        trainer.start(replace(MOMENTUM, optimizer=optimizer, eta=eta, seed=seed))
        for optimizer, eta, seed in (("momentum", 0.3, 3), ("momentum", 0.1, 4), ("sgd", 0.1, 4))
    ]
    together = trainer.advance([*map(through_pickle, trainer.advance(lanes, 4))], 3)
    for lane, trained in zip(lanes, together, strict=True):
        (alone,) = trainer.advance([lane], STEPS)
        assert_same_lane(alone, trained)
        for name, kept in alone.state.items():
            for one, other in zip(kept.arrays, trained.state[name].arrays, strict=True):
                np.testing.assert_array_equal(one, other)
    assert [list(lane.state) for lane in together] == [["velocity"], ["velocity"], []]


def test_a_checkpoint_holds_its_state(trainer: NativeTrainer, tmp_path: Path) -> None:
    settings = replace(MOMENTUM, optimizer="momentum")
    start = begin(trainer, settings, Constant(eta=settings.eta), Stopping(epochs=9))
    (once,) = train_epoch(trainer, [start])
    data = DataSummary(
        name="toy",
        sha256="0",
        n_train=trainer.n,
        n_validation=12,
        n_test=0,
        n_features=trainer.n_in,
        classes=trainer.data.classes,
    )
    save_checkpoint(once, tmp_path / "run.safetensors", data)
    (whole,) = train_epoch(trainer, [once])
    (resumed,) = train_epoch(trainer, [load_checkpoint(tmp_path / "run.safetensors")[0]])
    assert_same_lane(resumed.lane, whole.lane)
