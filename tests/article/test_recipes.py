"""What is trained: on which examples, with which λ; equal recipes are one."""

from dataclasses import replace

import numpy as np
import pytest

from tests.article.conftest import tiny_images
from tuner.article.experiments import EXPERIMENTS, NAMES, chosen
from tuner.article.recipes import Plan, trainer_for
from tuner.data import load
from tuner.errors import OptionError
from tuner.trainers.native import NativeTrainer

MNIST = Plan(n=50_000, seed=0)
RECIPES = {e.name: dict(e.recipes(MNIST)) for e in EXPERIMENTS}


def test_lambda_keeps_its_share() -> None:
    assert MNIST.on_all(eta=0.5, decay=True).settings.lambda_ == 5
    assert MNIST.on_few(decay=True).settings.lambda_ == 0.1
    assert (MNIST.few, Plan(n=300, seed=0).few) == (1000, 100)


def test_experiments_share_what_they_train() -> None:
    every = [recipe for recipes in RECIPES.values() for recipe in recipes.values()]
    assert RECIPES["overfitting"]["λ = 0"] == RECIPES["l2-small"]["λ = 0"] == RECIPES["l1"]["λ = 0"]
    assert RECIPES["l2-all"]["L2"] == RECIPES["schedule"]["constant η"]
    assert len(set(every)) < len(every) - 10
    assert len({recipe.key for recipe in every}) == len(set(every))


def test_published_settings() -> None:
    plain = RECIPES["overfitting"]["λ = 0"]
    assert (plain.n, plain.strategy.epochs, plain.seeds) == (1000, 400, 5)
    assert (plain.settings.eta, plain.settings.init, plain.settings.batch_size) == (
        0.5,
        "large",
        10,
    )
    assert [r.settings.eta for r in RECIPES["learning-rates"].values()] == [0.025, 0.25, 2.5]
    assert RECIPES["l1"]["L1"].settings.regularization == "l1"
    all_data = RECIPES["all-data"]["λ = 0"]
    assert (all_data.n, all_data.strategy.epochs, all_data.seeds) == (50_000, 30, 3)


def test_few_examples_are_those_of_train_size() -> None:
    whole, part = load("digits"), load("digits", train_size=100)
    recipe = replace(Plan(n=whole.train.n, seed=0).on_few(), n=100, validation=50)
    own = trainer_for(NativeTrainer(whole.tuning), recipe)
    assert np.array_equal(own.data.train.x, part.train.x)
    assert np.array_equal(own.data.train.y, part.train.y)
    assert np.array_equal(own.data.validation.x, whole.validation.x[:50])


def test_copies_come_behind_the_images() -> None:
    data = tiny_images()
    recipe = replace(Plan(n=data.train.n, seed=0).on_few(), copies=4)
    own = trainer_for(NativeTrainer(data.tuning), recipe)
    assert own.n == recipe.n_train == 5 * recipe.n
    assert np.array_equal(own.data.train.x[: recipe.n], data.train.x[: recipe.n])


def test_names_are_chosen_in_the_order_of_the_article() -> None:
    few, left = chosen(["schedule", "round-2"], images=True)
    assert ([e.name for e in few], left) == (["round-2", "schedule"], ())
    every, left = chosen([], images=False)
    assert ([e.name for e in every], left) == (
        [name for name in NAMES if name != "expanded"],
        ("expanded",),
    )


@pytest.mark.parametrize(
    ("names", "said"), [(["round-9"], "round-9: no such"), (["expanded"], "needs images")]
)
def test_what_cannot_be_run_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        chosen(names, images=False)
