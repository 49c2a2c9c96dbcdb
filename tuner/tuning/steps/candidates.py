"""Step 6: the candidates trained anew on paired seeds, compared, and the winner trained to the end.

How many epochs the budget allows is decided while η is still constant, from the pace seen so far:
until the first division the networks are the same whatever is decided.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from tuner.errors import DataError, InputError, TunerError
from tuner.execution.base import as_completed, run_all
from tuner.execution.tasks import TrainTo
from tuner.records import (
    Candidate,
    Confirmation,
    Hyperparameters,
    PairedDifference,
    Record,
    Run,
    TuneProgress,
    to_json,
)
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.storage.run_store import AGAIN
from tuner.strategies.plans import policies
from tuner.trainers.native import CACHE_BYTES, NativeLane, NativeTrainer
from tuner.training.loop import Training, begin
from tuner.tuning.budget import (
    SAFETY,
    SEGMENT_SECONDS,
    ConfirmationPlan,
    compared_by,
    most_epochs,
    plan_again,
    plan_confirmation,
    work_seconds,
)
from tuner.tuning.comparison import Right, RightOnAverage, best_of, differences, right_of, winner
from tuner.tuning.state import Context, State
from tuner.tuning.steps.learning_rate_again import candidate_settings
from tuner.tuning.steps.search import paces_in, selected_trials
from tuner.tuning.tasks import shared_out

Key = tuple[int, int]
"""Candidate and seed."""

Network = Training[NativeLane]
Networks = Mapping[Key, Network]


@dataclass(frozen=True, kw_only=True)
class Comparison(Record):
    """Which candidate won, and why.

    Attributes
    ----------
    best, differences, winner
        As in `Confirmation`.
    accuracies
        For each candidate, the validation accuracy of each seed's network that was compared.
    """

    best: int
    differences: tuple[PairedDifference, ...]
    winner: int
    accuracies: tuple[tuple[float, ...], ...]


def confirm(state: State, context: Context) -> Confirmation | None:
    """Train the candidates and choose one; None when asked to stop before.

    Raises
    ------
    TunerError
        When every network of the winner diverged.
    """
    settings, trials = candidate_settings(state, context), selected_trials(state, context)
    plan = _first_plan(settings, state, context)
    seeds = range(context.request.seed, context.request.seed + plan.seeds)
    wanted = {
        (candidate, seed): replace(each, seed=seed)
        for candidate, each in enumerate(settings)
        for seed in seeds
    }
    networks = _trained(_begun(wanted, plan, context), plan, plan.compared_at, context)
    if networks is None:
        return None
    compare = partial(_compare, networks, plan, context)
    comparison = context.decide("comparison", Comparison, compare)
    if plan.compared_at < plan.epochs:
        winners = {key: each for key, each in networks.items() if key[0] == comparison.winner}
        finished = _finished(winners, plan, context)
        if finished is None:
            return None
        trained, plan = finished
        networks = {**networks, **trained}
    return _confirmation(networks, plan, comparison, [trial.number for trial in trials])


def winners_of(confirmation: Confirmation, context: Context) -> list[Network]:
    """Return the winner's networks as they were stored, in the order of their seeds.

    Raises
    ------
    InputError
        When a file is missing, damaged, or holds another network than the one that was judged.
    """
    runs = confirmation.candidates[confirmation.winner].runs
    files = [_file((confirmation.winner, run.settings.seed), context.folder) for run in runs]
    return [_as_judged(run, file) for run, file in zip(runs, files, strict=True)]


def _as_judged(run: Run, path: Path) -> Network:
    try:
        network, _ = load_checkpoint(path)
    except DataError as error:
        raise InputError(f"{str(error).rsplit(':', 1)[0]}: {AGAIN}.") from error
    if to_json(network.record) != to_json(run):
        raise InputError(f"{path}: holds another network than the one that was judged: {AGAIN}.")
    return network


def _first_plan(
    settings: Sequence[Hyperparameters], state: State, context: Context
) -> ConfirmationPlan:
    n = context.data.train.n
    return context.decide(
        "confirmation-plan",
        ConfirmationPlan,
        lambda: plan_confirmation(
            [paces_in(state, context).of(s) for s in settings],
            _most(settings, n),
            _seconds_left(context),
            context.executor.count,
            max(compared_by(s, n) for s in settings),
        ),
    )


def _finished(
    winners: Networks, plan: ConfirmationPlan, context: Context
) -> tuple[Networks, ConfirmationPlan] | None:
    """Train the winner's networks to the end; plan anew twice, for the pace is known better."""
    replan = partial(_plan_again, plan, winners, context)
    plan = context.decide("confirmation-plan-2", ConfirmationPlan, replan)
    held = _trained(winners, plan, plan.hold, context)
    if held is None:
        return None
    replan = partial(_plan_again, plan, held, context)
    plan = context.decide("confirmation-plan-3", ConfirmationPlan, replan)
    ended = _trained(held, plan, plan.epochs, context)
    return None if ended is None else (ended, plan)


