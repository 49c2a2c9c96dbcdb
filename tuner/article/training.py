"""Training what the experiments need: slice by slice, in worker processes, kept after each."""

import json
import math
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Self

from tuner.article.recipes import Recipe, trainer_for
from tuner.data.files import digest
from tuner.errors import DataError
from tuner.execution.base import Executor, Task, as_completed
from tuner.execution.tasks import FindEta
from tuner.records import DataSummary, EtaSearch, Hyperparameters, to_json
from tuner.storage.checkpoints import resume, save_checkpoint
from tuner.storage.run_store import RunStore, open_store
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.eta_finder import ProbePlan
from tuner.training.loop import Training, train_epoch

Trainings = tuple[Training[NativeLane], ...]

Group = tuple[Recipe, ...]

SLICES = 8
"""Into so many tasks the training of a group of recipes is cut."""

MOST_LANES = 9
"""Networks that train side by side in one task."""

RUNS = "runs"


@dataclass(frozen=True)
class TrainOn:
    """Train the networks of some recipes side by side for some epochs more.

    Attributes
    ----------
    recipes
        All on the same examples.
    trainings
        The networks of each; none yet means from the start.
    """

    recipes: Group
    trainings: tuple[Trainings, ...]
    epochs: int

    def __call__(self, trainer: NativeTrainer) -> tuple[Trainings, ...]:
        """Train; networks that have stopped come back as they are."""
        own, portion = trainer_for(trainer, self.recipes[0]), self.recipes[0].portion
        pairs = zip(self.recipes, self.trainings, strict=True)
        lanes = [lane for recipe, some in pairs for lane in some or recipe.begin(own)]
        for _ in range(self.epochs):
            lanes = train_epoch(own, lanes, portion)
        each = iter(lanes)
        return tuple(tuple(islice(each, recipe.seeds)) for recipe in self.recipes)


