"""No example is both trained or chosen on and tested on: in every command, whatever the seeds.

Examples are compared by their content, as the networks see them: what reaches a trainer against
what a model is tested on.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine

from tuner.cli.main import run
from tuner.data import Dataset, Part, load
from tuner.data.inputs import Examples, numeric
from tuner.data.preprocessing import Preprocessing
from tuner.data.splits import FOLDS
from tuner.estimators import NetworkClassifier, TunedClassifier
from tuner.estimators.base import dataset_of
from tuner.execution.opening import open_executor
from tuner.settings import DataSettings
from tuner.storage.models import Model, load_model
from tuner.study.spec import parse_spec
from tuner.study.studies import run_study
from tuner.trainers.native import NativeTrainer
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import MODEL, tune
from tuner.tuning.request import TuneRequest

pytestmark = pytest.mark.usefixtures("blank_figures")

SEEDS = [(split, network) for split in (0, 7) for network in (0, 1)]


@dataclass
class Seen:
    """The examples that were trained or chosen on, and those that were tested on."""

    trained: set[bytes] = field(default_factory=set)
    tested: set[bytes] = field(default_factory=set)

    def check(self) -> None:
        assert self.trained
        assert self.tested
        assert not self.trained & self.tested


def contents(x: Any) -> set[bytes]:
    return {np.ascontiguousarray(row, dtype=np.float32).tobytes() for row in x}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Watch every trainer that is made, and every test part that is opened."""
    found = Seen()
    make, open_test = NativeTrainer.__init__, Dataset.open_test

    def making(self: NativeTrainer, data: Any, *args: Any, **options: Any) -> None:
        for fold in (data, *args):
            found.trained |= contents(fold.train.x) | contents(fold.validation.x)
        make(self, data, *args, **options)

    def opening(self: Dataset, *preprocessings: Preprocessing) -> Part:
        part = open_test(self, *preprocessings)
        for inputs in np.hsplit(part.x, len(preprocessings) or 1):
            found.tested |= contents(inputs)
        return part

    monkeypatch.setattr(NativeTrainer, "__init__", making)
    monkeypatch.setattr(Dataset, "open_test", opening)
    return found


def evaluated(path: Path, seen: Seen, *options: str) -> None:
    """Run `evaluate`, and note the examples that the model is asked about."""
    measure = Model.measured

    def measuring(self: Model, x: Any, y: Any) -> Any:
        for inputs in np.hsplit(np.asarray(x), len(self.preprocessings)):
            seen.tested |= contents(inputs)
        return measure(self, x, y)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "measured", measuring)
        assert run(["evaluate", str(path), *options, "--json"]) == 0


@pytest.mark.parametrize(("split_seed", "seed"), SEEDS)
def test_train_then_evaluate(
    split_seed: int, seed: int, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = "train --data digits --hidden 5 --eta 0.5 --epochs 1 --save m.safetensors --json"
    seeds = ["--split-seed", str(split_seed), "--seed", str(seed)]
    assert run([*typed.split(), *seeds, "--train-size", "300"]) == 0
    evaluated(tmp_path / "m.safetensors", seen)
    seen.check()
    assert seen.tested == contents(load("digits", seed=split_seed).open_test().x)


@pytest.mark.parametrize(("split_seed", "seed"), [(5, 0), (0, 5)])
def test_tune_then_evaluate(split_seed: int, seed: int, seen: Seen, tmp_path: Path) -> None:
    data = load("wine", seed=split_seed)
    settings = DataSettings(split_seed=split_seed)
    request = TuneRequest(budget=1, seed=seed, source="wine", data=settings)
    found = tune(data, request, tmp_path, executor=open_executor(trainer_of(data)))
    assert found
    assert len(seen.tested) == FOLDS * data.summary.n_test == FOLDS * 35
    evaluated(tmp_path / MODEL, seen)
    seen.check()
    assert len(seen.tested) == FOLDS * 35, "the same examples, to the bit"
    assert data.test_openings == 1
    assert load("wine", seed=split_seed).test_openings == 2


def test_a_study(seen: Seen, tmp_path: Path) -> None:
    content = {
        "name": "small",
        "trials": 2,
        "batch": 2,
        "eta": 0.5,
        "data": {"source": "wine", "split_seed": 3},
        "train": {"epochs": 2},
        "search": {"lambda": {"low": 0.01, "high": 1, "log": True}},
    }
    data = load("wine", seed=3)
    run_study(parse_spec(content, "small"), data, tmp_path)
    assert data.test_openings == 0
    data.open_test()
    seen.check()


@pytest.mark.parametrize("seed", [0, 1])
def test_tuned_classifier(seed: int, seen: Seen) -> None:
    x, y = load_wine(return_X_y=True)
    tuned = TunedClassifier(1, seed=seed).fit(x, y)
    seen.check()
    assert tuned.record_.data.split_seed == seed
    whole = replace(load("wine", seed=seed).summary, folds=FOLDS)
    assert tuned.model_.data.identity == whole.identity
    assert len(seen.tested) == FOLDS * tuned.record_.test.n == FOLDS * 35


def test_reproduce(seen: Seen, tmp_path: Path) -> None:
    typed = "reproduce early-stopping --data wine --split-seed 2 --workers 1 --json --out"
    assert run([*typed.split(), str(tmp_path)]) == 0
    seen.check()


@pytest.mark.parametrize(("classes", "n"), [(10, 11), (30, 35), (10, 12), (4, 40)])
@pytest.mark.parametrize("shares", [(0.8,), (0.6, 0.2)])
def test_no_row_is_in_two_parts_where_classes_are_many(
    classes: int, n: int, shares: tuple[float, ...]
) -> None:
    y = np.r_[np.arange(classes), np.zeros(n - classes, int)]
    x = numeric(np.arange(n)[:, None].astype(float))
    examples = Examples("arrays", x, y, tuple(map(str, range(classes))), "")
    data = dataset_of(examples, shares=shares, seed=0)
    parts = [contents(part.x) for part in (data.train, data.open_test())]
    if data.validation is not data.train:
        parts.append(contents(data.validation.x))
    assert sum(map(len, parts)) == n == len(set.union(*parts))
    assert set(data.train.y) == set(range(classes))


@pytest.mark.parametrize(("classes", "n"), [(10, 11), (3, 4)])
def test_tuned_classifier_refuses_what_leaves_nothing_to_test_on(classes: int, n: int) -> None:
    y = np.r_[np.arange(classes), np.zeros(n - classes, int)]
    with pytest.raises(ValueError, match=f"X has {n} examples of {classes} classes, too few"):
        TunedClassifier(1).fit(np.arange(n)[:, None].astype(float), y)


def test_a_network_without_a_test_part_is_not_tested_on_what_trained_it(tmp_path: Path) -> None:
    from tuner.evaluation import evaluate
    from tuner.storage.models import save_model

    x, y = load_wine(return_X_y=True)
    network = NetworkClassifier(hidden=(4,), eta=0.5, epochs=2).fit(x, y)
    assert network.model_.data.sha256 == load("wine").summary.sha256
    save_model(network.model_, tmp_path / "m")
    with pytest.raises(ValueError, match="trained without a test part"):
        evaluate(load_model(tmp_path / "m"), "wine")
