"""Studies written by hand, and a large one from a formula."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tuner.records import (
    DataSummary,
    Environment,
    EtaSearch,
    Hyperparameters,
    Outcome,
    StudyPlan,
    StudyRecord,
    StudySummary,
    Trial,
    layer_sizes,
)
from tuner.records.study import TrialState
from tuner.study.summary import search_space

DATA = DataSummary(
    name="mnist-5k",
    sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    n_train=3000,
    n_validation=1000,
    n_test=1000,
    n_features=784,
    classes=tuple("0123456789"),
    image_shape=(28, 28),
)
ENVIRONMENT = Environment(
    tuner="0.1.0",
    python="3.11.2",
    platform="Linux-6.1-x86_64",
    packages={"numpy": "2.4.6", "optuna": "5.0.0"},
    blas="OpenBLAS 0.3.30",
    blas_threads=1,
)
FOUND = EtaSearch(
    eta=0.75,
    threshold=1.5,
    bracket=(1.5, 1.9),
    outcome=Outcome.FOUND,
    baseline=3.25,
    judgements=(),
    probes=(),
    spent=84.5,
    seconds=2.5,
)
QUESTION = Hyperparameters(eta=0.01)
SPEC: Mapping[str, Any] = {
    "name": "small",
    "title": "",
    "data": {"source": "mnist-5k", "target": None},
    "network": {"hidden": (30,), "lambda": 0.0},
    "train": {"epochs": 20, "patience": None},
    "search": {
        "lambda": {"low": 0.01, "high": 100.0, "log": True},
        "hidden": {"choices": [[15], [30], [100], [30, 20]]},
        "dropout": None,
    },
    "eta": "find",
    "trials": 6,
    "seeds": 1,
    "rungs": [2, 6],
    "sampler": "tpe",
    "objectives": ["validation_accuracy"],
    "seed": 0,
}


def trial(
    number: int,
    accuracies: Sequence[float] = (0.9,),
    *,
    state: TrialState = "complete",
    params: Mapping[str, Any] | None = None,
    others: Sequence[float] = (),
    epochs: int = 8,
    **fields: Any,
) -> Trial:
    """Return a trial whose curves rise to its accuracies, one a seed.

    `params` are in the form of Optuna; other keywords replace fields of the trial.
    """
    mean = sum(accuracies) / len(accuracies)
    params = {"lambda": 0.1 * (number + 1), "hidden": "30"} if params is None else params
    typed = {k: layer_sizes(v) if k == "hidden" else v for k, v in params.items()}
    made = Trial(
        number=number,
        state=state,
        values=(mean, *others),
        params=typed,
        rungs={epochs: mean},
        eta=0.75,
        best_epoch=(epochs - 1,) * len(accuracies),
        network_values=tuple(accuracies),
        epochs=(epochs,) * len(accuracies),
        stop_reason=("no-improvement",) * len(accuracies),
        seconds=0.5,
        curves=tuple((*(a * (1 - 0.5 / k) for k in range(1, epochs)), a) for a in accuracies),
    )
    return replace(made, **fields)


def failed(number: int) -> Trial:
    """Return a trial that failed before it had anything."""
    return Trial(number=number, state="failed", values=(), params={}, rungs={})


def study(*trials: Trial, spec: Mapping[str, Any] = SPEC, **changes: Any) -> StudyRecord:
    """Return a study of these trials, as its file states it; keywords replace its fields."""
    result = StudySummary(
        study=spec["name"],
        objectives=tuple(spec["objectives"]),
        space=search_space(spec["search"]),
        trials=trials,
    )
    record = StudyRecord(
        command="python -m tuner study run studies/small.toml",
        plan=StudyPlan(
            title=spec["title"],
            data=spec["data"],
            network=spec["network"],
            train=spec["train"],
            eta=spec["eta"],
            eta_seeds=1,
            trials=spec["trials"],
            batch=8,
            seeds=spec["seeds"],
            rungs=tuple(spec["rungs"]),
            keep=0.5,
            sampler=spec["sampler"],
            seed=spec["seed"],
        ),
        data=DATA,
        environment=ENVIRONMENT,
        eta_searches={QUESTION: FOUND},
        result=result,
        importances={"lambda": 0.7, "hidden": 0.3},
        complete=True,
    )
    return replace(record, **changes)


TRIALS = (
    trial(0, [0.95], params={"lambda": 0.3, "hidden": "30"}),
    trial(1, [0.94], params={"lambda": 10.0, "hidden": "15"}),
    trial(2, [0.96], params={"lambda": 1.0, "hidden": "100"}),
    trial(3, [0.70], params={"lambda": 90.0, "hidden": "15"}, state="pruned", epochs=2),
    trial(4, [0.10], params={"lambda": 5.0, "hidden": "30,20"}, diverged=True, epochs=3),
    trial(5, [0.80], params={"lambda": 0.02, "hidden": "30,20"}),
)
SMALL = study(*TRIALS)

_FAMILIES: Mapping[str, Any] = {
    "lambda": {"low": 0.001, "high": 100.0, "log": True},
    "hidden": {"low": 5, "high": 200, "log": True},
    "layers": {"low": 1, "high": 3, "log": False},
    "dropout": {"low": 0.0, "high": 0.5, "log": False},
    "batch_size": {"choices": [5, 10, 20, 50]},
    "activation": {"choices": ["sigmoid", "tanh", "relu"]},
    "cost": {"choices": ["cross-entropy", "quadratic"]},
    "init": {"choices": ["scaled", "large"]},
    "regularization": {"choices": ["l1", "l2"]},
    "eta": {"low": 0.001, "high": 10.0, "log": True},
    "schedule": {"choices": ["constant", "halving"]},
    "patience": {"choices": [3, 10, "off"]},
    "factor": {"low": 1.5, "high": 10.0, "log": False},
}


def large(
    trials: int = 500,
    epochs: int = 100,
    seeds: int = 3,
    names: Sequence[str] = ("lambda", "hidden"),
) -> StudyRecord:
    """Return a study of many long trials over these dimensions."""
    noise = random.Random(0)  # noqa: S311
    searched = {name: _FAMILIES[name] for name in names}
    rungs = [epochs // 10, epochs // 3]
    spec = {**SPEC, "search": searched, "trials": trials, "rungs": rungs, "seeds": seeds}
    drawn = [_large_trial(number, epochs, seeds, searched, noise) for number in range(trials)]
    shares = {name: 1 / len(names) for name in names}
    return study(*drawn, spec=spec, importances=shares)


def _large_trial(
    number: int, epochs: int, seeds: int, searched: Mapping[str, Any], noise: random.Random
) -> Trial:
    params = {name: _drawn(name, stated, noise) for name, stated in searched.items()}
    far = math.log10(params["lambda"] / 0.5) if "lambda" in params else noise.gauss(0, 1)
    top = 0.95 - 0.012 * far * far + noise.gauss(0, 0.004)
    kind = noise.random()
    last = epochs // 10 if kind < 0.4 else epochs // 3 if kind < 0.6 else epochs
    accuracies = [min(1.0, max(0.1, top + noise.gauss(0, 0.003))) for _ in range(seeds)]
    epochs_of = range(1, last + 1)
    curves = tuple(
        tuple(round(a * (1 - math.exp(-k / 4)) - noise.random() / 99, 6) % 1 for k in epochs_of)
        for a in accuracies
    )
    state: TrialState = "complete" if last == epochs else "pruned"
    return trial(
        number,
        accuracies,
        state=state,
        params=params,
        epochs=last,
        eta=noise.random(),
        curves=curves,
        diverged=kind > 0.97,
    )


def _drawn(name: str, stated: Mapping[str, Any], noise: random.Random) -> Any:
    if "choices" in stated:
        return noise.choice(stated["choices"])
    low, high = stated["low"], stated["high"]
    value = low + noise.random() * (high - low)
    if stated.get("log"):
        value = low * (high / low) ** noise.random()
    return round(value) if isinstance(low, int) else value
