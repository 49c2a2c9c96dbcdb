"""The same networks in PyTorch: same weights, order and data give the same training."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.support.network.start import masks_of
from tests.support.trainers.toy import toy_trainer
from tuner.network.dropout import BLOCK
from tuner.randomness import Purpose, stream
from tuner.settings import Hyperparameters
from tuner.trainers.native import NativeLane, NativeTrainer

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
pytestmark = pytest.mark.torch

N, M, EPOCHS = 23, 5, 15  # mini-batches of 5, 5, 5, 4 and 4 examples
STEPS_PER_EPOCH = 5
assert EPOCHS * STEPS_PER_EPOCH > BLOCK
EVERY_COST = pytest.mark.parametrize("cost", ["cross-entropy", "quadratic", "log-likelihood"])
EVERY_ACTIVATION = pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])


@pytest.fixture(scope="module")
def trainer() -> NativeTrainer:
    return toy_trainer(n=N)


class Masked(torch.nn.Module):  # type: ignore[misc]
    """Leaves out neurons by our masks: those of one step, set before it."""

    mask: Any = 1

    def forward(self, a: Any) -> Any:
        return a * self.mask


def torch_network(lane: NativeLane) -> Any:
    activation = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    layers: list[Any] = []
    for w, b in zip(lane.parameters.weights, lane.parameters.biases, strict=True):
        linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.copy()))
            linear.bias.copy_(torch.from_numpy(b.copy()))
        layers += [linear, activation[lane.settings.activation](), Masked()]
    return torch.nn.Sequential(*layers[:-2])


def torch_cost(cost: str, z: Any, y: Any, smoothing: float = 0) -> Any:
    """The mean over the examples, by PyTorch's own losses."""
    functional = torch.nn.functional
    targets = functional.one_hot(y, z.shape[1]).double() * (1 - smoothing) + smoothing / z.shape[1]
    if cost == "cross-entropy":
        return functional.binary_cross_entropy_with_logits(z, targets, reduction="sum") / len(y)
    if cost == "quadratic":
        return functional.mse_loss(torch.sigmoid(z), targets, reduction="sum") / 2 / len(y)
    return functional.cross_entropy(z, y, label_smoothing=smoothing)


def weights_of(network: Any) -> list[Any]:
    return [layer.weight for layer in network if hasattr(layer, "weight")]


def biases_of(network: Any) -> list[Any]:
    return [layer.bias for layer in network if hasattr(layer, "weight")]


