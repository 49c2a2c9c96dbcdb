"""How good is the η that a rule chooses? Regret in validation accuracy, task by task.

    python -m benchmarks.eta [--held-out] [--seeds 10] [--json FILE]

For each task every η of a grid trains for a fixed budget at constant η, over several seeds; the
best mean validation accuracy on the grid is the oracle. A rule's regret is the oracle's accuracy
less the mean accuracy of the networks trained for the same budget at the η it chose; it is below
zero where an η for each seed beats one for all. Constants of ours were set on the development tasks
alone; `--held-out` runs the tasks set aside.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.eta.rules import RULES, Choice
from benchmarks.eta.tasks import EPOCHS, LEAST_STEPS, TASKS, Task
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.eta_finder import find_eta

GRID = [float(f"{10 ** (k / 4):.3g}") for k in range(-16, 9)]
OURS = next(iter(RULES))
STEADY, SMALL = 0.2, 0.05
"""A cost goes down steadily when at most this share of its movement is upwards, or when its rises
add up to less than this share of the cost of a constant prediction."""


@dataclass(frozen=True)
class Measured:
    """One rule on one task: accuracies as shares, regret in points."""

    rule: str
    etas: tuple[float, ...]
    epochs: float
    accuracy: float
    regret: float
    diverged: int


@dataclass(frozen=True)
class Descent:
    """How the training cost of the median run moved over the first epochs, and where it ended."""

    upward_share: float
    rise: float
    cost: float

    @property
    def steady(self) -> bool:
        """Whether it went down steadily."""
        return self.upward_share <= STEADY or self.rise < SMALL


@dataclass(frozen=True)
class TaskResult:
    """All rules on one task."""

    task: str
    oracle_eta: float
    oracle_accuracy: float
    rules: tuple[Measured, ...]
    at_eta: Descent
    at_four_thresholds: Descent

    @property
    def falls_apart(self) -> bool:
        """Whether training at 4 × the threshold does not go down steadily, as at η it does."""
        above = self.at_four_thresholds
        return not above.steady or above.cost > 1.5 * self.at_eta.cost


def measure(task: Task, seeds: Sequence[int]) -> TaskResult:
    """Train the grid and the choices of every rule."""
    trainer = NativeTrainer(task.data())
    steps = max(EPOCHS * trainer.steps_per_epoch(task.settings), LEAST_STEPS)
    grid = accuracies(train(trainer, task, [(e, s) for s in seeds for e in GRID], steps), trainer)
    means = np.array(grid).reshape(len(seeds), -1).mean(axis=0)
    rules = [
        measure_rule(name, trainer, task, seeds=seeds, steps=steps, oracle=means.max())
        for name in RULES
    ]
    found = [find_eta(trainer, replace(task.settings, seed=s)) for s in seeds]
    return TaskResult(
        task=task.name,
        oracle_eta=GRID[means.argmax()],
        oracle_accuracy=float(means.max()),
        rules=tuple(rules),
        at_eta=descent(trainer, task, [f.eta for f in found], seeds),
        at_four_thresholds=descent(trainer, task, [4 * f.threshold for f in found], seeds),
    )


def measure_rule(
    name: str,
    trainer: NativeTrainer,
    task: Task,
    *,
    seeds: Sequence[int],
    steps: int,
    oracle: float,
) -> Measured:
    """Let a rule choose for each seed, and train what it chose."""
    choices: list[Choice] = [RULES[name](trainer, replace(task.settings, seed=s)) for s in seeds]
    etas = tuple(choice.eta for choice in choices)
    lanes = train(trainer, task, list(zip(etas, seeds, strict=True)), steps)
    accuracy = float(np.mean(accuracies(lanes, trainer)))
    return Measured(
        rule=name,
        etas=etas,
        epochs=float(np.mean([choice.epochs for choice in choices])),
        accuracy=accuracy,
        regret=100 * (oracle - accuracy),
        diverged=sum(lane.diverged for lane in lanes),
    )


def train(
    trainer: NativeTrainer, task: Task, runs: Sequence[tuple[float, int]], steps: int
) -> list[NativeLane]:
    """Train a network for each (η, seed)."""
    starts = [trainer.start(replace(task.settings, eta=eta, seed=seed)) for eta, seed in runs]
    return trainer.advance(starts, steps)


def accuracies(lanes: Sequence[NativeLane], trainer: NativeTrainer) -> list[float]:
    """Return the validation accuracy of each network."""
    return [m.accuracy for m in trainer.measure(lanes, "validation")]


def descent(
    trainer: NativeTrainer, task: Task, etas: Sequence[float], seeds: Sequence[int]
) -> Descent:
    """Follow the cost on all training examples over three epochs, or 120 steps if that is more."""
    lanes = train(trainer, task, list(zip(etas, seeds, strict=True)), 0)
    quarter = max(trainer.steps_per_epoch(task.settings) // 4, 10)
    costs = []
    for _ in range(12):
        lanes = trainer.advance(lanes, quarter)
        costs.append([m.cost for m in trainer.measure(lanes, "training")])
    if not np.isfinite(costs).all():
        return Descent(1.0, np.inf, np.inf)
    curve = np.median(costs, axis=1)
    moves = np.diff(curve)
    up = moves[moves > 0].sum()
    baseline = trainer.baseline(task.settings)
    return Descent(float(up / np.abs(moves).sum()), float(up / baseline), float(curve[-1]))


def print_task(result: TaskResult) -> None:
    """Print one task's table."""
    print(
        f"\n{result.task}: oracle η = {result.oracle_eta:g}, "
        f"validation accuracy {100 * result.oracle_accuracy:.2f} %"
    )
    for m in result.rules:
        low, high = min(m.etas), max(m.etas)
        failed = f"  {m.diverged} diverged" if m.diverged else ""
        print(f"  {m.rule:26} regret {m.regret:6.2f}  η {low:.3g} … {high:.3g}  "
              f"{m.epochs:.1f} epochs{failed}")  # fmt: skip
    for where, d in (("η", result.at_eta), ("4 × η*", result.at_four_thresholds)):
        print(f"  at {where:6} {d.upward_share:.0%} of the cost's movement is upwards, "
              f"it ends at {d.cost:.3g}")  # fmt: skip


