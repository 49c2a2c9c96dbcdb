"""The whole η search: on a bowl whose threshold is known, on our networks, on MNIST."""

import math
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.support.trainers.fake import FakeLane, FakeTrainer
from tests.support.trainers.toy import assert_same_lane, toy_trainer
from tuner.data import Part, TuningData, load
from tuner.errors import OptionError, StoppedError
from tuner.records import EtaSearch, Hyperparameters, Outcome, Verdict
from tuner.strategies.shares import share_of
from tuner.trainers import native
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan, Progress, find_eta

SETTINGS = Hyperparameters(eta=0.01, hidden=(6,), batch_size=7, lambda_=0.1, seed=2)


def untimed(found: EtaSearch) -> EtaSearch:
    return replace(found, seconds=0.0)


@pytest.fixture(scope="module")
def found() -> EtaSearch:
    return find_eta(toy_trainer(n=60), SETTINGS)


class CountingTrainer(FakeTrainer):
    """Counts the steps that its lanes really take."""

    taken = 0

    def advance(self, lanes: Sequence[FakeLane], steps: int) -> list[FakeLane]:
        trained = super().advance(lanes, steps)
        self.taken += sum(lane.steps for lane in trained) - sum(lane.steps for lane in lanes)
        return trained


@pytest.mark.parametrize("a", [1e-3, 0.07, 1.0, 33.0, 1e4])
@pytest.mark.parametrize("start", [1e-4, 0.01, 10])
@pytest.mark.parametrize("lambda_", [0, 200])
def test_the_bracket_holds_the_known_threshold(a: float, start: float, lambda_: float) -> None:
    trainer = FakeTrainer(a)
    settings = Hyperparameters(eta=start, lambda_=lambda_)
    found = find_eta(trainer, settings)
    low, high = found.bracket
    assert found.outcome == Outcome.FOUND
    assert low is not None
    assert high is not None
    # Weight decay alone destroys the weights at η = n/λ.
    threshold = min(2 / trainer.curvature(settings), 1 / (trainer.decay(settings) or 1e-300))
    assert low < threshold < 1.01 * high
    assert high / low <= 4 / 3
    assert (found.threshold, found.eta) == (low, low / 2)


def test_each_probe_is_on_record(found: EtaSearch) -> None:
    etas = [j.eta for j in found.judgements]
    assert etas == sorted(set(etas))
    assert [(p.eta, p.seed) for p in found.probes] == [(e, s) for e in etas for s in (2, 3, 4)]
    assert {p.verdict for p in found.probes} <= set(Verdict)
    assert all(p.reason for p in found.probes)
    assert {(len(p.epochs), len(p.costs), p.epochs[0]) for p in found.probes} == {(13, 13, 0.0)}
    assert {j.epochs for j in found.judgements} == {p.epochs for p in found.probes}
    assert found.seconds > 0


def test_the_probes_of_one_seed_start_from_one_network(found: EtaSearch) -> None:
    for seed in (2, 3, 4):
        assert len({p.costs[0] for p in found.probes if p.seed == seed}) == 1
    assert len({p.costs[0] for p in found.probes}) == 3


def test_a_judgement_is_on_the_median_of_its_probes(found: EtaSearch) -> None:
    for judgement in found.judgements:
        costs = zip(*(p.costs for p in found.probes if p.eta == judgement.eta), strict=True)
        middle = [sorted(c)[1] if all(map(math.isfinite, c)) else math.inf for c in costs]
        assert judgement.costs == tuple(middle)


def test_the_same_seed_gives_the_same_search(found: EtaSearch) -> None:
    assert untimed(find_eta(toy_trainer(n=60), SETTINGS)) == untimed(found)
    other = find_eta(toy_trainer(n=60), replace(SETTINGS, seed=3))
    assert untimed(other) != untimed(found)


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
def test_the_schedule_changes_the_share_alone(found: EtaSearch, schedule: str) -> None:
    other = find_eta(toy_trainer(n=60), SETTINGS, schedule)
    assert other.eta == share_of(SETTINGS.optimizer, schedule) * found.threshold
    assert untimed(replace(other, eta=found.eta)) == untimed(found)


