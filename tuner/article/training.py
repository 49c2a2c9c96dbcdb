"""Training what the experiments need: slice by slice, in worker processes, kept after each."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from tuner.article.recipes import Recipe, trainer_for
from tuner.errors import DataError
from tuner.execution.base import Job, Workers
from tuner.execution.tasks import FindEta
from tuner.records import DataSummary, EtaSearch, Hyperparameters
from tuner.storage.checkpoints import resume, save_checkpoint
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


@dataclass(frozen=True)
class Store:
    """Keeps unfinished training in a folder, so that it goes on after a kill.

    Attributes
    ----------
    folder
        The output folder; its folder `runs` holds one file for each network.
    data
        Which data the networks train on.
    """

    folder: Path
    data: DataSummary

    def keep(self, recipe: Recipe, trainings: Trainings) -> None:
        """Write each network to its file, whole or not at all."""
        (self.folder / RUNS).mkdir(parents=True, exist_ok=True)
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

    def forget(self) -> None:
        """Remove all that was kept."""
        shutil.rmtree(self.folder / RUNS, ignore_errors=True)

    @property
    def holds_something(self) -> bool:
        """Whether training was interrupted here."""
        return (self.folder / RUNS).is_dir()

    def _paths(self, recipe: Recipe) -> list[Path]:
        return [self.folder / RUNS / f"{recipe.key}-{i}.safetensors" for i in range(recipe.seeds)]

    def _summary(self, recipe: Recipe) -> DataSummary:
        validation = recipe.validation or self.data.n_validation
        return replace(
            self.data,
            n_train=recipe.n_train,
            n_validation=min(validation, self.data.n_validation),
        )


@dataclass(frozen=True)
class Progress:
    """How far the training is: a share of all its work, and what is being done."""

    done: float
    total: float
    doing: str


@dataclass
class Trained:
    """What has been trained and searched, while it goes on."""

    runs: dict[Recipe, Trainings] = field(default_factory=dict)
    searches: dict[Hyperparameters, EtaSearch] = field(default_factory=dict)
    complete: bool = False


def train_all(
    recipes: Sequence[Recipe],
    searches: Sequence[Hyperparameters],
    workers: Workers,
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
    workers
        Where it is done; a few tasks at a time are handed to them, the most work left first.
    store
        Keeps the networks after each slice.
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
    queue = _Queue(dict(kept), recipes, tuple(dict.fromkeys(searches)), store)

    def follow() -> Iterable[Job]:
        watch(queue.progress)
        return () if stop_asked() else queue.next(follow)

    first: list[Job] = []
    for _ in range(workers.count + 1):
        first += follow()
    workers.run(first)
    return queue.trained


class _Queue:
    """What is left to do."""

    def __init__(
        self,
        kept: dict[Recipe, Trainings],
        recipes: Sequence[Recipe],
        searches: Sequence[Hyperparameters],
        store: Store,
    ) -> None:
        self._runs, self._store = kept, store
        self._groups = side_by_side(recipes)
        self._searches = list(searches)
        self._found: dict[Hyperparameters, EtaSearch] = {}
        self._busy: set[Group | Hyperparameters] = set()

    @property
    def trained(self) -> Trained:
        left = [*self._unfinished(), *(s for s in self._searches if s not in self._found)]
        return Trained(self._runs, self._found, complete=not left)

    @property
    def progress(self) -> Progress:
        total = sum(r.work * r.strategy.epochs for group in self._groups for r in group)
        left = sum(self._left(group) for group in self._groups)
        return Progress(total - left, total, f"{len(self._unfinished())} groups of networks left")

    def next(self, follow: Callable[[], Iterable[Job]]) -> Iterable[Job]:
        """Return the next task, if there is one that can be done now."""
        for settings in self._searches:
            if settings not in self._found and settings not in self._busy:
                self._busy.add(settings)
                task = FindEta(settings, ProbePlan(seeds=1))
                yield Job(task, self._search_done(settings, follow))
                return
        free = [group for group in self._unfinished() if group not in self._busy]
        if free:
            group = max(free, key=self._left)
            self._busy.add(group)
            epochs = -(-max(r.strategy.epochs for r in group) // SLICES)
            task_on = TrainOn(group, tuple(self._runs.get(r, ()) for r in group), epochs)
            yield Job(task_on, self._slice_done(group, follow))

    def _slice_done(
        self, group: Group, follow: Callable[[], Iterable[Job]]
    ) -> Callable[[tuple[Trainings, ...]], Iterable[Job]]:
        def then(done: tuple[Trainings, ...]) -> Iterable[Job]:
            for recipe, trainings in zip(group, done, strict=True):
                if self._left_of(recipe):  # else the files hold it already
                    self._runs[recipe] = trainings
                    self._store.keep(recipe, trainings)
            self._busy.discard(group)
            return follow()

        return then

    def _search_done(
        self, settings: Hyperparameters, follow: Callable[[], Iterable[Job]]
    ) -> Callable[[EtaSearch], Iterable[Job]]:
        def then(search: EtaSearch) -> Iterable[Job]:
            self._found[settings] = search
            return follow()

        return then

    def _unfinished(self) -> list[Group]:
        return [group for group in self._groups if self._left(group)]

    def _left(self, group: Group) -> float:
        return sum(self._left_of(recipe) for recipe in group)

    def _left_of(self, recipe: Recipe) -> float:
        """Return the work that is left, at most."""
        trainings = self._runs.get(recipe)
        if trainings is None:
            return recipe.work * recipe.strategy.epochs
        going = [t for t in trainings if t.reason is None]
        return recipe.work * max((t.stopping.epochs - len(t.history) for t in going), default=0)


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