def side_by_side(recipes: Sequence[Recipe]) -> list[Group]:
    """Put recipes together that train on the same examples, as many as share the cache well.

    Examples
    --------
    >>> from tuner.article.recipes import Plan
    >>> plan = Plan(n=3000, seed=0)
    >>> [len(each) for each in side_by_side([plan.on_all(eta=e) for e in (1, 2, 3, 4)])]
    [3, 1]
    """
    alike: dict[tuple[object, ...], list[Recipe]] = defaultdict(list)
    for r in dict.fromkeys(recipes):
        alike[r.settings.hidden, r.n, r.copies, r.portion, r.validation].append(r)
    return [
        tuple(members[i : i + size])
        for members in alike.values()
        for size in [max(1, MOST_LANES // members[0].seeds)]
        for i in range(0, len(members), size)
    ]


class Store:
    """Keeps unfinished training in a folder, so that it goes on after a kill.

    Made by `open_runs`.

    Parameters
    ----------
    run
        Holds the η searches; in its folder lies one more file for each network.
    data
        Which data the networks train on.
    """

    def __init__(self, run: RunStore, data: DataSummary) -> None:
        self._run, self._data = run, data

    def keep(self, recipe: Recipe, trainings: Trainings) -> None:
        """Write each network to its file, whole or not at all."""
        for path, training in zip(self._paths(recipe), trainings, strict=True):
            save_checkpoint(training, path, self._summary(recipe))

    def kept(self, recipe: Recipe, trainer: NativeTrainer) -> Trainings:
        """Return the networks of a recipe as they were kept; nothing where not all of them are.

        Raises
        ------
        DataError
            When a file is damaged, or is that of other data.
        """
        paths = self._paths(recipe)
        if not all(path.is_file() for path in paths):
            return ()
        fresh = recipe.begin(trainer)
        kept = [
            resume(path, start, self._summary(recipe))
            for path, start in zip(paths, fresh, strict=True)
        ]
        return tuple(kept)

    def keep_search(self, settings: Hyperparameters, found: EtaSearch) -> None:
        """Store an η search."""
        self._run.save(_search_name(settings), found)

    def kept_search(self, settings: Hyperparameters) -> EtaSearch | None:
        """Return a stored η search; None when there is none."""
        return self._run.load(_search_name(settings), EtaSearch)

    def forget(self) -> None:
        """Remove all that was kept."""
        shutil.rmtree(self._run.folder, ignore_errors=True)

    def _paths(self, recipe: Recipe) -> list[Path]:
        folder = self._run.folder
        return [folder / f"{recipe.key}-{i}.safetensors" for i in range(recipe.seeds)]

    def _summary(self, recipe: Recipe) -> DataSummary:
        validation = recipe.validation or self._data.n_validation
        return replace(
            self._data,
            n_train=recipe.n_train,
            n_validation=min(validation, self._data.n_validation),
        )


def _search_name(settings: Hyperparameters) -> str:
    return f"eta-{digest(json.dumps(to_json(settings)).encode())[:16]}"


@contextmanager
def open_runs(folder: Path, data: DataSummary, *, fresh: bool = False) -> Iterator[Store]:
    """Open the store of unfinished training in the folder `runs` of an output folder.

    Parameters
    ----------
    folder
        The output folder.
    data
        Which data the networks train on.
    fresh
        Whether to discard what an earlier call kept.

    Raises
    ------
    InputError
        When another process works there, or what is kept is that of other data or another version.
    OutputError
        When the folder cannot be written.
    """
    identity = {**to_json(data.identity), "tuner": version("eta-tuner")}
    with open_store(folder / RUNS, identity, fresh=fresh) as run:
        yield Store(run, data)


@dataclass(frozen=True)
class Progress:
    """How far the training is: a share of all its work, and what is being done."""

    done: float
    total: float
    doing: str

    @classmethod
    def of(cls, groups: Sequence[Group], runs: Mapping[Recipe, Trainings]) -> Self:
        """Return the progress of training these groups, given what is trained of them."""
        left = [work for group in groups if (work := work_left(group, runs))]
        total = work_left(tuple(recipe for group in groups for recipe in group), {})
        return cls(total - sum(left), total, f"{len(left)} groups of networks left")


@dataclass(frozen=True)
class Trained:
    """The trained networks and the η searches; complete unless it was stopped."""

    runs: Mapping[Recipe, Trainings]
    searches: Mapping[Hyperparameters, EtaSearch]
    complete: bool


def train_all(
    recipes: Sequence[Recipe],
    searches: Sequence[Hyperparameters],
    executor: Executor,
    store: Store,
    kept: dict[Recipe, Trainings],
    *,
    watch: Callable[[Progress], None] = lambda _: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train every recipe once, whatever of it was kept already, and find every η.

    Parameters
    ----------
    recipes, searches
        What is wanted.
    executor
        Where it is done: the searches first, then slice by slice the group with most work left.
    store
        Keeps the networks after each slice, and each search.
    kept
        Those of an earlier call that was interrupted.
    watch
        Told after each task how far it is.
    stop_asked
        Once true no further task begins.

    Returns
    -------
    Trained
        Complete unless it was stopped.
    """
    groups, runs = side_by_side(recipes), dict(kept)
    known = {settings: store.kept_search(settings) for settings in searches}
    found = {settings: search for settings, search in known.items() if search}
    waiting: list[tuple[Group | Hyperparameters, Task[Any]]] = [
        (settings, FindEta(settings, ProbePlan(seeds=1)))
        for settings in known
        if settings not in found
    ]

    def proceed(groups_now: Iterable[Group]) -> None:
        """Queue the next slice of some groups, most work first, unless a stop was asked for."""
        waiting.extend((g, next_slice(g, runs)) for g in groups_now if work_left(g, runs))
        waiting.sort(key=lambda entry: _urgency(entry[0], runs), reverse=True)
        watch(Progress.of(groups, runs))
        if stop_asked():
            waiting.clear()

    proceed(groups)
    for key, result in as_completed(executor, waiting):
        if isinstance(key, Hyperparameters):
            found[key] = result
            store.keep_search(key, result)
            proceed(())
            continue
        for recipe, trainings in zip(key, result, strict=True):
            if work_left((recipe,), runs):  # else the files hold it already
                runs[recipe] = trainings
                store.keep(recipe, trainings)
        proceed((key,))
    complete = found.keys() == known.keys() and not any(work_left(group, runs) for group in groups)
    return Trained(runs, found, complete)


def next_slice(group: Group, runs: Mapping[Recipe, Trainings]) -> TrainOn:
    """Return the task that trains a group for one slice more."""
    epochs = -(-max(recipe.strategy.epochs for recipe in group) // SLICES)
    return TrainOn(group, tuple(runs.get(recipe, ()) for recipe in group), epochs)


def work_left(group: Group, runs: Mapping[Recipe, Trainings]) -> float:
    """Return the work that is left to train a group of recipes, at most."""

    def epochs_left(recipe: Recipe) -> int:
        if recipe not in runs:
            return recipe.strategy.epochs
        going = (t for t in runs[recipe] if t.reason is None)
        return max((t.stopping.epochs - len(t.history) for t in going), default=0)

    return sum(recipe.work * epochs_left(recipe) for recipe in group)


def _urgency(key: Group | Hyperparameters, runs: Mapping[Recipe, Trainings]) -> float:
    return math.inf if isinstance(key, Hyperparameters) else work_left(key, runs)


def kept_runs(
    recipes: Iterable[Recipe], store: Store, trainer: NativeTrainer
) -> dict[Recipe, Trainings]:
    """Return what an interrupted call kept of these recipes.

    Raises
    ------
    DataError
        When it cannot be used; the message says how to begin anew.
    """
    try:
        found = {recipe: store.kept(recipe, trainer) for recipe in dict.fromkeys(recipes)}
    except DataError as error:
        raise DataError(f"{str(error).removesuffix('.')} (with --fresh).") from error
    return {recipe: trainings for recipe, trainings in found.items() if trainings}
