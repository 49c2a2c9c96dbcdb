"""One run of `train`: find η, train with checkpoints, inspect the network, and record all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuner.arguments import Source
from tuner.environment import environment
from tuner.errors import DataError, OptionError, TunerError
from tuner.inspection import inspect
from tuner.records import EtaSearch, Inspection, TrainRecord
from tuner.settings import Hyperparameters, Strategy
from tuner.storage.models import Model
from tuner.storage.run_checkpoint import FoundEta, RunCheckpoint
from tuner.strategies import plans
from tuner.training import eta_finder, loop
from tuner.training.loop import Training


@dataclass(frozen=True)
class RunPlan:
    """What to train, and how.

    Attributes
    ----------
    settings
        With the η to train with, or the first one to probe.
    eta
        The η to train with; None to find it.
    search
        The search that found `eta`, if one did.
    """

    source: Source
    settings: Hyperparameters
    strategy: Strategy
    eta: float | None
    search: EtaSearch | None = None

    def __post_init__(self) -> None:
        plans.policies(self.settings.eta, self.strategy)  # fails before any work is done

    def begin(self, eta: float) -> Training[Any]:
        """Return the network before its first epoch."""
        settings = replace(self.settings, eta=eta)
        return loop.begin(self.source.trainer, settings, *plans.policies(eta, self.strategy))


@dataclass(frozen=True)
class Run:
    """A run that has ended, and the η search that it began with, if any."""

    training: Training[Any]
    search: EtaSearch | None


def start(
    plan: RunPlan, store: RunCheckpoint | None, watch: Callable[[eta_finder.Progress], None]
) -> Run:
    """Return the run before its first epoch, its η found if need be."""
    search = plan.search
    if plan.eta is None:
        search = eta_finder.find_eta(plan.source.trainer, plan.settings, watch=watch)
    eta = plan.settings.eta if search is None else search.eta
    if store is not None:
        store.clear()
        if search is not None:
            store.begin_with(FoundEta(settings=replace(plan.settings, eta=eta), result=search))
    return Run(plan.begin(eta), search)


def resume(plan: RunPlan, store: RunCheckpoint | None) -> Run:
    """Return the run as its store holds it; errors as `RunCheckpoint.resume`."""
    if store is None:
        raise OptionError("resume must be False without a folder that holds a checkpoint.")
    return Run(*store.resume(plan.begin, plan.eta))


def finish(
    run: Run,
    plan: RunPlan,
    store: RunCheckpoint | None,
    *,
    watch: Callable[[Training[Any]], None],
    stop_asked: Callable[[], bool],
) -> Run:
    """Train until the end, or until a stop is asked for and an epoch is finished.

    An interrupt (Ctrl-C) saves the run before it is raised.

    Raises
    ------
    TunerError
        When the network diverged before its first good epoch.
    """
    epochs_now = 0

    def after_epoch(trainings: Sequence[Training[Any]]) -> None:
        nonlocal epochs_now
        epochs_now += 1
        if store is not None:
            store.watch(trainings)
        watch(trainings[0])

    watch(run.training)
    try:
        (training,) = loop.train(
            plan.source.trainer,
            [run.training],
            watch=after_epoch,
            stop_asked=lambda: stop_asked() and epochs_now > 0,
        )
    except KeyboardInterrupt:
        if store is not None:
            store.save()
        raise
    if not training.best_epoch:
        if store is not None:
            store.clear()
        raise TunerError(_diverged(training, found=run.search is not None))
    return Run(training, run.search)


def _diverged(training: Training[Any], *, found: bool) -> str:
    eta, epoch = training.settings.eta, len(training.history)
    instead = "" if found else ", or --eta auto"
    return f"η = {eta:g} made the network diverge in epoch {epoch}: give a smaller --eta{instead}."


def record_of(run: Run, plan: RunPlan, model: object, command: str) -> TrainRecord:
    """Return the record that the report is made from."""
    return TrainRecord(
        command=command,
        settings=run.training.settings,
        strategy=plan.strategy,
        data=plan.source.summary,
        environment=environment(),
        eta_search=run.search,
        result=run.training.record,
        inspection=_inspection(model, plan.source),
    )


def _inspection(model: object, source: Source) -> Inspection | None:
    """Inspect the network, unless it is a user's own or its outputs are not finite."""
    if not isinstance(model, Model) or source.dataset is None:
        return None
    try:
        return inspect(model, source.dataset.tuning)
    except DataError:
        return None
