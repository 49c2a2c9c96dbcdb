"""A user's PyTorch model: the shared contract, and what goes beyond it."""

import functools
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from tests.support.trainers.contract import TrainerContract
from tests.support.trainers.toy import toy_data
from tuner.data import Part, TuningData
from tuner.errors import DataError, MissingExtraError, OptionError
from tuner.records import Hyperparameters
from tuner.trainers import torch as pytorch
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer
from tuner.trainers.sklearn import SklearnTrainer
from tuner.trainers.torch import TorchTrainer
from tuner.training.eta_finder import ProbePlan, find_eta

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
nn: Any = torch.nn
pytestmark = pytest.mark.torch

SHORT = ProbePlan(seeds=1, epochs=1, least_steps=12, checkpoints=6)
SETTINGS = Hyperparameters(eta=0.1, hidden=(5,), batch_size=7, lambda_=0.1, seed=4)


def mlp(s: Hyperparameters, dropout: float = 0.0) -> Any:
    (h,) = s.hidden
    return nn.Sequential(nn.Linear(6, h), nn.Tanh(), nn.Dropout(dropout), nn.Linear(h, 3))


class TestTorchTrainer(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return TorchTrainer(mlp, toy_data(n=60))


class TestTorchTrainerWithAdamDropoutAndBatchNorm(TrainerContract):
    """State beyond the weights: moments, counts of steps, masks, running means."""

    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        def build(_: Hyperparameters) -> Any:
            return nn.Sequential(
                nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
            )

        return TorchTrainer(build, toy_data(n=60), optimizer=torch.optim.Adam)

    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return replace(SETTINGS, eta=0.01)

    @pytest.fixture
    def hopeless(self, settings: Hyperparameters) -> Hyperparameters:
        return replace(settings, eta=3e37)


class TestTorchTrainerOnImagesWithMomentum(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        data = toy_data(n=60)
        train, validation = (
            (torch.tensor(part.x).reshape(-1, 1, 2, 3), torch.tensor(part.y))
            for part in (data.train, data.validation)
        )
        momentum = functools.partial(torch.optim.SGD, momentum=0.9)

        return TorchTrainer(
            lambda _: nn.Sequential(nn.Conv2d(1, 4, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)),
            (train, validation),
            optimizer=momentum,
        )

    @pytest.fixture
    def settings(self) -> Hyperparameters:
        return replace(SETTINGS, eta=0.02)


def everything_random() -> tuple[Any, ...]:
    """What every generator that a model may draw from would give next."""
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        repr(np.random.get_state()),  # noqa: NPY002
    )


def state_of(module: Any) -> dict[str, list[float]]:
    return {name: tensor.tolist() for name, tensor in module.state_dict().items()}


def test_find_eta_leaves_model_optimiser_data_and_random_state_as_they_were() -> None:
    def greedy(s: Hyperparameters) -> Any:
        random.random()  # noqa: S311
        np.random.rand(3)  # noqa: NPY002
        return mlp(s, dropout=0.2)

    data = toy_data(n=60)
    mine = mlp(SETTINGS).train()
    optimizer = torch.optim.Adam(mine.parameters(), lr=0.5)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    nn.functional.cross_entropy(mine(x), y).backward()
    optimizer.step()
    pairs = ((x, y), (data.validation.x, data.validation.y))
    before = (state_of(mine), repr(optimizer.state_dict()), x.tolist(), y.tolist())
    gradients = [p.grad.tolist() for p in mine.parameters()]
    generators = everything_random()
    for model in (mine, greedy):
        found = find_eta(
            TorchTrainer(model, pairs, optimizer=torch.optim.Adam),
            SETTINGS,
            plan=SHORT,
        )
        assert len(found.probes) >= 5
    assert everything_random() == generators
    assert (state_of(mine), repr(optimizer.state_dict()), x.tolist(), y.tolist()) == before
    assert [p.grad.tolist() for p in mine.parameters()] == gradients
    assert mine.training


def test_lanes_of_a_module_all_begin_as_it_is() -> None:
    mine = mlp(SETTINGS)
    trainer = TorchTrainer(mine, toy_data())
    for seed in (1, 2):
        assert state_of(trainer.model_of(trainer.start(replace(SETTINGS, seed=seed)))) == state_of(
            mine
        )


def test_a_function_that_gives_one_module_again_and_again_does_no_harm() -> None:
    mine = mlp(SETTINGS)
    before = state_of(mine)
    trainer = TorchTrainer(lambda _: mine, toy_data())
    (trained,) = trainer.advance([trainer.start(SETTINGS)], 20)
    assert state_of(mine) == before
    assert state_of(trainer.model_of(trained)) != before


def test_the_model_of_a_lane_predicts_what_was_measured() -> None:
    data = toy_data(n=60)
    trainer = TorchTrainer(mlp, data)
    (lane,) = trainer.advance([trainer.start(SETTINGS)], 100)
    model = trainer.model_of(lane)
    right = model(torch.tensor(data.validation.x)).argmax(dim=1).numpy() == data.validation.y
    (measured,) = trainer.measure([lane], "validation")
    assert measured.accuracy == pytest.approx(right.mean())
    assert not model.training


def test_weight_decay_is_lambda_over_n_on_weights_and_zero_on_biases() -> None:
    seen: list[dict[tuple[int, ...], float]] = []

    def watched(groups: Any, lr: float) -> Any:
        optimizer = torch.optim.SGD(groups, lr=lr, weight_decay=77)
        seen.append(
            {tuple(p.shape): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
        )
        return optimizer

    trainer = TorchTrainer(mlp, toy_data(n=60), optimizer=watched)
    seen.clear()
    trainer.advance([trainer.start(SETTINGS), trainer.start(replace(SETTINGS, lambda_=0))], 1)
    shapes = [(5, 6), (5,), (3, 5), (3,)]
    decay = pytest.approx(0.1 / 60)
    assert seen[0] == {(5, 6): decay, (3, 5): decay, (5,): 0, (3,): 0}
    assert seen[1] == dict.fromkeys(shapes, 0)


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("Adam", replace(SETTINGS, eta=0.01)),
        ("AdamW", replace(SETTINGS, eta=0.01)),
        ("RMSprop", replace(SETTINGS, eta=0.01)),
        ("Adagrad", SETTINGS),
        ("LBFGS", replace(SETTINGS, lambda_=0)),
    ],
)
def test_any_optimiser_with_a_learning_rate_will_do(
    optimizer: str, settings: Hyperparameters
) -> None:
    trainer = TorchTrainer(mlp, toy_data(n=60), optimizer=getattr(torch.optim, optimizer))
    start = trainer.start(settings)
    (lane,) = trainer.advance(trainer.advance([start], 30), 30)
    before, after = trainer.measure([start, lane], "training")
    assert after.cost < 0.9 * before.cost
    (at_once,) = trainer.advance([start], 60)
    assert trainer.measure([at_once], "training") == [after]


