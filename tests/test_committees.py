"""Committees: what they say, how they are weighted, and how `train` ends in one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax
from scipy.stats import t
from sklearn.calibration import calibration_curve

import tuner
from tuner.committees import (
    committee_of,
    fitted_temperature,
    greedy_weights,
    log_loss,
    reliability,
)
from tuner.data import Part, from_arrays, load
from tuner.data.folds import folds_of
from tuner.errors import DataError, OptionError
from tuner.network.losses import shares_of
from tuner.records import Hyperparameters
from tuner.report.format import interval
from tuner.stats import mean_interval
from tuner.storage.models import Member, Model, load_model, model_of, save_model
from tuner.strategies.plans import policies
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer, logits
from tuner.training.loop import begin, train

IRIS = load("iris")


def network(data: Any = IRIS, **changes: Any) -> Model:
    chosen = Hyperparameters(**{"eta": 0.5, "hidden": (4,), **changes})
    trainer = NativeTrainer(data.tuning)
    start = begin(trainer, chosen, Constant(eta=chosen.eta), Stopping(epochs=3))
    return model_of(train(trainer, [start])[0], data)


def member(of: Model) -> Member:
    return Member(settings=of.settings, parameters=of.parameters, preprocessing=of.preprocessing)


def together(models: list[Model], weights: tuple[float, ...], temperature: float = 1.0) -> Model:
    others = tuple(member(each) for each in models[1:])
    return replace(models[0], others=others, weights=weights, temperature=temperature)


def shares_by_hand(of: Model, x: Any, temperature: float) -> Any:
    functions: dict[str, Callable[[Any], Any]] = {"sigmoid": expit, "tanh": np.tanh}
    a = np.asarray(x, dtype=np.float64)
    *hidden, (w_out, b_out) = zip(of.parameters.weights, of.parameters.biases, strict=True)
    for w, b in hidden:
        a = functions[of.settings.activation](a @ w.T.astype(np.float64) + b)
    z = (a @ w_out.T.astype(np.float64) + b_out) / temperature
    if of.settings.cost == "log-likelihood":
        return softmax(z, axis=1)
    return expit(z) / expit(z).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("first", ["log-likelihood", "cross-entropy", "quadratic"])
def test_a_committee_gives_the_weighted_mean_of_probabilities(
    first: str, temperature: float
) -> None:
    models = [
        network(cost=first),
        network(cost="log-likelihood", hidden=(3, 2), activation="tanh"),
        network(cost="cross-entropy", hidden=(), precision="float64"),
    ]
    weights, x, y = (0.5, 0.3, 0.2), IRIS.validation.x, IRIS.validation.y
    of = together(models, weights, temperature)
    expected = sum(
        weight * shares_by_hand(each, x, temperature)
        for weight, each in zip(weights, models, strict=True)
    )
    np.testing.assert_allclose(of.probabilities(x), expected, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(of.outputs(x), expected, rtol=1e-5, atol=1e-12)
    assert of.predict_indices(x).tolist() == expected.argmax(axis=1).tolist()
    right = np.eye(3)[y]
    costs = {
        "log-likelihood": -np.log(expected[right == 1]),
        "quadratic": 0.5 * ((expected - right) ** 2).sum(axis=1),
        "cross-entropy": -np.log(np.where(right == 1, expected, 1 - expected)).sum(axis=1),
    }
    np.testing.assert_allclose(of.costs(x, y), costs[first], rtol=1e-4, atol=1e-9)


def test_members_with_preprocessings_of_their_own_read_the_same_raw_data(tmp_path: Path) -> None:
    other = load("iris", seed=7)
    models = [network(), network(other, seed=7)]
    of = together(models, (0.25, 0.75))
    raw = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
    expected = 0.25 * models[0].predict_proba(raw) + 0.75 * models[1].predict_proba(raw)
    np.testing.assert_allclose(of.predict_proba(raw), expected, rtol=1e-5)
    save_model(of, tmp_path / "m.safetensors")
    read = tuner.load_model(tmp_path / "m.safetensors")
    assert read.predict_proba(raw).tobytes() == of.predict_proba(raw).tobytes()
    assert (read.weights, len(read.members)) == ((0.25, 0.75), 2)
    save_model(read, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (
        tmp_path / "m.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": (1.0,)}, "holds the weights"),
        ({"weights": (0.5, 0.6)}, "holds the weights"),
        ({"weights": (1.5, -0.5)}, "holds the weights"),
        ({"temperature": 0.0}, "holds the weights"),
        ({"others": (member(network(load("wine"))),)}, "holds networks of different inputs"),
    ],
)
def test_what_is_no_committee(changes: dict[str, Any], message: str) -> None:
    of = together([network(), network(seed=1)], (0.5, 0.5))
    with pytest.raises(DataError, match=message):
        replace(of, **changes)


def test_greedy_weights_come_near_the_best_of_a_fine_grid() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 200)
    noise = [rng.normal(size=(200, 3)) + strength * np.eye(3)[y] for strength in (1.5, 1.0, 0.2)]
    kinds = [softmax(z, axis=1) for z in noise]

    def loss(weights: Any) -> float:
        mean = np.tensordot(weights, kinds, axes=1)
        return float(-np.log(mean[np.arange(200), y]).mean())

    grid = [
        np.array((a, b, 50 - a - b)) / 50 for a, b in product(range(51), repeat=2) if a + b <= 50
    ]
    found = greedy_weights(kinds, y)
    assert sum(found) == pytest.approx(1)
    assert loss(found) <= min(map(loss, grid)) + 2e-4


@pytest.mark.parametrize("truth", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_logits_that_are_too_large_or_small(truth: float) -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(20_000, 3)) * 2
    y = np.array([rng.choice(3, p=p) for p in softmax(z, axis=1)])
    found = fitted_temperature(lambda t: softmax(z * truth / t, axis=1), y)
    assert found == pytest.approx(truth, rel=0.05)


def test_few_examples_that_are_all_right_ask_for_no_certainty() -> None:
    z = np.eye(3) * 4
    alone = fitted_temperature(lambda t: softmax(z / t, axis=1), np.arange(3))
    many = fitted_temperature(
        lambda t: softmax(np.tile(z, (1_000, 1)) / t, axis=1), np.tile(np.arange(3), 1_000)
    )
    assert many < 0.5
    assert 0.7 < alone < 1


@given(st.integers(0, 1_000), st.integers(1, 300), st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_reliability_counts_as_scikit_learn_does(seed: int, n: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    shares = softmax(rng.normal(size=(n, classes)) * 2, axis=1)
    y = rng.integers(0, classes, n)
    found = reliability(shares, y)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == y
    if len(set(right.tolist())) == 2:
        share, confidence = calibration_curve(right, sure, n_bins=10)
        there = np.array(found.examples) > 0
        np.testing.assert_allclose(np.array(found.right)[there], share)
        np.testing.assert_allclose(np.array(found.confidence)[there], confidence)
        weights = np.array(found.examples)[there] / n
        expected = float(weights @ np.abs(share - confidence))
        assert found.expected_error == pytest.approx(expected)
    assert sum(found.examples) == n
    assert found.log_loss == pytest.approx(log_loss(shares, y))


def test_a_single_network_keeps_the_temperature_of_its_validation_part(tmp_path: Path) -> None:
    of = tuner.train("wine", hidden=(20,), eta=3.0, epochs=40, patience=40)
    data, found = load("wine"), of.record.calibration
    assert found is not None
    assert found.temperature == of.model.temperature != 1
    (z,) = of.model.member_logits(data.validation.x)
    shares = shares_of(z, of.model.loss(), found.temperature)
    np.testing.assert_allclose(of.model.probabilities(data.validation.x), shares, rtol=1e-5)
    assert found.after.log_loss == pytest.approx(log_loss(shares, data.validation.y))
    assert found.after.log_loss < found.before.log_loss
    raw = replace(of.model, temperature=1.0)
    for what in (Model.outputs, Model.predict_indices):
        np.testing.assert_array_equal(
            what(of.model, data.validation.x), what(raw, data.validation.x)
        )
    x, y = data.validation.x, data.validation.y
    np.testing.assert_array_equal(of.model.costs(x, y), raw.costs(x, y))
    save_model(of.model, tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").temperature == found.temperature
    committee = tuner.train(IRIS, folds=3, **SETTINGS).record
    assert committee.calibration is not None
    assert committee.committee is not None
    assert committee.calibration.temperature == committee.committee.temperature
    assert sum(committee.calibration.after.examples) == committee.committee.examples


def test_networks_of_one_kind_count_alike_and_useless_kinds_not_at_all() -> None:
    useful = [network(seed=seed, eta=2.0) for seed in (0, 1)]
    wrong = network(hidden=())
    sure = replace(wrong.parameters, biases=(np.array([0, 0, 9], np.float32),))
    of, fitted = committee_of(
        [replace(wrong, parameters=sure), *useful], IRIS.validation.x, IRIS.validation.y
    )
    assert of.weights == (0.5, 0.5)
    assert [each.settings.seed for each in of.members] == [0, 1]
    assert fitted.metrics["accuracy"] == of.accuracy(IRIS.validation.x, IRIS.validation.y)
    loss = -np.log(of.probabilities(IRIS.validation.x)[np.arange(30), IRIS.validation.y]).mean()
    assert fitted.metrics["log-loss"] == pytest.approx(loss)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (load("wine"), "other inputs"),
        (from_arrays(np.random.default_rng(0).random((50, 4)), ["a", "b"] * 25), "other inputs"),
        (load("iris", seed=1), "other data, or another split of them"),
    ],
)
def test_networks_that_do_not_belong_together(other: Any, what: str) -> None:
    with pytest.raises(DataError, match=f"network 2 of the committee has {what}"):
        committee_of([network(), network(other)], IRIS.validation.x, IRIS.validation.y)


def test_networks_of_other_classes() -> None:
    one = network()
    other = replace(one, data=replace(one.data, classes=("a", "b", "c")))
    with pytest.raises(DataError, match="network 2 of the committee has other classes"):
        committee_of([one, other], IRIS.validation.x, IRIS.validation.y)


# `train` with several seeds

SETTINGS: dict[str, Any] = {"hidden": (5,), "eta": 0.5, "epochs": 12, "patience": 3}


def test_each_network_is_what_it_is_alone() -> None:
    of = tuner.train(IRIS, seeds=3, seed=4, **SETTINGS)
    alone = [tuner.train(IRIS, seed=seed, **SETTINGS) for seed in (4, 5, 6)]
    for one, run, joined in zip(alone, of.record.runs, of.model.members, strict=True):
        assert [epoch.validation_cost for epoch in run.history] == [
            epoch.validation_cost for epoch in one.record.result.history
        ]
        for a, b in zip(joined.parameters.arrays, one.model.parameters.arrays, strict=True):
            assert a.tobytes() == b.tobytes()
    assert of.model.weights == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert of.validation_accuracy == of.model.accuracy(IRIS.validation.x, IRIS.validation.y)
    assert of.record.inspection is not None
    assert of.record.inspection.accuracy == of.validation_accuracy
    assert "by a committee of 3 networks" in of.summary


@pytest.mark.parametrize("epoch", [1, 6])
def test_a_stopped_run_goes_on_as_if_it_had_not(
    tmp_path: Path, epoch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.storage.run_checkpoint.SECONDS_BETWEEN", 0.0)
    whole = tuner.train(IRIS, seeds=3, **SETTINGS)
    seen = 0

    def killed(_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > epoch + 1:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        tuner.train(IRIS, seeds=3, folder=tmp_path, watch=killed, **SETTINGS)
    assert (tmp_path / "checkpoint-3.safetensors").is_file()
    (tmp_path / "checkpoint-2.safetensors").unlink()  # a kill between two files
    again = tuner.train(IRIS, seeds=3, folder=tmp_path, resume=True, **SETTINGS)
    save_model(whole.model, tmp_path / "whole.safetensors")
    assert (tmp_path / "whole.safetensors").read_bytes() == (
        tmp_path / "model.safetensors"
    ).read_bytes()
    assert again.record.committee == whole.record.committee
    assert not list(tmp_path.glob("checkpoint*"))


@pytest.mark.parametrize("seeds", [0, -1, 2_000])
def test_numbers_of_seeds_out_of_range(seeds: int) -> None:
    with pytest.raises(OptionError, match="seeds must be from 1 to 1000 but is"):
        tuner.train(IRIS, seeds=seeds, **SETTINGS)


def test_evaluate_measures_a_committee(tmp_path: Path) -> None:
    of = tuner.train("iris", seeds=2, **SETTINGS)
    save_model(of.model, tmp_path / "m.safetensors")
    found = tuner.evaluate(tmp_path / "m.safetensors", part="validation")
    assert found.accuracy == of.validation_accuracy
    labels = tuner.predict(of.model, Part(IRIS.validation.x, IRIS.validation.y)).labels
    right = np.array(IRIS.classes)[IRIS.validation.y]
    assert float((np.array(labels) == right).mean()) == of.validation_accuracy


# `train` with folds


def test_folds_end_in_a_committee_that_is_judged_out_of_fold(tmp_path: Path) -> None:
    of = tuner.train(IRIS, folds=4, seeds=2, **SETTINGS)
    assert (len(of.model.members), of.model.data.folds) == (8, 4)
    folds = folds_of(IRIS, 4)
    best = [run.best_validation_accuracy for run in of.record.runs]
    for number, run in enumerate(of.record.runs):
        fold = folds[number % 4].tuning
        trainer = NativeTrainer(fold)
        strategy = tuner.Strategy(epochs=12, patience=3)
        start = begin(trainer, run.settings, *policies(0.5, strategy))
        (alone,) = train(trainer, [start])
        assert alone.record.best_validation_accuracy == best[number]
    means = [(best[fold] + best[fold + 4]) / 2 for fold in range(4)]
    assert of.record.alone == pytest.approx(means)
    assert of.validation_accuracy == pytest.approx(sum(means) / 4)
    low, high = mean_interval(means)
    assert f"(95 % CI {interval(low, high)} over 4 folds)" in of.summary
    save_model(of.model, tmp_path / "m.safetensors")
    assert tuner.evaluate(tmp_path / "m.safetensors", "iris").part == "test"
    with pytest.raises(OptionError, match="the model was trained on folds"):
        tuner.evaluate(of.model, "iris", part="validation")


def test_repeated_folds_are_judged_by_the_mean_of_their_votes() -> None:
    of = tuner.train(IRIS, folds="auto", **SETTINGS)
    assert (of.model.data.folds, of.model.data.repeats) == (5, 3)
    assert (len(of.model.members), of.record.data.lanes) == (15, 15)
    folds = folds_of(IRIS, 5, 3)
    y = np.concatenate([IRIS.train.y, IRIS.validation.y])
    shares = np.zeros((3, len(y), 3))
    for member, fold in zip(of.model.members, folds, strict=True):
        z = logits(member.parameters, member.settings, fold.tuning.validation.x)
        shares[fold.repeat, fold.rows] = shares_of(z, of.model.loss(), of.model.temperature)
    mean, committee = shares.mean(axis=0), of.record.committee
    assert committee is not None
    assert committee.metrics["log-loss"] == pytest.approx(log_loss(mean, y), rel=1e-6)
    alone = of.record.alone
    assert len(alone) == 15
    low, high = of.record.validation_interval
    half = float(t.ppf(0.975, 4) * np.std(alone, ddof=1) / 5**0.5)
    assert (low, high) == pytest.approx((np.mean(alone) - half, np.mean(alone) + half))
    assert "validated 3 networks, one for each cut, of each seed" in of.summary


def test_folds_stopped_go_on_as_if_they_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.storage.run_checkpoint.SECONDS_BETWEEN", 0.0)
    data = load(_table())
    whole = tuner.train(data, folds=3, **SETTINGS)
    seen = []

    def killed(training: Any) -> None:
        seen.append(training)
        if len(seen) > 4:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        tuner.train(data, folds=3, folder=tmp_path, watch=killed, **SETTINGS)
    with pytest.raises(DataError, match="folds is 3 there but 4 here"):
        tuner.train(data, folds=4, folder=tmp_path, resume=True, **SETTINGS)
    tuner.train(data, folds=3, folder=tmp_path, resume=True, **SETTINGS)
    save_model(whole.model, tmp_path / "whole.safetensors")
    files = [(tmp_path / name).read_bytes() for name in ("whole.safetensors", "model.safetensors")]
    assert files[0] == files[1]


def _table() -> pd.DataFrame:
    """A table with a category that few folds have seen, so that networks differ in inputs."""
    rng = np.random.default_rng(0)
    kinds = ["rare" if row == 3 else "ab"[row % 2] for row in range(60)]
    return pd.DataFrame({"size": rng.normal(size=60), "kind": kinds, "target": np.arange(60) % 3})


@pytest.mark.parametrize("changes", [{"folds": 3}, {"refit": True}])
def test_data_in_python_are_scaled_as_each_network_was_trained(changes: dict[str, Any]) -> None:
    data = load("wine")
    of = tuner.train(data, **changes, **SETTINGS)
    by_name = tuner.evaluate(of.model, "wine")
    found = tuner.evaluate(of.model, data)
    assert (found.accuracy, found.cost) == (by_name.accuracy, by_name.cost)
    assert data.test_openings == found.test_openings
    with pytest.raises(DataError, match="scaled for networks of its training part"):
        of.model.predict(data.validation)
    with pytest.raises(OptionError, match="part is all but"):
        tuner.evaluate(of.model, data, part="all")
