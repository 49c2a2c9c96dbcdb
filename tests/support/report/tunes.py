"""A whole tuning, written by hand."""

from dataclasses import replace
from typing import Any

from tests.support.report.inspections import inspection_of
from tests.support.report.runs import run_of
from tests.support.report.studies import DATA, ENVIRONMENT, SMALL
from tuner.records import (
    Candidate,
    Confirmation,
    EtaSearch,
    Evaluation,
    FinishedStep,
    Hyperparameters,
    Overfitting,
    PairedDifference,
    Regularizer,
    Run,
    SanityCheck,
    StepName,
    Strategy,
    TuneRecord,
)

SEEDS = (0, 1, 2)
COMPARED_AT = 8
ORDER: tuple[StepName, ...] = (
    "signal", "eta", "overfitting", "study", "eta-again", "final", "test",
)  # fmt: skip


def reaching(accuracy: float, epochs: int, *, gap: float = 0.02, settings: Hyperparameters) -> Run:
    """Return a run that rises to an accuracy in its last epoch, η halved in its second half."""
    rows = [
        (1 / k, 0.2 + 1 / k, accuracy + gap - 0.3 / k, accuracy - 0.3 / k + 0.3 / epochs)
        for k in range(1, epochs + 1)
    ]
    etas = [settings.eta / 2 ** max(0, k - epochs // 2) for k in range(epochs)]
    return replace(run_of(rows, etas=etas), settings=settings)


def _candidate(trial: int, hidden: int, accuracies: tuple[float, ...], epochs: int) -> Candidate:
    settings = Hyperparameters(eta=0.5, hidden=(hidden,), lambda_=0.3)
    runs = tuple(
        reaching(accuracy, epochs, settings=replace(settings, seed=seed))
        for seed, accuracy in zip(SEEDS, accuracies, strict=False)
    )
    return Candidate(trial=trial, parameters=795 * hidden, runs=runs)


def _means(name: str, accuracy: float, gap: float, **settings: Any) -> Regularizer:
    made = Hyperparameters(eta=0.5, **settings)
    run = reaching(accuracy, 12, gap=gap, settings=made)
    return Regularizer(name=name, run=run, value=accuracy, gap=gap)


def tuning(search: EtaSearch, **changes: Any) -> TuneRecord:
    """Return a tuning of three candidates, the third clearly behind; keywords replace fields."""
    settings = Hyperparameters(eta=0.5)
    record = TuneRecord(
        command="python -m tuner tune --budget 60s",
        data=DATA,
        environment=ENVIRONMENT,
        budget=60.0,
        seconds=57.5,
        article=False,
        steps=tuple(FinishedStep(name=name, seconds=8.0) for name in ORDER),
        left_out=(),
        signal=SanityCheck(run=reaching(0.9, 10, settings=settings), n_train=1000, chance=0.1),
        eta_searches={"sigmoid": search, "relu": search},
        overfitting=Overfitting(
            n_train=3000,
            tried=(
                _means("none", 0.93, 0.07),
                _means("none", 0.94, 0.06, activation="relu", cost="log-likelihood"),
                _means("l2", 0.955, 0.02, lambda_=5.0),
                _means("dropout", 0.95, 0.01, dropout=0.5),
            ),
            chosen=2,
        ),
        study=SMALL,
        eta_again=search,
        final=Confirmation(
            strategy=Strategy(epochs=16, patience=None, schedule="planned"),
            compared_at=COMPARED_AT,
            candidates=(
                _candidate(2, 100, (0.96, 0.965, 0.97), COMPARED_AT),
                _candidate(0, 30, (0.96, 0.96, 0.965), 16),
                _candidate(5, 15, (0.9, 0.91, 0.905), COMPARED_AT),
            ),
            best=0,
            differences=(
                PairedDifference(candidate=2, difference=0.06, low=0.05, high=0.07),
                PairedDifference(candidate=1, difference=0.003, low=-0.004, high=0.01),
            ),
            winner=1,
            seed=2,
        ),
        inspection=inspection_of(),
        test=Evaluation(
            n=1000,
            metrics={"accuracy": 0.958, "balanced-accuracy": 0.957},
            over_seeds=(0.955, 0.956, 0.958),
            openings=1,
        ),
        files={"model": "model.safetensors", "settings": "settings.toml"},
    )
    return replace(record, **changes)
