"""Step 6 of a small table: several kinds of networks on every fold, which vote in the end.

Each kind trains to the end of its schedule, one after the other, as far as the time goes, and then
once more from other initial weights. The committee weights them by what they cost out of fold.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.committees import committee_of_kinds
from tuner.errors import TunerError
from tuner.execution.base import run_all
from tuner.execution.tasks import TrainTo
from tuner.metrics import METRICS
from tuner.records import Candidate, Committee, Confirmation, Record, TuneProgress
from tuner.storage.checkpoints import save_checkpoint
from tuner.storage.models import Model, model_of
from tuner.strategies.plans import policies
from tuner.training.loop import begin_with
from tuner.tuning.budget import (
    ENOUGH_WEIGHT,
    KIND_SHARE,
    LANES_COST,
    LEAST_KIND_EPOCHS,
    MOST_ROUNDS,
    PACE_SECONDS,
    PACE_SHARE,
    ROUND_SLACK,
    SAFETY,
    work_seconds,
)
from tuner.tuning.comparison import Answers, out_of_fold
from tuner.tuning.kinds import Kind
from tuner.tuning.state import Context, State
from tuner.tuning.steps.candidates import (
    Network,
    as_judged,
    best_run,
    comparison_of,
    parameters_of,
    stored_network,
)
from tuner.tuning.steps.learning_rate_again import candidates_in
from tuner.tuning.tasks import Pace, shared_out


@dataclass(frozen=True, kw_only=True)
class KindPaces(Record):
    """Seconds that an epoch of one network of each kind takes."""

    seconds: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class KindPlan(Record):
    """How many epochs the networks of a kind train; none where there is no time for them."""

    epochs: int


@dataclass(frozen=True)
class Trained:
    """A kind and its networks: one for each fold of the first seed, then of the next."""

    kind: Kind
    networks: tuple[Network, ...] = ()

    @property
    def seconds(self) -> float:
        """The seconds that its last round took of all workers together."""
        folds = max(1, len({network.lane.fold for network in self.networks}))
        return sum(epoch.seconds for n in self.networks[-folds:] for epoch in n.history)

    @property
    def sound(self) -> bool:
        """Whether it has networks, none of which diverged."""
        return bool(self.networks) and not any(n.lane.diverged for n in self.networks)


def confirm_on_folds(state: State, context: Context) -> Confirmation | None:
    """Train kinds of networks on the folds, and let them vote; None when asked to stop before.

    Raises
    ------
    TunerError
        When a network of every kind diverged.
    """
    kinds = candidates_in(state, context)
    paces = context.decide("kind-paces", KindPaces, lambda: _paces(kinds, context)).seconds
    trained = [Trained(kind) for kind in kinds]
    for number in range(MOST_ROUNDS):
        before = list(trained)
        voting = cache(partial(_voting, before, context))
        for place, each in enumerate(before):
            last = place + 1 == len(before)
            decide = (
                partial(_plan_again, each, voting, context)
                if number
                else partial(_plan, each.kind, paces[place], context, first=not place, last=last)
            )
            plan = context.decide(f"kind-{number}-{place}", KindPlan, decide)
            if plan.epochs:
                begun = _begun(each.kind, number, plan, context)
                if any(network.reason is None for network in begun):
                    if context.callbacks.stop_asked():
                        return None
                    context.tell(_progress(trained, number * len(kinds) + place, context.metric))
                networks = _trained(begun, each.kind, number, plan, context)
                trained[place] = replace(each, networks=(*each.networks, *networks))
                context.store.tick()
        if trained == before:
            break
    return _confirmation(trained, context)


def models_of_kinds(confirmation: Confirmation, context: Context) -> list[list[Model]]:
    """Return the networks of each candidate as models, as they were stored.

    Raises
    ------
    InputError
        As `tuner.tuning.steps.candidates.winners_of`.
    """
    return [
        [
            _model(as_judged(run, _file(candidate.kind, number, context)), context)
            for number, run in enumerate(candidate.runs)
        ]
        for candidate in confirmation.candidates
    ]


def _model(network: Network, context: Context) -> Model:
    """Return a network as it is at the end of its schedule: no fold has chosen its epoch."""
    at_end = replace(network, best=network.lane)
    return model_of(at_end, context.data, context.folds[network.lane.fold])


def _paces(kinds: Sequence[Kind], context: Context) -> KindPaces:
    seconds = min(PACE_SECONDS, PACE_SHARE * context.request.budget)
    tasks = [Pace(kind.settings, seconds) for kind in kinds]
    return KindPaces(seconds=tuple(run_all(context.executor, tasks)))


def _plan(kind: Kind, pace: float, context: Context, *, first: bool, last: bool) -> KindPlan:
    """Return the epochs that a kind's share of the time allows; the first trains in any case."""
    lanes = math.ceil(len(context.folds) / context.executor.count)
    share = _seconds_left(context) * (1.0 if last else KIND_SHARE)
    epochs = int(share / (pace * (1 + LANES_COST * (lanes - 1))))
    epochs = min(epochs, kind.most_epochs)
    if first:
        return KindPlan(epochs=max(epochs, LEAST_KIND_EPOCHS))
    return KindPlan(epochs=epochs if epochs >= LEAST_KIND_EPOCHS else 0)


