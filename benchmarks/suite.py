"""Is `tune` as good as what people use on their own tables? Classes and numbers, equal time.

    python -m benchmarks.suite FOLDER [--tables vowel ...] [--splits 3] [--budget 20] [--json]

FOLDER holds tables as CSV whose target is the column `y`. Each split seals a fifth of the rows, by
which all are judged. Ours is `tune` with nothing given but data and budget. The peers get all
other rows, numbers imputed by the median and standardized, texts one-hot, and the same seconds on
two cores: scikit-learn's MLP searched at random by cross-validation, and LightGBM tuned by Optuna,
both by log-loss or squared error and refitted; and LogisticRegressionCV or RidgeCV. Ranks are means
over tables, 1 for the best; ties share.
"""

import os

# Read when the libraries are imported, below, and by processes that start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tuner.data import Dataset, load
from tuner.data.inputs import MISSING, Inputs
from tuner.execution.opening import open_executor
from tuner.metrics import METRICS, of_classes, of_numbers
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import tune
from tuner.tuning.request import TuneRequest

WORKERS, FOLDS = 2, 5
REPORT_SECONDS = 5.5
"""What `tune` keeps back for its page, which is not drawn here: the peers have it too."""

Metrics = dict[str, float]


@dataclass(frozen=True)
class Split:
    """A table as our data set, and as arrays for the peers."""

    data: Dataset
    x: NDArray[Any]
    y: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    numbers: int

    @property
    def scoring(self) -> str:
        """What the peers search by."""
        return "neg_log_loss" if self.data.classes else "neg_mean_squared_error"

    def measured(self, outputs: NDArray[Any]) -> Metrics:
        """Return the metrics of probabilities (n, c), or of predicted numbers (n,)."""
        if not self.data.classes:
            return {"rmse": of_numbers(self.y_test, outputs)["rmse"]}
        found = of_classes(self.y_test, outputs, lambda: outputs)
        return {name: found[name] for name in ("accuracy", "log-loss")}

    def judged(self, model: Any) -> Metrics:
        """Return the metrics of a fitted estimator."""
        if not self.data.classes:
            return self.measured(model.predict(self.x_test))
        return self.measured(model.predict_proba(self.x_test).astype(np.float64))

    def pipeline(self, model: Any) -> Pipeline:
        """Return an estimator behind the usual preparation of columns."""
        texts = list(range(self.numbers, self.x.shape[1]))
        prepare = ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
                 list(range(self.numbers))),
                ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
            ]
        )  # fmt: skip
        return make_pipeline(prepare, model)


def split_of(path: Path, seed: int) -> Split:
    """Load a table, and part it by a seed."""
    data = load(str(path), target="y", seed=seed)
    raw, test = data.raw, data._raw_test
    assert raw is not None
    assert test is not None
    y = np.concatenate([data.train.y, data.validation.y])
    return Split(data, _array(raw), y, _array(test), data.open_test().y, raw.numbers.shape[1])


def _array(raw: Inputs) -> NDArray[Any]:
    texts = np.where(raw.texts == MISSING, "missing", raw.texts)
    return np.hstack([raw.numbers.astype(object), texts])


def ours(split: Split, seed: int, budget: float) -> Metrics:
    """Tune, with nothing given but data and budget."""
    began = time.monotonic()
    with (
        TemporaryDirectory() as folder,
        closing(open_executor(trainer_of(split.data), WORKERS)) as crew,
    ):
        request = TuneRequest(budget=budget + REPORT_SECONDS, seed=seed, began=began)
        tuned = tune(split.data, request, Path(folder), executor=crew)
    assert tuned
    model, raw = tuned.model, split.data._raw_test
    assert raw is not None
    inputs = np.hstack([each.transform(raw) for each in model.preprocessings])
    return split.measured(
        model.probabilities(inputs).astype(np.float64)
        if split.data.classes
        else model.values(inputs)
    )


def searched(
    split: Split,
    seed: int,
    budget: float,
    draw: Callable[[optuna.Trial], Any],
    first: Mapping[str, Any] | None = None,
) -> Metrics:
    """Search an estimator by cross-validation until the time is up, and refit the best."""
    began = time.monotonic()
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(sampler=sampler, direction="maximize")
    if first:
        study.enqueue_trial(dict(first))
    longest = 0.0
    while not study.trials or time.monotonic() - began + longest < budget:
        before, trial = time.monotonic(), study.ask()
        scores = cross_val_score(
            split.pipeline(draw(trial)), split.x, split.y, cv=FOLDS, scoring=split.scoring,
            n_jobs=WORKERS,
        )  # fmt: skip
        study.tell(trial, float(np.mean(scores)))
        longest = max(longest, time.monotonic() - before)
    best = draw(optuna.trial.FixedTrial(study.best_params))  # type: ignore[arg-type]
    return split.judged(split.pipeline(best).fit(split.x, split.y))


