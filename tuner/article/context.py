"""Experiments, and the context that one measures in: its trained networks and the data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.article.findings import differences
from tuner.article.recipes import Plan, Recipe
from tuner.data import Dataset, Part
from tuner.network.arrays import Array
from tuner.network.blas import one_thread
from tuner.records import EtaSearch, ExperimentRecord, Finding, Hyperparameters, Panel, Trained
from tuner.trainers.native import NativeLane, logits
from tuner.training.loop import Training

Trainings = Sequence[Training[NativeLane]]


@dataclass(frozen=True)
class Context:
    """The trained networks of one experiment, and the data it measures them on.

    Attributes
    ----------
    plan
        Sizes and seed.
    train, validation, test
        The parts of the data; `test` is empty unless the experiment asks for it.
    runs
        The networks of each recipe, by the experiment's name for it.
    searches
        The η searches that the experiment asked for, one a seed.
    """

    plan: Plan
    train: Part
    validation: Part
    test: Part
    runs: Mapping[str, Trainings]
    searches: tuple[EtaSearch, ...] = ()

    def test_accuracies(self, name: str, *, best: bool = False) -> list[float]:
        """Return the test accuracy in % of each seed, after the last or after the best epoch."""
        lanes = [t.best if best else t.lane for t in self.runs[name]]
        return [100 * accuracy(lane, self.test) for lane in lanes]

    def test_gains(self, name: str, than: str, *, best: bool = False) -> list[float]:
        """Return one recipe's gain in test accuracy over another, in points, seed by seed."""
        return differences(*(self.test_accuracies(each, best=best) for each in (name, than)))

    def training_accuracies(self, name: str, n: int | None = None) -> list[float]:
        """Return the accuracy in % of each seed on its training examples after the last epoch."""
        part = Part(self.train.x[:n], self.train.y[:n])
        return [100 * accuracy(t.lane, part) for t in self.runs[name]]

    def gaps(self, name: str, n: int | None = None) -> list[float]:
        """Return training less test accuracy in points, seed by seed."""
        return differences(self.training_accuracies(name, n), self.test_accuracies(name))


def accuracy(lane: NativeLane, part: Part) -> float:
    """Return the accuracy of a network, 0 to 1."""
    return float((predictions(lane, part) == part.y).mean())


def predictions(lane: NativeLane, part: Part) -> NDArray[np.intp]:
    """Return the predicted class of each example."""
    with one_thread(), np.errstate(all="ignore"):
        z = logits(lane.network, lane.settings, part.x)
        return np.asarray(z.argmax(axis=1), dtype=np.intp)


def weights(trainings: Trainings) -> list[Array]:
    """Return all weights of each network, without biases, in one row."""
    return [np.concatenate([w.ravel() for w in t.lane.parameters.weights]) for t in trainings]


def no_recipes(_: Plan) -> Mapping[str, Recipe]:
    """Return no recipes."""
    return {}


def no_search(_: Plan) -> tuple[Hyperparameters, ...]:
    """Return no settings."""
    return ()


@dataclass(frozen=True)
class Measured:
    """The findings of an experiment, and its figures."""

    findings: tuple[Finding, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment of the article: its parameters, and the call that measures.

    Attributes
    ----------
    name
        Name on the command line.
    recipes
        The networks to train, by a name within the experiment.
    measure
        Maps the trained networks to findings and figures.
    uses_test
        Whether the test part is opened for it, after the training.
    needs_images
        Whether the data must be images.
    searches
        Settings for which η is searched.
    """

    name: str
    measure: Callable[[Context], Measured]
    recipes: Callable[[Plan], Mapping[str, Recipe]] = no_recipes
    uses_test: bool = True
    needs_images: bool = False
    searches: Callable[[Plan], tuple[Hyperparameters, ...]] = no_search

    def record(
        self,
        plan: Plan,
        data: Dataset,
        trained: Mapping[Recipe, Trainings],
        searches: Mapping[Hyperparameters, EtaSearch],
    ) -> ExperimentRecord:
        """Measure, opening the test part at most once."""
        recipes = self.recipes(plan)
        before = data.test_openings
        test = data.open_test() if self.uses_test else Part(data.train.x[:0], data.train.y[:0])
        found = tuple(searches[settings] for settings in self.searches(plan))
        runs = {name: trained[recipe] for name, recipe in recipes.items()}
        context = Context(plan, data.train, data.validation, test, runs, found)
        outcome = self.measure(context)
        return ExperimentRecord(
            name=self.name,
            findings=outcome.findings,
            panels=outcome.panels,
            trained=tuple(_trained(name, recipe, runs[name]) for name, recipe in recipes.items()),
            test_openings=data.test_openings - before,
            eta_search=found[0] if found else None,
        )


def _trained(name: str, recipe: Recipe, trainings: Trainings) -> Trained:
    return Trained(
        name=name,
        settings=recipe.settings,
        strategy=recipe.strategy,
        n_train=recipe.n_train,
        copies=recipe.copies,
        seeds=recipe.seeds,
        epochs=tuple(len(t.history) for t in trainings),
    )
