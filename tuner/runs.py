"""One run of `train`: find η, train with checkpoints, inspect the result, and record all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Any

import numpy as np

from tuner import committees
from tuner.arguments import Source
from tuner.data.folds import whole_of
from tuner.environment import environment
from tuner.errors import DataError, OptionError, TunerError
from tuner.inspection import inspect, predicted_of
from tuner.metrics import Measured
from tuner.records import (
    Calibration,
    Committee,
    EtaSearch,
    Inspection,
    Predicted,
    Refit,
    StopReason,
    TrainRecord,
)
from tuner.settings import Hyperparameters, Strategy, check_refit, check_seeds
from tuner.storage.models import Model, model_of
from tuner.storage.run_checkpoint import FoundEta, RunCheckpoint
from tuner.strategies import plans
from tuner.trainers.native import NativeTrainer
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
    seeds
        How many networks train side by side, their seeds counted up from that of `settings`.
    refit
        Whether to train again on training and validation data in the end.
    """

    source: Source
    settings: Hyperparameters
    strategy: Strategy
    eta: float | None
    search: EtaSearch | None = None
    seeds: int = 1
    refit: bool = False

    def __post_init__(self) -> None:
        check_seeds(self.seeds)
        if self.seeds > 1 and self.source.dataset is None:
            raise OptionError("seeds must be 1 for a trainer of your own.")
        if self.refit:
            check_refit(self.strategy)
            if self.source.dataset is None:
                raise OptionError("refit must be False for a trainer of your own.")
        plans.policies(self.settings.eta, self.strategy)  # fails before any work is done

    def begin(self, eta: float) -> tuple[Training[Any], ...]:
        """Return the networks before their first epoch."""
        policies = plans.policies(eta, self.strategy)
        first, trainer = self.settings.seed, self.source.trainer
        every = [
            replace(self.settings, eta=eta, seed=seed) for seed in range(first, first + self.seeds)
        ]
        if not self.source.folds:
            return tuple(loop.begin(trainer, settings, *policies) for settings in every)
        assert isinstance(trainer, NativeTrainer)  # noqa: S101 - no other has folds
        return tuple(
            loop.begin_with(trainer.start(settings, fold), settings, *policies)
            for settings in every
            for fold in range(len(self.source.folds))
        )


@dataclass(frozen=True)
class Run:
    """A run that has ended, and the η search that it began with, if any."""

    trainings: tuple[Training[Any], ...]
    search: EtaSearch | None

    @property
    def interrupted(self) -> bool:
        """Whether one of its networks was."""
        return any(t.reason is StopReason.INTERRUPTED for t in self.trainings)


