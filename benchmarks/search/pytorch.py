"""Optuna driving PyTorch, the search that `benchmarks.search` compares with first of all.

TPE and the median pruner as they come, in two processes that share one storage, each with one
thread. The networks are what one would write by hand: a hidden layer of ReLU, softmax, plain SGD,
the data one tensor in memory.
"""

import math
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend

from benchmarks.search.course import Course, Limits, Seen
from tuner.data import Dataset, load

EPOCHS = 20
WORKERS = 2
STUDY = "search"


def optuna_pytorch(data: Dataset, limits: Limits) -> Course:
    """Search until the time is up."""
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder:
        journal = str(Path(folder, "journal"))
        optuna.create_study(study_name=STUDY, storage=storage(journal), direction="maximize")
        with ProcessPoolExecutor(
            WORKERS, context, prepare, (data.name, context.Barrier(WORKERS))
        ) as pool:
            list(pool.map(abs, range(WORKERS)))  # both processes are there and have read the data
            began = time.monotonic()
            explore = partial(explored, data.name, journal, began, limits)
            found = list(pool.map(explore, range(WORKERS)))
            seconds = time.monotonic() - began
    test = max((accuracy, test) for _, accuracy, test in found)[1]
    return Course(tuple(s for seen, *_ in found for s in seen), test, seconds, ended=False)


def storage(journal: str) -> optuna.storages.JournalStorage:
    """Open the storage that the processes share."""
    return optuna.storages.JournalStorage(JournalFileBackend(journal))


def prepare(name: str, all_ready: Barrier) -> None:
    """Import PyTorch and read the data, and wait until the other processes have."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    import_module("torch").set_num_threads(1)
    parts(name)
    all_ready.wait()


@cache
def parts(name: str) -> tuple[Any, ...]:
    """Return inputs and classes of the training, validation and test part as tensors."""
    torch, data = import_module("torch"), load(name)
    return tuple(
        torch.from_numpy(array.copy())
        for part in (data.train, data.validation, data.open_test())
        for array in (part.x, part.y)
    )


def explored(
    name: str, journal: str, began: float, limits: Limits, worker: int
) -> tuple[list[Seen], float, float]:
    """Try trials; return what was seen, and the best network's validation and test accuracy."""
    explorer = Explorer(name, began, limits.seconds)
    seed = WORKERS * limits.seed + worker
    import_module("torch").manual_seed(seed)
    study = optuna.load_study(
        study_name=STUDY,
        storage=storage(journal),
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(),
    )
    study.optimize(explorer)
    return explorer.seen, explorer.best, explorer.test_accuracy()


class Explorer:
    """The objective, with what it has seen so far."""

    def __init__(self, name: str, began: float, seconds: float) -> None:
        self.torch: Any = import_module("torch")
        self.x, self.y, *self.validation, self.test_x, self.test_y = parts(name)
        self.began, self.limit = began, seconds
        self.seen: list[Seen] = []
        self.best, self.network = -math.inf, None

    def __call__(self, trial: optuna.Trial) -> float:
        """Train a network, and report every epoch."""
        network, train_epoch = self.suggested(trial)
        best = 0.0
        for epoch in range(EPOCHS):
            train_epoch()
            accuracy = self.accuracy(network, *self.validation)
            seconds = time.monotonic() - self.began
            self.seen.append(Seen(seconds, accuracy))
            best = max(best, accuracy)
            if accuracy > self.best:
                self.best, self.network = accuracy, deepcopy(network)
            trial.report(accuracy, epoch)
            if seconds > self.limit:
                trial.study.stop()
                raise optuna.TrialPruned
            if trial.should_prune():
                raise optuna.TrialPruned
        return best

    def suggested(self, trial: optuna.Trial) -> tuple[Any, Callable[[], None]]:
        """Return the network that a trial asks for, and what trains it for an epoch."""
        nn = self.torch.nn
        hidden = trial.suggest_int("hidden", 16, 128, log=True)
        batch = trial.suggest_categorical("batch_size", [16, 32, 64, 128])
        network = nn.Sequential(
            nn.Linear(self.x.shape[1], hidden),
            nn.ReLU(),
            nn.Linear(hidden, int(self.y.max()) + 1),
        )
        optimizer = self.torch.optim.SGD(
            network.parameters(),
            lr=trial.suggest_float("eta", 1e-2, 1.0, log=True),
            weight_decay=trial.suggest_float("weight_decay", 1e-6, 1e-3, log=True),
        )
        cost = nn.CrossEntropyLoss()

        def train_epoch() -> None:
            for rows in self.torch.randperm(len(self.x)).split(batch):
                optimizer.zero_grad()
                cost(network(self.x[rows]), self.y[rows]).backward()
                optimizer.step()

        return network, train_epoch

    def accuracy(self, network: Any, x: Any, y: Any) -> float:
        """Return the share classified right."""
        with self.torch.no_grad():
            return float((network(x).argmax(1) == y).double().mean())

    def test_accuracy(self) -> float:
        """Judge the best network on the test part."""
        return self.accuracy(self.network, self.test_x, self.test_y) if self.network else 0.0
