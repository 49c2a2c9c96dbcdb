"""CPU seconds to train a network for one epoch: ours against PyTorch, scikit-learn and JAX.

Beside the peers: what momentum and AdamW cost more than plain descent, which share of a step the
matrix products are, and folds of a table as lanes against one run after another.

Everything runs on one core with one thread, so that CPU time is what a clock shows on an idle
machine, and other work disturbs it less. The contestants take turns, so that a slow moment of
the machine falls on all of them, and the median over the turns counts.

Run it as `python benchmarks/trainer.py [--quick] [--json]`.
"""

import os

# Read when the libraries are imported, below.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from statistics import median
from typing import Any

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_info

from tuner.data import Part, TuningData, load
from tuner.errors import TunerError
from tuner.network.blas import one_thread
from tuner.network.steps import Workspace
from tuner.records import Hyperparameters, Strategy
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer, one_hot, stack_of
from tuner.training import loop

ETA, LAMBDA = 0.5, 5.0
ETAS = {"sgd": ETA, "momentum": 0.05, "adamw": 0.001}
FOLDS, FOLD_EPOCHS = 5, 3

Turn = Callable[[], float]
"""Trains for a while and gives the seconds per epoch and network."""


@dataclass(frozen=True)
class Task:
    """One network shape and mini-batch size to train."""

    m: int
    hidden: int
    lanes: int
    optimizers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Describe what is trained."""
        return "5,000 × 20 table" if self == TABLE else f"m={self.m}, 784-{self.hidden}-10"

    def settings(self, seed: int, optimizer: str) -> Hyperparameters:
        """Return our settings for one of the networks."""
        return Hyperparameters(
            eta=ETAS[optimizer],
            hidden=(self.hidden,),
            optimizer=optimizer,
            batch_size=self.m,
            lambda_=LAMBDA,
            seed=seed,
        )


@dataclass(frozen=True)
class Setting:
    """The data and how many steps one turn takes."""

    data: TuningData
    task: Task
    share: float

    @property
    def steps_per_epoch(self) -> int:
        """Count the whole mini-batches."""
        return self.data.train.n // self.task.m

    @property
    def steps(self) -> int:
        """Count the steps of one turn."""
        return round(self.steps_per_epoch * self.share)

    def per_epoch(self, seconds: float, networks: int = 1) -> float:
        """Turn the seconds of one turn into those of an epoch of one network."""
        return seconds / self.steps * self.steps_per_epoch / networks


@dataclass(frozen=True)
class Target:
    """How many times as long as `ours` something should take: at least, or at most."""

    task: Task
    ours: str
    other: str
    ratio: float
    at_most: bool = False

    def met(self, ratio: float) -> bool:
        """Whether a ratio is as wanted."""
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio


def seconds_of(work: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def ours(setting: Setting, networks: int, optimizer: str = "sgd") -> Turn:
    """Train our networks in lock-step."""
    trainer = NativeTrainer(setting.data)
    lanes = [trainer.start(setting.task.settings(seed, optimizer)) for seed in range(networks)]
    trainer.advance(lanes, 10)

    def turn() -> float:
        spent = seconds_of(lambda: trainer.advance(lanes, setting.steps))
        return setting.per_epoch(spent, networks)

    return turn


def products_alone(setting: Setting, networks: int, optimizer: str = "sgd") -> Turn:
    """Do the matrix products of our training step, with nothing between them."""
    trainer = NativeTrainer(setting.data)
    lanes = [trainer.start(setting.task.settings(seed, optimizer)) for seed in range(networks)]
    space = Workspace(stack_of(lanes, trainer.n), setting.task.m, range(networks))
    fill_with_real_numbers(space, setting.data)
    products = every_product(space)

    def work() -> None:
        gemm = space.gemm
        for _ in range(setting.steps):
            for product in products:
                gemm(*product)

    def turn() -> float:
        with one_thread():
            return setting.per_epoch(seconds_of(work), networks)

    return turn


def fill_with_real_numbers(space: Workspace, data: TuningData) -> None:
    """Put images in the mini-batches and what follows from them in the other arrays."""
    rows = np.arange(space.x.shape[0] * space.x.shape[1])
    space.x[...] = data.train.x[rows].reshape(space.x.shape)
    targets = one_hot(data.train.y[rows], space.targets.shape[2], space.x.dtype)
    space.targets[...] = targets.reshape(space.targets.shape)
    space.step([], 1)


def every_product(space: Workspace) -> list[tuple[Any, ...]]:
    """Return the arguments of each gemm of a step, the updates so small that the weights stay."""
    forward = [(1.0, *p[:2], 0.0, p[2], 1, 0, 1) for layer in space.forward_products for p in layer]
    backward = [
        (1.0, *p[:2], 0.0, p[2], 0, 0, 1) for layer in space.backward_products for p in layer
    ]
    updates = [
        (1e-9, inputs, error, 1.0, weights, 0, 1, 1)
        for layer in space.update.products
        for _, inputs, error, _, weights in layer
    ]
    return forward + backward + updates


def folds_of_a_table() -> list[TuningData]:
    """Return the folds of 5,000 made-up examples of 20 columns."""
    x, y = make_classification(5_000, 20, n_informative=10, n_classes=3, random_state=0)
    x = x.astype(np.float32)
    parted = StratifiedKFold(FOLDS).split(x, y)
    return [
        TuningData(Part(x[train], y[train]), Part(x[rest], y[rest]), ("a", "b", "c"))
        for train, rest in parted
    ]


def runs_of_folds(folds: Sequence[TuningData], settings: Hyperparameters) -> Turn:
    """Train a network of each fold, all side by side, with what is measured in every epoch."""
    trainer, strategy = NativeTrainer(*folds), policies(settings.eta, Strategy(epochs=FOLD_EPOCHS))

    def work() -> None:
        lanes = [trainer.start(settings, fold) for fold in range(len(folds))]
        loop.train(trainer, [loop.begin_with(lane, settings, *strategy) for lane in lanes])

    return lambda: seconds_of(work) / FOLD_EPOCHS / FOLDS


def folds_as_lanes(setting: Setting) -> Turn:
    """Train all folds of a table in lock-step."""
    return runs_of_folds(folds_of_a_table(), setting.task.settings(0, "sgd"))


def folds_one_by_one(setting: Setting) -> Turn:
    """Train the folds of a table one after another."""
    settings = setting.task.settings(0, "sgd")
    turns = [runs_of_folds([fold], settings) for fold in folds_of_a_table()]
    return lambda: sum(turn() for turn in turns)


def pytorch(setting: Setting) -> Turn:
    """Train `nn.Linear` layers with `optim.SGD`, eagerly."""
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data, m, n = setting.data.train, setting.task.m, setting.data.train.n
    x = torch.from_numpy(data.x.copy())
    y = torch.from_numpy(one_hot(data.y, 10, data.x.dtype))
    first = torch.nn.Linear(x.shape[1], setting.task.hidden)
    network = torch.nn.Sequential(
        first, torch.nn.Sigmoid(), torch.nn.Linear(first.out_features, 10)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=ETA, weight_decay=LAMBDA / n)
    cost = torch.nn.BCEWithLogitsLoss(reduction="sum")

    def work() -> None:
        for rows in torch.randperm(n)[: setting.steps * m].split(m):
            optimizer.zero_grad()
            loss = cost(network(x[rows]), y[rows]) / m
            loss.backward()
            optimizer.step()

    return lambda: setting.per_epoch(seconds_of(work))


def scikit_learn(setting: Setting) -> Turn:
    """Train an `MLPClassifier` by `partial_fit`, one pass a call."""
    neural_network: Any = import_module("sklearn.neural_network")
    data, n = setting.data.train, setting.steps * setting.task.m
    network = neural_network.MLPClassifier(
        (setting.task.hidden,),
        activation="logistic",
        solver="sgd",
        batch_size=setting.task.m,
        learning_rate_init=ETA,
        momentum=0,
        nesterovs_momentum=False,
        alpha=LAMBDA * setting.task.m / data.n,
        random_state=0,
    )
    network.partial_fit(data.x[:1_000], data.y[:1_000], classes=np.arange(10))
    x, y = data.x[:n], data.y[:n]
    return lambda: setting.per_epoch(seconds_of(lambda: network.partial_fit(x, y)))


def jax_scan(setting: Setting, networks: int) -> Turn:
    """Train by one compiled scan over the epoch, several networks by vmap."""
    jax: Any = import_module("jax")
    epoch = jax_epoch(jax, setting)
    keys = jax.random.split(jax.random.key(0), networks)
    start = partial(jax_start, jax, setting)
    if networks == 1:
        train, state, keys = jax.jit(epoch, donate_argnums=0), start(keys[0]), keys[0]
    else:
        train, state = jax.jit(jax.vmap(epoch), donate_argnums=0), jax.vmap(start)(keys)
    state = jax.block_until_ready(train(state, keys))

    def turn() -> float:
        nonlocal state
        began = time.process_time()
        state = jax.block_until_ready(train(state, keys))
        return setting.per_epoch(time.process_time() - began, networks)

    return turn


def jax_start(jax: Any, setting: Setting, key: Any) -> tuple[Any, ...]:
    """Draw the initial weights and biases."""
    d, h = setting.data.train.x.shape[1], setting.task.hidden
    one, two = jax.random.split(key)
    zeros = jax.numpy.zeros
    w1, w2 = jax.random.normal(one, (h, d)) / d**0.5, jax.random.normal(two, (10, h)) / h**0.5
    return w1, zeros(h), w2, zeros(10)


def jax_epoch(jax: Any, setting: Setting) -> Any:
    """Return the function that trains for one turn, to be compiled."""
    data, m, n = setting.data.train, setting.task.m, setting.data.train.n
    x = jax.numpy.asarray(data.x)
    y = jax.numpy.asarray(one_hot(data.y, 10, data.x.dtype))
    decay = 1 - ETA * LAMBDA / n

    def cost(parameters: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2 = parameters
        z = jax.nn.sigmoid(x @ w1.T + b1) @ w2.T + b2
        return jax.numpy.sum(jax.nn.softplus(z) - y * z) / m

    def step(parameters: Any, rows: Any) -> Any:
        gradients = jax.grad(cost)(parameters, x[rows], y[rows])
        factors = (decay, 1.0, decay, 1.0)
        return jax.tree.map(lambda f, p, g: f * p - ETA * g, factors, parameters, gradients), None

    def epoch(parameters: Any, key: Any) -> Any:
        rows = jax.random.permutation(key, n)[: setting.steps * m].reshape(-1, m)
        return jax.lax.scan(step, parameters, rows)[0]

    return epoch


SMALL, WIDE = Task(10, 30, 8), Task(128, 512, 1, ("momentum", "adamw"))
MIDDLE, TABLE = Task(100, 256, 1, ("momentum",)), Task(10, 30, 5)
OURS = {networks: f"ours, {networks} lane{'s'[: networks > 1]}" for networks in (1, 8)}
MOMENTUM, ADAMW = "ours, momentum", "ours, adamw"
TASKS = (SMALL, WIDE, MIDDLE, TABLE)
TOGETHER, ONE_BY_ONE = f"{FOLDS} folds as lanes", f"{FOLDS} folds, run after run"


def products_of(name: str) -> str:
    """Name the matrix products of one of ours."""
    return f"{name}: products alone"


TARGETS = [
    Target(SMALL, OURS[8], "scikit-learn", 10.0),
    Target(SMALL, OURS[8], "PyTorch", 13.0),
    Target(SMALL, OURS[8], "JAX, vmap of 8", 2.0),
    Target(SMALL, OURS[1], "scikit-learn", 6.0),
    Target(WIDE, OURS[1], "scikit-learn", 1.0),
    Target(WIDE, OURS[1], "PyTorch", 1.5),
    Target(WIDE, OURS[1], "JAX", 1.05),
    Target(WIDE, OURS[1], MOMENTUM, 1.15, at_most=True),
    Target(WIDE, OURS[1], ADAMW, 1.6, at_most=True),
    Target(MIDDLE, MOMENTUM, products_of(MOMENTUM), 0.75),
    Target(TABLE, TOGETHER, ONE_BY_ONE, 3.0),
]


def contestants(task: Task) -> dict[str, Callable[[Setting], Turn]]:
    """Name who takes part in a task, with the matrix products of our own steps."""
    if task == TABLE:
        return {TOGETHER: folds_as_lanes, ONE_BY_ONE: folds_one_by_one}
    makers: dict[str, Callable[[Setting], Turn]] = {
        "PyTorch": pytorch,
        "scikit-learn": scikit_learn,
        "JAX": partial(jax_scan, networks=1),
    }
    if task.lanes > 1:
        makers[f"JAX, vmap of {task.lanes}"] = partial(jax_scan, networks=task.lanes)
    for networks in sorted({1, task.lanes}):
        makers[OURS[networks]] = partial(ours, networks=networks)
        makers[products_of(OURS[networks])] = partial(products_alone, networks=networks)
    for optimizer in task.optimizers:
        name = f"ours, {optimizer}"
        makers[name] = partial(ours, networks=1, optimizer=optimizer)
        makers[products_of(name)] = partial(products_alone, networks=1, optimizer=optimizer)
    return makers


def measure(setting: Setting, turns: int) -> dict[str, float | None]:
    """Return the median seconds of each contestant; None where its package is absent."""
    ready: dict[str, Turn] = {}
    seconds: dict[str, float | None] = {}
    for name, make in contestants(setting.task).items():
        seconds[name] = None
        try:
            ready[name] = make(setting)
        except ImportError:
            say(f"{name}: not installed")
    taken: dict[str, list[float]] = {name: [] for name in ready}
    for i in range(turns):
        say(f"{setting.task.name}: turn {i + 1} of {turns}")
        for name, turn in ready.items():
            taken[name].append(turn())
    return seconds | {name: median(each) for name, each in taken.items()}


def mnist() -> TuningData:
    """Load MNIST, or what of it is at hand."""
    try:
        return load("mnist").tuning
    except TunerError as error:
        say(f"{error}\nMNIST is not at hand: mnist-5k takes its place, ratios are less certain.")
        return load("mnist-5k").tuning


def use_one_core() -> None:
    """Keep this process on one core where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def say(line: str) -> None:
    """Tell how far it is, beside the results."""
    print(line, file=sys.stderr, flush=True)


