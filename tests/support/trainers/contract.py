"""What every trainer promises; each is tested by a subclass that brings its own fixtures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from tests.support.trainers.toy import through_pickle
from tuner.records import Hyperparameters
from tuner.trainers.base import Lane, PerStepTrainer, Portion, Trainer

PORTIONS = pytest.mark.parametrize("portion", get_args(Portion))


def observed(trainer: Trainer[Any], lanes: Sequence[Lane]) -> list[str]:
    """All that can be seen of lanes, exact to the last bit, NaN included."""
    results = zip(
        lanes, trainer.measure(lanes, "training"), trainer.measure(lanes, "validation"), strict=True
    )
    return [
        repr((lane.settings, lane.steps, lane.diverged, *measured)) for lane, *measured in results
    ]


class TrainerContract:
    """The shared suite; the fixtures below are what a subclass gives or overrides."""

    @pytest.fixture
    def trainer(self) -> Trainer[Any]:
        raise NotImplementedError("the subclass gives the trainer to test")

    @pytest.fixture
    def settings(self) -> Hyperparameters:
        """An η at which the cost goes down, and mini-batches that n is no multiple of."""
        return Hyperparameters(eta=0.1, hidden=(5,), batch_size=7, lambda_=0.1, seed=4)

    @pytest.fixture
    def hopeless(self, settings: Hyperparameters) -> Hyperparameters:
        """Settings that leave the finite numbers within a few hundred steps."""
        return replace(settings, eta=1e5, lambda_=100)

    def test_a_start_is_determined_by_its_settings(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        one, same, other = (trainer.start(replace(settings, seed=seed)) for seed in (4, 4, 5))
        assert (one.settings, one.steps, one.diverged) == (settings, 0, False)
        assert observed(trainer, [one]) == observed(trainer, [same])
        assert trainer.measure([one], "training") != trainer.measure([other], "training")

    def test_networks_of_one_seed_start_alike_at_every_eta(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        lanes = [trainer.start(replace(settings, eta=eta)) for eta in (1e-3, 1.0)]
        small, large = trainer.measure(lanes, "training")
        assert small == large

    def test_training_lowers_the_cost(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        start = trainer.start(settings)
        (trained,) = trainer.advance([start], 200)
        before, after = trainer.measure([start, trained], "training")
        assert after.cost < 0.9 * before.cost

    def test_advance_counts_the_steps(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        (lane,) = trainer.advance([trainer.start(settings)], 7)
        assert lane.steps == 7
        assert lane.settings == settings

    def test_advance_leaves_the_lanes_it_was_given_alone(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        lanes = trainer.advance([trainer.start(settings)], 3)
        before = observed(trainer, lanes)
        assert observed(trainer, trainer.advance(lanes, 20)) != before
        assert observed(trainer, lanes) == before

    @pytest.mark.parametrize(("a", "b"), [(0, 9), (9, 0), (1, 1), (5, 40), (33, 12)])
    def test_two_advances_are_one(
        self, trainer: Trainer[Any], settings: Hyperparameters, a: int, b: int
    ) -> None:
        start = [trainer.start(settings)]
        at_once = trainer.advance(start, a + b)
        in_two = trainer.advance(trainer.advance(start, a), b)
        assert observed(trainer, in_two) == observed(trainer, at_once)

    def test_a_lane_among_others_goes_as_it_goes_alone(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        choices = [(0.1, 4), (0.02, 4), (0.1, 9), (0.3, 1), (0.02, 9)]
        lanes = [trainer.start(replace(settings, eta=eta, seed=seed)) for eta, seed in choices]
        alone = [trainer.advance([lane], 25)[0] for lane in lanes]
        assert observed(trainer, trainer.advance(lanes, 25)) == observed(trainer, alone)

    def test_lanes_of_different_kinds_keep_their_places(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        kinds = [settings, replace(settings, batch_size=3), replace(settings, lambda_=0)]
        starts = [trainer.start(kind) for kind in kinds]
        lanes = trainer.advance([*starts, *trainer.advance(starts, 2)], 5)
        assert [lane.settings for lane in lanes] == kinds + kinds
        assert [lane.steps for lane in lanes] == [5, 5, 5, 7, 7, 7]

    def test_no_lanes_are_no_work(self, trainer: Trainer[Any]) -> None:
        assert trainer.advance([], 5) == []
        assert trainer.measure([], "training") == []

    @PORTIONS
    def test_measuring_is_repeatable_and_in_range(
        self, trainer: Trainer[Any], settings: Hyperparameters, portion: Portion
    ) -> None:
        lanes = [trainer.start(replace(settings, seed=seed)) for seed in range(3)]
        measured = trainer.measure(lanes, portion)
        assert measured == trainer.measure(lanes, portion)
        assert measured[::-1] == trainer.measure(lanes[::-1], portion)
        assert all(m.cost > 0 and 0 <= m.accuracy <= 1 for m in measured)

    def test_with_eta_changes_what_follows_and_nothing_else(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        (lane,) = trainer.advance([trainer.start(settings)], 9)
        slower = lane.with_eta(settings.eta / 10)
        assert lane.settings == settings
        assert slower.settings == replace(settings, eta=settings.eta / 10)
        assert slower.steps == lane.steps
        assert trainer.measure([lane], "training") == trainer.measure([slower], "training")
        fast, slow = trainer.measure(trainer.advance([lane, slower], 9), "training")
        assert fast != slow

    def test_rates_of_steps_are_those_of_single_steps(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        assert isinstance(trainer, PerStepTrainer)
        assert trainer.advance_at([], []) == []
        etas = np.array([0.1, 0.05, 0.2, 0.01])
        start = trainer.start(settings)
        at_once, alike = trainer.advance_at([start, start], [etas, np.full(4, settings.eta)])
        assert observed(trainer, [alike]) == observed(trainer, trainer.advance([start], 4))
        single = start
        for eta in etas:
            (single,) = trainer.advance([single.with_eta(float(eta))], 1)
        single = single.with_eta(settings.eta)
        assert observed(trainer, [at_once]) == observed(trainer, [single])

    def test_a_pickled_lane_goes_on_as_if_never_pickled(
        self, trainer: Trainer[Any], settings: Hyperparameters
    ) -> None:
        lanes = trainer.advance([trainer.start(settings)], 11)
        received = through_pickle(lanes)
        assert observed(trainer, trainer.advance(received, 30)) == observed(
            trainer, trainer.advance(lanes, 30)
        )

    def test_a_diverged_lane_is_marked_and_stays_as_it_is(
        self, trainer: Trainer[Any], settings: Hyperparameters, hopeless: Hyperparameters
    ) -> None:
        lanes = trainer.advance([trainer.start(settings), trainer.start(hopeless)], 300)
        assert [lane.diverged for lane in lanes] == [False, True]
        fine, lost = trainer.measure(lanes, "training")
        assert fine.cost < 1e3
        assert not lost.cost < 1e3
        later = trainer.advance(lanes, 5)
        assert [lane.steps for lane in later] == [305, lanes[1].steps]
        assert observed(trainer, later[1:]) == observed(trainer, lanes[1:])

    @pytest.mark.parametrize("batch_size", [1, 2, 7, 10**6])
    def test_an_epoch_has_at_least_one_step(
        self, trainer: Trainer[Any], settings: Hyperparameters, batch_size: int
    ) -> None:
        steps = trainer.steps_per_epoch(replace(settings, batch_size=batch_size))
        most = trainer.steps_per_epoch(replace(settings, batch_size=1))
        assert steps == -(-most // batch_size)

    def test_baseline_and_decay(self, trainer: Trainer[Any], settings: Hyperparameters) -> None:
        assert trainer.baseline(settings) > 0
        assert trainer.baseline(settings) == trainer.baseline(replace(settings, eta=9, seed=77))
        assert trainer.decay(replace(settings, lambda_=0)) == 0
        n = trainer.steps_per_epoch(replace(settings, batch_size=1))
        assert trainer.decay(replace(settings, lambda_=3)) == pytest.approx(3 / n)
