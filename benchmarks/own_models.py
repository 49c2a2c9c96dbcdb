"""How good is the η that is found for PyTorch models of one's own? Regret, and its price.

    python -m benchmarks.own_models [--seeds 2] [--split 1] [--models mlp cnn …] [--json FILE]

For each of six models and three optimizers every η of a grid trains for a fixed budget; the best
mean validation score over the seeds is the oracle. Compared are the networks trained at the η of
`find_eta` and at two readings of the learning-rate range test (`benchmarks.eta.rules`), here of
the cost of 1,000 training examples after each step. Data come with scikit-learn. Split 0 is for
choosing constants; figures are those of others.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

from benchmarks.eta.rules import HIGHEST, ITERATIONS, LOWEST, STOP_AT, steep, valley
from tuner.data import load
from tuner.records import Hyperparameters
from tuner.trainers.torch import TorchLane, TorchTrainer, settings_of_optimizer
from tuner.training.eta_finder import OWN_PLAN, ProbePlan, find_eta

torch: Any = import_module("torch")
nn: Any = torch.nn

GRID = [float(f"{10 ** (k / 4):.3g}") for k in range(-20, 7)]
EPOCHS, BATCH_SIZE = 10, 32


class Recurrent(nn.Module):  # type: ignore[misc]
    """A GRU over the eight rows of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = nn.GRU(8, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x: Any) -> Any:
        """Return one output a class (n, 10) of images (n, 64)."""
        return self.out(self.gru(x.reshape(len(x), 8, 8))[0][:, -1])


