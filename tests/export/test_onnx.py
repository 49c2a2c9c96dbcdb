from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.exports import (
    IRIS_MODELS,
    classified,
    committee,
    images,
    mixed,
    network,
    number_committee,
    numbers,
    raw_numbers,
)
from tuner.data import from_arrays, load
from tuner.data.folds import folds_of
from tuner.storage.models import Model, model_of
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train

pytest.importorskip("onnx", reason="ONNX is not installed (extra: onnx)")
runtime: Any = pytest.importorskip("onnxruntime", reason="ONNX Runtime is absent (extra: onnx)")
export = pytest.importorskip("tuner.export.onnx")

pytestmark = pytest.mark.filterwarnings("ignore::tuner.errors.DataWarning")


def answers(model: Model, feeds: dict[str, Any]) -> tuple[Any, Any]:
    session = runtime.InferenceSession(export.content(model), providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == list(feeds)
    label, probabilities = session.run(None, feeds)
    return label, probabilities


def check(model: Model, feeds: dict[str, Any], raw: Any) -> None:
    label, probabilities = answers(model, feeds)
    np.testing.assert_allclose(probabilities, model.predict_proba(raw), rtol=0, atol=1e-5)
    assert label.tolist() == model.predict(raw).tolist()
    assert len(np.unique(probabilities, axis=0)) > 1


def feeds_of(frame: pd.DataFrame) -> dict[str, Any]:
    raw = raw_numbers(frame)
    texts = frame.drop(columns=raw.columns).fillna("(missing)")
    columns = {name: raw[[name]].to_numpy() for name in raw}
    return columns | {name: texts[[name]].to_numpy(dtype=object) for name in texts}


@pytest.mark.parametrize("name", IRIS_MODELS)
def test_the_runtime_gives_the_same_of_numbers(name: str) -> None:
    model = IRIS_MODELS[name]()
    rows = np.random.default_rng(0).normal(4, 3, (50, 4))
    names = model.preprocessing.column_names
    frame = pd.DataFrame(rows, columns=list(names))
    feeds = {each: frame[[each]].to_numpy() for each in names}
    check(model, feeds if model.preprocessing.columns else {"x": rows}, rows)


@pytest.mark.parametrize("frame", [numbers(), mixed()], ids=["numbers", "mixed"])
def test_gaps_outliers_dates_and_texts_are_prepared_inside(frame: pd.DataFrame) -> None:
    model = network(classified(frame))
    assert any(each.indicator for each in model.preprocessing.numeric)
    assert any(column.parts for column in model.preprocessing.columns)
    check(model, feeds_of(frame), frame)


def test_outputs_step_aside_for_columns_of_their_name() -> None:
    session = runtime.InferenceSession(export.content(network(classified(numbers()))))
    assert [each.name for each in session.get_outputs()] == ["label_", "probabilities"]


def test_an_unseen_text_counts_as_any_other() -> None:
    model, frame = network(classified(mixed())), mixed()
    frame.loc[:5, "color"] = "unheard of"
    check(model, feeds_of(frame), frame)


def test_texts_alone() -> None:
    frame = mixed()[["color", "paid"]]
    check(network(classified(frame)), feeds_of(frame), frame)


def test_images() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 3, 2))
    pixels[:, 0, 0] = 255
    check(network(images()), {"images": pixels.astype(np.float32)}, pixels)


def test_an_array() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    rows[:, 1] = 1.5
    model = network(from_arrays(rows, np.arange(60) % 2))
    check(model, {"x": rows}, rows)


def test_a_committee_of_folds_has_each_its_own_preprocessing() -> None:
    frame = mixed()
    data = classified(frame)
    models = []
    for fold in folds_of(data, 3):
        trainer = NativeTrainer(fold.tuning)
        model = network(data)
        start = begin(trainer, model.settings, Constant(eta=0.5), Stopping(epochs=2))
        models.append(model_of(train(trainer, [start])[0], data, fold))
    joined = committee(*models)
    assert len(joined.preprocessings) > 1
    check(joined, feeds_of(frame), frame)


def test_the_same_model_gives_the_same_bytes() -> None:
    model = network(load("iris"))
    assert export.content(model) == export.content(model)


def test_numbers_are_predicted() -> None:
    frame = mixed()
    model = number_committee(frame)
    session = runtime.InferenceSession(export.content(model), providers=["CPUExecutionProvider"])
    (given,) = session.run(["prediction"], feeds_of(frame))
    np.testing.assert_allclose(given[:, 0], model.predict(frame), rtol=1e-5)
    assert 800 < given.mean() < 1_200
