"""Studies that rank trials by another metric than accuracy, of classes and of numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tuner
from tests.support.study.small import run, spec_of
from tuner.data.dataset import Dataset
from tuner.errors import InputError
from tuner.metrics import METRICS
from tuner.study.spec import StudySpec, fitted_study
from tuner.study.studies import run_study

SMALL: dict[str, Any] = {"trials": 6, "batch": 6, "rungs": [2], "eta": 0.1}


def numbers() -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3))
    y = 100 + 20 * (x[:, 0] - x[:, 1] ** 2) + rng.normal(size=120)
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=y)
    return tuner.load(frame, target="y", task="regression")


@pytest.mark.parametrize("metric", ["log-loss", "balanced-accuracy", "auc"])
def test_the_best_trial_of_classes_is_best_by_the_metric(tmp_path: Path, metric: str) -> None:
    spec = spec_of(**SMALL, train={"epochs": 5, "metric": metric})
    found = run(spec, tmp_path)
    assert found.metric == metric
    assert found.objectives == (f"validation_{metric.replace('-', '_')}",)
    complete = [trial for trial in found.trials if trial.state == "complete"]
    best = max(METRICS[metric].score(trial.value) for trial in complete)
    assert found.best is not None
    assert METRICS[metric].score(found.best.value) == best
    for trial in found.trials:
        curve = max(trial.curves[0], key=METRICS[metric].score)
        assert trial.value == trial.network_values[0] == curve
    at_rung = {t.number: METRICS[metric].score(t.rungs[2]) for t in found.trials}
    pruned = [at_rung[t.number] for t in found.trials if t.state == "pruned"]
    kept = [at_rung[t.number] for t in found.trials if t.state == "complete"]
    assert pruned
    assert max(pruned) <= min(kept)


@pytest.mark.parametrize("metric", ["auto", "mae", "r2"])
def test_numbers_are_searched_by_their_own_metrics(tmp_path: Path, metric: str) -> None:
    spec = spec_of(**SMALL, train={"epochs": 5, "metric": metric}, folds=3)
    found, complete = run_study(spec, numbers(), tmp_path)
    assert complete
    assert found.metric == ("rmse" if metric == "auto" else metric)
    assert found.best is not None
    model = tuner.search(numbers(), spec, folder=tmp_path).model
    assert model.task == "regression"


def test_a_trial_of_numbers_that_diverges_is_worse_than_the_mean(tmp_path: Path) -> None:
    search = {"eta": {"low": 0.1, "high": 1e9, "log": True}}
    spec = spec_of(trials=4, batch=4, rungs=[], eta="search", search=search)
    data = numbers()
    found, _ = run_study(spec, data, tmp_path)
    lost = [trial for trial in found.trials if trial.diverged]
    assert lost
    spread = float(np.std(data.validation.y))
    assert all(np.isfinite(trial.value) and trial.value > spread for trial in lost)
    assert found.best is None or not found.best.diverged


def test_settings_of_classes_are_refused_for_numbers() -> None:
    spec = spec_of(search={"cost": ["quadratic", "cross-entropy"]})
    with pytest.raises(InputError, match=r"^search\.cost is of classes, but numbers are"):
        fitted_study(spec, "regression")
    with pytest.raises(InputError, match="metric is 'rmse' but classes are predicted"):
        fitted_study(spec_of(train={"metric": "rmse"}), "classification")


def test_the_first_objective_is_the_metric() -> None:
    spec = StudySpec(
        name="a",
        search={"lambda": [0.1, 1]},
        train={"metric": "log-loss"},
        objectives=["validation_log_loss", "parameters"],
    )
    assert StudySpec(**spec.document()) == spec
    with pytest.raises(InputError, match=r"objectives\.0 must be one of validation_log_loss"):
        StudySpec(**{**spec.document(), "objectives": ["validation_accuracy"]})
