"""The epoch loop: on trainers whose accuracies are written down, and on real networks."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from tests.support.trainers.fake import FakeLane, FakeTrainer
from tests.support.trainers.toy import assert_same_lane, toy_data, toy_trainer
from tuner.records import Epoch, Hyperparameters, Run, StopReason
from tuner.strategies.plateau import Plateau
from tuner.strategies.schedules import Constant, Halving, Schedule
from tuner.strategies.stopping import Stopping
from tuner.trainers.base import Measurement, Portion
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.loop import Training, begin, train, train_epoch

STEPS = 10
"""Steps in an epoch of the fake trainer: 100 examples, batches of 10."""


@dataclass(frozen=True)
class Script:
    """Validation accuracy after each epoch, and the epoch from which costs are not finite."""

    accuracies: Sequence[float]
    lost: float = math.inf


class Scripted(FakeTrainer):
    """Follows, for a network of seed s, the script of that number."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__()
        self.scripts = scripts

    def measure(self, lanes: Sequence[FakeLane], _: Portion) -> list[Measurement]:
        return [self._measured(lane) for lane in lanes]

    def _measured(self, lane: FakeLane) -> Measurement:
        script, epoch = self.scripts[lane.settings.seed], lane.steps // STEPS
        cost = math.nan if epoch >= script.lost else 1.0
        return Measurement(cost, {"accuracy": script.accuracies[epoch - 1]})


def scripted(
    accuracies: Sequence[float], *, lost: float = math.inf
) -> tuple[Scripted, Hyperparameters]:
    return Scripted(Script(accuracies, lost)), Hyperparameters(eta=0.5)


NEVER = math.inf