def test_an_optimiser_that_knows_no_weight_decay_is_refused_a_lambda() -> None:
    class Plain(torch.optim.Optimizer):  # type: ignore[misc]
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

    trainer = TorchTrainer(mlp, toy_data(), optimizer=Plain)
    with pytest.raises(OptionError, match=r"lambda is 0.1 but Plain knows no weight_decay: "):
        trainer.advance([trainer.start(SETTINGS)], 1)


def entropy(shares: Any) -> float:
    return float(-(shares * np.log(shares)).sum())


def brier(z: Any, y: Any) -> Any:
    return (z - nn.functional.one_hot(y, 3)).square().sum(dim=1).mean()


def sigmoid_cross_entropy(z: Any, y: Any) -> Any:
    targets = nn.functional.one_hot(y, 3).to(z.dtype)
    return nn.functional.binary_cross_entropy_with_logits(z, targets, reduction="sum") / len(y)


SHARES = np.array([8, 8, 7]) / 23


@pytest.mark.parametrize(
    ("head", "loss", "expected"),
    [
        pytest.param(nn.Identity(), nn.functional.cross_entropy, entropy(SHARES), id="logits"),
        pytest.param(nn.LogSoftmax(dim=1), nn.functional.nll_loss, entropy(SHARES), id="log p"),
        pytest.param(nn.Softmax(dim=1), brier, 1 - (SHARES**2).sum(), id="probabilities"),
        pytest.param(nn.Sigmoid(), brier, sum(SHARES * (1 - SHARES)), id="from 0 to 1"),
        pytest.param(
            nn.Identity(),
            sigmoid_cross_entropy,
            entropy(SHARES) + entropy(1 - SHARES),
            id="sigmoid in the loss",
        ),
    ],
)
def test_the_baseline_is_the_least_cost_of_a_constant(
    head: Any, loss: Callable[..., Any], expected: float
) -> None:
    trainer = TorchTrainer(lambda s: nn.Sequential(mlp(s), head), toy_data(n=23), loss=loss)
    assert trainer.baseline(SETTINGS) == pytest.approx(expected, rel=1e-5)