def boards(n: int) -> TuningData:
    """Return boards of three by three drawn at random: is a row, column or diagonal full of ones?

    Few categories, few examples: single mini-batches throw the cost of a ReLU network up.
    """
    cells = np.random.default_rng(0).integers(0, 3, (n, 3, 3))
    ones = cells == 1
    diagonals = [ones[:, range(3), column].all(axis=1) for column in ((0, 1, 2), (2, 1, 0))]
    lines = np.column_stack([ones.all(axis=1), ones.all(axis=2), *diagonals])
    x = np.eye(3, dtype=np.float32)[cells].reshape(n, 27)
    y = np.where(lines.any(axis=1), 1, 0)
    train, validation = slice(n * 3 // 4), slice(n * 3 // 4, None)
    return TuningData(Part(x[train], y[train]), Part(x[validation], y[validation]), ("no", "yes"))


@pytest.mark.parametrize("lambda_", [0.0, 3.0])
def test_seeds_agree_on_deeper_relu_networks(lambda_: float) -> None:
    trainer = NativeTrainer(boards(760))
    settings = replace(SETTINGS, eta=0.01, hidden=(64, 64), batch_size=10, lambda_=lambda_)
    settings = replace(settings, activation="relu", cost="log-likelihood")
    found = [find_eta(trainer, replace(settings, seed=seed)) for seed in range(4)]
    assert {each.outcome for each in found} == {Outcome.FOUND}
    thresholds = [each.threshold for each in found]
    assert max(thresholds) <= 2 * min(thresholds)


@pytest.mark.parametrize("looks", [0, 5, 40])
def test_a_wish_to_stop_ends_the_search_at_the_next_measurement(looks: int) -> None:
    trainer, asked = CountingTrainer(1.0), iter([False] * looks)
    with pytest.raises(StoppedError):
        find_eta(trainer, SETTINGS, stop_asked=lambda: next(asked, True))
    whole = CountingTrainer(1.0)
    find_eta(whole, SETTINGS)
    assert looks * 9 <= trainer.taken < whole.taken


@pytest.mark.parametrize("cache", [1, 3_000, 10**9])
def test_the_chunks_of_lanes_change_nothing(
    monkeypatch: pytest.MonkeyPatch, found: EtaSearch, cache: int
) -> None:
    monkeypatch.setattr(native, "CACHE_BYTES", cache)
    assert untimed(find_eta(toy_trainer(n=60), SETTINGS)) == untimed(found)


def test_lanes_of_the_caller_stay_as_they_are() -> None:
    trainer = toy_trainer(n=60)
    start = trainer.start(SETTINGS)
    (lane,) = trainer.advance([start], 20)
    (undisturbed,) = trainer.advance([lane], 20)
    find_eta(trainer, SETTINGS)
    assert_same_lane(trainer.advance([start], 20)[0], lane)
    assert_same_lane(trainer.advance([lane], 20)[0], undisturbed)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(24, id="none diverges"),
        pytest.param(600, id="some diverge"),
    ],
)
def test_spent_counts_the_steps_really_taken(steps: int) -> None:
    trainer = CountingTrainer()
    settings = Hyperparameters(eta=0.5, batch_size=7)
    plan = ProbePlan(least_steps=steps, most_steps=steps)
    found = find_eta(trainer, settings, plan=plan)
    assert trainer.taken > 0
    assert found.spent == pytest.approx(trainer.taken / trainer.steps_per_epoch(settings))


def test_whoever_watches_sees_every_round() -> None:
    seen: list[Progress] = []
    found = find_eta(FakeTrainer(), Hyperparameters(eta=0.01), watch=seen.append)
    assert seen[0] == Progress((), (0.01, 0.1, 1.0))
    assert seen[-1] == Progress(found.judgements, ())
    assert all(progress.next_etas for progress in seen[:-1])
    assert sorted(eta for p in seen for eta in p.next_etas) == [j.eta for j in found.judgements]


