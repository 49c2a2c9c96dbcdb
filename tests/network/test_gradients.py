"""Every gradient the engine can take, against central finite differences of the cost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.support.network import reference
from tests.support.network.start import masks_of
from tests.support.trainers.toy import toy_trainer
from tuner.network.activations import ACTIVATIONS
from tuner.network.initialization import Parameters
from tuner.network.losses import LOSSES
from tuner.network.regularization import REGULARIZERS
from tuner.settings import Hyperparameters
from tuner.trainers.native import NativeLane, NativeTrainer, one_hot

STEP = 1e-5
N = 7


@pytest.fixture(scope="module")
def trainer() -> NativeTrainer:
    return toy_trainer(n=N, d=4)


def settings_of(
    activation: str,
    cost: str,
    regularization: str,
    dropout: float,
    hidden: tuple[int, ...],
) -> Hyperparameters:
    # One mini-batch holds all data and η is 1, so that a step subtracts just the gradient.
    return Hyperparameters(
        eta=1,
        hidden=hidden,
        activation=activation,
        cost=cost,
        regularization=regularization,
        lambda_=0.8,
        dropout=dropout,
        batch_size=N,
        precision="float64",
        seed=1,
    )


def name_of(s: Hyperparameters) -> str:
    layers = f"{len(s.hidden)}-hidden"
    return f"{s.activation}-{s.cost}-{s.regularization}-dropout{s.dropout}-{layers}"


EVERY_COMBINATION = [
    settings_of(*combination)
    for combination in product(
        ACTIVATIONS,
        LOSSES,
        REGULARIZERS,
        (0, 0.5),
        ((), (5,), (5, 4)),
    )
]


def gradient_of_step(trainer: NativeTrainer, lane: NativeLane) -> list[reference.Floats]:
    (after,) = trainer.advance([lane], 1)
    pairs = zip(lane.parameters.arrays, after.parameters.arrays, strict=True)
    return [before - then for before, then in pairs]


def finite_differences(
    cost: Callable[[Parameters], float], parameters: Parameters
) -> list[reference.Floats]:
    gradients = [np.empty_like(array) for array in parameters.arrays]
    for which, gradient in enumerate(gradients):
        for index in np.ndindex(gradient.shape):
            up, down = (cost(moved(parameters, which, index, by)) for by in (STEP, -STEP))
            gradient[index] = (up - down) / (2 * STEP)
    return gradients


def moved(parameters: Parameters, which: int, index: tuple[int, ...], by: float) -> Parameters:
    arrays = [array.copy() for array in parameters.arrays]
    arrays[which][index] += by
    layers = len(parameters.weights)
    return Parameters(tuple(arrays[:layers]), tuple(arrays[layers:]))


def distance_to_kink(parameters: Parameters, zs: Sequence[reference.Floats]) -> float:
    return float(min(np.abs(array).min() for array in (*zs, *parameters.weights)))


@pytest.mark.parametrize("settings", EVERY_COMBINATION, ids=name_of)
def test_a_step_follows_the_gradient_of_the_cost(
    trainer: NativeTrainer, settings: Hyperparameters
) -> None:
    lane = trainer.start(settings)
    train = trainer.data.train
    x = train.x.astype(np.float64)
    masks = [mask[0] for mask in masks_of(settings, block=0)] if settings.dropout else []
    zs = reference.weighted_inputs(lane.parameters, settings, x, masks)
    assert distance_to_kink(lane.parameters, zs) > 1e-3

    def measured(parameters: Parameters) -> float:
        (measurement,) = trainer.measure([replace(lane, parameters=parameters)], "training")
        return measurement.cost

    def with_masks(parameters: Parameters) -> float:
        targets = one_hot(train.y, trainer.n_out, x.dtype)
        return reference.cost(parameters, settings, x, targets, masks)

    expected = finite_differences(with_masks if settings.dropout else measured, lane.parameters)
    taken = gradient_of_step(trainer, lane)
    for step, difference in zip(taken, expected, strict=True):
        assert np.abs(difference).max() > 1e-4
        np.testing.assert_allclose(step, difference, rtol=1e-6, atol=1e-9)
