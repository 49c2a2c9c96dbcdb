"""Runs to compare, written by hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.support.report.inspections import inspection_of, layers_of
from tests.support.report.runs import run_of
from tuner.records import TrainRecord


def runs_of(
    base: TrainRecord, accuracies: Sequence[float], *, first_seed: int = 0, **settings: Any
) -> list[TrainRecord]:
    """Return one run for each best validation accuracy, seed by seed, with settings changed."""
    return [
        run_reaching(base, accuracy, first_seed + place, **settings)
        for place, accuracy in enumerate(accuracies)
    ]


def run_reaching(base: TrainRecord, accuracy: float, seed: int, **changes: Any) -> TrainRecord:
    """Return a run of 12 epochs whose best validation accuracy is this, in epoch 10."""
    etas, parting = changes.pop("etas", ()), changes.pop("parting", 0.002)
    rows = [
        (1 / k, 0.3 + 1 / k, min(1.0, accuracy + parting * k), accuracy - 0.02 * abs(10 - k) / 10)
        for k in range(1, 1 + (len(etas) or 12))
    ]
    strategy = replace(base.strategy, **changes.pop("strategy", {}))
    settings = replace(base.settings, seed=seed, **changes)
    result = replace(run_of(rows, etas=etas), settings=settings)
    seen = inspection_of(wrong=5)
    layers = layers_of(np.random.default_rng(seed), 0.02 if settings.lambda_ else 0.3)
    return replace(
        base,
        command=f"python -m tuner train --seed {seed}",
        settings=settings,
        strategy=strategy,
        data=replace(base.data, n_validation=500),
        result=result,
        inspection=replace(seen, layers=layers),
    )


def names_of(records: Sequence[object]) -> list[str]:
    """Return each record a name."""
    return [f"run-{place}" for place in range(len(records))]
