"""Optimizers: alone or together, from a checkpoint, and by the fast way or the plain one.

Their steps are compared with those of PyTorch in `test_against_torch.py`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.trainers.toy import assert_same_lane, through_pickle, toy_trainer
from tuner.errors import OptionError
from tuner.network import steps
from tuner.network.initialization import Parameters
from tuner.network.optimizers import OPTIMIZERS
from tuner.records import DataSummary
from tuner.settings import Hyperparameters
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.strategies.schedules import Constant, OneCycle
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import begin, train_epoch

STEPS = 7
SETTINGS = Hyperparameters(
    eta=0.1, hidden=(5, 4), lambda_=0.8, batch_size=5, precision="float64", seed=3
)
WITH_STATE = sorted(name for name, optimizer in OPTIMIZERS.items() if optimizer.state)
EVERY_OPTIMIZER = pytest.mark.parametrize("optimizer", OPTIMIZERS)


@pytest.fixture(scope="module")
def trainer() -> NativeTrainer:
    return toy_trainer()


def assert_close(one: Parameters, other: Parameters) -> None:
    for actual, exact in zip(one.arrays, other.arrays, strict=True):
        np.testing.assert_allclose(actual, exact, rtol=1e-10, atol=1e-12)


def assert_same_state(one: NativeLane, other: NativeLane) -> None:
    assert list(one.state) == list(other.state)
    for name, kept in one.state.items():
        for array, its in zip(kept.arrays, other.state[name].arrays, strict=True):
            np.testing.assert_array_equal(array, its)


def test_lanes_of_every_optimizer_train_together_as_alone(trainer: NativeTrainer) -> None:
    one = replace(SETTINGS, eta=0.3, momentum=0.5, beta1=0.5)
    other = replace(SETTINGS, eta=0.1, lambda_=0.1, beta2=0.9, seed=4)
    lanes = [
        trainer.start(replace(settings, optimizer=optimizer))
        for optimizer in OPTIMIZERS
        for settings in (one, other)
    ]
    together = trainer.advance([*map(through_pickle, trainer.advance(lanes, 4))], 3)
    for lane, trained in zip(lanes, together, strict=True):
        (alone,) = trainer.advance([lane], STEPS)
        assert_same_lane(alone, trained)
        assert_same_state(alone, trained)
        assert tuple(trained.state) == OPTIMIZERS[lane.settings.optimizer].state


@pytest.mark.parametrize("averaging", [0, 0.9])
@EVERY_OPTIMIZER
def test_a_checkpoint_goes_on_where_it_was(
    trainer: NativeTrainer, tmp_path: Path, optimizer: str, averaging: float
) -> None:
    settings = replace(SETTINGS, optimizer=optimizer, averaging=averaging)
    start = begin(trainer, settings, OneCycle(start=0.1, epochs=3), Stopping(epochs=3))
    (once,) = train_epoch(trainer, [start])
    data = DataSummary(
        name="toy",
        sha256="0",
        n_train=trainer.n,
        n_validation=12,
        n_test=0,
        n_features=trainer.data.train.x.shape[1],
        classes=trainer.data.classes,
    )
    save_checkpoint(once, tmp_path / "run.safetensors", data)
    (whole,) = train_epoch(trainer, [once])
    (resumed,) = train_epoch(trainer, [load_checkpoint(tmp_path / "run.safetensors")[0]])
    assert_same_lane(resumed.lane, whole.lane)
    assert_same_state(resumed.lane, whole.lane)
    assert resumed.history[-1].eta == whole.history[-1].eta


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("change", [{}, {"lambda_": 0.0}, {"regularization": "l1"}])
def test_the_fast_way_leads_where_the_plain_one_does(
    trainer: NativeTrainer,
    monkeypatch: pytest.MonkeyPatch,
    optimizer: str,
    change: dict[str, object],
) -> None:
    settings = replace(SETTINGS, optimizer=optimizer, **change)  # type: ignore[arg-type]
    lanes = [trainer.start(replace(settings, seed=seed)) for seed in (0, 1)]
    fast = trainer.advance(lanes, STEPS)
    monkeypatch.setattr(steps, "UPDATES", {})
    for one, other in zip(fast, trainer.advance(lanes, STEPS), strict=True):
        assert_close(one.parameters, other.parameters)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_without_momentum_it_is_plain_descent(trainer: NativeTrainer, optimizer: str) -> None:
    lanes = [
        trainer.start(replace(SETTINGS, optimizer=name, momentum=0)) for name in ("sgd", optimizer)
    ]
    plain, moved = trainer.advance(lanes, STEPS)
    assert_close(plain.parameters, moved.parameters)


@pytest.mark.parametrize("regularization", ["l2", "l1"])
def test_adamw_decays_the_weights_by_themselves(
    trainer: NativeTrainer, regularization: str
) -> None:
    settings = replace(SETTINGS, optimizer="adamw", regularization=regularization)
    free, decayed = (trainer.start(replace(settings, lambda_=each)) for each in (0.0, 0.8))
    (without,), (with_decay,) = trainer.advance([free], 1), trainer.advance([decayed], 1)
    share = settings.eta * 0.8 / trainer.n
    for start, one, other in zip(
        free.parameters.weights,
        without.parameters.weights,
        with_decay.parameters.weights,
        strict=True,
    ):
        shrunk = share * (start if regularization == "l2" else np.sign(start))
        np.testing.assert_allclose(other, one - shrunk, rtol=1e-10, atol=1e-12)
    for one, other in zip(without.parameters.biases, with_decay.parameters.biases, strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY_OPTIMIZER
def test_rates_of_each_step_are_those_of_single_steps(
    trainer: NativeTrainer, optimizer: str
) -> None:
    etas = np.linspace(0.2, 0.01, STEPS)
    lane = trainer.start(replace(SETTINGS, optimizer=optimizer))
    other = trainer.start(replace(SETTINGS, optimizer=optimizer, seed=9))
    at_once, _ = trainer.advance_at([lane, other], [etas, etas[::-1]])
    for eta in etas:
        (lane,) = trainer.advance([lane.with_eta(float(eta))], 1)
    assert_same_lane(at_once.with_eta(SETTINGS.eta), lane.with_eta(SETTINGS.eta))
    assert_same_state(at_once, lane)


def test_constant_rates_of_each_step_are_those_of_the_settings(trainer: NativeTrainer) -> None:
    lane = trainer.start(SETTINGS)
    (one,) = trainer.advance_at([lane], [np.full(STEPS, SETTINGS.eta)])
    (other,) = trainer.advance([lane], STEPS)
    assert_same_lane(one, other)


@pytest.mark.parametrize("name", ["momentum", "beta1", "beta2"])
@pytest.mark.parametrize("value", [-0.1, 1, 1.5, float("nan")])
def test_coefficients_lie_from_0_to_below_1(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"{name} must be at least 0 and below 1 but is {value}"):
        replace(SETTINGS, **{name: value})  # type: ignore[arg-type]


def test_lanes_are_clipped_each_by_its_own_gradient(trainer: NativeTrainer) -> None:
    lanes = [trainer.start(replace(SETTINGS, clip=0.3, seed=seed)) for seed in range(3)]
    for lane, trained in zip(lanes, trainer.advance(lanes, STEPS), strict=True):
        assert_same_lane(trainer.advance([lane], STEPS)[0], trained)


def test_a_limit_that_no_gradient_reaches_changes_nothing(trainer: NativeTrainer) -> None:
    free, limited = (trainer.start(replace(SETTINGS, clip=clip)) for clip in (None, 1e6))
    one, other = trainer.advance([free, limited], STEPS)
    assert_close(one.parameters, other.parameters)


def test_a_trainer_without_rates_for_steps_names_the_schedule(trainer: NativeTrainer) -> None:
    class PerEpoch:
        start, measure, advance = trainer.start, trainer.measure, trainer.advance
        steps_per_epoch, baseline, decay = (
            trainer.steps_per_epoch,
            trainer.baseline,
            trainer.decay,
        )

    for schedule in (Constant(eta=0.1), OneCycle(start=0.1, epochs=3)):
        start = begin(PerEpoch(), SETTINGS, schedule, Stopping(epochs=3))
        if isinstance(schedule, Constant):
            assert len(train_epoch(PerEpoch(), [start])[0].history) == 1
        else:
            with pytest.raises(OptionError, match="has no `advance_at`: choose constant"):
                train_epoch(PerEpoch(), [start])


@EVERY_OPTIMIZER
def test_the_mean_of_the_weights_is_measured_and_trains_nothing(
    trainer: NativeTrainer, optimizer: str
) -> None:
    settings = replace(SETTINGS, optimizer=optimizer)
    plain = trainer.start(settings)
    lane = trainer.start(replace(settings, averaging=0.6))
    expected = [array.copy() for array in plain.parameters.arrays]
    for t in range(1, STEPS + 1):
        (plain,), (lane,) = trainer.advance([plain], 1), trainer.advance([lane], 1)
        decay = min(0.6, (1 + t) / (10 + t))
        expected = [
            decay * mean + (1 - decay) * now
            for mean, now in zip(expected, plain.parameters.arrays, strict=True)
        ]
    for array, its in zip(lane.parameters.arrays, plain.parameters.arrays, strict=True):
        np.testing.assert_array_equal(array, its)
    for array, exact in zip(lane.network.arrays, expected, strict=True):
        np.testing.assert_allclose(array, exact, rtol=1e-10, atol=1e-12)
    as_network = replace(plain, parameters=lane.network)
    assert trainer.measure([lane], "validation") == trainer.measure([as_network], "validation")


def test_means_of_lanes_are_those_of_each_alone(trainer: NativeTrainer) -> None:
    lanes = [
        trainer.start(replace(SETTINGS, averaging=averaging, seed=seed))
        for averaging, seed in ((0.5, 0), (0.9, 1), (0.0, 2))
    ]
    together = trainer.advance([*map(through_pickle, trainer.advance(lanes, 4))], 3)
    for lane, trained in zip(lanes, together, strict=True):
        (alone,) = trainer.advance([lane], STEPS)
        assert_same_lane(alone, trained)
        assert_same_state(alone, trained)
