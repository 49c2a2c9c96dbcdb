"""Step 4: the study of λ and network size, as thorough as the budget allows.

Article, section "How to choose hyperparameters": what no rule of thumb settles is searched.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tuner.data import Dataset, Part
from tuner.environment import environment
from tuner.execution.base import Callbacks, Executor, run_all
from tuner.records import (
    DataSummary,
    Hyperparameters,
    StudyRecord,
    StudySummary,
    Trial,
    TuneProgress,
)
from tuner.study.coordinator import StudyProgress
from tuner.study.findings import eta_searches, importances
from tuner.study.optuna_storage import default_url
from tuner.study.spec import StudySpec
from tuner.study.studies import run_study
from tuner.study.summary import plan_of
from tuner.tuning.budget import (
    AGAIN_SHARE,
    CANDIDATES,
    CANDIDATES_LONG,
    DECAYS,
    DECAYS_AUGMENTED,
    FOLDS_COST,
    LEAST_LAMBDA,
    LEAST_MOST_LAMBDA,
    LEAST_MOST_LAMBDA_AUGMENTED,
    PACE_SECONDS,
    PACE_SHARE,
    SEARCH_LEAST_SHARE,
    SEARCH_VALIDATION,
    Paces,
    SearchPlan,
    is_long,
    least_epochs,
    most_epochs,
    plan_search,
    search_ends,
    sizes_for,
    work_seconds,
)
from tuner.tuning.request import TuneRequest
from tuner.tuning.state import Context, State
from tuner.tuning.steps.overfitting import base_settings
from tuner.tuning.tasks import OnPart, Pace, first_of

STUDY = "study"
"""Folder of the study within that of the tuning: both keep files, some of the same names."""

NAME = "search"


def search(state: State, context: Context) -> StudyRecord | None:
    """Run the study, or resume it; None when asked to stop before its end."""
    plan = search_plan(state, context)
    spec = study_spec(plan, base_settings(state), context)
    data = context.data if context.folds else part_for(context.data, plan)
    folder = context.folder / STUDY

    def watch(now: StudyProgress) -> None:
        done, total = len(now.trials), now.target
        context.tell(TuneProgress(step="study", done=done, total=total, best=now.best))

    found, complete = run_study(
        spec,
        data,
        folder,
        workers=_executor_for(context, plan),
        callbacks=Callbacks(watch=watch, stop_asked=context.callbacks.stop_asked),
    )
    if not complete:
        return None
    return StudyRecord(
        command=context.request.command,
        plan=plan_of(spec),
        data=summary_of(data, spec),
        environment=environment(),
        eta_searches=eta_searches(spec, summary_of(data, spec), folder),
        result=found,
        importances=importances(default_url(folder), spec.name),
        complete=True,
    )


def search_plan(state: State, context: Context) -> SearchPlan:
    """Return what the budget allows of the study."""
    return context.decide("search-plan", SearchPlan, lambda: _plan_search(state, context))


def paces_in(state: State, context: Context) -> Paces:
    """Return how fast this machine trains networks of each size."""
    return context.decide("paces", Paces, lambda: _measure_paces(base_settings(state), context))


def _measure_paces(settings: Hyperparameters, context: Context) -> Paces:
    """Train networks of every other size for a moment; the paces between lie between."""
    sizes = sizes_for(context.tuning.train.x.shape[1])
    tried = sizes[::2] if sizes[-1] in sizes[::2] else (*sizes[::2], sizes[-1])
    seconds = min(PACE_SECONDS, PACE_SHARE * context.request.budget)
    tasks = [Pace(replace(settings, hidden=(h,)), seconds) for h in tried]
    measured = run_all(context.executor, tasks)
    return Paces(seconds={h: float(np.interp(h, tried, measured)) for h in sizes})


def _plan_search(state: State, context: Context) -> SearchPlan:
    base, n, budget = base_settings(state), context.tuning.train.n, context.request.budget
    augmented = base.expansion != "none"
    paces = paces_in(state, context)
    ends = search_ends(budget, augmented=augmented, folds=bool(context.folds))
    return plan_search(
        paces,
        n,
        seconds=max(SEARCH_LEAST_SHARE * budget, ends - context.store.seconds),
        final_seconds=work_seconds(budget) - ends - AGAIN_SHARE * budget,
        enough_epochs=least_epochs(base, n),
        most_epochs=most_epochs(base, n) if augmented else math.inf,
        workers=context.executor.count,
        networks=FOLDS_COST if context.folds else 1.0,
    )


def study_spec(plan: SearchPlan, settings: Hyperparameters, context: Context) -> StudySpec:
    """Return the study: λ and size are searched, all else is as chosen for overfitting."""
    request = context.request
    low, high = _lambdas(plan.n_train, augmented=settings.expansion != "none")
    on_part = {**data_part(request), "train_size": plan.n_train}
    content: dict[str, Any] = {
        "name": NAME,
        "title": "λ × hidden size",
        "data": data_part(request) if context.folds else on_part,
        "network": network_part(settings),
        "train": {
            "epochs": plan.epochs,
            "patience": min(10, max(3, plan.epochs // 2)),
            "schedule": "planned",
            "until": 0.03,
            "metric": context.metric,
        },
        "search": {
            "lambda": {"low": low, "high": high, "log": True},
            "hidden": {"choices": [[h] for h in plan.hidden]},
        },
        "eta": "find" if plan.find_each else settings.eta,
        "trials": plan.trials,
        "batch": plan.batch,
        "rungs": plan.rungs,
        "folds": len(context.folds) or None,
        "seed": request.seed,
    }
    return StudySpec(**content)


def data_part(request: TuneRequest) -> dict[str, Any]:
    """Return which data it is as the table [data] of a study file holds it."""
    seed = request.seed if request.data.split_seed is None else request.data.split_seed
    return {"source": request.source, **vars(request.data), "split_seed": seed}


def network_part(settings: Hyperparameters) -> dict[str, Any]:
    """Return the settings as the table [network] of a study file holds them."""
    own = {"eta", "seed"}
    given = ((k, v) for k, v in vars(settings).items() if k not in own and v is not None)
    return {k.rstrip("_"): v for k, v in given}


def _lambdas(n: int, *, augmented: bool) -> tuple[float, float]:
    """Return the range of λ for n training examples."""
    decays = DECAYS_AUGMENTED if augmented else DECAYS
    least_most = LEAST_MOST_LAMBDA_AUGMENTED if augmented else LEAST_MOST_LAMBDA
    low, high = (float(f"{decay * n:.2g}") for decay in decays)
    return max(low, LEAST_LAMBDA), max(high, least_most)


def part_for(data: Dataset, plan: SearchPlan) -> Dataset:
    """Return the data of the study; there is no test part in it."""
    if plan.n_train == data.train.n:
        return data
    empty = Part(data.train.x[:0], data.train.y[:0])
    return Dataset(
        first_of(data.tuning, plan.n_train, SEARCH_VALIDATION),
        empty,
        name=data.name,
        sha256=data.summary.sha256,
        target=data.summary.target,
        split_seed=data.summary.split_seed,
        scaling=data.summary.scaling,
        preprocessing=data.preprocessing,
    )


def summary_of(data: Dataset, spec: StudySpec) -> DataSummary:
    """Return which data the study trains on."""
    return replace(data.summary, folds=spec.folds)


def _executor_for(context: Context, plan: SearchPlan) -> Executor:
    """Return an executor that knows the data of the study."""
    if context.folds or plan.n_train == context.tuning.train.n:
        return context.executor
    return OnPart(context.executor, plan.n_train, SEARCH_VALIDATION)


def selected_trials(state: State, context: Context) -> list[Trial]:
    """Return the trials whose settings become candidates, the best first."""
    most = CANDIDATES_LONG if is_long(context.request.budget) else CANDIDATES
    return best_trials(state[StudyRecord].result, most)


def selected_settings(state: State, context: Context) -> list[Hyperparameters]:
    """Return the settings of these trials, with λ for all training examples."""
    plan = search_plan(state, context)
    spec = study_spec(plan, base_settings(state), context)
    scale = context.tuning.train.n / plan.n_train
    return [settings_of(spec, trial, scale) for trial in selected_trials(state, context)]


def settings_of(spec: StudySpec, trial: Trial, scale: float) -> Hyperparameters:
    """Return the settings of a trial with its η, and λ for `scale` times as many examples."""
    settings = spec.resolve(trial.params)[0]
    lambda_ = float(f"{settings.lambda_ * scale:.4g}")
    return replace(settings, eta=trial.eta, lambda_=lambda_)


def best_trials(study: StudySummary, most: int) -> list[Trial]:
    """Return the best of the complete trials, the best first, no two of the same parameters.

    The second is the best of those with more neurons, if there is one: what they are good for shows
    only in a run longer than the trials.
    """
    complete = [trial for trial in study.trials if trial.state == "complete"]
    ranked = sorted(complete, key=lambda trial: (-study.score(trial), trial.number))
    firsts = {str(sorted(trial.params.items())): trial for trial in reversed(ranked)}
    best, *others = (trial for trial in ranked if trial in firsts.values())
    second = next((t for t in others if _neurons(t) > _neurons(best)), best)
    others.sort(key=lambda t: t is not second)
    return [best, *others][:most]


def _neurons(trial: Trial) -> int:
    hidden = trial.params["hidden"]
    return sum(hidden) if isinstance(hidden, tuple) else 0
