"""Data of any form as tensors, and outputs read as classes, as yes and no, or as numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sklearn.metrics

from tuner.errors import DataError
from tuner.records import Hyperparameters
from tuner.trainers.tensors import parts_of
from tuner.trainers.torch import TorchTrainer
from tuner.training.eta_finder import ProbePlan, find_eta

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
nn: Any = torch.nn
utils: Any = torch.utils.data
pytestmark = pytest.mark.torch

SETTINGS = Hyperparameters(eta=0.1, batch_size=7, seed=4)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
CLASS = (X[:, 0] > 0).astype(int)
HALF = slice(40), slice(40, None)


def halves(x: Any, y: Any) -> Any:
    several = x if isinstance(x, tuple) else (x,)
    parts = [tuple(each[rows] for each in several) for rows in HALF]
    return [
        (part if isinstance(x, tuple) else part[0], y[rows])
        for part, rows in zip(parts, HALF, strict=True)
    ]


class Rows(utils.Dataset):  # type: ignore[misc]
    def __init__(self, rows: slice) -> None:
        self.x, self.y = torch.tensor(X[rows]), CLASS[rows]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        return self.x[row], int(self.y[row])


class Stream(utils.IterableDataset):  # type: ignore[misc]
    def __init__(self, rows: slice) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(zip(torch.tensor(X[self.rows]), CLASS[self.rows].tolist(), strict=True))


FORMS = {
    "Dataset": Rows,
    "DataLoader": lambda rows: utils.DataLoader(Rows(rows), batch_size=3, shuffle=True),
    "IterableDataset": Stream,
    "DataLoader of a stream": lambda rows: utils.DataLoader(Stream(rows), batch_size=3),
    "TensorDataset": lambda rows: utils.TensorDataset(
        torch.tensor(X[rows]), torch.tensor(CLASS[rows])
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_lanes_of_plain_arrays(form: Any) -> None:
    data = [form(rows) for rows in HALF]
    lanes = []
    for trainer in (
        TorchTrainer(lambda _: nn.Linear(4, 2), each) for each in (data, halves(X, CLASS))
    ):
        lanes += [trainer.measure(trainer.advance([trainer.start(SETTINGS)], 9), "validation")]
    assert lanes[0] == lanes[1]


class Short(Rows):
    def __len__(self) -> int:
        return 50


class Random(Rows):
    def __getitem__(self, row: int) -> tuple[Any, Any]:
        return self.x[row] + torch.rand(4), int(self.y[row])


class Fading(Stream):
    def __iter__(self) -> Iterator[Any]:
        self.rows = slice(self.rows.start, (self.rows.stop or 60) - 1)
        return super().__iter__()


class Ragged(Rows):
    def __getitem__(self, row: int) -> tuple[Any, Any]:
        return torch.zeros(row + 1), 0


def generator(rows: slice) -> Iterator[Any]:
    return iter([(x, int(y)) for x, y in zip(X[rows], CLASS[rows], strict=True)])


REFUSED = {
    "training part: ends after 40 of the 50 examples that it says it has.": Short,
    "training part: its examples differ from one reading to the next": Random,
    "training part: ends after 38 of 39 examples when it is read again": Fading,
    "training part: its examples make no tensor (stack expects": Ragged,
    "training part: is a list_iterator but must be a pair (x, y)": generator,
    "training part: must hold pairs (x, y), and at least one.": lambda _: [1, 2, 3],
}


@pytest.mark.parametrize(("line", "form"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_read_again_alike_is_one_line(line: str, form: Any) -> None:
    torch.manual_seed(0)
    with pytest.raises(DataError) as caught:
        parts_of([form(rows) for rows in HALF], "cpu", -100)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_data_that_are_no_parts_are_refused() -> None:
    with pytest.raises(DataError, match="data is a int but must be a training and a validation p"):
        parts_of(3, "cpu", -100)


class Two(nn.Module):  # type: ignore[misc]
    """Takes images and a sequence beside."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Conv2d(1, 2, 2)
        self.sequence = nn.GRU(3, 5, batch_first=True)
        self.out = nn.Linear(2 + 5, 2)

    def forward(self, image: Any, sequence: Any) -> Any:
        seen = self.image(image).mean(dim=(2, 3))
        return self.out(torch.cat([seen, self.sequence(sequence)[0][:, -1]], dim=1))


