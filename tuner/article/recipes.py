"""Recipes: networks that differ only in the seed, trained on all the data or a part of them."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache

from tuner.data import TuningData
from tuner.data.augmentation import expand
from tuner.data.dataset import Part
from tuner.records import Hyperparameters, Strategy, to_json
from tuner.strategies.plans import policies
from tuner.trainers.base import Portion
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import Training, begin

FEW, SEEDS_FEW, SEEDS_ALL = 1000, 5, 3
"""The article's small training set; seeds of the experiments on it, and of those on all data."""

WATCHED = 2_000
"""Validation examples measured each epoch on few data, where 10,000 would take most of the time."""

DECAY = 1e-4
"""λ/n of the article's regularized networks: 0.1/1000 and 5/50,000."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a group of networks is trained; equal recipes are trained once.

    Attributes
    ----------
    settings
        Those of the first network; each further one has the next seed.
    strategy
        When training stops, and how η changes.
    n
        Training examples, the first ones.
    copies
        Copies of each image, shifted by a pixel, that are added.
    seeds
        Number of networks.
    portion
        The training examples that are measured after each epoch.
    validation
        Validation examples that are measured after each epoch, the first ones.
    """

    settings: Hyperparameters
    strategy: Strategy
    n: int
    copies: int = 0
    seeds: int = SEEDS_ALL
    portion: Portion = "probe"
    validation: int | None = None

    @property
    def n_train(self) -> int:
        """Training examples, copies included."""
        return self.n * (1 + self.copies)

    @property
    def work(self) -> float:
        """Relative cost of an epoch: weights of the first layer × examples."""
        hidden = self.settings.hidden[0] if self.settings.hidden else 1
        return self.seeds * (hidden + 10) * (self.n_train + 3_000)

    @property
    def key(self) -> str:
        """Name of its files; differs between recipes that differ."""
        told = [to_json(self.settings), to_json(self.strategy), self.n, self.copies]
        text = json.dumps([*told, self.seeds, self.portion, self.validation])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def begin(self, trainer: NativeTrainer) -> tuple[Training[NativeLane], ...]:
        """Return the networks before their first epoch; `trainer` is that of `trainer_for`."""
        return tuple(
            begin(
                trainer,
                replace(self.settings, seed=self.settings.seed + i),
                *policies(self.settings.eta, self.strategy),
            )
            for i in range(self.seeds)
        )


def trainer_for(trainer: NativeTrainer, recipe: Recipe) -> NativeTrainer:
    """Return a trainer on the part of the data that a recipe trains on."""
    return _trainer(trainer, recipe.n, recipe.copies, recipe.settings.seed, recipe.validation)


@lru_cache(maxsize=4)
def _trainer(
    trainer: NativeTrainer, n: int, copies: int, seed: int, validation: int | None
) -> NativeTrainer:
    data = trainer.data
    train = Part(data.train.x[:n], data.train.y[:n])
    if copies and data.image_shape:
        train = expand(train, data.image_shape, copies=copies, seed=seed)
    held = Part(data.validation.x[:validation], data.validation.y[:validation])
    return NativeTrainer(TuningData(train, held, data.classes, data.image_shape))


@dataclass(frozen=True)
class Plan:
    """The article's settings for n training examples; λ is scaled so that λ/n stays.

    Attributes
    ----------
    n
        All training examples.
    seed
        Random seed of the first network of each recipe.

    Examples
    --------
    >>> plan = Plan(n=3000, seed=0)
    >>> plan.few, plan.on_all(eta=0.5, decay=True).settings.lambda_
    (1000, 0.3)
    """

    n: int
    seed: int

    @property
    def few(self) -> int:
        """Examples of the experiments on few data: 1000, or a third of all if that is less."""
        return min(FEW, max(1, self.n // 3))

    def on_all(
        self,
        *,
        eta: float,
        decay: bool = False,
        hidden: int = 30,
        init: str = "large",
        strategy: Strategy | None = None,
    ) -> Recipe:
        """Return a recipe on all data; 30 epochs unless `strategy` says otherwise."""
        settings = Hyperparameters(
            eta=eta,
            hidden=(hidden,),
            init=init,
            lambda_=self.lambda_of(self.n) if decay else 0.0,
            seed=self.seed,
        )
        fixed = strategy or fixed_epochs(30)
        return Recipe(settings=settings, strategy=fixed, n=self.n)

    def on_few(
        self,
        *,
        decay: bool = False,
        regularization: str = "l2",
        strategy: Strategy | None = None,
    ) -> Recipe:
        """Return a recipe on few data: η = 0.5, N(0, 1) weights, 400 epochs."""
        settings = Hyperparameters(
            eta=0.5,
            init="large",
            lambda_=self.lambda_of(self.few) if decay else 0.0,
            regularization=regularization,
            seed=self.seed,
        )
        return Recipe(
            settings=settings,
            strategy=strategy or fixed_epochs(400),
            n=self.few,
            seeds=SEEDS_FEW,
            portion="training",
            validation=WATCHED,
        )

    def lambda_of(self, n: int) -> float:
        """Return the λ for n examples."""
        return float(f"{DECAY * n:.6g}")


def fixed_epochs(epochs: int) -> Strategy:
    """Return the strategy of a constant η for so many epochs, without early stopping."""
    return Strategy(epochs=epochs, patience=None)
