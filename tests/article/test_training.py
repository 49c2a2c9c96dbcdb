"""Training by slices: the same as in one go, whatever interrupts it and whoever does it."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.article.conftest import tiny_images
from tuner.article.recipes import Plan, Recipe, fixed_epochs, trainer_for
from tuner.article.training import RUNS, Trainings, kept_runs, open_runs, train_all
from tuner.data import Dataset
from tuner.errors import InputError
from tuner.execution.opening import open_executor
from tuner.records import Strategy
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import train

Numbers = list[list[bytes]]


@pytest.fixture(scope="module")
def data() -> Dataset:
    return tiny_images()


@pytest.fixture(scope="module")
def recipes(data: Dataset) -> list[Recipe]:
    plan = Plan(n=data.train.n, seed=3)
    short = replace(plan.on_few(decay=True), strategy=fixed_epochs(21))
    return [
        short,
        replace(short, settings=replace(short.settings, regularization="l1"), copies=2),
        plan.on_all(eta=0.5, strategy=Strategy(epochs=40, patience=3)),
        plan.on_all(
            eta=0.5, strategy=Strategy(epochs=60, patience=2, schedule="halving", until=0.2)
        ),
    ]


def numbers(trainings: Trainings) -> Numbers:
    return [
        [array.tobytes() for lane in (t.lane, t.best) for array in lane.parameters.arrays]
        + [str([replace(e, seconds=0.0) for e in t.history]).encode()]
        for t in trainings
    ]


def in_one_go(recipe: Recipe, data: Dataset) -> Numbers:
    own = trainer_for(NativeTrainer(data.tuning), recipe)
    return numbers(tuple(train(own, recipe.begin(own), portion=recipe.portion)))


@pytest.fixture(scope="module")
def expected(data: Dataset, recipes: list[Recipe]) -> dict[Recipe, Numbers]:
    return {recipe: in_one_go(recipe, data) for recipe in recipes}


@pytest.mark.parametrize("workers", [1, 2])
def test_slices_give_what_one_go_gives(
    workers: int,
    data: Dataset,
    recipes: list[Recipe],
    expected: dict[Recipe, Numbers],
    tmp_path: Path,
) -> None:
    shares: list[float] = []
    with (
        closing(open_executor(data.tuning, workers)) as executor,
        open_runs(tmp_path, data.summary) as store,
    ):
        done = train_all(
            [*recipes, *recipes],
            [],
            executor,
            store,
            {},
            watch=lambda now: shares.append(now.done / now.total),
        )
    assert done.complete
    assert {recipe: numbers(t) for recipe, t in done.runs.items()} == expected
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


@pytest.mark.parametrize("tasks", [1, 5, 11])
def test_stopped_it_goes_on_from_its_files(
    tasks: int,
    data: Dataset,
    recipes: list[Recipe],
    expected: dict[Recipe, Numbers],
    tmp_path: Path,
) -> None:
    calls = iter(range(tasks))
    with open_runs(tmp_path, data.summary) as store:
        stopped = train_all(
            recipes,
            [],
            open_executor(data.tuning),
            store,
            {},
            stop_asked=lambda: next(calls, None) is None,
        )
    assert not stopped.complete
    with open_runs(tmp_path, data.summary) as store:
        kept = kept_runs(recipes, store, NativeTrainer(data.tuning))
        assert {r: numbers(t) for r, t in kept.items()} == {
            r: numbers(t) for r, t in stopped.runs.items()
        }
        done = train_all(recipes, [], open_executor(data.tuning), store, kept)
        assert {recipe: numbers(t) for recipe, t in done.runs.items()} == expected
        store.forget()
    assert not (tmp_path / RUNS).exists()


def train_one(data: Dataset, recipe: Recipe, folder: Path) -> None:
    """Train the networks of one recipe to the end, and leave them in the folder."""
    with open_runs(folder, data.summary) as store:
        assert train_all([recipe], [], open_executor(data.tuning), store, {}).complete


def test_another_run_and_a_second_process_are_refused(
    data: Dataset, recipes: list[Recipe], tmp_path: Path
) -> None:
    train_one(data, recipes[0], tmp_path)
    other = replace(data.summary, sha256="other")
    with pytest.raises(InputError, match=r"another run.*--fresh"), open_runs(tmp_path, other):
        pass
    with (
        open_runs(tmp_path, data.summary),
        pytest.raises(InputError, match="another process works there"),
        open_runs(tmp_path, data.summary, fresh=True),
    ):
        pass


def test_a_damaged_network_is_named_and_discarded_by_fresh(
    data: Dataset, recipes: list[Recipe], tmp_path: Path
) -> None:
    train_one(data, recipes[0], tmp_path)
    path = next((tmp_path / RUNS).glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-1])
    trainer = NativeTrainer(data.tuning)
    with (
        open_runs(tmp_path, data.summary) as store,
        pytest.raises(InputError, match=rf"{path.name}: .*--fresh"),
    ):
        kept_runs(recipes[:1], store, trainer)
    with open_runs(tmp_path, data.summary, fresh=True) as store:
        assert kept_runs(recipes[:1], store, trainer) == {}


def test_searches_are_done_once(data: Dataset, tmp_path: Path) -> None:
    settings = Plan(n=data.train.n, seed=0).on_all(eta=0.01).settings
    found = []
    for _ in range(2):
        with np.errstate(all="ignore"), open_runs(tmp_path, data.summary) as store:
            done = train_all([], [settings, settings], open_executor(data.tuning), store, {})
        found.append(done.searches[settings])
    assert (done.complete, list(done.searches)) == (True, [settings])
    assert found[0].seconds == found[1].seconds