def start(
    plan: RunPlan, store: RunCheckpoint | None, watch: Callable[[eta_finder.Progress], None]
) -> Run:
    """Return the run before its first epoch, its η found if need be."""
    search = plan.search
    if plan.eta is None:
        search = eta_finder.find_eta(
            plan.source.trainer,
            plan.settings,
            plan.strategy.schedule,
            plan=eta_finder.usual_plan(plan.settings),
            watch=watch,
        )
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
        When a network diverged before its first good epoch.
    """
    epochs_now = 0

    def after_epoch(trainings: Sequence[Training[Any]]) -> None:
        nonlocal epochs_now
        epochs_now += 1
        if store is not None:
            store.watch(trainings)
        watch(_shown(trainings))

    watch(_shown(run.trainings))
    try:
        trainings = loop.train(
            plan.source.trainer,
            run.trainings,
            watch=after_epoch,
            stop_asked=lambda: stop_asked() and epochs_now > 0,
        )
    except KeyboardInterrupt:
        if store is not None:
            store.save()
        raise
    for training in trainings:
        if not training.best_epoch:
            if store is not None:
                store.clear()
            raise TunerError(_diverged(training, found=run.search is not None))
    return Run(tuple(trainings), run.search)


def _shown(trainings: Sequence[Training[Any]]) -> Training[Any]:
    """Return the network whose progress stands for all: the first that goes on, else the first."""
    return next((t for t in trainings if t.reason is None), trainings[0])


def _diverged(training: Training[Any], *, found: bool) -> str:
    eta, epoch = training.settings.eta, len(training.history)
    instead = "" if found else ", or --eta auto"
    return f"η = {eta:g} made the network diverge in epoch {epoch}: give a smaller --eta{instead}."


@dataclass(frozen=True)
class Outcome:
    """What a run ends in: a model, and what is known of it where it is a committee."""

    model: Any
    committee: Committee | None = None
    refit: Refit | None = None
    calibration: Calibration | None = None


def outcome_of(run: Run, plan: RunPlan, stop_asked: Callable[[], bool]) -> Outcome:
    """Return the best network of a run, or the committee of its networks, trained again if asked.

    Raises
    ------
    StoppedError
        When a stop was asked for while they trained again.
    """
    outcome = _chosen(run, plan.source)
    return outcome if run.interrupted or not plan.refit else _refit(run, plan, outcome, stop_asked)


def _refit(run: Run, plan: RunPlan, outcome: Outcome, stop_asked: Callable[[], bool]) -> Outcome:
    """Train a network of each seed on all data but the test part, as long as validation chose."""
    dataset = plan.source.dataset
    assert dataset is not None  # noqa: S101 - RunPlan has refused others
    whole = whole_of(dataset)
    trainer, share = NativeTrainer(whole.tuning), whole.tuning.train.n / plan.source.n_train
    folds = len(plan.source.folds) or 1
    chosen = [
        _of_median_epoch(run.trainings[i : i + folds]) for i in range(0, len(run.trainings), folds)
    ]
    settings = [replace(t.settings, lambda_=t.settings.lambda_ * share) for t in chosen]
    schedule, _ = plans.policies(chosen[0].settings.eta, plan.strategy)
    lanes = loop.repeat(trainer, list(map(trainer.start, settings)), schedule, chosen, stop_asked)
    if any(lane.diverged for lane in lanes):
        raise TunerError("the network diverged when it was trained again: leave --refit out.")
    networks = [
        model_of(replace(t, settings=s, lane=lane, best=lane), dataset, whole)
        for t, s, lane in zip(chosen, settings, lanes, strict=True)
    ]
    refit = Refit(
        examples=whole.tuning.train.n,
        epochs=tuple(training.record.best_epoch for training in chosen),
        lambda_=settings[0].lambda_,
    )
    return replace(outcome, model=committees.refitted(outcome.model, networks), refit=refit)


def _of_median_epoch(trainings: Sequence[Training[Any]]) -> Training[Any]:
    """Return the first training whose best epoch is the (lower) median of all."""
    best = [training.record.best_epoch for training in trainings]
    return trainings[best.index(median_low(best))]


def _chosen(run: Run, source: Source) -> Outcome:
    models = [source.model_of(training) for training in run.trainings]
    if source.dataset is None:
        return Outcome(models[0])
    train, validation = source.dataset.train, source.dataset.validation
    if len(models) == 1:
        single, calibration = committees.calibrated(models[0], validation.x, validation.y)
        return Outcome(single, calibration=calibration)
    if source.folds:
        y = np.concatenate([train.y, validation.y])
        model, fitted = committees.committee_of_folds(models, source.folds, y)
    else:
        y = validation.y
        model, fitted = committees.committee_of(models, validation.x, y)
    main = {"mae", "rmse"} if model.task == "regression" else {"log-loss", "accuracy"}
    measured = {name: fitted.metrics[name] for name in sorted(main)}
    committee = Committee(
        weights=model.weights,
        temperature=fitted.temperature,
        metrics={**measured, **model.validation_metrics},
        examples=len(y),
        folds=source.summary.folds,
    )
    return Outcome(model, committee, calibration=fitted.calibration)


def record_of(run: Run, plan: RunPlan, outcome: Outcome, command: str) -> TrainRecord:
    """Return the record that the report is made from."""
    first, *others = (training.record for training in run.trainings)
    return TrainRecord(
        command=command,
        settings=first.settings,
        strategy=plan.strategy,
        data=plan.source.summary,
        environment=environment(),
        eta_search=run.search,
        result=first,
        inspection=_inspection(outcome.model, plan.source),
        others=tuple(others),
        committee=outcome.committee,
        refit=outcome.refit,
        interval=_interval(run, outcome, plan.source),
        predicted=_predicted(outcome.model, plan.source),
        calibration=outcome.calibration,
    )


def _interval(run: Run, outcome: Outcome, source: Source) -> tuple[float, float] | None:
    """Return the interval of a metric over validation examples; None where it needs no example."""
    metric = run.trainings[0].record.metric
    if metric == "accuracy" or source.folds or outcome.refit:
        return None
    if source.dataset is None:
        (found,) = source.trainer.measure([run.trainings[0].best], "validation")
        return found.metrics.interval(metric) if isinstance(found.metrics, Measured) else None
    validation = source.dataset.validation
    ends: tuple[float, float] = outcome.model.measured(validation.x, validation.y).interval(metric)
    return ends


def _predicted(model: object, source: Source) -> Predicted | None:
    """Return what a network predicts of validation examples; none where they trained it."""
    if not isinstance(model, Model) or model.refitted or source.dataset is None or source.folds:
        return None
    return predicted_of(model, source.dataset.tuning) if model.task == "regression" else None


def _inspection(model: object, source: Source) -> Inspection | None:
    """Inspect the network, unless it is a user's own or its outputs are not finite.

    Of folds, or after a refit, no example is left that it did not train on.
    """
    if not isinstance(model, Model) or model.refitted or source.dataset is None or source.folds:
        return None
    if model.task == "regression":
        return None
    try:
        return inspect(model, source.dataset.tuning)
    except DataError:
        return None
