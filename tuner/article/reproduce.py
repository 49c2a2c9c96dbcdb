"""Train and measure the article's experiments."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tuner.article.context import Experiment
from tuner.article.recipes import Plan
from tuner.article.training import Progress, Store, kept_runs, train_all
from tuner.data import Dataset
from tuner.execution.base import Executor
from tuner.records import Agreement, Claim, ExperimentRecord, Finding
from tuner.trainers.native import NativeTrainer

PUBLISHED = "mnist", 50_000
"""The article's data set and its number of training examples."""


@dataclass(frozen=True)
class Reproduced:
    """The records of the experiments; none where training was stopped before its end."""

    experiments: tuple[ExperimentRecord, ...]
    complete: bool
    seconds: float


def reproduce(
    experiments: Sequence[Experiment],
    data: Dataset,
    store: Store,
    *,
    workers: Executor,
    seed: int = 0,
    watch: Callable[[Progress], None] = lambda _: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Reproduced:
    """Train what the experiments need, each network once, and measure.

    Parameters
    ----------
    experiments
        From `tuner.article.experiments`.
    data
        On which; its test part is opened once for each experiment that needs it, at the end.
    store
        Keeps unfinished training, which the next call goes on with; emptied by nobody here.
    workers
        Where networks train.
    seed
        Random seed of the first network of each recipe.
    watch
        Told how far it is.
    stop_asked
        Once true, training stops after the tasks that run.
    """
    began = time.monotonic()
    plan = Plan(data.train.n, seed)
    recipes = [r for each in experiments for r in each.recipes(plan).values()]
    searches = [s for each in experiments for s in each.searches(plan)]
    kept = kept_runs(recipes, store, NativeTrainer(data.tuning))
    trained = train_all(recipes, searches, workers, store, kept, watch=watch, stop_asked=stop_asked)
    if not trained.complete:
        return Reproduced((), complete=False, seconds=time.monotonic() - began)
    records = tuple(e.record(plan, data, trained.runs, trained.searches) for e in experiments)
    if not is_published(data):
        records = tuple(_on_other_data(record) for record in records)
    return Reproduced(records, complete=True, seconds=time.monotonic() - began)


def trains(experiments: Sequence[Experiment], n: int) -> bool:
    """Whether any of the experiments trains networks on the data, of n examples."""
    plan = Plan(n, seed=0)
    return any(each.recipes(plan) or each.searches(plan) for each in experiments)


def is_published(data: Dataset) -> bool:
    """Whether these are the article's data, all of them."""
    return (data.name, data.train.n) == PUBLISHED


def _on_other_data(record: ExperimentRecord) -> ExperimentRecord:
    """Return the record without verdicts on values that were published for other data."""
    if not record.trained:
        return record
    findings = tuple(_unjudged(finding) for finding in record.findings)
    return replace(record, findings=findings)


def _unjudged(finding: Finding) -> Finding:
    if finding.claim is not Claim.NEAR:
        return finding
    return replace(finding, agreement=Agreement.OTHER_DATA)
