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
from typing import Any

from numpy.typing import NDArray

from tuner.committees import committee_of
from tuner.errors import DataError, InputError, TunerError
from tuner.execution.base import as_completed, run_all
from tuner.execution.tasks import TrainTo
from tuner.metrics import METRICS
from tuner.records import (
    Candidate,
    Committee,
    Confirmation,
    Hyperparameters,
    PairedDifference,
    Record,
    Run,
    Strategy,
    TuneProgress,
    to_json,
)
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.storage.models import Model, model_of
from tuner.storage.run_store import AGAIN
from tuner.strategies.plans import policies
from tuner.trainers.native import CACHE_BYTES, NativeLane
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
from tuner.tuning.comparison import (
    Answers,
    OutputsOnAverage,
    best_of,
    differences,
    outputs_of,
    winner,
)
from tuner.tuning.state import Context, State
from tuner.tuning.steps.learning_rate_again import candidates_in
from tuner.tuning.steps.search import paces_in
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
    values
        For each candidate, the validation metric of each seed's network that was compared.
    """

    best: int
    differences: tuple[PairedDifference, ...]
    winner: int
    values: tuple[tuple[float, ...], ...]


def comparison_of(answers: Sequence[Answers], parameters: Sequence[int]) -> Comparison:
    """Compare candidates by their answers; `parameters` counts the weights of each."""
    best = best_of(answers)
    found = differences(answers, best)
    return Comparison(
        best=best,
        differences=found,
        winner=winner(answers, parameters, best, found),
        values=tuple(each.values for each in answers),
    )


def confirm(state: State, context: Context) -> Confirmation | None:
    """Train the candidates and choose one; None when asked to stop before.

    Raises
    ------
    TunerError
        When every network of the winner diverged.
    """
    candidates = candidates_in(state, context)
    settings = [each.settings for each in candidates]
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
    return _confirmation(networks, plan, comparison, [c.trial for c in candidates], context)


def winners_of(confirmation: Confirmation, context: Context) -> list[Network]:
    """Return the winner's networks as they were stored, in the order of their seeds.

    Raises
    ------
    InputError
        When a file is missing, damaged, or holds another network than the one that was judged.
    """
    runs = confirmation.candidates[confirmation.winner].runs
    files = [file_of((confirmation.winner, run.settings.seed), context.folder) for run in runs]
    return [as_judged(run, file) for run, file in zip(runs, files, strict=True)]


def as_judged(run: Run, path: Path) -> Network:
    """Return a stored network; errors as `winners_of`."""
    try:
        network, _ = load_checkpoint(path)
    except DataError as error:
        raise InputError(f"{str(error).rsplit(':', 1)[0]}: {AGAIN}.") from error
    if to_json(network.record) != to_json(run):
        raise InputError(f"{path}: holds another network than the one that was judged: {AGAIN}.")
    return network


def committee_in(models: Sequence[Model], context: Context) -> tuple[Model, Committee | None]:
    """Return the networks of the winner as the model: their mean, where there are several."""
    if len(models) < 2:
        return models[0], None
    validation = context.tuning.validation
    model, fitted = committee_of(models, validation.x, validation.y)
    committee = Committee(
        weights=model.weights,
        temperature=fitted.temperature,
        metrics=model.validation_metrics,
        examples=validation.n,
    )
    return model, committee


def _first_plan(
    settings: Sequence[Hyperparameters], state: State, context: Context
) -> ConfirmationPlan:
    n = context.tuning.train.n
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
    most = _most([network.settings for network in networks.values()], context.tuning.train.n)
    return plan_again(plan, len(histories[0]), left, most)


def _most(settings: Sequence[Hyperparameters], n: int) -> int:
    return max(most_epochs(s, n) for s in settings)


def _seconds_left(context: Context) -> float:
    return work_seconds(context.request.budget) - context.store.seconds


def _begun(
    wanted: Mapping[Key, Hyperparameters], plan: ConfirmationPlan, context: Context
) -> Networks:
    """Return the networks as they were stored; those that were not, before their first epoch."""
    networks = {}
    for key, settings in wanted.items():
        strategies = policies(settings.eta, context.strategy(plan.strategy))
        stored = stored_network(file_of(key, context.folder), settings, context)
        networks[key] = stored or begin(context.trainer, settings, *strategies)
    return networks


def stored_network(path: Path, settings: Hyperparameters, context: Context) -> Network | None:
    """Return a stored network; None where there is none of these settings on this data."""
    with suppress(DataError):
        network, data = load_checkpoint(path)
        if (network.settings, data.identity) == (settings, context.summary.identity):
            return network
    return None


def file_of(key: Key, folder: Path) -> Path:
    """Return where the network of a candidate and seed is stored."""
    return folder / f"candidate-{key[0]}-{key[1]}.safetensors"


def _trained(
    networks: Networks, plan: ConfirmationPlan, epoch: int, context: Context
) -> Networks | None:
    """Train to an epoch, piece by piece; None when asked to stop before."""
    strategy = context.strategy(plan.strategy)
    now = {key: _under(strategy, network) for key, network in networks.items()}
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
                save_checkpoint(network, file_of(key, context.folder), context.summary)
        context.store.tick()
    return now


def _under(strategy: Strategy, network: Network) -> Network:
    """Return a network with the schedule and the epochs of a plan, as if it always had them."""
    schedule, _ = policies(network.settings.eta, strategy)
    for epoch in network.history:
        schedule = schedule.observe(epoch.score(strategy.metric))
    stopping = replace(network.stopping, epochs=strategy.epochs)
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
    runs = [network.record for network in networks.values()]
    known = [run.best_value for run in runs if run.best_epoch]
    return TuneProgress(
        step="final",
        phase="winner" if alone else "candidates",
        done=min(len(network.history) for network in networks.values()),
        total=plan.epochs,
        best=max(known, key=METRICS[runs[0].metric].score, default=None),
    )


def _compare(networks: Networks, plan: ConfirmationPlan, context: Context) -> Comparison:
    at_end = plan.compared_at == plan.epochs
    outputs = _outputs_at_end(networks, context) if at_end else _outputs_midway(networks, context)
    metric, y = METRICS[context.metric], context.tuning.validation.y
    answers = [Answers(metric, y, tuple(each)) for each in outputs]
    return comparison_of(answers, [parameters_of(each[0]) for each in _by_candidate(networks)])


def _outputs_at_end(networks: Networks, context: Context) -> list[list[NDArray[Any]]]:
    """Return the outputs of the best network of each run, once all have ended."""
    return [
        [outputs_of(context.trainer, network.best, context.metric) for network in each]
        for each in _by_candidate(networks)
    ]


def _outputs_midway(networks: Networks, context: Context) -> list[list[NDArray[Any]]]:
    """Return the outputs in training, by the mean of the weights over half an epoch more."""
    context.tell(TuneProgress(step="final", phase="comparison"))
    groups = _by_candidate(networks)
    tasks = [OutputsOnAverage(n.lane, context.metric) for each in groups for n in each]
    found = iter(run_all(context.executor, tasks))
    return [[next(found) for _ in each] for each in groups]


def best_run(runs: Sequence[Run]) -> Run:
    """Return the run with the best epoch.

    Raises
    ------
    TunerError
        When every network diverged.
    """
    sound = [run for run in runs if run.best_epoch]
    if not sound:
        raise TunerError("every final network diverged: check the data, then use --fresh.")
    return max(sound, key=lambda run: METRICS[run.metric].score(run.best_value))


def _confirmation(
    networks: Networks,
    plan: ConfirmationPlan,
    comparison: Comparison,
    trials: Sequence[int | None],
    context: Context,
) -> Confirmation:
    """Return the step as a record; `trials` are those that the candidates come from."""
    groups = _by_candidate(networks)
    runs = [tuple(network.record for network in each) for each in groups]
    chosen = best_run(runs[comparison.winner])
    sound = [network for network in groups[comparison.winner] if network.best_epoch]
    models = [model_of(network, context.data) for network in sound]
    return Confirmation(
        strategy=context.strategy(plan.strategy),
        compared_at=plan.compared_at,
        candidates=tuple(
            Candidate(
                trial=trials[candidate],
                parameters=parameters_of(group[0]),
                runs=runs[candidate],
                compared=comparison.values[candidate],
                weight=float(candidate == comparison.winner),
            )
            for candidate, group in enumerate(groups)
        ),
        best=comparison.best,
        differences=comparison.differences,
        winner=comparison.winner,
        seed=chosen.settings.seed,
        metric=context.metric,
        committee=committee_in(models, context)[1],
    )


def _by_candidate(networks: Networks) -> list[list[Network]]:
    """Return the networks of each candidate, in the order of their seeds."""
    candidates = range(1 + max(candidate for candidate, _ in networks))
    return [[n for (c, _), n in sorted(networks.items()) if c == each] for each in candidates]


def parameters_of(network: Network) -> int:
    """Return the number of weights and biases of a network."""
    return sum(array.size for array in network.lane.parameters.arrays)
