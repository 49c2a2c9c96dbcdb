"""Numbers to predict, from the table to the prediction, against scikit-learn and NumPy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as reference
from sklearn.linear_model import LinearRegression

import tuner
from tuner.data import Part, TuningData
from tuner.errors import DataError, DataWarning, InputError, OptionError
from tuner.inspection import predicted_of
from tuner.records import Hyperparameters, from_json, to_json
from tuner.records.commands import TrainRecord
from tuner.report.charts.regression import draw_predictions, draw_residuals, predictions_table
from tuner.storage.models import Model
from tuner.trainers.native import NativeTrainer

WARNED = pytest.mark.filterwarnings("ignore:DataFrame. target:tuner.errors.DataWarning")


@pytest.fixture(scope="module")
def houses() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    size, rooms = rng.uniform(40, 200, 400), rng.integers(1, 8, 400)
    kind = rng.choice(["flat", "house"], 400)
    price = 1_500 * size + 20_000 * rooms + 50_000 * (kind == "house") + rng.normal(0, 9_000, 400)
    return pd.DataFrame({"size": size, "rooms": rooms, "kind": kind, "price": price})


@pytest.fixture(scope="module")
def data(houses: pd.DataFrame) -> Any:
    return tuner.load(houses, target="price", task="regression")


@pytest.fixture(scope="module")
def run(data: Any) -> Any:
    return tuner.train(data, hidden=(10,), epochs=30)


def test_the_target_is_read_as_numbers(data: Any, houses: pd.DataFrame) -> None:
    assert (data.summary.task, data.classes, data.summary.n_outputs) == ("regression", (), 1)
    every = np.concatenate([data.train.y, data.validation.y, data.open_test().y])
    np.testing.assert_array_equal(np.sort(every), np.sort(houses["price"]))


def test_each_part_holds_all_tenths_of_the_target(data: Any, houses: pd.DataFrame) -> None:
    tenths = np.quantile(houses["price"], np.arange(0.1, 1, 0.1))
    for part in (data.train, data.validation, data.open_test()):
        counts = np.bincount(np.searchsorted(tenths, part.y), minlength=10)
        assert counts.min() >= part.n // 10 - 1


def test_it_predicts_in_the_unit_of_the_target(run: Any, data: Any) -> None:
    validation = data.validation
    predicted = run.model.predict(validation)
    assert run.record.metric == "rmse"
    error = reference.root_mean_squared_error(validation.y, predicted)
    assert run.record.validation_value == pytest.approx(error, rel=1e-5)
    linear = LinearRegression().fit(data.train.x, data.train.y).predict(validation.x)
    assert error < 1.3 * reference.root_mean_squared_error(validation.y, linear)
    low, high = run.record.validation_interval
    assert low < error < high


def test_the_best_epoch_has_the_least_error(run: Any) -> None:
    errors = [epoch.validation_metrics["rmse"] for epoch in run.record.result.history]
    assert run.record.result.best_epoch == 1 + int(np.argmin(errors))


def test_the_cost_is_half_the_variance_that_is_left(data: Any) -> None:
    trainer = NativeTrainer(data)
    settings = Hyperparameters(eta=0.1, hidden=(4,), cost="quadratic", precision="float64")
    (measured,) = trainer.measure([trainer.start(settings)], "training")
    assert trainer.baseline(settings) == 0.5
    assert measured.cost == pytest.approx(0.5 * (1 - measured.metrics["r2"]))


def test_a_step_follows_the_gradient() -> None:
    rng = np.random.default_rng(1)
    part = Part(rng.normal(size=(7, 3)).astype(np.float32), rng.normal(5, 3, size=7))
    trainer = NativeTrainer(TuningData(part, part, ()))
    settings = Hyperparameters(
        eta=1e-3, hidden=(4,), cost="quadratic", batch_size=7, precision="float64"
    )
    start = trainer.start(settings)
    (after,) = trainer.advance([start], 1)
    (before_cost,), (after_cost,) = (trainer.measure([x], "training") for x in (start, after))
    moved = sum(
        float(np.square(b - a).sum())
        for a, b in zip(start.parameters.arrays, after.parameters.arrays, strict=True)
    )
    # The cost falls by η |∇C|², and the step is η ∇C.
    assert before_cost.cost - after_cost.cost == pytest.approx(moved / 1e-3, rel=0.02)


def test_a_trainer_says_what_it_predicts(data: Any) -> None:
    summary = NativeTrainer(data).summary
    assert (summary.task, summary.classes) == ("regression", ())
    found = tuner.find_eta(NativeTrainer(data), hidden=(4,))
    assert found.record.settings.cost == "quadratic"


def test_find_eta_judges_the_standardized_cost(data: Any) -> None:
    found = tuner.find_eta(data, hidden=(10,))
    assert found.record.result.baseline == 0.5
    assert found.eta == found.threshold / 2
    assert found.record.settings.cost == "quadratic"


def test_it_is_saved_and_evaluated_once(run: Any, houses: pd.DataFrame, tmp_path: Path) -> None:
    table = tmp_path / "houses.csv"
    houses.to_csv(table, index=False)
    with pytest.warns(DataWarning, match="holds fractions such as"):
        data = tuner.load(table, target="price")
    trained = tuner.train(data, hidden=(10,), epochs=10)
    tuner.save_model(trained.model, tmp_path / "m.safetensors")
    model = tuner.load_model(tmp_path / "m.safetensors")
    found = tuner.evaluate(model, str(table), part="test")
    test = data.open_test()
    expected = reference.mean_absolute_error(test.y, model.predict(test))
    assert found.metrics["mae"] == pytest.approx(expected)
    assert (found.metric, found.n) == ("rmse", test.n)
    predicted = tuner.predict(model, houses.drop(columns="price"))
    assert list(predicted.to_frame()) == ["prediction"]
    np.testing.assert_allclose(predicted.to_frame()["prediction"], model.predict(houses))
    for what in (lambda: model.predict_proba(houses), lambda: run.model.probabilities(test.x)):
        with pytest.raises(DataError, match="predicts numbers"):
            what()


@WARNED
def test_folds_end_in_a_committee_of_means(houses: pd.DataFrame) -> None:
    run = tuner.train(tuner.load(houses, target="price"), hidden=(6,), epochs=8, eta=0.1, folds=3)
    values = [each.best_value for each in run.record.runs]
    assert run.record.validation_value == pytest.approx(np.mean(values))
    alone = [
        Model(
            settings=member.settings,
            parameters=member.parameters,
            preprocessing=member.preprocessing,
            data=run.model.data,
            validation_metrics={},
            tuner="",
        ).predict(houses)
        for member in run.model.members
    ]
    np.testing.assert_allclose(run.model.predict(houses), np.mean(alone, axis=0), rtol=1e-5)


@WARNED
def test_a_refit_predicts_in_the_unit_of_the_target(houses: pd.DataFrame) -> None:
    data = tuner.load(houses, target="price")
    run = tuner.train(data, hidden=(6,), epochs=20, eta=0.1, refit=True)
    assert reference.r2_score(houses["price"], run.model.predict(houses)) > 0.9


@pytest.mark.parametrize("metric", ["mae", "r2"])
def test_the_metric_chooses(data: Any, metric: str) -> None:
    run = tuner.train(data, hidden=(6,), epochs=15, eta=0.1, metric=metric, patience=None)
    values = [epoch.validation_metrics[metric] for epoch in run.record.result.history]
    assert run.record.validation_value == (max(values) if metric == "r2" else min(values))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cost": "log-likelihood"}, "cost is 'log-likelihood', which is of classes"),
        ({"label_smoothing": 0.1}, "label_smoothing must be 0 where numbers are predicted"),
        ({"metric": "accuracy"}, "metric is 'accuracy' but numbers are predicted"),
    ],
)
def test_settings_of_classes_are_refused(data: Any, settings: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        tuner.train(data, **settings)
    with pytest.raises(OptionError, match="metric is 'rmse' but classes are predicted"):
        tuner.train("iris", metric="rmse")


def test_a_record_is_read_again(run: Any) -> None:
    assert from_json(TrainRecord, json.dumps(to_json(run.record))) == run.record


def test_the_page_speaks_of_the_metric(run: Any, tmp_path: Path) -> None:
    page = run.report(tmp_path).read_text()
    assert "Validation RMSE" in page
    assert "accuracy" not in page


@WARNED
@pytest.mark.parametrize("target", [np.full(20, 3.5), np.arange(4) / 3])
def test_targets_that_cannot_be_learned_are_refused(target: Any) -> None:
    with pytest.raises(DataError, match=r"is 3.5 everywhere|has 4 of the 5 examples"):
        tuner.load(pd.DataFrame({"a": np.arange(len(target)) % 3, "y": target}))


def test_what_is_compared_by_accuracy_says_so(run: Any) -> None:
    with pytest.raises(InputError, match="only runs of classes can be compared"):
        str(tuner.compare(run, run).summary)
    space = {"lambda_": tuner.LogRange(0.01, 1)}
    study = tuner.search("iris", space, trials=1, eta=0.5, epochs=1, metric="auc")
    with pytest.raises(InputError, match="ranks its trials by AUC: only studies of accuracy can"):
        str(tuner.compare(study, study).summary)


def test_predictions_are_recorded_and_drawn(run: Any, data: Any, tmp_path: Path) -> None:
    seen = run.record.predicted
    assert seen.examples == len(seen.rows) == data.validation.n
    np.testing.assert_array_equal(seen.true, data.validation.y)
    np.testing.assert_array_equal(seen.predicted, run.model.predict(data.validation))
    frame = predictions_table(seen)
    np.testing.assert_allclose(frame["predicted"] - frame["true"], frame["residual"])
    axes = draw_predictions(frame).axes[0]
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), frame[["true", "predicted"]])
    (bars,) = draw_residuals(frame).axes[0].containers
    assert sum(bar.get_height() for bar in bars) == len(frame)
    page = run.report(tmp_path).read_text()
    assert "Predicted against true" in page
    assert {"train-predictions.png", "train-residuals.png"} <= {p.name for p in tmp_path.iterdir()}


def test_of_many_predictions_a_sample_and_the_worst_are_kept(run: Any, data: Any) -> None:
    rng = np.random.default_rng(0)
    part = Part(np.repeat(data.validation.x, 30, axis=0), np.repeat(data.validation.y, 30))
    y = part.y + rng.normal(0, 1e4, part.n)
    seen = predicted_of(run.model, TuningData(data.train, Part(part.x, y), ()))
    assert seen.examples == part.n > len(seen.rows) > 500
    errors = np.abs(run.model.values(part.x) - y)
    assert int(errors.argmax()) in seen.rows
