"""The other searches of `benchmarks.search`: ours, scikit-learn's, and two on our own trainer."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.halving import both_parts, halving_search, our_split, start_processes
from benchmarks.search.course import Course, Limits, Seen, Watched
from benchmarks.search.pytorch import EPOCHS
from tuner.data import Dataset, Part
from tuner.execution.base import as_completed
from tuner.execution.opening import open_executor
from tuner.execution.tasks import TrainTo
from tuner.records import Hyperparameters, Strategy
from tuner.storage.models import model_of
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import Training, begin
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import tune
from tuner.tuning.request import TuneRequest

WORKERS = 2
DRAWN, TOP = 64, 4
"""Networks that train for one epoch, and how many of them go on."""

HALVING_EPOCHS = 27

Network = Training[NativeLane]


def ours(data: Dataset, limits: Limits) -> Course:
    """Tune, with nothing given but data and budget."""
    with closing(Watched(open_executor(trainer_of(data), WORKERS))) as workers:
        ask = TuneRequest(
            budget=limits.budget, source=data.name, seed=limits.seed, began=workers.began
        )
        with TemporaryDirectory() as folder:
            tuned = tune(data, ask, Path(folder), executor=workers)
        assert tuned
        seen, seconds = tuple(workers.seen), workers.seconds
    return Course(seen, tuned.record.test.value, seconds, ended=True)


@dataclass(frozen=True)
class Scored:
    """A scorer that writes down when a network existed, and judges it on the whole part."""

    part: Part
    log: Path

    def __call__(self, network: Any, x: NDArray[Any], y: NDArray[Any]) -> float:  # noqa: ARG002
        """Return the accuracy."""
        accuracy = float(network.score(self.part.x, self.part.y))
        with self.log.open("a") as log:
            log.write(f"{time.monotonic()} {accuracy}\n")
        return accuracy


def scikit_learn(data: Dataset, limits: Limits) -> Course:
    """Halve scikit-learn's candidates, and refit the best on training and validation part."""
    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        search = halving_search(
            limits.candidates,
            ("exhaust", HALVING_EPOCHS),
            seed=limits.seed,
            cv=our_split(data.tuning),
            scoring=Scored(data.validation, log),
        )
        x, y = both_parts(data.tuning)
        start_processes()
        began = time.monotonic()
        search.fit(x, y)
        seconds = time.monotonic() - began
        lines = [line.split() for line in log.read_text().splitlines()]
    seen = tuple(Seen(float(at) - began, float(accuracy)) for at, accuracy in lines)
    test = data.open_test()
    accuracy = float(search.best_estimator_.score(test.x, test.y))
    return Course(seen, accuracy, seconds, ended=True)


def random_search(data: Dataset, limits: Limits) -> Course:
    """Train one random network after the other on our trainer."""
    return on_our_trainer(data, limits, lambda drawn, train: train(drawn, EPOCHS))


def one_epoch(data: Dataset, limits: Limits) -> Course:
    """Train many for one epoch and the best of them to the end (arXiv 2307.15422), in rounds."""

    def rounds(drawn: Iterator[Network], train: "Train") -> list[Network]:
        finished: list[Network] = []
        while short := train(islice(drawn, DRAWN), 1):
            best = sorted(short, key=lambda t: -t.record.best_validation_accuracy)[:TOP]
            finished += train(best, EPOCHS)
        return finished

    return on_our_trainer(data, limits, rounds)


Train = Callable[[Iterable[Network], int], list[Network]]
"""Trains networks to an epoch, as many as the time is left for."""


def on_our_trainer(
    data: Dataset, limits: Limits, search: Callable[[Iterator[Network], Train], list[Network]]
) -> Course:
    """Run a search over random networks until the time is up."""
    with closing(Watched(open_executor(trainer_of(data), WORKERS))) as workers:

        def train(networks: Iterable[Network], epoch: int) -> list[Network]:
            return trained(workers, iter(networks), epoch, limits.seconds)

        finished = search(drawn_networks(data, limits.seed), train)
        seen, seconds = tuple(workers.seen), workers.seconds
    best = max(finished, key=lambda t: t.record.best_validation_accuracy)
    test = data.open_test()
    return Course(seen, model_of(best, data).accuracy(test.x, test.y), seconds, ended=False)


def trained(
    workers: Watched, networks: Iterator[Network], epoch: int, seconds: float
) -> list[Network]:
    """Train networks one epoch a task, one on each worker; return those begun in time."""
    finished: list[Network] = []
    waiting: list[tuple[None, TrainTo]] = []

    def queue(networks: Iterable[Network]) -> None:
        waiting.extend((None, TrainTo((each,), len(each.history) + 1)) for each in networks)

    queue(islice(networks, workers.count if workers.seconds < seconds else 0))
    for _, (network,) in as_completed(workers, waiting):
        ends = network.reason or len(network.history) >= epoch or workers.seconds >= seconds
        if not ends:
            queue([network])
            continue
        finished.append(network)
        queue(islice(networks, 1 if workers.seconds < seconds else 0))
    return finished


def drawn_networks(data: Dataset, seed: int) -> Iterator[Network]:
    """Draw networks from the space that Optuna searches."""
    trainer, rng = NativeTrainer(data.tuning), np.random.default_rng(seed)
    while True:
        settings = Hyperparameters(
            eta=float(10 ** rng.uniform(-2, 0)),
            hidden=(round(2 ** rng.uniform(4, 7)),),
            activation="relu",
            cost="log-likelihood",
            batch_size=int(rng.choice([16, 32, 64, 128])),
            lambda_=float(data.train.n * 10 ** rng.uniform(-6, -3)),
            seed=int(rng.integers(2**31)),
        )
        plan = policies(settings.eta, Strategy(epochs=EPOCHS, patience=None))
        yield begin(trainer, settings, *plan)
