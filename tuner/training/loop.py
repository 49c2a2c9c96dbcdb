"""The only epoch loop: trainer × schedule × stop → run, for one network or many.

A network in training with its strategies and records is a value, `Training`; `train_epoch` is a
function from such values to such values, so a run can be stored after any epoch and go on later.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tuner.errors import OptionError, StoppedError
from tuner.metrics import METRICS
from tuner.records import Epoch, Hyperparameters, Run, StopReason
from tuner.strategies.schedules import Schedule
from tuner.strategies.stopping import Stopping
from tuner.trainers.base import Lane, Measurement, PerStepTrainer, Portion, Rates, Trainer

L = TypeVar("L", bound=Lane)


@dataclass(frozen=True, eq=False)
class Training(Generic[L]):
    """One network in training.

    Attributes
    ----------
    settings
        Its hyperparameters, with the η it begins with.
    lane
        The network now.
    best
        The network after the first epoch with the best validation metric; before any epoch, the
        untrained one.
    schedule, stopping
        The strategies, with what they have seen.
    history
        One record an epoch.
    interrupted
        Whether somebody asked to stop.
    """

    settings: Hyperparameters
    lane: L
    best: L
    schedule: Schedule
    stopping: Stopping
    history: tuple[Epoch, ...] = ()
    interrupted: bool = False

    @property
    def reason(self) -> StopReason | None:
        """Why training has ended; None while it goes on."""
        reason = self.stopping.reason
        if reason is StopReason.DIVERGED:
            return reason
        if self.schedule.finished and not self.schedule.within_epochs:
            return StopReason.ETA_AT_END
        return reason or (StopReason.INTERRUPTED if self.interrupted else None)

    @property
    def best_epoch(self) -> Epoch | None:
        """The first epoch with the best validation metric and finite costs; None if none."""
        sound = (
            epoch
            for epoch in self.history
            if math.isfinite(epoch.training_cost) and math.isfinite(epoch.validation_cost)
        )
        return max(sound, key=lambda epoch: epoch.score(self.stopping.metric), default=None)

    @property
    def record(self) -> Run:
        """The run as a record; one that still goes on counts as interrupted."""
        reason, best = self.reason or StopReason.INTERRUPTED, self.best_epoch
        return Run(
            settings=self.settings,
            history=self.history,
            best_epoch=best.epoch if best else 0,
            stop_reason=reason,
            stop_words=_words(reason, self),
            metric=self.stopping.metric,
        )


def begin(
    trainer: Trainer[L], settings: Hyperparameters, schedule: Schedule, stopping: Stopping
) -> Training[L]:
    """Return a network before its first epoch."""
    return begin_with(trainer.start(settings), settings, schedule, stopping)


def begin_with(
    lane: L, settings: Hyperparameters, schedule: Schedule, stopping: Stopping
) -> Training[L]:
    """Return the training of a network that its trainer has made, such as one of a fold."""
    return Training(settings, lane, lane, schedule, stopping)


def train_epoch(
    trainer: Trainer[L], trainings: Sequence[Training[L]], portion: Portion = "training"
) -> list[Training[L]]:
    """Train every network that goes on for one epoch; the others come back as they are.

    Parameters
    ----------
    portion
        The training examples that cost and accuracy are measured on.
    """
    together = defaultdict(list)
    for i, training in enumerate(trainings):
        if training.reason is None:
            together[trainer.steps_per_epoch(training.settings)].append(i)
    after = list(trainings)
    for steps, members in together.items():
        trained = _train_together(trainer, [trainings[i] for i in members], steps, portion)
        for i, training in zip(members, trained, strict=True):
            after[i] = training
    return after


def train(
    trainer: Trainer[L],
    trainings: Sequence[Training[L]],
    *,
    portion: Portion = "training",
    watch: Callable[[Sequence[Training[L]]], None] = lambda _: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> list[Training[L]]:
    """Train every network until it has a reason to stop.

    Parameters
    ----------
    trainer
        Whatever trains the networks.
    trainings
        Networks from `begin`, or from a checkpoint.
    portion
        The training examples that cost and accuracy are measured on each epoch.
    watch
        Called after each epoch with all networks: progress, checkpoints, rungs.
    stop_asked
        Looked at before each epoch; once true, all networks end as interrupted.

    Examples
    --------
    >>> from tuner.data import load
    >>> from tuner.strategies.plateau import Plateau
    >>> from tuner.strategies.schedules import Constant
    >>> from tuner.trainers.native import NativeTrainer
    >>> trainer = NativeTrainer(load("iris").tuning)
    >>> settings = Hyperparameters(eta=0.5, hidden=(8,))
    >>> stopping = Stopping(epochs=200, plateau=Plateau(patience=10))
    >>> done, = train(trainer, [begin(trainer, settings, Constant(eta=0.5), stopping)])
    >>> done.record.stop_reason.value, done.record.best_epoch == len(done.history) - 10
    ('no-improvement', True)
    """
    trainings = list(trainings)
    while any(training.reason is None for training in trainings):
        if stop_asked():
            return [replace(t, interrupted=True) if t.reason is None else t for t in trainings]
        trainings = train_epoch(trainer, trainings, portion)
        watch(trainings)
    return trainings


def _train_together(
    trainer: Trainer[L], trainings: Sequence[Training[L]], steps: int, portion: Portion
) -> list[Training[L]]:
    began = time.perf_counter()
    etas = [t.schedule.etas(steps) for t in trainings]
    lanes = _advanced(trainer, [t.lane for t in trainings], [t.schedule for t in trainings], steps)
    training = trainer.measure(lanes, portion)
    validation = trainer.measure(lanes, "validation")
    seconds = (time.perf_counter() - began) / len(trainings)
    return [
        _after_epoch(t, lane, _mean_eta(t.schedule, rates), measured, seconds)
        for t, lane, rates, *measured in zip(
            trainings, lanes, etas, training, validation, strict=True
        )
    ]


def _advanced(
    trainer: Trainer[L], lanes: Sequence[L], schedules: Sequence[Schedule], steps: int
) -> list[L]:
    """Train each network for the steps of one epoch, with the η of its schedule."""
    lanes = [lane.with_eta(each.eta) for lane, each in zip(lanes, schedules, strict=True)]
    if not any(schedule.within_epochs for schedule in schedules):
        return trainer.advance(lanes, steps)
    if not isinstance(trainer, PerStepTrainer):
        raise OptionError(
            f"the schedule changes η with every step, but {type(trainer).__name__} has no"
            " `advance_at`: choose constant, halving or planned."
        )
    return trainer.advance_at(lanes, [schedule.etas(steps) for schedule in schedules])


def repeat(
    trainer: Trainer[L],
    lanes: Sequence[L],
    schedule: Schedule,
    chosen: Sequence[Training[L]],
    stop_asked: Callable[[], bool] = lambda: False,
) -> list[L]:
    """Train networks for as many epochs, and with the same η, as others up to their best epoch.

    Parameters
    ----------
    trainer
        Has other data than that of the others.
    lanes
        Networks before their first step, of as many steps an epoch.
    schedule
        As it was before the first epoch of the others; what it waits for is what they saw.
    chosen
        A training for each network, with a best epoch.
    stop_asked
        Looked at before each epoch.

    Raises
    ------
    StoppedError
        When a stop was asked for.
    """
    lanes, schedules = list(lanes), [schedule] * len(lanes)
    best = [training.best_epoch.epoch if training.best_epoch else 0 for training in chosen]
    steps = trainer.steps_per_epoch(lanes[0].settings)
    for epoch in range(max(best)):
        if stop_asked():
            raise StoppedError("stopped within the refit: --resume goes on.")
        going = [i for i, last in enumerate(best) if epoch < last]
        moved = _advanced(trainer, [lanes[i] for i in going], [schedules[i] for i in going], steps)
        for i, lane in zip(going, moved, strict=True):
            lanes[i] = lane
            seen = chosen[i].history[epoch]
            schedules[i] = schedules[i].observe(seen.score(chosen[i].stopping.metric))
    return lanes


def _mean_eta(schedule: Schedule, etas: Rates) -> float:
    return float(etas.mean()) if schedule.within_epochs else schedule.eta


def _after_epoch(
    before: Training[L], lane: L, eta: float, measured: Sequence[Measurement], seconds: float
) -> Training[L]:
    training, validation = measured
    if lane.diverged:  # saturated outputs can cost something finite although a weight is not
        training = replace(training, cost=math.nan)
        validation = replace(validation, cost=math.nan)
    metric = before.stopping.metric
    epoch = Epoch(
        epoch=len(before.history) + 1,
        eta=eta,
        training_cost=training.cost,
        training_metrics=_recorded(training, metric),
        validation_cost=validation.cost,
        validation_metrics=_recorded(validation, metric),
        seconds=seconds,
    )
    after = replace(
        before,
        lane=lane,
        schedule=before.schedule.observe(epoch.score(metric)),
        stopping=before.stopping.observe(epoch),
        history=(*before.history, epoch),
    )
    return replace(after, best=lane) if after.best_epoch is epoch else after


def _recorded(measured: Measurement, metric: str) -> dict[str, float]:
    """Return the metric that chooses and, where classes are predicted, accuracy."""
    names = dict.fromkeys(name for name in ("accuracy", metric) if name in measured.metrics)
    if metric not in names:
        known = ", ".join(measured.metrics)
        raise OptionError(f"metric is {metric} but of these data only {known} can be measured.")
    return {name: measured.metrics[name] for name in names}


def _words(reason: StopReason, training: Training[L]) -> str:
    epochs = len(training.history)
    stopping, schedule = training.stopping, training.schedule
    match reason:
        case StopReason.NO_IMPROVEMENT:
            waited = stopping.plateau.waited if stopping.plateau else 0
            name = METRICS[stopping.metric].name
            return f"no better validation {name} for {_counted(waited)}"
        case StopReason.ETA_AT_END:
            share = schedule.eta / training.settings.eta
            return f"η has come down to {share:.2g} of its start"
        case StopReason.EPOCHS:
            return f"the budget of {_counted(stopping.epochs)} is used up"
        case StopReason.TIME:
            return f"the budget of {stopping.seconds:g} seconds is used up"
        case StopReason.DIVERGED:
            return f"the cost left the finite numbers in epoch {epochs}: choose a smaller η"
        case StopReason.INTERRUPTED:
            return f"interrupted after epoch {epochs}"


def _counted(epochs: int) -> str:
    return f"{epochs} epoch{'' if epochs == 1 else 's'}"
