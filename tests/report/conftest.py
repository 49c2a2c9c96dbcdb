"""Realistic records of `find-eta` and `train`, and ways to change them."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import pytest

from tests.support.report.runs import overfitting_run
from tuner.records import (
    DataSummary,
    Environment,
    EtaSearch,
    FindEtaRecord,
    Hyperparameters,
    Judgement,
    Outcome,
    Probe,
    Strategy,
    TrainRecord,
    Verdict,
)

BASELINE = 3.2508
EPOCHS = tuple(k / 4 for k in range(13))
ETAS = (0.01, 0.1, 0.3333, 1.3335 / 2, 1.0, 1.3335, 1.778, 3.1623, 5.6, 10.0)
REASONS = {
    Verdict.DECREASING: "falls steadily to {end:.3f}; {rho:.0%} of its movement is upwards",
    Verdict.SLOW: "falls, but only to {end:.3f} after 3 epochs",
    Verdict.OSCILLATING: "ends at {end:.3f}, more than 1.5 × the least final cost of a smaller η",
    Verdict.DIVERGED: "left the finite numbers after 1.75 epochs",
    Verdict.DEAD: "stays flat near the constant prediction",
}


def _verdict(eta: float, seed: int) -> Verdict:
    if eta < 0.05:
        return Verdict.SLOW
    if eta > 9:
        return Verdict.DIVERGED
    limit = 1.5 if seed else 1.9
    return Verdict.DECREASING if eta < limit else Verdict.OSCILLATING


def _cost(eta: float, epoch: float, noise: random.Random) -> float:
    if eta > 9:
        return math.nan if epoch > 1.75 else 3.4 * math.exp(7.4 * epoch)
    floor = 0.5 + 0.35 * max(0.0, eta - 1)
    fall = math.exp(-2.6 * math.sqrt(min(eta, 1.5)) * epoch)
    wiggle = 0.08 * eta * noise.uniform(-1, 1) if epoch else 0.0
    return max(0.05, floor + (3.42 - floor) * fall + wiggle)


def _probe(eta: float, seed: int) -> Probe:
    noise = random.Random(1000 * seed + int(eta * 100))  # noqa: S311
    costs = tuple(_cost(eta, epoch, noise) for epoch in EPOCHS)
    verdict = _verdict(eta, seed)
    reason = REASONS[verdict].format(end=costs[-1], rho=noise.random() / 5)
    return Probe(eta=eta, seed=seed, verdict=verdict, reason=reason, epochs=EPOCHS, costs=costs)


def judge(probes: tuple[Probe, ...]) -> tuple[Judgement, ...]:
    """Return the median curve of each η, with the verdict most seeds have."""
    judgements = []
    for eta in sorted({probe.eta for probe in probes}):
        group = [probe for probe in probes if probe.eta == eta]
        middle = group[len(group) // 2]
        costs = tuple(median(at) for at in zip(*(p.costs for p in group), strict=True))
        judgements.append(
            Judgement(
                eta=eta,
                verdict=middle.verdict,
                reason=middle.reason,
                epochs=middle.epochs,
                costs=costs,
            )
        )
    return tuple(judgements)


SearchMaker = Callable[..., EtaSearch]


@pytest.fixture(scope="session")
def make_search() -> SearchMaker:
    """Build a search over `etas` and `seeds`; keywords replace its fields."""

    def make(
        etas: tuple[float, ...] = ETAS, seeds: tuple[int, ...] = (0, 1, 2), **changes: Any
    ) -> EtaSearch:
        probes = changes.pop("probes", None)
        if probes is None:
            probes = tuple(_probe(eta, seed) for eta in etas for seed in seeds)
        search = EtaSearch(
            eta=1.3335 / 2,
            threshold=1.3335,
            bracket=(1.3335, 1.778),
            outcome=Outcome.FOUND,
            baseline=BASELINE,
            judgements=judge(probes),
            probes=probes,
            spent=84.5,
            seconds=12.34,
        )
        return replace(search, **changes)

    return make


@pytest.fixture(scope="session")
def search(make_search: SearchMaker) -> EtaSearch:
    """Return the realistic search: ten η, three seeds, three epochs."""
    return make_search()


@pytest.fixture(scope="session")
def record(search: EtaSearch) -> FindEtaRecord:
    """Return the realistic record."""
    return FindEtaRecord(
        command="python -m tuner find-eta --data mnist-5k --lambda 5 --seed 0 --out reports/eta",
        settings=Hyperparameters(eta=search.eta, lambda_=5.0),
        data=DataSummary(
            name="mnist-5k",
            sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            n_train=4000,
            n_validation=500,
            n_test=500,
            n_features=784,
            classes=tuple("0123456789"),
            image_shape=(28, 28),
        ),
        environment=Environment(
            tuner="0.1.0",
            python="3.11.2",
            platform="Linux-6.1-x86_64",
            packages={"numpy": "2.4.6", "scipy": "1.17.1"},
            blas="OpenBLAS 0.3.30",
            blas_threads=1,
        ),
        result=search,
    )


@pytest.fixture(scope="session")
def train_record(record: FindEtaRecord) -> TrainRecord:
    """Return the record of a run that overfits: 400 epochs at one η, no early stopping."""
    return TrainRecord(
        command="python -m tuner train --eta 0.5 --epochs 400 --patience off",
        settings=Hyperparameters(eta=0.5),
        strategy=Strategy(epochs=400, patience=None),
        data=replace(record.data, n_train=1000, n_validation=10_000),
        environment=record.environment,
        eta_search=None,
        result=overfitting_run(),
    )
