"""Which share of the threshold is a good η under each optimizer? Regret, task by task.

    python -m benchmarks.eta.optimizers [--held-out] [--seeds 5] [--tasks NAME …] [--json FILE]

For each task, optimizer and schedule every η of a grid trains for a fixed budget, as the highest
learning rate of the schedule; the best mean validation accuracy over the seeds is the oracle. Each
seed's threshold is searched under the same optimizer, and the networks are trained at several
shares of it. The shares that the tool uses were chosen on the development tasks alone; `--held-out`
runs the tasks set aside.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.eta.__main__ import accuracies
from benchmarks.eta.tasks import EPOCHS, LEAST_STEPS, TASKS, Task
from tuner.records import Hyperparameters, Strategy
from tuner.strategies.schedules import Constant, Cosine, OneCycle
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.eta_finder import find_eta

GRID = [float(f"{10 ** (k / 4):.3g}") for k in range(-20, 9)]
SHARES = (0.125, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adamw")
SCHEDULES: dict[str, type[Constant | OneCycle | Cosine]] = {
    "constant": Constant,
    "one-cycle": OneCycle,
    "cosine": Cosine,
}
ONCE = Strategy(epochs=1)
"""A schedule over the whole budget, which is taken as one epoch of many steps."""


@dataclass(frozen=True)
class Regret:
    """What a share of the threshold loses against the best η of the grid, in points.

    `oracle_share` is the oracle's η as a share of the median threshold.
    """

    task: str
    optimizer: str
    schedule: str
    share: float
    regret: float
    diverged: int
    oracle_share: float


def measure(task: Task, seeds: Sequence[int]) -> list[Regret]:
    """Return the regret of each share under each optimizer and schedule."""
    trainer = NativeTrainer(task.data())
    per_epoch = trainer.steps_per_epoch(task.settings)
    steps = max(EPOCHS * per_epoch, LEAST_STEPS)
    regrets = []
    for optimizer in OPTIMIZERS:
        settings = replace(task.settings, optimizer=optimizer)
        thresholds = [find_eta(trainer, replace(settings, seed=s)).threshold for s in seeds]
        for schedule in SCHEDULES:
            grid = [(eta, seed) for eta in GRID for seed in seeds]
            lanes = train(trainer, settings, grid, schedule, steps)
            means = np.reshape(accuracies(lanes, trainer), (len(GRID), -1)).mean(axis=1)
            oracle_share = GRID[int(means.argmax())] / float(np.median(thresholds))
            for share in SHARES:
                runs = [(share * t, s) for t, s in zip(thresholds, seeds, strict=True)]
                lanes = train(trainer, settings, runs, schedule, steps)
                regret = 100 * float(means.max() - np.mean(accuracies(lanes, trainer)))
                diverged = sum(lane.diverged for lane in lanes)
                regrets.append(
                    Regret(task.name, optimizer, schedule, share, regret, diverged, oracle_share)
                )
    return regrets


def train(
    trainer: NativeTrainer,
    settings: Hyperparameters,
    runs: Sequence[tuple[float, int]],
    schedule: str,
    steps: int,
) -> list[NativeLane]:
    """Train a network for each (η, seed); η is the highest of the schedule."""
    lanes = [trainer.start(replace(settings, eta=eta, seed=seed)) for eta, seed in runs]
    kind = SCHEDULES[schedule]
    return trainer.advance_at(lanes, [kind.of(eta, ONCE).etas(steps) for eta, _ in runs])


def summary(regrets: Sequence[Regret]) -> pd.DataFrame:
    """Return mean, 90th percentile and worst regret of each share, over the tasks."""
    rows = pd.DataFrame([asdict(each) for each in regrets])
    of_share = rows.groupby(["optimizer", "schedule", "share"], sort=False)
    return of_share.agg(
        mean=("regret", "mean"),
        p90=("regret", lambda values: values.quantile(0.9)),
        worst=("regret", "max"),
        diverged=("diverged", "sum"),
        oracle_share=("oracle_share", "median"),
    ).round(2)


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description="regret of shares of the threshold of η")
    parser.add_argument("--held-out", action="store_true", help="the tasks set aside")
    parser.add_argument("--seeds", type=int, default=5)
    names = [task.name for task in TASKS]
    parser.add_argument("--tasks", nargs="+", choices=names, help="those to run; by default all")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tasks = [task for task in TASKS if task.held_out == options.held_out]
    if options.tasks:
        tasks = [task for task in tasks if task.name in options.tasks]
    regrets = []
    for task in tasks:
        regrets += measure(task, range(0, 10 * options.seeds, 10))
        of_task = [each for each in regrets if each.task == task.name]
        print(f"\n{task.name}\n{summary(of_task).to_string()}", flush=True)
    print(f"\nOver {len(tasks)} tasks\n{summary(regrets).to_string()}")
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in regrets], indent=1))


if __name__ == "__main__":
    main()
