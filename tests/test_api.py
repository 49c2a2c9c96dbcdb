"""The verbs of Python: what the README shows, and what each must refuse."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tuner
from tuner.data import read
from tuner.errors import InputError, OptionError
from tuner.report import load_stored
from tuner.storage import CHECKPOINT, MODEL, RECORDS
from tuner.strategies.shares import share_of

pytestmark = pytest.mark.usefixtures("blank_figures")

X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
QUICK: dict[str, Any] = {"hidden": (8,), "eta": 0.5, "epochs": 20}


@pytest.fixture(scope="module")
def iris() -> tuner.Dataset:
    return tuner.load("iris")


@pytest.fixture(scope="module")
def run(iris: tuner.Dataset) -> Any:
    return tuner.train(iris, **QUICK)


def test_the_face_works_as_it_stands(tmp_path: Path) -> None:
    data = tuner.load("iris")
    found = tuner.find_eta(data, hidden=(8,))
    run = tuner.train(data, hidden=(8,), lambda_=0.1, eta=found, patience=10)
    space = {"lambda_": tuner.LogRange(1e-2, 10), "hidden": [(4,), (8,)]}
    study = tuner.search(data, space, trials=3, epochs=5)
    best = tuner.tune(data, budget="1s")
    page = best.report(tmp_path / "reports" / "iris")

    assert run.settings.eta == found.eta == found.threshold / 2
    assert run.record.eta_search == found.record.result
    cycle = tuner.train(data, hidden=(8,), eta=found, schedule="one-cycle", epochs=2)
    assert cycle.settings.eta == share_of("sgd", "one-cycle") * found.threshold
    assert study.best.params.keys() == {"lambda_", "hidden"}
    assert study.best.params["hidden"] in [(4,), (8,)]
    assert page.is_file()
    assert page.with_name(RECORDS).is_file()
    assert tuner.load_model(page.with_name(MODEL)).settings == best.settings
    assert page.with_name("settings.toml").is_file()
    x = read("iris").inputs.numbers
    assert set(best.model.predict(x)) <= set(data.classes)
    assert best.model.predict(x).shape == run.model.predict(x).shape == (150,)
    assert (data.test_openings, best.record.test.openings) == (1, 1)


def test_a_study_s_model_is_the_network_of_its_best_trial(iris: tuner.Dataset) -> None:
    study = tuner.search(iris, {"lambda_": [0.0, 1.0]}, trials=2, eta=0.5, epochs=5)
    assert study.model is study.model
    assert study.model.validation_accuracy == study.best.value
    assert study.model.settings.lambda_ == study.best.params["lambda_"]
    params: dict[str, Any] = dict(study.best.params)
    again = tuner.train(iris, eta=0.5, epochs=5, patience=5, **params)
    assert (again.model.predict(iris.train) == study.model.predict(iris.train)).all()


@pytest.mark.parametrize("given", [str, Path])
def test_folders_are_texts_or_paths(iris: tuner.Dataset, tmp_path: Path, given: type) -> None:
    run = tuner.train(iris, folder=given(tmp_path / "run"), **QUICK)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {MODEL, RECORDS}
    assert run.report(given(tmp_path / "page")).name == "train.html"
    space = {"lambda_": [0.0, 1.0]}
    first = tuner.search(iris, space, trials=2, eta=0.5, epochs=2, folder=given(tmp_path / "study"))
    again = tuner.search(iris, space, trials=2, eta=0.5, epochs=2, folder=given(tmp_path / "study"))
    assert first.trials == again.trials


def test_data_are_a_name_a_path_a_table_or_arrays(iris: tuner.Dataset, tmp_path: Path) -> None:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
    table["class"] = np.where(table["a"] > 0, "yes", "no")
    table.to_csv(tmp_path / "t.csv", index=False)
    x, y = table[["a", "b", "c"]].to_numpy(), table["class"].to_numpy()
    by_table, by_path, by_arrays = (
        tuner.train(data, **QUICK) for data in (table, tmp_path / "t.csv", (x, y))
    )
    histories = [each.to_frame().drop(columns="seconds") for each in (by_table, by_path, by_arrays)]
    pd.testing.assert_frame_equal(histories[0], histories[1])
    pd.testing.assert_frame_equal(histories[0], histories[2])
    assert by_table.model.classes == ("no", "yes")
    renamed = table.rename(columns={"class": "kind"})
    assert tuner.load(renamed, target="kind").classes == ("no", "yes")
    with pytest.raises(InputError, match="say which column is the target"):
        tuner.train(renamed, **QUICK)
    with pytest.raises(OptionError, match="data is list but must be"):
        tuner.train([1, 2], **QUICK)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lamda": 1}, "lamda is not a setting: do you mean lambda_?"),
        ({"hidden": (0,)}, "hidden must be sizes of at least 1"),
        ({"eta": "fast"}, "eta must be a number but is 'fast'"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"resume": True}, "resume must be False without a folder"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    iris: tuner.Dataset, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError) as error:
        tuner.train(iris, **settings)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"lamda": [0, 1]}, "search: search.lamda is "),
        ({"lambda_": 0.5}, "search.lambda_ must be a Range, LogRange, IntRange or a list"),
        ({"lambda_": tuner.LogRange(0, 1)}, "search: search.lambda: low must be above 0"),
    ],
)
def test_a_wrong_space_is_one_clear_line(
    iris: tuner.Dataset, space: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        tuner.search(iris, space)
    assert str(error.value).startswith(message)


def test_numpy_numbers_are_numbers(iris: tuner.Dataset, run: Any, tmp_path: Path) -> None:
    given: dict[str, Any] = {"hidden": np.array([8]), "eta": np.float32(0.5)}
    given |= {"epochs": np.int64(20), "batch_size": np.int32(10)}
    again = tuner.train(iris, folder=tmp_path, **given)
    assert again.record.settings == run.record.settings
    assert again.record.strategy == run.record.strategy
    space = {"batch_size": list(np.arange(5, 20, 5))}
    trials: Any = np.int64(2)
    assert len(tuner.search(iris, space, trials=trials, eta=0.5, epochs=1).trials) == 2


def test_numpy_numbers_are_numbers_in_what_is_kept(tmp_path: Path) -> None:
    size, seed, few = np.int64(60), np.int64(3), np.int64(2)
    data = tuner.load("iris", train_size=size, seed=seed)  # type: ignore[arg-type]
    tuner.train(data, folder=tmp_path / "train", **QUICK)
    tuner.reproduce("iris", ["round-1"], seed=seed, folder=tmp_path / "again")  # type: ignore[arg-type]
    content: dict[str, Any] = {
        "name": "numpy",
        "trials": few,
        "batch": few,
        "seed": seed,
        "eta": np.float32(0.5),
        "network": {"hidden": np.array([4])},
        "train": {"epochs": few},
        "search": {"lambda": {"low": np.float64(0.1), "high": np.int64(1)}},
    }
    tuner.search(data, tuner.StudySpec(**content)).report(tmp_path / "study")
    space: Any = {"lambda_": np.logspace(-2, 0, 3), "hidden": np.array([[4], [8]])}
    assert len(tuner.search(data, space, trials=2, eta=0.5, epochs=1).trials) == 2
    for name in ("train", "again", "study"):
        assert load_stored(tmp_path / name / RECORDS)


def test_an_interrupted_run_goes_on(iris: tuner.Dataset, run: Any, tmp_path: Path) -> None:
    stopped = tuner.train(iris, folder=tmp_path, stop_asked=lambda: True, **QUICK)
    assert stopped.record.result.stop_reason == "interrupted"
    assert (tmp_path / CHECKPOINT).is_file()
    with pytest.raises(InputError, match="is of a run that was interrupted"):
        tuner.train(iris, folder=tmp_path, **QUICK)
    resumed = tuner.train(iris, folder=tmp_path, resume=True, **QUICK)
    assert not (tmp_path / CHECKPOINT).exists()
    for one, other in zip(
        resumed.model.parameters.arrays, run.model.parameters.arrays, strict=True
    ):
        assert (one == other).all()


def test_results_show_themselves(run: Any, iris: tuner.Dataset) -> None:
    assert repr(run).startswith("<TrainResult: ")
    assert len(repr(run)) < 200
    assert len(run.summary.splitlines()) == 3
    assert "<img" in run._repr_html_()
    assert len(run.to_frame()) == 20
    found = tuner.find_eta(iris, hidden=(8,), plan=tuner.ProbePlan(seeds=1))
    assert repr(found).startswith("<EtaResult: Use η = ")


def test_runs_are_compared(iris: tuner.Dataset, run: Any, tmp_path: Path) -> None:
    other = tuner.train(iris, **(QUICK | {"hidden": (2,)}))
    run.report(tmp_path / "one")
    comparison = tuner.compare(tmp_path / "one", other, names=("eight", "two"))
    assert len(comparison.to_frame()) == 2
    assert comparison.report(tmp_path / "both").is_file()
    assert "<table" in comparison._repr_html_()
    found = tuner.find_eta(iris, hidden=(8,), plan=tuner.ProbePlan(seeds=1))
    with pytest.raises(InputError, match="is an η search: only runs of train"):
        tuner.compare(run, found)


def test_a_model_is_measured_on_the_parts_it_was_trained_with(
    run: Any, iris: tuner.Dataset
) -> None:
    validated = tuner.evaluate(run.model, iris, part="validation")
    assert (validated.accuracy, validated.n) == (run.validation_accuracy, iris.validation.n)
    assert tuner.evaluate(run.model, iris, part="all").n == 150
    tested, named = tuner.evaluate(run.model, iris), tuner.evaluate(run.model, "iris")
    assert (tested.accuracy, tested.cost) == (named.accuracy, named.cost)


def test_data_are_known_by_their_identity_and_not_by_their_name() -> None:
    table = pd.DataFrame({"x": np.arange(60.0) % 7, "kind": ["a", "b"] * 30})
    model = tuner.train(tuner.load(table, target="kind"), **QUICK).model
    same = tuner.load(table, target="kind")
    assert tuner.evaluate(model, same).part == "test"
    for other in (tuner.load(table, target="kind", seed=1), tuner.load("iris"), (X, Y)):
        with pytest.raises(InputError, match="not those of training, split as they were"):
            tuner.evaluate(model, other)


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.csv")
    path.write_text("x,kind\n1,a\n")
    for data in (path, str(path)):
        with pytest.raises(InputError, match="the name is not UTF-8: rename the file"):
            tuner.train(data, **QUICK)


def test_a_search_for_eta_takes_no_settings_of_training(iris: tuner.Dataset) -> None:
    with pytest.raises(OptionError, match="patience is of training, not of a search for η"):
        tuner.find_eta(iris, hidden=(4,), patience=3)


def test_predictions_are_named(run: Any) -> None:
    predicted = tuner.predict(run.model, "iris")
    assert set(predicted.labels) == {"setosa", "versicolor", "virginica"}
    assert predicted.to_frame().shape == (150, 5)
    assert "150 examples, 3 classes" in predicted._repr_html_()
    of_array = tuner.predict(run.model, read("iris").inputs.numbers)
    assert of_array.labels.tolist() == predicted.labels.tolist()


def test_a_trainer_stands_in_for_data(iris: tuner.Dataset) -> None:
    trainer = tuner.NativeTrainer(iris)
    settings = tuner.Hyperparameters(eta=0.5, hidden=(8,))
    policies = tuner.policies(0.5, tuner.Strategy(epochs=3))
    trainings = tuner.train(trainer, [tuner.begin(trainer, settings, *policies)] * 2)
    assert [len(each.history) for each in trainings] == [3, 3]
    run = tuner.train(trainer, settings, epochs=3)
    assert run.record.result.history[-1].training_cost == trainings[0].history[-1].training_cost
    assert len(tuner.search(trainer, {"lambda_": [0, 1]}, trials=2, eta=0.1, epochs=2).trials) == 2