def test_a_trainer_says_which_data_it_has() -> None:
    data = toy_data(n=23)
    train, validation = (
        (torch.tensor(p.x), torch.tensor(p.y)) for p in (data.train, data.validation)
    )
    one, other = TorchTrainer(mlp, data), TorchTrainer(mlp, (train, validation))
    assert one.summary.classes == data.classes
    assert other.summary.classes == ("0", "1", "2")
    assert one.summary.sha256 == other.summary.sha256
    assert (one.summary.n_train, one.summary.n_validation, one.summary.n_features) == (23, 12, 6)
    assert TorchTrainer(mlp, toy_data(n=24)).summary.sha256 != one.summary.sha256


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((4, 6)), np.zeros(3, int), "training part: has 4 inputs and 3 labels"),
        (np.zeros((0, 6)), np.zeros(0, int), "training part: has 0 inputs and 0 labels"),
        (np.zeros((4, 6)), np.zeros(4), r"outputs of shape \(4, 3\) for targets of shape \(4,\)"),
        (
            np.zeros((4, 6)),
            np.full((4, 3), np.nan),
            "training part: y is missing or infinite in 12",
        ),
    ],
)
def test_data_that_do_not_fit_are_refused(x: Any, y: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        TorchTrainer(mlp, ((x, y), (x, y)))


def test_smoothed_labels_need_our_loss() -> None:
    smoothed = replace(SETTINGS, label_smoothing=0.1)
    assert TorchTrainer(mlp, toy_data()).start(smoothed).settings == smoothed
    with pytest.raises(OptionError, match=r"label_smoothing is 0\.1 but is for networks of ours"):
        TorchTrainer(mlp, toy_data(), loss=torch.nn.functional.cross_entropy).start(smoothed)


def test_an_expansion_of_images_is_refused() -> None:
    with pytest.raises(OptionError, match="expansion is 'shift' but is for networks of ours only"):
        TorchTrainer(mlp, toy_data()).start(replace(SETTINGS, expansion="shift"))


def test_a_model_with_one_output_is_refused() -> None:
    with pytest.raises(DataError, match=r"outputs of shape \(7, 1\) .* one output for each class"):
        TorchTrainer(lambda _: nn.Linear(6, 1), toy_data())


def test_without_pytorch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytorch, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'eta-tuner\[torch\]'"):
        TorchTrainer(mlp, toy_data())


# Labels that do not count, and data that do not fit

X = np.random.default_rng(0).normal(size=(60, 1, 4, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
PLAIN = replace(SETTINGS, lambda_=0.0)


def pixels(y: np.ndarray, loss: Any = None) -> TorchTrainer:
    data = ((X[:40], y[:40]), (X[40:], y[40:]))
    return TorchTrainer(lambda _: nn.Conv2d(1, 2, 1), data, loss=loss)


@pytest.mark.parametrize("ignored", [-100, 255])
def test_ignored_labels_count_neither_in_cost_nor_in_accuracy(ignored: int) -> None:
    y = Y.copy()
    y[:, :2] = ignored
    y[:12] = ignored  # whole mini-batches of nothing
    loss = None if ignored == -100 else nn.CrossEntropyLoss(ignore_index=ignored)
    trainer = pixels(y, loss)
    (lane,) = trainer.advance([trainer.start(PLAIN)], 40)
    assert not lane.diverged
    for part, measured in (("validation", slice(40, 60)), ("training", slice(0, 40))):
        (found,) = trainer.measure([lane], part)  # type: ignore[arg-type]
        with torch.no_grad():
            z = trainer.model_of(lane)(torch.tensor(X[measured]))
        true, counts = torch.tensor(y[measured]), torch.tensor(y[measured] != ignored)
        assert found.accuracy == float((z.argmax(1) == true)[counts].double().mean())
        expected = nn.functional.cross_entropy(z, true, ignore_index=ignored)
        assert found.cost == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("module", [True, False])
def test_a_weighted_loss_is_that_of_all_examples_at_once(
    module: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.trainers.torch.ROWS_AT_ONCE", 7)
    weight = torch.tensor([1.0, 30.0])
    loss = (
        nn.CrossEntropyLoss(weight)
        if module
        else partial(nn.functional.cross_entropy, weight=weight)
    )
    trainer = pixels(Y, loss)
    lane = trainer.start(PLAIN)
    (found,) = trainer.measure([lane], "validation")
    with torch.no_grad():
        z = trainer.model_of(lane)(torch.tensor(X[40:]))
        assert found.cost == pytest.approx(float(loss(z, torch.tensor(Y[40:]))), rel=1e-6)


class Gives(nn.Module):  # type: ignore[misc]
    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what

    def forward(self, _: Any) -> Any:
        return self.what


FLAT = X[:, 0, 0]
CLASS = Y[:, 0, 0]
TWO = partial(nn.Linear, 4, 2)


@pytest.mark.parametrize(
    ("model", "y", "loss", "message"),
    [
        (TWO, CLASS + 1, None, "training part: labels run from 1 to 2 but the model has 2 outputs"),
        (TWO, 2 * CLASS - 1, None, "labels run from -1 to 1 but the model has 2 outputs: number"),
        (TWO, CLASS[:, None], None, r"labels of shape \(7, 1\): .* as y.ravel\(\) does"),
        (TWO, np.eye(2, dtype=int)[CLASS], None, r"as y.argmax\(axis=1\) does"),
        (TWO, np.array(["no", "yes"])[CLASS], None, "y holds <U3 but must hold numbers"),
        (TWO, CLASS * 0 - 100, None, "training part: every label is -100, which is ignored"),
        (partial(nn.Linear, 4, 1), CLASS, None, "one output for each class"),
        (partial(nn.Linear, 5, 2), CLASS, None, r"the model fails on inputs of \(7, 4\)"),
        (TWO, CLASS, nn.MSELoss(), r"the loss fails on outputs of \(7, 2\)"),
        (TWO, CLASS, nn.CrossEntropyLoss(reduction="none"), r"the loss gives .* shape \(7,\)"),
        (TWO, CLASS, lambda z, _: float(z.sum()), "the loss gives a result of float: give one num"),
        (TWO, CLASS, lambda z, _: z.detach().sum(), "the loss does not follow the model's outputs"),
        (TWO, CLASS, lambda z, _: z.sum() * np.nan, "the loss is nan before the first step: check"),
        (lambda: Gives(()), CLASS, None, "the model gives a tuple: give one tensor of outputs"),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad=True to a scalar")
def test_what_does_not_fit_together_is_one_clear_line(
    model: Any, y: Any, loss: Any, message: str
) -> None:
    data = ((FLAT[:40], y[:40]), (FLAT[40:], y[40:]))
    with pytest.raises(DataError, match=message) as caught:
        TorchTrainer(lambda _: model(), data, loss=loss).baseline(PLAIN)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("part", "row"), [("training", 5), ("validation", 3)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_named(part: str, row: int, value: float) -> None:
    x = FLAT.copy()
    x[row + (40 if part == "validation" else 0), 1] = value
    with pytest.raises(DataError, match=f"{part} part: x is missing or inf.* row {row}, column 1 "):
        TorchTrainer(lambda _: TWO(), ((x[:40], CLASS[:40]), (x[40:], CLASS[40:])))
    classes = ("no", "yes")
    parts = [Part(x[:40], CLASS[:40]), Part(x[40:], CLASS[40:])]
    for trainer in (NativeTrainer, partial(SklearnTrainer, SGDClassifier())):
        with pytest.raises(DataError, match=f"{part} part: x is missing or inf.* row {row}"):
            trainer(TuningData(parts[0], parts[1], classes))


class Rateless(torch.optim.Optimizer):  # type: ignore[misc]
    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, {"step_size": lr})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"optimizer": Rateless}, "optimizer is a Rateless without lr: give what makes one"),
        ({"optimizer": lambda groups: groups}, "optimizer cannot be made with lr = 0.01 ("),
        (
            {"optimizer": torch.optim.SGD([torch.zeros(1)], lr=0.1)},
            "optimizer is a SGD of other parameters: give what makes one",
        ),
        ({"device": "cuda:99"}, "device cuda:99 is not there ("),
        ({"device": "gpu"}, "device gpu is not there ("),
        ({"model": lambda _: None}, "the model's function returned a NoneType: return a torch.nn"),
    ],
)
def test_what_cannot_train_is_one_clear_line(given: dict[str, Any], line: str) -> None:
    model = given.pop("model", mlp)
    with pytest.raises(OptionError) as caught:
        TorchTrainer(model, toy_data(), **given)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_of_other_width_than_the_classes_is_refused() -> None:
    with pytest.raises(DataError, match="the model has 5 outputs but the data have 3 classes"):
        TorchTrainer(lambda _: nn.Linear(6, 5), toy_data())


def cnn(_: Hyperparameters) -> Any:
    return nn.Sequential(
        nn.Unflatten(1, (1, 2, 3)),
        nn.Conv2d(1, 4, 2),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


class Recurrent(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = nn.GRU(2, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.out(self.gru(x.reshape(len(x), 3, 2))[0][:, -1])


class Encoder(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.enc = nn.TransformerEncoderLayer(2, 1, 8, dropout=0.1, batch_first=True)
        self.out = nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.out(self.enc(x.reshape(len(x), 3, 2)).flatten(1))


class TestTorchTrainerWithConvolutions(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return TorchTrainer(cnn, toy_data(n=60))


class TestTorchTrainerWithSequences(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return TorchTrainer(lambda _: Recurrent(), toy_data(n=60))


class TestTorchTrainerWithATransformer(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        return TorchTrainer(lambda _: Encoder(), toy_data(n=60))


class TestTorchTrainerWithYesOrNo(TrainerContract):
    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        data = toy_data(n=60, classes=2)
        pairs = [(part.x, part.y) for part in (data.train, data.validation)]
        loss = nn.BCEWithLogitsLoss()
        return TorchTrainer(
            lambda _: nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1)), pairs, loss=loss
        )
