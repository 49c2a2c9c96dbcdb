"""Step 2: η by its threshold, for each kind of network.

Article, section "Learning rate".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuner.data import TuningData
from tuner.execution.base import run_all
from tuner.execution.tasks import FindEta
from tuner.records import EtaSearch, Hyperparameters, Record
from tuner.tasks import fitted_network
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan
from tuner.tuning.budget import (
    ETA_STEPS,
    LOOK_PACE_SECONDS,
    LOOK_PACE_SHARE,
    SANITY_EXAMPLES,
    LookPlan,
    plan_look,
)
from tuner.tuning.state import Context, State
from tuner.tuning.tasks import OnFirst, Pace, first_of

MANY_INPUTS = 64
"""Inputs from which networks begin with 100 hidden neurons, the article's for images; else 30."""

MANY_EXAMPLES, LARGE_BATCH = 2_000, 32
"""With fewer examples a mini-batch is the article's 10 for every kind of network."""


@dataclass(frozen=True, kw_only=True)
class EtaSearches(Record):
    """The η searches of this step, by the kind of network."""

    found: Mapping[str, EtaSearch]


def network_kinds(data: TuningData, *, article: bool, seed: int) -> dict[str, Hyperparameters]:
    """Return the kinds of network to begin with, by name; η is where the search for it begins."""
    hidden = (100,) if data.train.x.shape[1] >= MANY_INPUTS else (30,)
    sigmoid = fitted_network(Hyperparameters(eta=0.01, hidden=hidden, seed=seed), data.task)
    if article:
        return {"sigmoid": sigmoid}
    sigmoid = replace(sigmoid, batch_size=LARGE_BATCH if data.train.n >= MANY_EXAMPLES else 10)
    relu = replace(sigmoid, activation="relu")
    if data.task == "classification":
        relu = replace(relu, cost="log-likelihood")
    return {"sigmoid": sigmoid, "relu": relu}


def kinds_in(context: Context) -> dict[str, Hyperparameters]:
    """Return the kinds of network of a tuning."""
    request = context.request
    return network_kinds(context.tuning, article=request.article, seed=request.seed)


def find_etas(_state: State, context: Context) -> EtaSearches:
    """Find η for each kind of network, on the examples on which overfitting is looked at."""
    kinds, n = kinds_in(context), examples_to_look_at(context)
    plan = ProbePlan(most_steps=ETA_STEPS, seeds=1)
    tasks = [OnFirst(n, FindEta(settings, plan)) for settings in kinds.values()]
    return EtaSearches(found=dict(zip(kinds, run_all(context.executor, tasks), strict=True)))


def examples_to_look_at(context: Context) -> int:
    """Return how many training examples this step and the next one use."""
    return context.decide("look-plan", LookPlan, lambda: _plan_look(context)).n_train


def _plan_look(context: Context) -> LookPlan:
    data, budget = context.tuning, context.request.budget
    few = first_of(data, SANITY_EXAMPLES)
    settings = [*kinds_in(context).values()][-1]
    seconds = min(LOOK_PACE_SECONDS, LOOK_PACE_SHARE * budget)
    pace = Pace(settings, seconds)(NativeTrainer(few)) / few.train.n
    runs = 7 if data.image_shape else 5
    return plan_look(pace, data.train.n, runs=runs, budget=budget, workers=context.executor.count)
