"""Step 5: η once more, for the settings of each candidate, on all training examples.

Article, section "How to choose hyperparameters": the best η moves when other values do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuner.execution.base import run_all
from tuner.execution.tasks import FindEta
from tuner.records import EtaSearch, Hyperparameters, Record
from tuner.training.eta_finder import ProbePlan
from tuner.tuning.budget import AGAIN_CHECKPOINTS, ProbeSteps, for_long_run, plan_probes
from tuner.tuning.state import Context, State
from tuner.tuning.steps.search import paces_in, selected_settings, selected_trials


@dataclass(frozen=True, kw_only=True)
class CandidateEtas(Record):
    """The η searches of this step, by the number of the trial that a candidate comes from."""

    found: Mapping[str, EtaSearch]


def find_etas_again(state: State, context: Context) -> CandidateEtas:
    """Find η for the settings of each candidate."""
    settings, trials = selected_settings(state, context), selected_trials(state, context)
    steps = context.decide(
        "probe-plan", ProbeSteps, lambda: _plan_probes(settings, state, context)
    ).steps
    plan = ProbePlan(least_steps=steps, most_steps=steps, checkpoints=AGAIN_CHECKPOINTS, seeds=1)
    tasks = [FindEta(replace(s, eta=_begin_at(s.eta)), plan) for s in settings]
    found = run_all(context.executor, tasks)
    return CandidateEtas(found={str(t.number): f for t, f in zip(trials, found, strict=True)})


def _plan_probes(settings: list[Hyperparameters], state: State, context: Context) -> ProbeSteps:
    paces, n = paces_in(state, context), context.data.train.n
    step_seconds = [paces.of(s) * s.batch_size / n for s in settings]
    budget, workers = context.request.budget, context.executor.count
    return plan_probes(step_seconds, budget=budget, workers=workers)


def _begin_at(eta: float) -> float:
    """Return where to begin a search whose answer is probably near: a tenth of the threshold."""
    return float(f"{eta / 5:.3g}")


def candidate_settings(state: State, context: Context) -> list[Hyperparameters]:
    """Return the settings of each candidate, with the η that it begins with in a long run."""
    found = state[CandidateEtas].found
    trials = selected_trials(state, context)
    return [
        for_long_run(replace(s, eta=found[str(t.number)].eta))
        for s, t in zip(selected_settings(state, context), trials, strict=True)
    ]
