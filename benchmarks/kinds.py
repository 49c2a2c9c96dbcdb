"""Compare the kinds of networks that a committee on folds may have.

    python -m benchmarks.kinds FOLDER --tables vehicle titanic ... [--seed 11]

FOLDER holds tables as CSV whose target is the column `y`. A fifth of the rows stays sealed and is
not looked at; of the others five folds are made, on which every kind of a pool trains once, to the
end of its schedule. Printed is the log-loss out of fold (of numbers the RMSE) of committees,
relative to the best single kind of each table, in the mean over the tables: of those that `tune`
has, in its order, and of one that grows by the kind that lowers it most.
"""

import os

# Read when the libraries are imported, below, and by processes that start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.committees import committee_of_kinds
from tuner.data import Dataset, load
from tuner.data.folds import Fold, folds_of
from tuner.execution.base import Executor, run_all
from tuner.execution.opening import open_executor
from tuner.execution.tasks import FindEta, TrainTo
from tuner.records import Hyperparameters
from tuner.storage.models import Model, model_of
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan
from tuner.training.loop import begin_with
from tuner.tuning.kinds import Kind, further_kinds
from tuner.tuning.parts import trainer_on

FOLDS, WORKERS = 5, 2
PLAN = ProbePlan(least_steps=120, most_steps=600, checkpoints=6, seeds=1)
SETS_OUT = ("deep", "calm", "wide", "sigmoid")
"""The order in which those of `tune` are joined; sigmoid neurons come from its search."""


def pool_of(n: int, *, classes: bool) -> list[Kind]:
    """Return the kinds that are tried on n training examples, first those of `tune`."""
    ours = {kind.name: kind for kind in further_kinds(classes=classes, n=n)}
    linear, deep, wide = (ours[name].settings for name in ("linear", "deep", "wide"))
    pool = list(ours.values())

    def add(name: str, settings: Hyperparameters, epochs: int) -> None:
        there = any((each.settings, each.most_epochs) == (settings, epochs) for each in pool)
        if not there:
            pool.append(Kind(name, settings, "one-cycle", epochs))

    for decay in (1e-4, 1e-3, 1e-2):
        add(f"linear, λ/n {decay}", replace(linear, lambda_=decay * n), 60)
        for epochs in (30, 100):
            for name, settings in (("deep", deep), ("wide", wide)):
                changed = replace(settings, lambda_=decay * n)
                add(f"{name}, λ/n {decay}, {epochs} epochs", changed, epochs)
    middle = replace(wide, lambda_=1e-3 * n)
    add("wide, m 10", replace(middle, batch_size=10), 60)
    add("wide, no label smoothing", replace(middle, label_smoothing=0.0), 60)
    add("wide, 256 neurons, dropout 0.5", replace(wide, hidden=(256,), dropout=0.5), 100)
    for eta in (1e-3, 3e-3, 1e-2):
        for name, settings in (("deep", deep), ("wide", wide)):
            by_adam = replace(settings, optimizer="adamw", eta=eta, dropout=0.15, lambda_=0.02 * n)
            add(f"{name}, AdamW, η {eta}", by_adam, 60)
    sigmoid = replace(linear, hidden=(60,), activation="sigmoid", optimizer="sgd", batch_size=10)
    return [*pool, Kind("sigmoid", sigmoid, "planned", 60)]


@dataclass(frozen=True)
class Table:
    """The networks of each kind on the folds of a table.

    Attributes
    ----------
    metric
        What a committee costs.
    models
        By kind, one for each fold; without kinds that diverged.
    y
        The class, or the number, of each example (n,).
    """

    metric: str
    folds: Sequence[Fold]
    models: dict[str, list[Model]]
    y: NDArray[Any]

    def cost(self, kinds: Iterable[str]) -> float:
        """Return the metric of the committee out of fold."""
        models = [self.models[kind] for kind in kinds]
        return committee_of_kinds(models, self.folds, self.y)[1].metrics[self.metric]

    def best(self) -> float:
        """Return the metric of the best single kind."""
        return min(self.cost([kind]) for kind in self.models)


def trained_on(data: Dataset) -> Table:
    """Train every kind of the pool on the folds."""
    folds = folds_of(data, FOLDS)
    metric = "log-loss" if data.classes else "rmse"
    trainer = trainer_on(data, folds)
    pool = pool_of(folds[0].tuning.train.n, classes=bool(data.classes))
    with closing(open_executor(trainer, WORKERS)) as crew:
        pool = _with_etas(pool, crew)
        tasks = [_training(kind, trainer, metric) for kind in pool]
        models = {}
        for kind, networks in zip(pool, run_all(crew, tasks), strict=True):
            if not any(network.lane.diverged for network in networks):
                at_end = [replace(network, best=network.lane) for network in networks]
                models[kind.name] = [model_of(n, data, folds[n.lane.fold]) for n in at_end]
    return Table(metric, folds, models, np.concatenate([data.train.y, data.validation.y]))


def _with_etas(pool: Sequence[Kind], crew: Executor) -> list[Kind]:
    """Find the η of each kind, as `tune` does; that of AdamW is given."""
    searched = [kind for kind in pool if kind.settings.optimizer != "adamw"]
    tasks = [FindEta(kind.settings, PLAN, kind.schedule) for kind in searched]
    found = {
        kind.name: search.eta for kind, search in zip(searched, run_all(crew, tasks), strict=True)
    }
    return [
        replace(kind, settings=replace(kind.settings, eta=found.get(kind.name, kind.settings.eta)))
        for kind in pool
    ]


def _training(kind: Kind, trainer: NativeTrainer, metric: str) -> TrainTo:
    settings = replace(kind.settings, seed=1)
    rules = policies(settings.eta, kind.strategy(kind.most_epochs, metric))
    lanes = (trainer.start(settings, fold) for fold in range(FOLDS))
    networks = tuple(begin_with(lane, settings, *rules) for lane in lanes)
    return TrainTo(networks, kind.most_epochs)


def relative(tables: Sequence[Table], kinds: Sequence[str]) -> float:
    """Return what a committee costs relative to the best single kind, in the mean."""
    return mean(table.cost(kinds) / table.best() for table in tables)


def main() -> None:
    """Train on the tables and print the committees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=11, help="of the split")
    parser.add_argument("--most", type=int, default=5, help="kinds of the committee that grows")
    options = parser.parse_args()
    tables = []
    for name in options.tables:
        data = load(str(options.folder / f"{name}.csv"), target="y", seed=options.seed)
        tables.append(trained_on(data))
        print(f"{name}: best single kind {tables[-1].best():.4f}", file=sys.stderr)
    everywhere = [k for k in tables[0].models if all(k in table.models for table in tables)]
    print("those of tune")
    for count in range(1, 1 + len(SETS_OUT)):
        print(f"{relative(tables, SETS_OUT[:count]):8.4f}  + {SETS_OUT[count - 1]}")
    print("the one that grows")
    grown: list[str] = []
    for _ in range(options.most):
        left = [kind for kind in everywhere if kind not in grown]
        costs = {kind: relative(tables, [*grown, kind]) for kind in left}
        grown.append(min(costs, key=costs.__getitem__))
        print(f"{costs[grown[-1]]:8.4f}  + {grown[-1]}")


if __name__ == "__main__":
    main()
