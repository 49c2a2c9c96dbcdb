"""Step 5: η once more, for the settings of each candidate, on all training examples.

Article, section "How to choose hyperparameters": the best η moves when other values do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuner.execution.base import run_all
from tuner.execution.tasks import FindEta
from tuner.records import EtaSearch, Hyperparameters, Record
from tuner.training.eta_finder import ProbePlan
from tuner.tuning.budget import (
    AGAIN_CHECKPOINTS,
    ProbeSteps,
    for_long_run,
    most_epochs,
    plan_probes,
)
from tuner.tuning.kinds import Kind, further_kinds
from tuner.tuning.state import Context, State
from tuner.tuning.steps.search import paces_in, selected_settings, selected_trials


@dataclass(frozen=True, kw_only=True)
class CandidateEtas(Record):
    """The η searches of this step, by the kind of network: the trial that it comes from."""

    found: Mapping[str, EtaSearch]


def find_etas_again(state: State, context: Context) -> CandidateEtas:
    """Find η for the settings of each candidate."""
    kinds = _kinds(state, context)
    steps = context.decide(
        "probe-plan", ProbeSteps, lambda: _plan_probes(kinds, state, context)
    ).steps
    plan = ProbePlan(least_steps=steps, most_steps=steps, checkpoints=AGAIN_CHECKPOINTS, seeds=1)
    tasks = [FindEta(each.settings, plan, each.schedule) for each in kinds]
    found = run_all(context.executor, tasks)
    return CandidateEtas(found={each.name: f for each, f in zip(kinds, found, strict=True)})


def candidates_in(state: State, context: Context) -> list[Kind]:
    """Return each candidate, with the η that it begins with in a long run."""
    found = state[CandidateEtas].found
    return [_with_eta(each, found[each.name].eta) for each in _kinds(state, context)]


def _kinds(state: State, context: Context) -> list[Kind]:
    """Return the best of the search, and on folds other kinds beside them."""
    settings, trials = selected_settings(state, context), selected_trials(state, context)
    n = context.tuning.train.n
    best, *others = [
        Kind(
            name=str(trial.number),
            settings=replace(s, eta=_begin_at(s.eta)),
            schedule="planned",
            most_epochs=most_epochs(s, n),
            trial=trial.number,
        )
        for s, trial in zip(settings, trials, strict=True)
    ]
    if not context.folds or context.request.article:
        return [best, *others]
    *first, last = further_kinds(classes=bool(context.data.classes), n=n)
    return [*first, best, last, *others]


def _with_eta(kind: Kind, eta: float) -> Kind:
    """Return a kind with η; the share of the threshold is already that of a one-cycle schedule."""
    settings = replace(kind.settings, eta=eta)
    return replace(kind, settings=settings if kind.trial is None else for_long_run(settings))


def _plan_probes(kinds: Sequence[Kind], state: State, context: Context) -> ProbeSteps:
    paces, n = paces_in(state, context), context.tuning.train.n
    step_seconds = [
        _pace(each.settings, paces.seconds) * each.settings.batch_size / n for each in kinds
    ]
    budget, workers = context.request.budget, context.executor.count
    return plan_probes(step_seconds, budget=budget, workers=workers)


def _pace(settings: Hyperparameters, seconds: Mapping[int, float]) -> float:
    """Return about the seconds of an epoch, from those of the next larger size measured."""
    neurons = sum(settings.hidden)
    return seconds[min((h for h in seconds if h >= neurons), default=max(seconds))]


def _begin_at(eta: float) -> float:
    """Return where to begin a search whose answer is probably near: a tenth of the threshold."""
    return float(f"{eta / 5:.3g}")