def print_summary(results: Sequence[TaskResult]) -> None:
    """Print each rule over all tasks."""
    print(f"\nOver {len(results)} tasks (regret in points of validation accuracy)")
    means = {}
    for i, name in enumerate(RULES):
        regrets = [r.rules[i].regret for r in results]
        spreads = [max(r.rules[i].etas) / min(r.rules[i].etas) for r in results]
        diverged = sum(r.rules[i].diverged for r in results)
        means[name] = float(np.mean(regrets))
        print(f"  {name:26} mean {means[name]:6.2f}  median {np.median(regrets):6.2f}  worst "
              f"{max(regrets):6.2f}  η max/min over seeds {np.median(spreads):9.3g}  "
              f"diverged {diverged}")  # fmt: skip
    best = min((name for name in RULES if name != OURS), key=lambda name: means[name])
    print(f"  ours / best other rule ({best}): {means[OURS] / means[best]:.2f}")
    steady, broken = sum(r.at_eta.steady for r in results), sum(r.falls_apart for r in results)
    print(f"  of {len(results)} tasks the cost goes down steadily in {steady} at η, "
          f"and no longer in {broken} at 4 × η*")  # fmt: skip


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description="regret of rules that choose η")
    parser.add_argument("--held-out", action="store_true", help="the tasks set aside")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = []
    for task in TASKS:
        if task.held_out == options.held_out:
            results.append(measure(task, range(0, 10 * options.seeds, 10)))
            print_task(results[-1])
    print_summary(results)
    if options.json:
        options.json.write_text(json.dumps([asdict(r) for r in results], indent=1))


if __name__ == "__main__":
    main()