def mlp(split: Split, seed: int, budget: float) -> Metrics:
    """Search scikit-learn's multi-layer perceptron; the first candidate has its defaults."""
    kind = MLPClassifier if split.data.classes else MLPRegressor

    def draw(trial: optuna.Trial) -> Any:
        sizes = trial.suggest_categorical("sizes", ["30", "100", "200", "100,100", "64,64"])
        network = kind(
            hidden_layer_sizes=tuple(map(int, sizes.split(","))),
            alpha=trial.suggest_float("alpha", 1e-5, 10, log=True),
            learning_rate_init=trial.suggest_float("eta", 3e-4, 3e-2, log=True),
            activation=trial.suggest_categorical("activation", ["relu", "tanh", "logistic"]),
            early_stopping=trial.suggest_categorical("early_stopping", [True, False]),
            max_iter=300,
            random_state=seed,
        )
        if split.data.classes:
            return network
        return TransformedTargetRegressor(network, transformer=StandardScaler())

    defaults = {"sizes": "100", "alpha": 1e-4, "eta": 1e-3, "activation": "relu"}
    return searched(split, seed, budget, draw, {**defaults, "early_stopping": True})


def light_gbm(split: Split, seed: int, budget: float) -> Metrics:
    """Tune LightGBM."""
    lightgbm = import_module("lightgbm")  # as a package of its own: pip install lightgbm
    kind = lightgbm.LGBMClassifier if split.data.classes else lightgbm.LGBMRegressor

    def draw(trial: optuna.Trial) -> Any:
        return kind(
            n_estimators=trial.suggest_int("trees", 30, 500, log=True),
            learning_rate=trial.suggest_float("eta", 0.01, 0.3, log=True),
            num_leaves=trial.suggest_int("leaves", 4, 63, log=True),
            min_child_samples=trial.suggest_int("least", 2, 60, log=True),
            reg_lambda=trial.suggest_float("lambda", 1e-3, 30, log=True),
            subsample=trial.suggest_float("rows", 0.5, 1.0),
            subsample_freq=1,
            colsample_bytree=trial.suggest_float("columns", 0.4, 1.0),
            n_jobs=1,
            random_state=seed,
            verbose=-1,
        )

    return searched(split, seed, budget, draw)


def linear(split: Split, _seed: int, _budget: float) -> Metrics:
    """Fit a linear model whose penalty cross-validation chooses."""
    model = (
        LogisticRegressionCV(scoring="neg_log_loss", max_iter=2000, n_jobs=WORKERS)
        if split.data.classes
        else RidgeCV(np.logspace(-3, 4, 30))
    )
    return split.judged(split.pipeline(model).fit(split.x, split.y))


METHODS: Mapping[str, Callable[[Split, int, float], Metrics]] = {
    "tuner": ours,
    "MLP searched": mlp,
    "LightGBM tuned": light_gbm,
    "linear CV": linear,
}

Found = dict[str, dict[str, list[Metrics]]]
"""By table and method, the metrics of each split."""


def summary(found: Found) -> dict[str, dict[str, tuple[float, float]]]:
    """Return for each metric and method the mean over tables, and the mean rank."""
    result: dict[str, dict[str, tuple[float, float]]] = {}
    for metric in ("accuracy", "log-loss", "rmse"):
        means = [
            [mean(each[metric] for each in of[name]) for name in METHODS]
            for of in found.values()
            if metric in of["tuner"][0]
        ]
        if not means:
            continue
        values = np.array(means)
        if metric == "rmse":  # of different units: relative to the best of each table
            values = values / values.min(axis=1, keepdims=True)
        sign = -1 if METRICS[metric].greater_is_better else 1
        ranks = np.array([rankdata(np.round(sign * row, 6)) for row in values])
        both = zip(values.mean(axis=0), ranks.mean(axis=0), strict=True)
        result[metric] = {
            name: (float(m), float(r)) for name, (m, r) in zip(METHODS, both, strict=True)
        }
    return result


def main() -> None:
    """Go through the tables and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", nargs="+", help="names; by default all of the folder")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--budget", type=float, default=20, help="seconds for each")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    os.environ["PYTHONWARNINGS"] = "ignore"
    names = options.tables or sorted(path.stem for path in options.folder.glob("*.csv"))
    found: Found = {}
    for name in names:
        found[name] = {method: [] for method in METHODS}
        for seed in range(options.splits):
            split = split_of(options.folder / f"{name}.csv", seed)
            for method, run in METHODS.items():
                began = time.monotonic()
                metrics = run(split, seed, options.budget)
                found[name][method].append(metrics)
                told = ", ".join(f"{key} {value:.4g}" for key, value in metrics.items())
                seconds = time.monotonic() - began
                print(f"{name} {seed} {method}: {told} in {seconds:.0f} s", file=sys.stderr)
    result = summary(found)
    if options.json:
        print(json.dumps({"schema": 1, "tables": found, "summary": result}, indent=2))
        return
    for metric, of in result.items():
        print(f"{metric:10}{'mean':>10}{'rank':>8}")
        for method, (value, rank) in of.items():
            print(f"  {method:16}{value:10.4f}{rank:8.2f}")


if __name__ == "__main__":
    main()
