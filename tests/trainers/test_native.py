"""What our own trainer promises beyond the contract: the same network bit for bit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trainers.toy import assert_same_lane, through_pickle, toy_data, toy_trainer
from tuner.data import Part, load
from tuner.data.augmentation import Augmenter
from tuner.data.folds import folds_of
from tuner.errors import OptionError
from tuner.network.dropout import BLOCK
from tuner.randomness import Purpose, stream
from tuner.records import Hyperparameters
from tuner.trainers import native
from tuner.trainers.native import NativeLane, NativeTrainer, one_hot

STEPS = 2 * BLOCK + 9
PRECISIONS = pytest.mark.parametrize("precision", ["float32", "float64"])


def mixed(k: int, **shared: Any) -> list[Hyperparameters]:
    """Settings of k lanes of one shape: η, λ and seed differ, and some lanes share a seed."""
    base = replace(Hyperparameters(eta=1, hidden=(7,), batch_size=5), **shared)
    return [
        replace(base, eta=0.05 * (i + 1), lambda_=(0, 0.3, 2)[i % 3], seed=(3, 8, 3, 1)[i % 4])
        for i in range(k)
    ]


def with_dropout(several: Sequence[Hyperparameters]) -> list[Hyperparameters]:
    return [replace(s, dropout=(0.5, 0.2, 0)[i % 3]) for i, s in enumerate(several)]


def assert_together_as_alone(trainer: NativeTrainer, several: Sequence[Hyperparameters]) -> None:
    starts = [trainer.start(s) for s in several]
    for start, lane in zip(starts, trainer.advance(starts, STEPS), strict=True):
        (alone,) = trainer.advance([start], STEPS)
        assert_same_lane(lane, alone)
        assert any((lane.parameters.weights[0] != start.parameters.weights[0]).ravel())


@PRECISIONS
@pytest.mark.parametrize("k", [1, 2, 4, 8, 11])
def test_each_of_k_lanes_goes_as_alone(k: int, precision: str) -> None:
    several = mixed(k, precision=precision)
    assert_together_as_alone(toy_trainer(), several)
    assert_together_as_alone(toy_trainer(), with_dropout(several))


def test_each_of_eight_wide_lanes_goes_as_alone() -> None:
    assert_together_as_alone(toy_trainer(n=60, d=784, classes=10), mixed(8, hidden=(30,)))


@pytest.mark.parametrize(
    ("classes", "n", "shared"),
    [
        pytest.param(1, 23, {}, id="single output neuron"),
        pytest.param(1, 200, {"batch_size": 50, "hidden": ()}, id="one neuron in all"),
        pytest.param(3, 200, {"batch_size": 50, "hidden": (1,)}, id="one hidden neuron"),
        pytest.param(3, 23, {"hidden": ()}, id="no hidden layer"),
        pytest.param(3, 23, {"hidden": (6, 5, 4)}, id="three hidden layers"),
        pytest.param(3, 23, {"batch_size": 1}, id="m = 1"),
        pytest.param(3, 20, {"batch_size": 5}, id="n a multiple of m"),
        pytest.param(3, 23, {"batch_size": 100}, id="m > n"),
        pytest.param(3, 23, {"regularization": "l1"}, id="l1"),
        pytest.param(3, 23, {"activation": "relu", "cost": "log-likelihood"}, id="relu, softmax"),
        pytest.param(3, 23, {"activation": "tanh", "cost": "quadratic"}, id="tanh, quadratic"),
        pytest.param(3, 23, {"init": "large"}, id="large initial weights"),
    ],
)
def test_lanes_of_any_shape_go_as_alone(classes: int, n: int, shared: dict[str, Any]) -> None:
    trainer = toy_trainer(n=n, classes=classes)
    assert_together_as_alone(trainer, mixed(5, **shared))


def test_lanes_that_differ_in_everything_share_one_call() -> None:
    kinds: list[dict[str, Any]] = [
        {},
        {"hidden": (4,)},
        {"batch_size": 8},
        {"activation": "relu"},
        {"cost": "log-likelihood"},
        {"regularization": "l1"},
        {"precision": "float64"},
        {"hidden": ()},
    ]
    several = [s for kind in kinds for s in with_dropout(mixed(3, **kind))]
    shuffled = [several[i] for i in stream(0, Purpose.ORDER).permutation(len(several))]
    assert_together_as_alone(toy_trainer(), shuffled)


@pytest.mark.parametrize("cache", [1, 2_000, 10**9])
def test_the_size_of_the_chunks_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, cache: int
) -> None:
    trainer = toy_trainer()
    starts = [trainer.start(s) for s in with_dropout(mixed(11))]
    expected = trainer.advance(starts, STEPS)
    monkeypatch.setattr(native, "CACHE_BYTES", cache)
    for lane, other in zip(trainer.advance(starts, STEPS), expected, strict=True):
        assert_same_lane(lane, other)


@given(a=st.integers(0, 150), b=st.integers(0, 150), dropout=st.sampled_from([0, 0.4]))
@settings(max_examples=25, deadline=None)
def test_two_advances_are_one_also_amid_an_epoch_and_a_dropout_block(
    a: int, b: int, dropout: float
) -> None:
    trainer = toy_trainer()
    starts = [trainer.start(replace(s, dropout=dropout)) for s in mixed(2)]
    in_two = trainer.advance(trainer.advance(starts, a), b)
    for lane, other in zip(in_two, trainer.advance(starts, a + b), strict=True):
        assert_same_lane(lane, other)


def test_lanes_at_different_steps_go_as_alone() -> None:
    trainer = toy_trainer()
    starts = [trainer.start(s) for s in with_dropout(mixed(4))]
    lanes = [trainer.advance([start], i)[0] for i, start in enumerate(starts)]
    for i, lane in enumerate(trainer.advance(lanes, 70)):
        assert_same_lane(lane, trainer.advance([starts[i]], i + 70)[0])


def test_advance_gives_new_read_only_arrays() -> None:
    trainer = toy_trainer()
    start = trainer.start(mixed(1)[0])
    before = [array.copy() for array in start.parameters.arrays]
    (lane,) = trainer.advance([start], 10)
    for array, was, new in zip(
        start.parameters.arrays, before, lane.parameters.arrays, strict=True
    ):
        np.testing.assert_array_equal(array, was)
        assert not array.flags.writeable
        assert not new.flags.writeable
        assert not np.shares_memory(array, new)


def diverging(k: int) -> list[Hyperparameters]:
    several = with_dropout(mixed(k, activation="relu"))
    return [*several[:1], replace(several[1], eta=1e30, lambda_=1), *several[2:]]


def test_a_lane_that_diverges_leaves_the_others_alone() -> None:
    trainer = toy_trainer()
    starts = [trainer.start(s) for s in diverging(5)]
    lanes = trainer.advance(starts, STEPS)
    assert [lane.diverged for lane in lanes] == [False, True, False, False, False]
    later = trainer.advance(lanes, 20)
    assert_same_lane(later[1], lanes[1])
    for i in (0, 2, 3, 4):
        assert_same_lane(lanes[i], trainer.advance([starts[i]], STEPS)[0])
        assert_same_lane(later[i], trainer.advance([starts[i]], STEPS + 20)[0])


def test_a_pickled_lane_goes_on_identically() -> None:
    trainer = toy_trainer()
    lanes = trainer.advance([trainer.start(s) for s in with_dropout(mixed(3))], 70)
    received = through_pickle(lanes)
    elsewhere = NativeTrainer(through_pickle(trainer.data))
    pairs = zip(elsewhere.advance(received, 70), trainer.advance(lanes, 70), strict=True)
    for lane, other in pairs:
        assert_same_lane(lane, other)


def test_each_epoch_visits_every_example_once_in_the_order_of_its_seed() -> None:
    # One linear neuron layer, η so small that the weights stay: the step is the sum over the rows.
    trainer = toy_trainer(n=23)
    start = trainer.start(
        Hyperparameters(eta=1e-6, hidden=(), batch_size=5, precision="float64", seed=6)
    )
    for epoch in (0, 1):
        order = stream(6, Purpose.ORDER, epoch).permutation(23)
        for batch, rows in enumerate(np.array_split(order, 5)):
            (before,) = trainer.advance([start], epoch * 5 + batch)
            (after,) = trainer.advance([before], 1)
            expected = bias_gradient(trainer, before, rows)
            taken = (before.parameters.biases[0] - after.parameters.biases[0]) / 1e-6
            np.testing.assert_allclose(taken, expected, rtol=1e-6)


def bias_gradient(trainer: NativeTrainer, lane: NativeLane, rows: Any) -> Any:
    part = trainer.data.train
    z = native.logits(lane.parameters, lane.settings, part.x[rows])
    targets = one_hot(part.y[rows], trainer.n_out, z.dtype)
    return np.mean(1 / (1 + np.exp(-z)) - targets, axis=0)


@pytest.mark.parametrize(
    ("cost", "classes", "expected"),
    [
        ("log-likelihood", 4, np.log(4)),
        ("cross-entropy", 4, 4 * (-0.25 * np.log(0.25) - 0.75 * np.log(0.75))),
        ("quadratic", 4, 4 * 0.5 * 0.25 * 0.75),
        ("cross-entropy", 1, 0),
    ],
)
def test_baseline_is_the_cost_of_the_class_frequencies(
    cost: str, classes: int, expected: float
) -> None:
    trainer = toy_trainer(n=40, classes=classes)
    assert trainer.baseline(Hyperparameters(eta=1, cost=cost)) == pytest.approx(expected)


@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic", "log-likelihood"])
def test_no_constant_output_beats_the_baseline(cost: str) -> None:
    trainer = toy_trainer(n=23)  # classes of 8, 8 and 7 examples
    lane = trainer.start(Hyperparameters(eta=1, hidden=(), cost=cost))
    shares = np.bincount(trainer.data.train.y) / 23
    costs = [constant_cost(trainer, lane, shares + shift) for shift in (0, 0.02, -0.02)]
    assert costs[0] == pytest.approx(trainer.baseline(lane.settings), rel=1e-5)
    if cost == "log-likelihood":  # softmax divides what is added to all of them out again
        costs[1:] = [constant_cost(trainer, lane, shares[::-1])]
    assert min(costs[1:]) > costs[0] + 1e-6


def constant_cost(trainer: NativeTrainer, lane: NativeLane, output: Any) -> float:
    logit = np.log(output) if lane.settings.cost == "log-likelihood" else -np.log(1 / output - 1)
    weights = (np.zeros_like(lane.parameters.weights[0]),)
    parameters = replace(lane.parameters, weights=weights, biases=(logit.astype(np.float32),))
    (measured,) = trainer.measure([replace(lane, parameters=parameters)], "training")
    return measured.cost


def test_measuring_in_pieces_measures_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = toy_trainer(n=50)
    lane = trainer.start(mixed(1)[0])
    (whole,) = trainer.measure([lane], "training")
    monkeypatch.setattr(native, "ROWS_AT_ONCE", 7)
    (pieces,) = trainer.measure([lane], "training")
    assert pieces.cost == pytest.approx(whole.cost, rel=1e-6)
    assert pieces.accuracy == whole.accuracy


def test_the_probe_portion_is_a_fixed_subset_of_the_training_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(native, "PROBE_EXAMPLES", 20)
    data = toy_data(n=50)
    one, same = NativeTrainer(data), NativeTrainer(data)
    lane = one.start(mixed(1)[0])
    assert one.measure([lane], "probe") == same.measure([lane], "probe")
    assert one.measure([lane], "probe") != one.measure([lane], "training")
    assert len({row.tobytes() for row in one._probes[0].x}) == 20


def test_the_probe_portion_of_few_data_is_all_of_them() -> None:
    trainer = toy_trainer(n=50)
    lane = trainer.start(mixed(1)[0])
    (probe,), (all_,) = trainer.measure([lane], "probe"), trainer.measure([lane], "training")
    assert probe.cost == pytest.approx(all_.cost, rel=1e-6)
    assert probe.accuracy == all_.accuracy


def image_trainer() -> NativeTrainer:
    return NativeTrainer(replace(toy_data(n=75, d=36), image_shape=(6, 6)))


@pytest.mark.parametrize("expansion", ["shift", "distort"])
def test_lanes_on_changing_images_go_as_alone(
    expansion: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "FRESH_EXAMPLES", 20)
    assert_together_as_alone(image_trainer(), mixed(5, expansion=expansion))


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_changing_images_do_not_depend_on_where_training_pauses(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "FRESH_EXAMPLES", 20)
    trainer = image_trainer()
    start = trainer.start(Hyperparameters(eta=0.3, hidden=(7,), batch_size=5, expansion="distort"))
    (whole,) = trainer.advance([start], 42)
    lane = start
    for _ in range(42 // steps):
        (lane,) = trainer.advance([lane], steps)
    assert_same_lane(lane, whole)
    (plain,) = trainer.advance([trainer.start(replace(start.settings, expansion="none"))], 42)
    assert (plain.parameters.weights[0] != whole.parameters.weights[0]).any()


def test_images_change_from_epoch_to_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = Augmenter.rows

    def rows(self: Any, x: Any, rng: Any) -> Any:
        seen.append(original(self, x, rng))
        return seen[-1]

    monkeypatch.setattr(Augmenter, "rows", rows)
    trainer = image_trainer()
    lane = trainer.start(
        Hyperparameters(eta=0.3, hidden=(7,), batch_size=75, expansion="shift", seed=4)
    )
    trainer.advance([lane], 2)
    assert len(seen) == 2
    one, two = (np.sort(x.sum(axis=1)) for x in seen)
    assert (one != two).any()


def test_a_table_cannot_be_expanded() -> None:
    with pytest.raises(OptionError, match=r"expansion is 'shift' but the data are no images"):
        toy_trainer().start(Hyperparameters(eta=1, expansion="shift"))


def test_a_lane_of_a_fold_is_what_it_is_on_the_data_of_the_fold_alone() -> None:
    folds = [fold.tuning for fold in folds_of(load("iris"), 4)]
    narrow = [Part(part.x[:, 1:], part.y) for part in (folds[2].train, folds[2].validation)]
    folds[2] = replace(folds[2], train=narrow[0], validation=narrow[1])  # one has fewer inputs
    trainer = NativeTrainer(*folds)
    changes: list[dict[str, Any]] = [{}, {"seed": 1}, {"dropout": 0.3, "optimizer": "momentum"}]
    chosen = [Hyperparameters(eta=0.3, hidden=(5,), batch_size=7, **each) for each in changes]
    lanes = [trainer.start(s, fold) for s in chosen for fold in range(4)]
    together = through_pickle(trainer).advance(lanes, 17)
    measured = trainer.measure(together, "validation")
    for start, lane, found in zip(lanes, together, measured, strict=True):
        alone = NativeTrainer(folds[lane.fold])
        (expected,) = alone.advance([alone.start(start.settings)], 17)
        for a, b in zip(lane.parameters.arrays, expected.parameters.arrays, strict=True):
            assert a.tobytes() == b.tobytes()
        assert found == alone.measure([expected], "validation")[0]


def test_folds_of_unequal_size_are_refused() -> None:
    with pytest.raises(OptionError, match="must be of one size"):
        NativeTrainer(toy_data(n=20), toy_data(n=21))


# Weights of classes


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic", "log-likelihood"])
def test_weights_of_classes_do_what_repeating_the_examples_does(cost: str, optimizer: str) -> None:
    data = toy_data(n=21)
    times = np.array([3, 1, 2])
    rows = np.repeat(np.arange(21), times[data.train.y])
    repeated = replace(data, train=Part(data.train.x[rows], data.train.y[rows]))
    s = Hyperparameters(
        eta=0.3,
        hidden=(5,),
        cost=cost,
        optimizer=optimizer,
        precision="float64",
        label_smoothing=0.1,
        batch_size=len(rows),  # one mini-batch of all
    )
    trainers = NativeTrainer(data, class_weights=times.tolist()), NativeTrainer(repeated)
    weighted, plain = (trainer.advance([trainer.start(s)], 5)[0] for trainer in trainers)
    for a, b in zip(weighted.parameters.arrays, plain.parameters.arrays, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    costs = [
        trainer.measure([lane], "training")[0].cost
        for trainer, lane in zip(trainers, (weighted, plain), strict=True)
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)
    assert trainers[0].baseline(s) == pytest.approx(trainers[1].baseline(s), rel=1e-12)
    again = through_pickle(trainers[0])
    assert_same_lane(again.advance([again.start(s)], 5)[0], weighted)


@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic", "log-likelihood"])
def test_balanced_classes_do_what_repeating_the_rare_ones_does(cost: str) -> None:
    data = toy_data(n=40)
    rows = np.concatenate([np.flatnonzero(data.train.y == c)[:n] for c, n in enumerate((2, 3, 6))])
    few = replace(data, train=Part(data.train.x[rows], data.train.y[rows]))
    again = np.repeat(np.arange(11), np.array([3, 2, 1])[few.train.y])
    even = replace(data, train=Part(few.train.x[again], few.train.y[again]))
    plain = Hyperparameters(eta=0.3, hidden=(5,), cost=cost, precision="float64", batch_size=18)
    balanced = replace(plain, class_weight="balanced")
    trainers, settings = (NativeTrainer(few), NativeTrainer(even)), (balanced, plain)
    lanes = [t.advance([t.start(s)], 5)[0] for t, s in zip(trainers, settings, strict=True)]
    for a, b in zip(*(lane.parameters.arrays for lane in lanes), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    costs = [t.measure([i], "training")[0].cost for t, i in zip(trainers, lanes, strict=True)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)
    assert trainers[0].baseline(balanced) == pytest.approx(trainers[1].baseline(plain), rel=1e-12)
    together = trainers[0].advance([trainers[0].start(s) for s in settings], 5)
    assert_same_lane(together[0], lanes[0])
    assert_same_lane(together[1], trainers[0].advance([trainers[0].start(plain)], 5)[0])


def test_classes_with_weights_of_their_own_are_not_balanced() -> None:
    trainer = NativeTrainer(toy_data(n=20), class_weights=(1, 2, 3))
    with pytest.raises(OptionError, match="class_weight must be 'none'"):
        trainer.start(Hyperparameters(eta=0.1, hidden=(2,), class_weight="balanced"))


@pytest.mark.parametrize("weights", [(1, 2), (1, 2, 0), (1, 2, -1), (1, 2, float("nan"))])
def test_weights_that_are_none(weights: tuple[float, ...]) -> None:
    with pytest.raises(OptionError, match="class_weights must be 3 positive numbers"):
        NativeTrainer(toy_data(n=20), class_weights=weights)
