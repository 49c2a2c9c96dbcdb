"""What a look into a network tells, against what is known of the network."""

from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from tuner.data import Dataset, from_arrays, load
from tuner.errors import DataError
from tuner.inspection import BINS, LONGEST_SIDE, SHOWN_MISTAKES, inspect, layer_weights
from tuner.network.initialization import Parameters
from tuner.records import Hyperparameters, Inspection, from_json, to_json
from tuner.storage.models import Model, model_of
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train


def model_for(data: Dataset, epochs: int = 2) -> Model:
    trainer = NativeTrainer(data.tuning)
    start = begin(
        trainer,
        Hyperparameters(eta=0.1, hidden=(5,)),
        Constant(eta=0.1),
        Stopping(epochs=epochs),
    )
    (done,) = train(trainer, [start])
    return model_of(done, data)


def pictures(side: int) -> Dataset:
    rng = np.random.default_rng(0)
    return from_arrays(rng.integers(0, 256, (200, side, side - 1)), rng.integers(0, 4, 200))


def test_confusion_is_that_of_the_validation_data() -> None:
    data = load("iris")
    model = model_for(data)
    seen = inspect(model, data.tuning)
    right = sum(count for label, taken, count in seen.confusion if label == taken)
    assert sum(count for _, _, count in seen.confusion) == data.validation.n
    assert right / data.validation.n == model.validation_accuracy
    assert seen.training_counts == (30, 30, 30)
    assert (seen.image_size, {each.pixels for each in seen.mistakes}) == (None, {""})
    assert list(seen.confusion) == sorted(seen.confusion)


def test_the_test_part_stays_sealed() -> None:
    data = load("iris")
    inspect(model_for(data), data.tuning)
    assert data.test_openings == 0


def test_mistakes_are_wrong_and_the_surest_come_first() -> None:
    data = pictures(9)
    model = model_for(data)
    seen = inspect(model, data.tuning)
    predictions = model.predict_indices(data.validation.x)
    wrong = int((predictions != data.validation.y).sum())
    assert len(seen.mistakes) == min(wrong, SHOWN_MISTAKES) > 5
    for each in seen.mistakes:
        assert each.label == data.validation.y[each.row] != each.prediction
        assert each.prediction == predictions[each.row]
    sure = [each.probability for each in seen.mistakes]
    assert sure == sorted(sure, reverse=True)
    assert 1 / 4 <= min(sure) <= max(sure) <= 1


def test_pixels_are_those_of_the_image() -> None:
    data = pictures(9)
    seen = inspect(model_for(data), data.tuning)
    assert seen.image_size == (9, 8)
    first = seen.mistakes[0]
    pixels = np.frombuffer(b64decode(first.pixels), np.uint8)
    assert np.array_equal(pixels, np.rint(255 * data.validation.x[first.row]))


def test_large_images_are_made_smaller() -> None:
    data = pictures(3 * LONGEST_SIDE - 5)
    seen = inspect(model_for(data, epochs=1), data.tuning)
    assert seen.image_size == (63, 62)
    assert len(b64decode(seen.mistakes[0].pixels)) == 63 * 62


def test_it_goes_through_json_and_is_small() -> None:
    data = pictures(29)
    seen = inspect(model_for(data), data.tuning)
    text = str(to_json(seen)).replace("'", '"').replace("None", "null")
    assert from_json(Inspection, text) == seen
    assert len(text) < 40_000


def test_outputs_that_are_no_numbers_are_refused() -> None:
    data = load("iris")
    model = model_for(data)
    weights = tuple(np.full_like(w, 3e38) for w in model.parameters.weights)
    broken = replace(model, parameters=Parameters(weights, model.parameters.biases))
    with pytest.raises(DataError, match="the network's output is NaN"):
        inspect(broken, data.tuning)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e-3, 0.02, 1.0, 40.0, 1e30])
def test_every_weight_falls_into_a_bin(scale: float) -> None:
    weights = np.random.default_rng(1).normal(0, 1, (30, 40)) * scale
    seen = layer_weights(weights)
    assert (len(seen.counts), sum(seen.counts)) == (BINS, 1200)
    edges = (np.arange(BINS + 1) - BINS / 2) * seen.width
    assert np.histogram(weights, edges)[0].tolist() == list(seen.counts)
    assert seen.near_zero == (np.abs(weights) < 0.01).sum()
    assert (seen.n_in, seen.n_out) == (40, 30)


def test_weights_at_zero_stand_in_the_middle() -> None:
    assert layer_weights(np.array([[0.0, 0.0, 0.05, -0.05]])).counts[BINS // 2] == 2