def leave_out(network: Any, settings: Hyperparameters, step: int) -> None:
    masks = masks_of(settings, step // BLOCK)
    for module, mask in zip(network[2::3], masks, strict=True):
        module.mask = torch.from_numpy(mask[step % BLOCK])


def torch_training(network: Any, trainer: NativeTrainer, s: Hyperparameters) -> list[float]:
    """Train for all epochs; return the norms of the gradients where they are clipped."""
    norms: list[float] = []
    l2 = s.lambda_ / N if s.regularization == "l2" else 0.0
    l1 = s.lambda_ / N if s.regularization == "l1" else 0.0
    weights = {"params": weights_of(network), "weight_decay": l2}
    groups = [weights, {"params": biases_of(network), "weight_decay": 0.0}]
    optimizer = {
        "sgd": partial(torch.optim.SGD),
        "momentum": partial(torch.optim.SGD, momentum=s.momentum),
        "nesterov": partial(torch.optim.SGD, momentum=s.momentum, nesterov=True),
        "adamw": partial(torch.optim.AdamW, betas=(s.beta1, s.beta2)),
    }[s.optimizer](groups, lr=s.eta)
    x = torch.from_numpy(trainer.data.train.x.astype(np.float64))
    y = torch.from_numpy(trainer.data.train.y.copy())
    for epoch in range(EPOCHS):
        order = torch.from_numpy(stream(s.seed, Purpose.ORDER, epoch).permutation(N))
        for batch, rows in enumerate(order.tensor_split(STEPS_PER_EPOCH)):
            leave_out(network, s, epoch * STEPS_PER_EPOCH + batch)
            optimizer.zero_grad()
            loss = torch_cost(s.cost, network(x[rows]), y[rows], s.label_smoothing)
            loss = loss + l1 * sum(w.abs().sum() for w in weights_of(network))
            loss.backward()
            if s.clip:
                norm = float(torch.nn.utils.clip_grad_norm_(network.parameters(), s.clip))
                norms.append(norm)
            optimizer.step()
    return norms


def settings_of(
    activation: str,
    cost: str,
    regularization: str = "l2",
    dropout: float = 0.0,
    **more: Any,
) -> Hyperparameters:
    known: dict[str, Any] = {
        "eta": 0.3,
        "hidden": (8, 5),
        "activation": activation,
        "cost": cost,
        "regularization": regularization,
        "batch_size": M,
        "lambda_": 0.7,
        "dropout": dropout,
        "precision": "float64",
        "seed": 11,
    }
    return Hyperparameters(**known | more)


@pytest.mark.parametrize("dropout", [0, 0.3])
@pytest.mark.parametrize("regularization", ["l2", "l1"])
@EVERY_COST
@EVERY_ACTIVATION
def test_trains_as_pytorch_does(
    trainer: NativeTrainer,
    activation: str,
    cost: str,
    regularization: str,
    dropout: float,
) -> None:
    assert_trains_alike(trainer, settings_of(activation, cost, regularization, dropout))


@pytest.mark.parametrize("lambda_", [0, 0.7])
@pytest.mark.parametrize("dropout", [0, 0.3])
@EVERY_COST
@pytest.mark.parametrize(
    "optimizer",
    [
        {"optimizer": "momentum", "eta": 0.1, "momentum": 0.8},
        {"optimizer": "momentum", "eta": 0.1, "momentum": 0.8, "regularization": "l1"},
        {"optimizer": "nesterov", "eta": 0.1, "momentum": 0.8},
        {"optimizer": "nesterov", "eta": 0.1, "momentum": 0.8, "regularization": "l1"},
        {"optimizer": "adamw", "eta": 0.01},
        {"optimizer": "adamw", "eta": 0.01, "beta1": 0.7, "beta2": 0.95},
    ],
)
def test_optimizers_train_as_those_of_pytorch(
    trainer: NativeTrainer, optimizer: dict[str, Any], cost: str, dropout: float, lambda_: float
) -> None:
    more = {"dropout": dropout, "lambda_": lambda_, **optimizer}
    assert_trains_alike(trainer, settings_of("tanh", cost, **more))


@EVERY_COST
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_smoothed_labels_train_as_in_pytorch(
    trainer: NativeTrainer, optimizer: str, cost: str
) -> None:
    more: dict[str, Any] = {"optimizer": optimizer, "label_smoothing": 0.2, "eta": 0.03}
    assert_trains_alike(trainer, settings_of("tanh", cost, **more))


@pytest.mark.parametrize(
    ("cost", "limit"), [("cross-entropy", 1.2), ("quadratic", 0.3), ("log-likelihood", 0.8)]
)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
def test_long_gradients_are_clipped_as_in_pytorch(
    trainer: NativeTrainer, optimizer: str, cost: str, limit: float
) -> None:
    more: dict[str, Any] = {"optimizer": optimizer, "clip": limit, "eta": 0.03, "dropout": 0.3}
    norms = assert_trains_alike(trainer, settings_of("tanh", cost, **more))
    assert min(norms) < limit < max(norms)


def assert_trains_alike(trainer: NativeTrainer, settings: Hyperparameters) -> list[float]:
    start = trainer.start(settings)
    network = torch_network(start)
    norms = torch_training(network, trainer, start.settings)
    (ours,) = trainer.advance([start], EPOCHS * STEPS_PER_EPOCH)
    expected = [p.detach().numpy() for p in weights_of(network) + biases_of(network)]
    for array, before, after in zip(
        ours.parameters.arrays, start.parameters.arrays, expected, strict=True
    ):
        assert np.abs(after - before).max() > 1e-3
        np.testing.assert_allclose(array, after, rtol=1e-9, atol=1e-12)
    return norms


@EVERY_COST
@EVERY_ACTIVATION
@pytest.mark.parametrize("portion", ["training", "validation"])
def test_measures_the_cost_and_accuracy_pytorch_does(
    trainer: NativeTrainer, activation: str, cost: str, portion: Any
) -> None:
    lane = trainer.start(settings_of(activation, cost))
    part = trainer.data.train if portion == "training" else trainer.data.validation
    network = torch_network(lane)
    with torch.no_grad():
        z = network(torch.from_numpy(part.x.astype(np.float64)))
        y = torch.from_numpy(part.y.copy())
        squares = sum(float(w.square().sum()) for w in weights_of(network))
        expected = float(torch_cost(cost, z, y)) + lane.settings.lambda_ / (2 * N) * squares
        accuracy = float((z.argmax(dim=1) == y).double().mean())
    (measured,) = trainer.measure([lane], portion)
    assert measured.cost == pytest.approx(expected, rel=1e-12)
    assert measured.accuracy == pytest.approx(accuracy)
