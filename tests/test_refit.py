"""`train --refit`: the same training again, on training and validation data."""

from dataclasses import replace
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
import pytest

import tuner
from tuner.data import Part, TuningData, load, read
from tuner.data.preprocessing import fit
from tuner.data.splits import split
from tuner.errors import OptionError, StoppedError
from tuner.network.initialization import Parameters
from tuner.records import Hyperparameters
from tuner.storage.models import load_model, save_model
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train

SETTINGS: dict[str, Any] = {"hidden": (5,), "eta": 0.5, "lambda_": 0.1, "epochs": 15, "patience": 3}


def together() -> TuningData:
    """Training and validation part of iris as one part, by scikit-learn's scaler on raw rows."""
    examples = read("iris")
    parts = split(examples, seed=0)
    rows = np.concatenate([parts.train, parts.validation])
    x = fit(examples.inputs.take(rows)).transform(examples.inputs.take(rows))
    part = Part(x, examples.y[rows])
    return TuningData(part, part, examples.classes)


def expected(settings: Hyperparameters, strategy: tuner.Strategy, epochs: int) -> Parameters:
    """The network after so many epochs on those data, whatever it validates."""
    trainer = NativeTrainer(together())
    kept: list[Parameters] = []
    policy = policies(settings.eta, replace(strategy, patience=None))
    start = begin(trainer, replace(settings, lambda_=settings.lambda_ * 120 / 90), *policy)
    train(trainer, [start], watch=lambda now: kept.append(now[0].lane.parameters))
    return kept[epochs - 1]


def assert_same(one: Parameters, other: Parameters) -> None:
    for a, b in zip(one.arrays, other.arrays, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("schedule", ["constant", "one-cycle", "planned"])
def test_it_is_trained_as_long_as_validation_chose(schedule: str) -> None:
    of = tuner.train("iris", refit=True, schedule=schedule, **SETTINGS)
    run = of.record.result
    assert_same(of.model.parameters, expected(run.settings, of.record.strategy, run.best_epoch))
    plain = tuner.train("iris", schedule=schedule, **SETTINGS)
    assert of.validation_accuracy == plain.validation_accuracy == of.model.validation_accuracy
    assert of.record.refit is not None
    assert of.record.refit.epochs == (run.best_epoch,)
    assert of.record.refit.lambda_ == pytest.approx(0.1 * 120 / 90)
    assert "trained again on all 120 training and validation examples" in of.summary


def test_a_halving_eta_falls_where_it_fell() -> None:
    of = tuner.train(
        "iris",
        refit=True,
        schedule="halving",
        **{**SETTINGS, "eta": 3.0, "epochs": 80, "patience": 2},
    )
    run = of.record.result
    assert len({epoch.eta for epoch in run.history[: run.best_epoch]}) > 1
    trainer = NativeTrainer(together())
    lane = trainer.start(replace(run.settings, lambda_=0.1 * 120 / 90))
    steps = trainer.steps_per_epoch(lane.settings)
    for epoch in run.history[: run.best_epoch]:
        (lane,) = trainer.advance([lane.with_eta(epoch.eta)], steps)
    assert_same(of.model.parameters, lane.parameters)


def test_of_folds_a_network_of_each_seed_trains_to_the_median_epoch() -> None:
    of = tuner.train("iris", refit=True, folds=3, seeds=2, **SETTINGS)
    assert of.record.refit is not None
    assert len(of.model.members) == 2
    for seed, member in enumerate(of.model.members):
        runs = of.record.runs[3 * seed : 3 * seed + 3]
        epochs = median_low([run.best_epoch for run in runs])
        assert of.record.refit.epochs[seed] == epochs
        # λ/n is that of the folds, whose training parts have 80 examples
        settings = replace(runs[0].settings, lambda_=0.1 * 90 / 80)
        assert_same(member.parameters, expected(settings, of.record.strategy, epochs))


def test_its_validation_examples_have_trained(tmp_path: Path) -> None:
    of = tuner.train("iris", refit=True, **SETTINGS)
    assert of.record.inspection is None
    save_model(of.model, tmp_path / "m.safetensors")
    read_again = load_model(tmp_path / "m.safetensors")
    assert read_again.refitted
    with pytest.raises(OptionError, match="the model was trained again on these examples"):
        tuner.evaluate(read_again, part="validation")
    assert tuner.evaluate(read_again, "iris").part == "test"


def test_stopped_within_the_refit_it_goes_on(tmp_path: Path) -> None:
    data = load("iris")
    whole = tuner.train(data, refit=True, **SETTINGS)
    epochs = len(whole.record.result.history)
    asked = iter([False] * (epochs + 2))
    with pytest.raises(StoppedError, match="within the refit"):
        tuner.train(
            data, refit=True, folder=tmp_path, stop_asked=lambda: next(asked, True), **SETTINGS
        )
    again = tuner.train(data, refit=True, folder=tmp_path, resume=True, **SETTINGS)
    assert_same(again.model.parameters, whole.model.parameters)