def _plan_again(plan: ConfirmationPlan, networks: Networks, context: Context) -> ConfirmationPlan:
    histories = [network.history for network in networks.values()]
    pace = max(sum(e.seconds for e in h[-5:]) / len(h[-5:]) for h in histories)
    rounds = math.ceil(len(networks) / context.executor.count)
    left = SAFETY * _seconds_left(context) / (pace * rounds)
    most = _most([network.settings for network in networks.values()], context.data.train.n)
    return plan_again(plan, len(histories[0]), left, most)


def _most(settings: Sequence[Hyperparameters], n: int) -> int:
    return max(most_epochs(s, n) for s in settings)


def _seconds_left(context: Context) -> float:
    return work_seconds(context.request.budget) - context.store.seconds


def _begun(
    wanted: Mapping[Key, Hyperparameters], plan: ConfirmationPlan, context: Context
) -> Networks:
    """Return the networks as they were stored; those that were not, before their first epoch."""
    trainer = NativeTrainer(context.data.tuning)
    networks = {}
    for key, settings in wanted.items():
        strategies = policies(settings.eta, plan.strategy)
        stored = _stored(_file(key, context.folder), settings, context)
        networks[key] = stored or begin(trainer, settings, *strategies)
    return networks


def _stored(path: Path, settings: Hyperparameters, context: Context) -> Network | None:
    """Return a stored network; None where there is none of these settings on this data."""
    with suppress(DataError):
        network, data = load_checkpoint(path)
        if (network.settings, data.identity) == (settings, context.data.summary.identity):
            return network
    return None


def _file(key: Key, folder: Path) -> Path:
    return folder / f"candidate-{key[0]}-{key[1]}.safetensors"


def _trained(
    networks: Networks, plan: ConfirmationPlan, epoch: int, context: Context
) -> Networks | None:
    """Train to an epoch, piece by piece; None when asked to stop before."""
    now = {key: _under(plan, network) for key, network in networks.items()}
    while behind := [k for k, n in now.items() if n.reason is None and len(n.history) < epoch]:
        if context.callbacks.stop_asked():
            return None
        context.tell(_progress(now, plan))
        at = min(len(now[key].history) for key in behind)
        paces = [h[-1].seconds for key in behind if (h := now[key].history)]
        segment = max(1, int(SEGMENT_SECONDS / max(paces))) if paces else 1
        tasks = [
            (keys, TrainTo(tuple(now[key] for key in keys), min(epoch, at + segment)))
            for keys in _portions(now, behind, context.executor.count)
        ]
        for keys, trained in as_completed(context.executor, tasks):
            for key, network in zip(keys, trained, strict=True):
                now[key] = network
                save_checkpoint(network, _file(key, context.folder), context.data.summary)
        context.store.tick()
    return now