def stop_after(looks: float) -> Callable[[], bool]:
    """State go on so many times, and stop from then on."""
    counter = itertools.count()
    return lambda: next(counter) >= looks


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock finds it three seconds later, so an epoch takes three."""
    counter = itertools.count(step=3)
    monkeypatch.setattr("tuner.training.loop.time.perf_counter", lambda: float(next(counter)))


WAYS_OUT = [
    pytest.param(
        scripted([0.7, 0.9, 0.8, 0.9, 0.8]),
        (Constant(eta=0.5), Stopping(epochs=9, plateau=Plateau(patience=2))),
        NEVER,
        (4, 2, "no-improvement", "no better validation accuracy for 2 epochs"),
        id="no improvement",
    ),
    pytest.param(
        scripted([0.7, 0.6]),
        (Constant(eta=0.5), Stopping(epochs=9, plateau=Plateau(patience=1))),
        NEVER,
        (2, 1, "no-improvement", "no better validation accuracy for 1 epoch"),
        id="no improvement, patience 1",
    ),
    pytest.param(
        scripted([0.7, 0.9, 0.8, 0.9, 0.95, 0.8]),
        (Halving(start=0.5, plateau=Plateau(patience=1), until=0.125), Stopping(epochs=9)),
        NEVER,
        (6, 5, "eta-at-end", "η has come down to 0.12 of its start"),
        id="η at its end",
    ),
    pytest.param(
        scripted([0.7, 0.9, 0.8]),
        (Constant(eta=0.5), Stopping(epochs=3)),
        NEVER,
        (3, 2, "epochs", "the budget of 3 epochs is used up"),
        id="budget of epochs",
    ),
    pytest.param(
        scripted([0.7]),
        (Constant(eta=0.5), Stopping(epochs=1, plateau=Plateau(patience=1))),
        NEVER,
        (1, 1, "epochs", "the budget of 1 epoch is used up"),
        id="one epoch",
    ),
    pytest.param(
        scripted([0.7, 0.9, 0.8, 0.8]),
        (Constant(eta=0.5), Stopping(epochs=9, seconds=7.5)),
        NEVER,
        (3, 2, "time", "the budget of 7.5 seconds is used up"),
        id="budget of time",
    ),
    pytest.param(
        scripted([0.7, 0.8, 0.9, 0.8], lost=3),
        (Constant(eta=0.5), Stopping(epochs=9)),
        NEVER,
        (3, 2, "diverged", "the cost left the finite numbers in epoch 3: choose a smaller η"),
        id="diverged",
    ),
    pytest.param(
        scripted([0.9], lost=1),
        (Constant(eta=0.5), Stopping(epochs=9)),
        NEVER,
        (1, 0, "diverged", "the cost left the finite numbers in epoch 1: choose a smaller η"),
        id="diverged in epoch 1",
    ),
    pytest.param(
        scripted([0.7, 0.9, 0.8, 0.8]),
        (Constant(eta=0.5), Stopping(epochs=9)),
        3,
        (3, 2, "interrupted", "interrupted after epoch 3"),
        id="interrupted",
    ),
    pytest.param(
        scripted([0.7]),
        (Constant(eta=0.5), Stopping(epochs=9)),
        0,
        (0, 0, "interrupted", "interrupted after epoch 0"),
        id="interrupted before the first epoch",
    ),
    pytest.param(  # ties and a lucky first epoch: the first of the best counts
        scripted([0.9, 0.8, 0.9, 0.9, 0.9]),
        (Constant(eta=0.5), Stopping(epochs=5)),
        NEVER,
        (5, 1, "epochs", "the budget of 5 epochs is used up"),
        id="ties",
    ),
    pytest.param(  # min_delta decides when to stop, not which weights are best
        scripted([0.90, 0.905, 0.907, 0.906]),
        (Constant(eta=0.5), Stopping(epochs=9, plateau=Plateau(patience=3, min_delta=0.01))),
        NEVER,
        (4, 3, "no-improvement", "no better validation accuracy for 3 epochs"),
        id="small improvements",
    ),
]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("given", "strategies", "looks", "expected"), WAYS_OUT)
def test_every_way_out_says_why_and_keeps_the_best_network(
    given: tuple[Scripted, Hyperparameters],
    strategies: tuple[Schedule, Stopping],
    looks: float,
    expected: tuple[int, int, str, str],
) -> None:
    trainer, settings = given
    (done,) = train(trainer, [begin(trainer, settings, *strategies)], stop_asked=stop_after(looks))
    epochs, best_epoch, reason, words = expected
    record, accuracies = done.record, trainer.scripts[0].accuracies
    assert (len(record.history), record.best_epoch) == (epochs, best_epoch)
    assert (record.stop_reason.value, record.stop_words) == (reason, words)
    assert done.reason is record.stop_reason
    assert record.best_validation_accuracy == (accuracies[best_epoch - 1] if best_epoch else 0)
    # The network of that epoch: so many steps of the bowl away from the start.
    assert done.best.steps == best_epoch * STEPS
    assert done.lane.steps == epochs * STEPS
    if best_epoch == 0:
        assert done.best == trainer.start(settings)


@pytest.mark.usefixtures("clock")
def test_the_record_holds_each_epoch() -> None:
    trainer, settings = scripted([0.7, 0.6, 0.8, 0.8], lost=4)
    schedule = Halving(start=0.5, plateau=Plateau(patience=1), factor=10)
    (done,) = train(trainer, [begin(trainer, settings, schedule, Stopping(epochs=9))])
    sound = {"training_cost": 1.0, "validation_cost": 1.0, "seconds": 3.0}
    assert done.record == Run(
        settings=settings,
        history=(
            Epoch(
                epoch=1,
                eta=0.5,
                training_metrics={"accuracy": 0.7},
                validation_metrics={"accuracy": 0.7},
                **sound,
            ),
            Epoch(
                epoch=2,
                eta=0.5,
                training_metrics={"accuracy": 0.6},
                validation_metrics={"accuracy": 0.6},
                **sound,
            ),
            Epoch(
                epoch=3,
                eta=0.05,
                training_metrics={"accuracy": 0.8},
                validation_metrics={"accuracy": 0.8},
                **sound,
            ),
            done.history[3],
        ),
        best_epoch=3,
        stop_reason=StopReason.DIVERGED,
        stop_words="the cost left the finite numbers in epoch 4: choose a smaller η",
    )
    assert math.isnan(done.history[3].validation_cost)
    assert done.history[3].eta == 0.05


def test_the_network_trains_at_the_eta_of_its_schedule() -> None:
    # In the bowl an epoch multiplies w by (1 - η)^10.
    trainer, settings = scripted([0.9] * 4)
    schedule = Halving(start=0.5, plateau=Plateau(patience=1), until=0.2)
    (done,) = train(trainer, [begin(trainer, settings, schedule, Stopping(epochs=9))])
    assert [epoch.eta for epoch in done.history] == [0.5, 0.5, 0.25, 0.125]
    shrunk = 0.5**20 * 0.75**10 * 0.875**10
    assert done.lane.w == pytest.approx(trainer.start(settings).w * shrunk)
    assert done.settings == settings


def test_the_bowl_diverges_and_is_stopped_at_once() -> None:
    trainer, settings = FakeTrainer(), Hyperparameters(eta=1e10)
    (done,) = train(trainer, [begin(trainer, settings, Constant(eta=1e10), Stopping(epochs=50))])
    assert (done.record.stop_reason, done.record.best_epoch) == (StopReason.DIVERGED, 1)
    assert len(done.history) == 2


class Saturated(FakeTrainer):
    """A lane that has diverged still costs something finite, and is always right."""

    def measure(self, lanes: Sequence[FakeLane], _: Portion) -> list[Measurement]:
        return [Measurement(1.0, {"accuracy": 1.0 if lane.diverged else 0.5}) for lane in lanes]


def test_a_network_with_weights_that_are_not_finite_has_diverged_whatever_it_costs() -> None:
    trainer, settings = Saturated(), Hyperparameters(eta=1e20)
    (done,) = train(trainer, [begin(trainer, settings, Constant(eta=1e20), Stopping(epochs=50))])
    assert done.lane.diverged
    assert done.record.stop_reason is StopReason.DIVERGED
    assert math.isnan(done.history[-1].training_cost)
    assert not done.best.diverged
    assert done.record.best_validation_accuracy == 0.5


def test_an_epoch_whose_training_cost_is_lost_is_not_the_best() -> None:
    class Lost(FakeTrainer):
        def measure(self, lanes: Sequence[FakeLane], portion: Portion) -> list[Measurement]:
            lost = portion == "training" and lanes[0].steps == 2 * STEPS
            return [Measurement(math.inf if lost else 1.0, {"accuracy": lanes[0].steps / 100})]

    trainer, settings = Lost(), Hyperparameters(eta=0.5)
    (done,) = train(trainer, [begin(trainer, settings, Constant(eta=0.5), Stopping(epochs=9))])
    assert (done.record.stop_reason, done.record.best_epoch) == (StopReason.DIVERGED, 1)
    assert done.best.steps == STEPS


def test_watch_sees_every_epoch_and_every_network() -> None:
    trainer = Scripted(Script([0.9] * 5), Script([0.9] * 5))
    starts = [
        begin(trainer, Hyperparameters(eta=0.5, seed=seed), Constant(eta=0.5), Stopping(epochs=n))
        for seed, n in ((0, 2), (1, 4))
    ]
    seen: list[list[int]] = []
    train(trainer, starts, watch=lambda all_: seen.append([len(t.history) for t in all_]))
    assert seen == [[1, 1], [2, 2], [2, 3], [2, 4]]


def test_stop_is_looked_at_before_each_epoch_and_ends_only_those_that_go_on() -> None:
    trainer = Scripted(Script([0.9] * 5), Script([0.9] * 5))
    starts = [
        begin(trainer, Hyperparameters(eta=0.5, seed=seed), Constant(eta=0.5), Stopping(epochs=n))
        for seed, n in ((0, 2), (1, 4))
    ]
    done = train(trainer, starts, stop_asked=stop_after(3))
    assert [t.record.stop_reason.value for t in done] == ["epochs", "interrupted"]
    assert [len(t.history) for t in done] == [2, 3]


def test_an_interrupted_run_goes_on_where_it_was() -> None:
    trainer, settings = scripted([0.7, 0.9, 0.8, 0.8, 0.8])
    stopping = Stopping(epochs=9, plateau=Plateau(patience=3))
    start = begin(trainer, settings, Constant(eta=0.5), stopping)
    (halfway,) = train(trainer, [start], stop_asked=stop_after(2))
    (done,) = train(trainer, [replace(halfway, interrupted=False)])
    (at_once,) = train(trainer, [start])
    assert without_seconds(done) == without_seconds(at_once)
    assert (done.lane, done.best) == (at_once.lane, at_once.best)


def test_nothing_to_train_is_no_work() -> None:
    trainer, settings = scripted([])
    assert train(trainer, []) == []
    done = replace(
        begin(trainer, settings, Constant(eta=0.5), Stopping(epochs=1)), interrupted=True
    )
    assert train(trainer, [done]) == [done]
    assert train_epoch(trainer, [done]) == [done]


def test_a_training_is_a_value_that_nothing_changes() -> None:
    trainer, settings = scripted([0.7, 0.8])
    start = begin(trainer, settings, Constant(eta=0.5), Stopping(epochs=2))
    train(trainer, [start])
    assert (start.history, start.lane.steps, start.reason) == ((), 0, None)
    with pytest.raises(FrozenInstanceError):
        start.history = ()  # type: ignore[misc]


@pytest.mark.parametrize("portion", ["training", "probe"])
def test_the_portion_measured_is_the_one_asked_for(portion: Portion) -> None:
    asked = []

    class Asked(FakeTrainer):
        def measure(self, lanes: Sequence[FakeLane], portion: Portion) -> list[Measurement]:
            asked.append(portion)
            return super().measure(lanes, portion)

    trainer, settings = Asked(), Hyperparameters(eta=0.1)
    start = begin(trainer, settings, Constant(eta=0.1), Stopping(epochs=1))
    (done,) = train(trainer, [start], portion=portion)
    assert asked == [portion, "validation"]
    ratio = done.history[0].validation_cost / done.history[0].training_cost
    assert ratio == pytest.approx(1.1)  # so the bowl has it


def without_seconds(training: Training[Any]) -> str:
    """All of the record but the time it took, exact to the last bit, NaN included."""
    record = training.record
    history = tuple(replace(epoch, seconds=0) for epoch in record.history)
    return repr(replace(record, history=history))


def native_starts(trainer: NativeTrainer) -> list[Training[NativeLane]]:
    """Networks that differ in batch size, strategy and the epoch at which they stop."""
    halving = Halving(start=1.0, plateau=Plateau(patience=1), until=0.1)
    early = Stopping(epochs=40, plateau=Plateau(patience=3))
    cases: list[tuple[Hyperparameters, Schedule, Stopping]] = [
        (Hyperparameters(eta=0.5, hidden=(5,), batch_size=5), Constant(eta=0.5), early),
        (Hyperparameters(eta=1.0, hidden=(5,), batch_size=5, seed=1), halving, early),
        (
            Hyperparameters(eta=1.0, hidden=(4,), batch_size=7, dropout=0.3, lambda_=0.1),
            halving,
            Stopping(epochs=25),
        ),
        (
            Hyperparameters(eta=1e30, hidden=(5,), activation="relu", lambda_=1, batch_size=5),
            Constant(eta=1e30),
            Stopping(epochs=9),
        ),
        (Hyperparameters(eta=0.1, hidden=(), batch_size=23), Constant(eta=0.1), Stopping(epochs=6)),
        (
            Hyperparameters(eta=0.2, hidden=(5,), batch_size=6),
            Constant(eta=0.2),
            Stopping(epochs=3),
        ),
    ]
    return [begin(trainer, *case) for case in cases]


def test_networks_trained_together_go_as_each_goes_alone() -> None:
    trainer = toy_trainer()
    together = train(trainer, native_starts(trainer))
    alone = [train(trainer, [start])[0] for start in native_starts(trainer)]
    for one, other in zip(together, alone, strict=True):
        assert without_seconds(one) == without_seconds(other)
        assert_same_lane(one.lane, other.lane)
        assert_same_lane(one.best, other.best)
    assert {t.record.stop_reason for t in together} == {
        StopReason.NO_IMPROVEMENT,
        StopReason.ETA_AT_END,
        StopReason.DIVERGED,
        StopReason.EPOCHS,
    }
    assert len({len(t.history) for t in together}) > 3


def test_the_best_network_measures_what_the_record_says() -> None:
    trainer = toy_trainer(n=40)
    for done in train(trainer, native_starts(trainer)):
        record, steps = done.record, trainer.steps_per_epoch(done.settings)
        assert done.best.steps == record.best_epoch * steps
        if record.best_epoch:
            (measured,) = trainer.measure([done.best], "validation")
            best = done.history[record.best_epoch - 1]
            assert (measured.cost, measured.accuracy) == (
                best.validation_cost,
                best.validation_accuracy,
            )
            accuracies = [epoch.validation_accuracy for epoch in done.history]
            assert record.best_epoch == accuracies.index(max(accuracies)) + 1


def test_a_network_that_diverges_in_its_first_epoch_is_kept_untrained() -> None:
    trainer = NativeTrainer(toy_data())
    lost = native_starts(trainer)[3]
    (done,) = train(trainer, [lost])
    assert (done.record.best_epoch, done.record.best_validation_accuracy) == (0, 0.0)
    assert len(done.history) == 1
    assert_same_lane(done.best, trainer.start(done.settings))


def test_the_time_of_networks_trained_together_is_shared_out(clock: None) -> None:
    trainer = Scripted(Script([0.9] * 2), Script([0.9] * 2), Script([0.9] * 2))
    starts = [
        begin(trainer, Hyperparameters(eta=0.5, seed=seed), Constant(eta=0.5), Stopping(epochs=n))
        for seed, n in ((0, 1), (1, 2), (2, 2))
    ]
    done = train(trainer, starts)
    assert [[epoch.seconds for epoch in t.history] for t in done] == [[1.0], [1.0, 1.5], [1.0, 1.5]]