def _plan_again(each: Trained, voting: Callable[[], set[str]], context: Context) -> KindPlan:
    """Return the epochs of the round before, for a kind whose votes count and if there is time."""
    if not each.sound or each.kind.name not in voting():
        return KindPlan(epochs=0)
    seconds = ROUND_SLACK * each.seconds / min(context.executor.count, len(context.folds))
    fits = seconds <= _seconds_left(context)
    return KindPlan(epochs=len(each.networks[0].history) if fits else 0)


def _seconds_left(context: Context) -> float:
    return SAFETY * (work_seconds(context.request.budget) - context.store.seconds)


def _voting(trained: Sequence[Trained], context: Context) -> set[str]:
    """Return the names of the kinds that have a weight so far."""
    sound = [each for each in trained if each.sound]
    if not sound:
        return set()
    kinds = [[_model(network, context) for network in each.networks] for each in sound]
    _, fitted = committee_of_kinds(kinds, context.folds, targets_of(context))
    return {
        each.kind.name
        for each, weight in zip(sound, fitted.weights, strict=True)
        if weight > ENOUGH_WEIGHT
    }


def targets_of(context: Context) -> NDArray[Any]:
    """Return the class, or the number, of each training and then each validation example."""
    return np.concatenate([context.data.train.y, context.data.validation.y])


def _begun(kind: Kind, number: int, plan: KindPlan, context: Context) -> list[Network]:
    """Return a network of each fold as it was stored; those that were not, before training."""
    settings = replace(kind.settings, seed=context.request.seed + number)
    strategy = kind.strategy(plan.epochs, context.metric)
    return [
        stored_network(file, settings, context)
        or begin_with(
            context.trainer.start(settings, fold), settings, *policies(settings.eta, strategy)
        )
        for fold, file in enumerate(_files(kind, number, context))
    ]


def _files(kind: Kind, number: int, context: Context) -> list[Path]:
    """Return where the networks of a kind are stored, one for each fold."""
    folds = len(context.folds)
    return [_file(kind.name, number * folds + fold, context) for fold in range(folds)]


def _file(kind: str, number: int, context: Context) -> Path:
    return context.folder / f"kind-{kind}-{number}.safetensors"


def _trained(
    begun: Sequence[Network], kind: Kind, number: int, plan: KindPlan, context: Context
) -> tuple[Network, ...]:
    """Return the networks trained to the end, and store those that were not."""
    networks, files = list(begun), _files(kind, number, context)
    behind = [fold for fold, network in enumerate(begun) if network.reason is None]
    portions = list(shared_out(behind, context.executor.count))
    tasks = [TrainTo(tuple(begun[fold] for fold in those), plan.epochs) for those in portions]
    for those, trained in zip(portions, run_all(context.executor, tasks), strict=True):
        for fold, network in zip(those, trained, strict=True):
            networks[fold] = network
            save_checkpoint(network, files[fold], context.summary)
    return tuple(networks)


def _progress(trained: Sequence[Trained], done: int, metric: str) -> TuneProgress:
    known = [
        fmean(network.history[-1].validation_metrics[metric] for network in each.networks)
        for each in trained
        if each.sound
    ]
    best = max(known, key=METRICS[metric].score, default=None)
    return TuneProgress(step="final", phase="kinds", done=done, best=best)


def _confirmation(trained: Sequence[Trained], context: Context) -> Confirmation:
    sound = [each for each in trained if each.sound]
    if not sound:
        raise TunerError("every final network diverged: check the data, then use --fresh.")
    kinds = [[_model(network, context) for network in each.networks] for each in sound]
    y = targets_of(context)
    model, fitted = committee_of_kinds(kinds, context.folds, y)
    answers = [_answers(each, y, context) for each in sound]
    comparison = comparison_of(answers, [parameters_of(each.networks[0]) for each in sound])
    winner = sound[comparison.winner]
    runs = [tuple(network.record for network in each.networks) for each in sound]
    epochs = len(winner.networks[0].history)
    return Confirmation(
        strategy=winner.kind.strategy(epochs, context.metric),
        compared_at=epochs,
        candidates=tuple(
            Candidate(
                trial=each.kind.trial,
                kind=each.kind.name,
                parameters=parameters_of(each.networks[0]),
                runs=of,
                compared=tuple(run.history[-1].validation_metrics[run.metric] for run in of),
                weight=weight,
            )
            for each, of, weight in zip(sound, runs, fitted.weights, strict=True)
        ),
        best=comparison.best,
        differences=comparison.differences,
        winner=comparison.winner,
        seed=best_run(runs[comparison.winner]).settings.seed,
        metric=context.metric,
        committee=Committee(
            weights=model.weights,
            temperature=fitted.temperature,
            metrics={
                name: value for name, value in fitted.metrics.items() if not math.isnan(value)
            },
            examples=len(y),
            folds=len(context.folds),
        ),
    )


def _answers(each: Trained, y: NDArray[Any], context: Context) -> Answers:
    """Return the out-of-fold outputs of the networks of the first seed: all kinds have those."""
    lanes = [network.lane for network in each.networks[: len(context.folds)]]
    outputs = out_of_fold(context.trainer, lanes, context.folds, context.metric)
    return Answers(METRICS[context.metric], y, (outputs,))