def test_the_plan_decides_how_many_networks_and_checkpoints() -> None:
    plan = ProbePlan(seeds=1, checkpoints=5)
    found = find_eta(FakeTrainer(), Hyperparameters(eta=0.01, seed=9), plan=plan)
    assert {p.seed for p in found.probes} == {9}
    assert {len(p.costs) for p in found.probes} == {6}
    assert [p.costs for p in found.probes] == [j.costs for j in found.judgements]


@pytest.mark.parametrize(
    ("per_epoch", "steps"),
    [(1, 204), (60, 204), (100, 300), (101, 312), (400, 600), (5_000, 600)],
)
def test_the_steps_of_a_probe_keep_to_their_bounds(per_epoch: int, steps: int) -> None:
    plan = ProbePlan(epochs=3, least_steps=200, most_steps=600, checkpoints=12)
    assert plan.steps(per_epoch) == steps


@pytest.mark.parametrize(("name", "value"), [("seeds", 0), ("checkpoints", 1)])
def test_a_plan_out_of_range_is_quoted(name: str, value: int) -> None:
    with pytest.raises(OptionError, match=f"{name} must be at least . but is {value}"):
        replace(ProbePlan(), **{name: value})


@pytest.mark.parametrize("eta", [1e-9, 1e6])
def test_a_start_beyond_the_limits_is_refused(eta: float) -> None:
    with pytest.raises(OptionError, match="start must be 1e-08 to 100000"):
        find_eta(FakeTrainer(), Hyperparameters(eta=eta))


class Hopeless(FakeTrainer):
    """A trainer under which every network is lost at once."""

    def advance(self, lanes: Sequence[FakeLane], _: int) -> list[FakeLane]:
        return [replace(lane, w=math.nan, diverged=True) for lane in lanes]


def test_it_returns_an_answer_even_where_nothing_learns() -> None:
    found = find_eta(Hopeless(), Hyperparameters(eta=0.01))
    assert found.outcome == Outcome.NO_LEARNING
    assert found.bracket[0] is None
    assert {p.verdict for p in found.probes} == {Verdict.DIVERGED}
    assert found.eta > 0


@pytest.fixture(scope="module")
def mnist() -> TuningData:
    if not os.environ.get("TUNER_DATA_DIR"):
        pytest.skip("TUNER_DATA_DIR is not set: no real MNIST to train on")
    return load("mnist").tuning


@pytest.mark.long
@pytest.mark.mnist
def test_the_article_s_network_finds_the_article_s_threshold(mnist: TuningData) -> None:
    trainer = NativeTrainer(mnist)
    article = Hyperparameters(eta=0.01, hidden=(30,), batch_size=10, lambda_=5)
    searches = [find_eta(trainer, replace(article, seed=10 * i)) for i in range(10)]
    assert trainer.n == 50_000
    for found in searches:
        low, high = found.bracket
        assert found.outcome == Outcome.FOUND
        assert low is not None
        assert high is not None
        assert 0.25 < low < high < 2.5
        assert found.spent <= 10
    thresholds = [found.threshold for found in searches]
    assert max(thresholds) <= 2 * min(thresholds)


def test_probes_without_hope_end_early_and_the_answer_stays() -> None:
    """In the bowl the cost grows with each step where η is above 2/κ."""
    whole, short = (
        find_eta(FakeTrainer(), Hyperparameters(eta=0.01), plan=ProbePlan(give_up=give_up))
        for give_up in (math.inf, 2.0)
    )
    assert (short.threshold, short.bracket) == (whole.threshold, whole.bracket)
    assert short.spent < 0.8 * whole.spent
    moments = {probe.eta: len(probe.costs) for probe in short.probes}
    (_, high) = whole.bracket
    assert high is not None
    assert all(moments[eta] == 13 for eta in moments if eta < high)
    assert moments[max(moments)] == 5, "a third of twelve measurements, and the first"
    verdicts = [[j.verdict.learning for j in each.judgements] for each in (whole, short)]
    assert verdicts[0] == verdicts[1]


def test_what_was_trained_is_told_as_it_is_spent() -> None:
    told: list[float] = []
    found = find_eta(FakeTrainer(), Hyperparameters(eta=0.01), trained=told.append)
    assert sum(told) == pytest.approx(found.spent)
