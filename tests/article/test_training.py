"""Training by slices: the same as in one go, whatever interrupts it and whoever does it."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.article.conftest import tiny_images
from tuner.article.recipes import Plan, Recipe, fixed_epochs, trainer_for
from tuner.article.training import Store, Trainings, kept_runs, train_all
from tuner.data import Dataset
from tuner.errors import DataError
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
    with closing(open_executor(data.tuning, workers)) as executor:
        done = train_all(
            [*recipes, *recipes],
            [],
            executor,
            Store(tmp_path, data.summary),
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
    store, calls = Store(tmp_path, data.summary), iter(range(tasks))
    stopped = train_all(
        recipes,
        [],
        open_executor(data.tuning),
        store,
        {},
        stop_asked=lambda: next(calls, None) is None,
    )
    assert not stopped.complete
    kept = kept_runs(recipes, store, NativeTrainer(data.tuning))
    assert {r: numbers(t) for r, t in kept.items()} == {
        r: numbers(t) for r, t in stopped.runs.items()
    }
    done = train_all(recipes, [], open_executor(data.tuning), store, kept)
    assert {recipe: numbers(t) for recipe, t in done.runs.items()} == expected
    store.forget()
    assert not store.holds_something


def test_training_on_other_data_is_not_gone_on_with(
    data: Dataset, recipes: list[Recipe], tmp_path: Path
) -> None:
    once = iter([False, True])
    train_all(
        recipes[:1],
        [],
        open_executor(data.tuning),
        Store(tmp_path, data.summary),
        {},
        stop_asked=lambda: next(once, True),
    )
    other = Store(tmp_path, replace(data.summary, sha256="other"))
    with pytest.raises(DataError, match=r"another run.*--fresh"):
        kept_runs(recipes, other, NativeTrainer(data.tuning))


def test_searches_are_done_once(data: Dataset, tmp_path: Path) -> None:
    settings = Plan(n=data.train.n, seed=0).on_all(eta=0.01).settings
    store = Store(tmp_path, data.summary)
    with np.errstate(all="ignore"):
        done = train_all([], [settings, settings], open_executor(data.tuning), store, {})
    assert (done.complete, list(done.searches)) == (True, [settings])