NUMBERS = (X @ np.array([1.0, -2.0, 0.5, 0.0])).astype("float32")
PAIRS = np.stack([CLASS, 1 - CLASS], axis=1)
BCE = nn.BCEWithLogitsLoss()
CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    "numbers (n,)": (lambda: nn.Linear(4, 1), X, NUMBERS, None),
    "numbers (n, k)": (lambda: nn.Linear(4, 2), X, np.stack([NUMBERS, -NUMBERS], 1), nn.L1Loss()),
    "yes or no, whole": (lambda: nn.Linear(4, 1), X, CLASS, BCE),
    "yes or no, floats": (lambda: nn.Linear(4, 1), X, CLASS.astype("float32"), BCE),
    "yes or no, flat": (
        lambda: nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)),
        X,
        CLASS,
        nn.functional.binary_cross_entropy_with_logits,
    ),
    "a probability": (
        lambda: nn.Sequential(nn.Linear(4, 1), nn.Sigmoid()),
        X,
        CLASS,
        nn.BCELoss(),
    ),
    "several labels": (lambda: nn.Linear(4, 2), X, PAIRS, BCE),
    "two inputs": (
        Two,
        (RNG.normal(size=(60, 1, 3, 3)), RNG.normal(size=(60, 4, 3))),
        CLASS,
        None,
    ),
}


@pytest.mark.parametrize(("make", "x", "y", "loss"), CASES.values(), ids=CASES)
def test_any_task_and_shape_trains_and_finds_its_eta(make: Any, x: Any, y: Any, loss: Any) -> None:
    trainer = TorchTrainer(lambda _: make(), halves(x, y), loss=loss)
    start = trainer.start(SETTINGS)
    (lane,) = trainer.advance([start], 120)
    before, after = trainer.measure([start, lane], "training")
    assert after.cost < before.cost
    plan = ProbePlan(seeds=1, epochs=1, least_steps=12, checkpoints=6)
    found = find_eta(trainer, SETTINGS, plan=plan)
    assert found.baseline > 0
    numbers = trainer.summary.task == "regression"
    assert numbers == ("rmse" in after.metrics) == (not trainer.summary.classes)


def test_metrics_are_those_of_scikit_learn() -> None:
    trainer = TorchTrainer(lambda _: nn.Linear(4, 1), halves(X, NUMBERS))
    (lane,) = trainer.advance([trainer.start(SETTINGS)], 40)
    (found,) = trainer.measure([lane], "validation")
    with torch.no_grad():
        z = trainer.model_of(lane)(torch.tensor(X[40:])).numpy()[:, 0]
    assert trainer.summary.task == "regression"
    assert found.metrics["mae"] == pytest.approx(
        sklearn.metrics.mean_absolute_error(NUMBERS[40:], z), rel=1e-6
    )
    assert found.metrics["r2"] == pytest.approx(sklearn.metrics.r2_score(NUMBERS[40:], z), rel=1e-6)
    assert found.cost == pytest.approx(float(np.square(z - NUMBERS[40:]).mean()), rel=1e-5)

    trainer = TorchTrainer(lambda _: nn.Linear(4, 2), halves(X, PAIRS), loss=BCE)
    (lane,) = trainer.advance([trainer.start(SETTINGS)], 40)
    (found,) = trainer.measure([lane], "validation")
    with torch.no_grad():
        p = torch.sigmoid(trainer.model_of(lane)(torch.tensor(X[40:]))).numpy().ravel()
    true = PAIRS[40:].ravel()
    assert found.accuracy == ((p > 0.5) == true).mean()
    assert found.metrics["auc"] == pytest.approx(sklearn.metrics.roc_auc_score(true, p), rel=1e-6)
    assert found.metrics["log-loss"] == pytest.approx(sklearn.metrics.log_loss(true, p), rel=1e-5)


def test_running_statistics_are_part_of_the_lane() -> None:
    def make(_: Any) -> Any:
        return nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))

    trainer = TorchTrainer(make, halves(X + 5, CLASS))
    start = trainer.start(SETTINGS)
    (lane,) = trainer.advance([start], 60)
    assert start.model["0.running_mean"].tolist() == [0, 0, 0, 0]
    assert lane.model["0.running_mean"].numpy() == pytest.approx(X[:40].mean(0) + 5, abs=0.5)
    assert int(lane.model["0.num_batches_tracked"]) == 60
    measured = trainer.measure([lane], "validation")
    assert measured == trainer.measure([lane], "validation"), "no mask is drawn"