def _under(plan: ConfirmationPlan, network: Network) -> Network:
    """Return a network with the schedule and the epochs of a plan, as if it always had them."""
    schedule, _ = policies(network.settings.eta, plan.strategy)
    for epoch in network.history:
        schedule = schedule.observe(epoch.validation_accuracy)
    stopping = replace(network.stopping, epochs=plan.epochs)
    return replace(network, schedule=schedule, stopping=stopping)


def _portions(networks: Networks, keys: Sequence[Key], workers: int) -> Iterator[list[Key]]:
    """Share the networks out; small ones of one shape train side by side."""
    for candidate in dict.fromkeys(c for c, _ in keys):
        of = [key for key in keys if key[0] == candidate]
        weights = networks[of[0]].lane.parameters.weights
        large = sum(w.nbytes for w in weights) > CACHE_BYTES // 4
        share = max(1, round(workers * len(of) / len(keys)))
        yield from shared_out(of, len(of) if large else share)


def _progress(networks: Networks, plan: ConfirmationPlan) -> TuneProgress:
    alone = len({candidate for candidate, _ in networks}) == 1
    best = max(network.record.best_validation_accuracy for network in networks.values())
    return TuneProgress(
        step="final",
        phase="winner" if alone else "candidates",
        done=min(len(network.history) for network in networks.values()),
        total=plan.epochs,
        best=best or None,
    )


def _compare(networks: Networks, plan: ConfirmationPlan, context: Context) -> Comparison:
    at_end = plan.compared_at == plan.epochs
    right = _right_at_end(networks, context) if at_end else _right_midway(networks, context)
    best = best_of(right)
    found = differences(right, best)
    parameters = [_parameters(each[0]) for each in _by_candidate(networks)]
    return Comparison(
        best=best,
        differences=found,
        winner=winner(right, parameters, best, found),
        accuracies=tuple(tuple(map(float, each.mean(axis=1))) for each in right),
    )


def _right_at_end(networks: Networks, context: Context) -> list[Right]:
    """Compare the best network of each run, once all have ended."""
    return [
        right_of([network.best for network in each], context.data.validation)
        for each in _by_candidate(networks)
    ]


def _right_midway(networks: Networks, context: Context) -> list[Right]:
    """Compare networks in training, by the mean of their weights over half an epoch more."""
    context.tell(TuneProgress(step="final", phase="comparison"))
    groups = _by_candidate(networks)
    tasks = [RightOnAverage(network.lane) for each in groups for network in each]
    found = iter(run_all(context.executor, tasks))
    return [np.array([next(found) for _ in each]) for each in groups]


def _confirmation(
    networks: Networks, plan: ConfirmationPlan, comparison: Comparison, trials: Sequence[int]
) -> Confirmation:
    """Return the step as a record; `trials` are those that the candidates come from."""
    groups = _by_candidate(networks)
    runs = [tuple(network.record for network in each) for each in groups]
    chosen = max(runs[comparison.winner], key=lambda run: run.best_validation_accuracy)
    if not chosen.best_epoch:
        raise TunerError("every final network diverged: check the data, then use --fresh.")
    return Confirmation(
        strategy=plan.strategy,
        compared_at=plan.compared_at,
        candidates=tuple(
            Candidate(
                trial=trials[candidate],
                parameters=_parameters(group[0]),
                runs=runs[candidate],
                compared=comparison.accuracies[candidate],
            )
            for candidate, group in enumerate(groups)
        ),
        best=comparison.best,
        differences=comparison.differences,
        winner=comparison.winner,
        seed=chosen.settings.seed,
    )


def _by_candidate(networks: Networks) -> list[list[Network]]:
    """Return the networks of each candidate, in the order of their seeds."""
    candidates = range(1 + max(candidate for candidate, _ in networks))
    return [[n for (c, _), n in sorted(networks.items()) if c == each] for each in candidates]


def _parameters(network: Network) -> int:
    """Return the number of weights and biases of a network."""
    return sum(array.size for array in network.lane.parameters.arrays)