class Encoder(nn.Module):  # type: ignore[misc]
    """A transformer's encoder layer over the eight rows of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.place = nn.Linear(8, 32), nn.Parameter(torch.zeros(8, 32))
        self.layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.1, batch_first=True)
        self.out = nn.Linear(32, 10)

    def forward(self, x: Any) -> Any:
        """Return one output a class (n, 10) of images (n, 64)."""
        return self.out(self.layer(self.into(x.reshape(len(x), 8, 8)) + self.place).mean(dim=1))


def mlp() -> Any:
    """Return a network of two hidden layers."""
    return nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def cnn(*, norm: bool = False) -> Any:
    """Return a network of two convolutions, with or without batch normalization."""
    norms = [nn.BatchNorm2d(8), nn.BatchNorm2d(16)] if norm else [nn.Identity(), nn.Identity()]
    return nn.Sequential(
        *(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3), norms[0], nn.ReLU()),
        *(nn.Conv2d(8, 16, 3), norms[1], nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        nn.Linear(64, 10),
    )


def digits(split: int) -> Any:
    """Return training and validation part of the digits."""
    return load("digits", seed=split).tuning


def diabetes(split: int) -> Any:
    """Return two parts of the diabetes data, the target standardized."""
    x, y = load_diabetes(return_X_y=True)
    rows = np.random.default_rng(split).permutation(len(x))
    x, y = (x / x.std(axis=0)).astype("float32"), ((y - y.mean()) / y.std()).astype("float32")
    return [(x[part], y[part]) for part in (rows[:300], rows[300:])]


MODELS: Mapping[str, tuple[Callable[[], Any], Callable[[int], Any]]] = {
    "mlp": (mlp, digits),
    "cnn": (cnn, digits),
    "cnn-batchnorm": (partial(cnn, norm=True), digits),
    "gru": (Recurrent, digits),
    "transformer": (Encoder, digits),
    "regression": (
        lambda: nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1)),
        diabetes,
    ),
}
OPTIMIZERS: Mapping[str, Callable[..., Any]] = {
    "sgd": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "adamw": torch.optim.AdamW,
}


@dataclass(frozen=True)
class Choice:
    """What a rule chose for each seed, what it lost against the oracle, in points, and cost."""

    model: str
    optimizer: str
    rule: str
    etas: tuple[float, ...]
    oracle: float
    regret: float
    diverged: int
    cpu_seconds: float


Rule = Callable[[TorchTrainer, Hyperparameters], float]


def found(plan: ProbePlan) -> Rule:
    """Return the rule of `find_eta`."""
    return lambda trainer, settings: find_eta(trainer, settings, plan=plan).eta


def range_test(reading: Callable[[Any, Any], float]) -> Rule:
    """Return the rule that reads η off a range test."""

    def rule(trainer: TorchTrainer, settings: Hyperparameters) -> float:
        etas, costs = (np.array(each) for each in zip(*_raised(trainer, settings), strict=True))
        kept = slice(ITERATIONS // 10, -5)
        return reading(etas[kept], costs[kept])

    return rule


def _raised(trainer: TorchTrainer, settings: Hyperparameters) -> Iterator[tuple[float, float]]:
    lane, best = trainer.start(settings), np.inf
    for i in range(ITERATIONS):
        eta = LOWEST * (HIGHEST / LOWEST) ** (i / ITERATIONS)
        (lane,) = trainer.advance([lane.with_eta(eta)], 1)
        (measured,) = trainer.measure([lane], "probe")
        if not measured.cost <= STOP_AT * best:
            return
        yield eta, measured.cost
        best = min(best, measured.cost)


RULES: Mapping[str, Rule] = {
    "find_eta": found(OWN_PLAN),
    "find_eta, three seeds": found(ProbePlan()),
    "range test: steep": range_test(steep),
    "range test: valley": range_test(valley),
}


def score(trainer: TorchTrainer, lane: TorchLane) -> float:
    """Return accuracy, or R² of numbers (at least 0: what a constant reaches)."""
    (measured,) = trainer.measure([lane], "validation")
    metrics = measured.metrics
    value = metrics["accuracy"] if "accuracy" in metrics else metrics["r2"]
    return max(0.0, value) if np.isfinite(value) else 0.0


def trained(
    trainer: TorchTrainer, settings: Hyperparameters, etas: Sequence[float], seeds: Sequence[int]
) -> tuple[float, int]:
    """Return the mean score of networks trained at an η for each seed, and how many diverged."""
    steps = EPOCHS * trainer.steps_per_epoch(settings)
    starts = [
        trainer.start(replace(settings, eta=eta, seed=seed))
        for eta, seed in zip(etas, seeds, strict=True)
    ]
    lanes = trainer.advance(starts, steps)
    mean = float(np.mean([score(trainer, lane) for lane in lanes]))
    return mean, sum(lane.diverged for lane in lanes)


def measure(model: str, optimizer: str, split: int, seeds: Sequence[int]) -> list[Choice]:
    """Return what each rule chooses for a model under an optimizer."""
    make, data = MODELS[model]
    trainer = TorchTrainer(lambda _: make(), data(split), optimizer=OPTIMIZERS[optimizer])
    akin = settings_of_optimizer(OPTIMIZERS[optimizer])
    settings = Hyperparameters(eta=0.01, batch_size=BATCH_SIZE, own={}, **akin)
    grid = [trained(trainer, settings, [eta] * len(seeds), seeds)[0] for eta in GRID]
    choices = []
    for name, rule in RULES.items():
        began = time.process_time()
        etas = [rule(trainer, replace(settings, seed=seed)) for seed in seeds]
        spent = (time.process_time() - began) / len(seeds)
        reached, diverged = trained(trainer, settings, etas, seeds)
        regret = 100 * (max(grid) - reached)
        oracle = GRID[int(np.argmax(grid))]
        choices.append(Choice(model, optimizer, name, tuple(etas), oracle, regret, diverged, spent))
    return choices


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description="regret of η for PyTorch models")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--split", type=int, default=1)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    choices: list[Choice] = []
    for model in options.models:
        for optimizer in OPTIMIZERS:
            choices += measure(model, optimizer, options.split, range(0, 10 * options.seeds, 10))
            for each in choices[-len(RULES) :]:
                etas = ", ".join(f"{eta:.3g}" for eta in each.etas)
                print(
                    f"{model:14} {optimizer:9} {each.rule:22} regret {each.regret:6.2f}"
                    f"  CPU {each.cpu_seconds:5.1f} s  η {etas} (oracle {each.oracle:g})",
                    flush=True,
                )
    rows = pd.DataFrame([asdict(each) for each in choices])
    table = rows.groupby("rule", sort=False).agg(
        mean=("regret", "mean"),
        worst=("regret", "max"),
        diverged=("diverged", "sum"),
        cpu_seconds=("cpu_seconds", "mean"),
    )
    print(table.round(2).to_string())
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in choices], indent=1))


if __name__ == "__main__":
    main()