def blas_kernels() -> list[str]:
    """Name each BLAS library and the processor it was tuned for."""
    found = [each for each in threadpool_info() if each["user_api"] == "blas"]
    return sorted(f"{e['internal_api']} {e['version']}, {e.get('architecture')}" for e in found)


Seconds = dict[Task, dict[str, float | None]]


def ratios(seconds: Seconds) -> list[dict[str, Any]]:
    """Compare with each target whose contestants are installed."""
    compared = []
    for target in TARGETS:
        mine, theirs = (seconds[target.task][name] for name in (target.ours, target.other))
        if mine and theirs:
            ratio = theirs / mine
            row = {"task": target.task.name, "ours": target.ours, "peer": target.other}
            wanted = {"target": target.ratio, "at_most": target.at_most, "met": target.met(ratio)}
            compared.append({**row, "ratio": ratio, **wanted})
    return compared


def shares(seconds: Seconds) -> list[dict[str, Any]]:
    """Return the share of our time that the matrix products alone would take."""
    return [
        {"task": task.name, "ours": name, "share": products / whole}
        for task, of_task in seconds.items()
        for name, whole in of_task.items()
        if whole and (products := of_task.get(products_of(name)))
    ]


def print_tables(seconds: Seconds) -> None:
    """Print the seconds, the ratios beside their targets, and the shares."""
    print("BLAS: " + "; ".join(blas_kernels()))
    print("\nCPU seconds per epoch and network")
    for task, of_task in seconds.items():
        for name, taken in of_task.items():
            print(f"{task.name:20}  {name:30}" + (f"{taken:8.4f}" if taken else "  absent"))
    print(f"\n{'other / ours':75}{'ratio':>6}{'target':>10}")
    for row in ratios(seconds):
        pair = f"{row['peer']} / {row['ours']}"
        met, side = "met" if row["met"] else "MISSED", "≤" if row["at_most"] else "≥"
        print(f"{row['task']:20}  {pair:53}{row['ratio']:6.2f}{side:>4}{row['target']:6.2f}  {met}")
    print("\nmatrix products alone, as a share of our time")
    for row in shares(seconds):
        print(f"{row['task']:20}  {row['ours']:30}{row['share']:8.0%}")


def as_json(seconds: Seconds) -> str:
    """Put all results into one JSON object."""
    named = {task.name: of_task for task, of_task in seconds.items()}
    result = {"seconds": named, "ratios": ratios(seconds), "products": shares(seconds)}
    return json.dumps({"schema": 1, "blas": blas_kernels(), **result}, indent=2)


def main() -> None:
    """Run every contestant and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a fifth of an epoch, three turns")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    use_one_core()
    data = mnist()
    turns, share = (3, 0.2) if options.quick else (7, 1.0)
    seconds = {task: measure(Setting(data, task, share), turns) for task in TASKS}
    if options.json:
        print(as_json(seconds))
    else:
        print_tables(seconds)


if __name__ == "__main__":
    main()
