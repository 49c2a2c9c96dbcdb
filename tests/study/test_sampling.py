import copy
import itertools
import math
from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from tests.support.study.small import spec_of
from tuner.study.sampling import distributions, first_trial, sample_batch, trials_of
from tuner.study.spec import StudySpec

N = 3_000

SEARCH: dict[str, Any] = {
    "lambda": {"low": 0.01, "high": 30, "log": True},
    "hidden": {"choices": [[15], [30], [30, 20]]},
    "dropout": {"low": 0.0, "high": 0.5},
    "batch_size": {"low": 5, "high": 50, "log": True},
    "patience": {"choices": [5, 10, "off"]},
}
GRID: dict[str, Any] = {
    "lambda": {"choices": [0, 0.1, 5]},
    "hidden": {"choices": [[15], [30], [30, 20]]},
    "init": {"choices": ["scaled", "large"]},
}

SAMPLERS = ["tpe", "random", pytest.param("gp", marks=pytest.mark.torch)]


def searching(search: dict[str, Any] = SEARCH, **changes: Any) -> StudySpec:
    return spec_of(search=search, **changes)


def told(spec: StudySpec, params: Sequence[dict[str, Any]]) -> list[FrozenTrial]:
    """The trials as the storage gives them back, every third pruned."""
    study = optuna.create_study(direction="maximize")
    for i, each in enumerate(params):
        pruned = i % 3 == 2
        study.add_trial(
            optuna.create_trial(
                state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
                value=0.9 + (i * 7 % 5) / 100,
                params=each,
                distributions=distributions(spec),
                intermediate_values={2: 0.8} if pruned else {2: 0.8, 5: 0.9},
            )
        )
    return study.get_trials()


@pytest.fixture(autouse=True)
def _torch_for_gp(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("torch"):
        pytest.importorskip("torch", reason="sampler = gp needs PyTorch")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_batch_follows_from_seed_number_and_past(sampler: str) -> None:
    spec = searching(sampler=sampler)
    first = sample_batch(spec, [], 0, 12, N)
    past = told(spec, first)
    second = sample_batch(spec, past, 1, 4, N)
    assert sample_batch(spec, [], 0, 12, N) == first
    assert sample_batch(spec, past, 1, 4, N) == second
    assert sample_batch(spec, past, 2, 4, N) != second
    assert sample_batch(searching(sampler=sampler, seed=1), past, 1, 4, N) != second


@pytest.mark.parametrize("sampler", ["tpe", pytest.param("gp", marks=pytest.mark.torch)])
def test_the_past_guides_what_is_drawn(sampler: str) -> None:
    spec = searching({"lambda": SEARCH["lambda"]}, sampler=sampler)
    drawn = [{"lambda": 0.01 * 1.3**i} for i in range(30)]
    past = told(spec, drawn)
    for trial, near in itertools.product(past, [2.0]):
        trial.values = [1 - abs(trial.params["lambda"] - near) / 30]
        trial.state = TrialState.COMPLETE
    close = [1 < each["lambda"] < 4 for each in sample_batch(spec, past, 9, 8, N)]
    assert sum(close) >= 4


@pytest.mark.parametrize(
    ("metric", "good", "worse"), [("accuracy", 0.99, 1), ("log-loss", 0.1, -1)]
)
def test_of_many_trials_the_best_and_the_latest_are_learned_from(
    metric: str, good: float, worse: int
) -> None:
    """TPE's better group is the 25 best of any number of trials from 250 on."""
    spec = searching({"lambda": SEARCH["lambda"]}, train={"metric": metric})
    past = told(spec, [{"lambda": 0.02 + i / 100} for i in range(400)])
    for i, trial in enumerate(past):
        trial.values = [good if i in BEST else 0.5 + worse * i / 1000]
    drawn = sample_batch(spec, past, 9, 8, N)

    def drawn_with(changed: int) -> list[dict[str, Any]]:
        other = [copy.deepcopy(trial) for trial in past]
        other[changed].params = {"lambda": 29.0}
        return sample_batch(spec, other, 9, 8, N)

    assert all(drawn_with(number) != drawn for number in (0, 72, 399))
    assert all(drawn_with(number) == drawn for number in (1, 71, 100))


BEST = range(0, 75, 3)
"""Twenty-five complete trials, all of them early."""


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_values_lie_within_and_every_one_can_be_trained(sampler: str) -> None:
    spec = searching(sampler=sampler)
    for params in sample_batch(spec, [], 0, 16, N):
        assert params.keys() == SEARCH.keys()
        assert 0.01 <= params["lambda"] <= 30
        assert params["hidden"] in {"15", "30", "30,20"}
        assert 0 <= params["dropout"] <= 0.5
        assert 5 <= params["batch_size"] <= 50
        assert isinstance(params["batch_size"], int)
        assert params["patience"] in {5, 10, "off"}
        spec.resolve(params)


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ({"lambda": {"low": 0.01, "high": 30}}, {"lambda": 0.3}),
        ({"lambda": {"low": 1, "high": 30}}, {}),
        ({"lambda": {"choices": [0.3, 5]}}, {"lambda": 0.3}),
        ({"lambda": {"choices": [0, 5]}}, {}),
        ({"hidden": {"low": 10, "high": 90}}, {"hidden": 30}),
        ({"hidden": {"low": 40, "high": 90}}, {}),
        ({"hidden": {"choices": [[15], [30]]}}, {"hidden": "30"}),
        ({"hidden": {"choices": [15, 30]}}, {"hidden": "30"}),
        ({"hidden": {"choices": [[15], [30, 30]]}}, {}),
        (SEARCH, {"lambda": 0.3, "hidden": "30"}),
        ({"dropout": SEARCH["dropout"]}, {}),
    ],
)
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_first_trial_has_the_settings_of_the_article(
    sampler: str, search: dict[str, Any], first: dict[str, Any]
) -> None:
    spec = searching(search, sampler=sampler)
    assert first_trial(spec, N) == first
    trial = sample_batch(spec, [], 0, 2, N)[0]
    assert {name: trial[name] for name in first} == first
    assert trial.keys() == search.keys()


@pytest.mark.parametrize("seed", range(20))
def test_the_first_batch_is_spread_evenly(seed: int) -> None:
    search = {
        "lambda": {"low": 1, "high": 10_000, "log": True},
        "dropout": {"low": 0.0, "high": 0.8},
        "batch_size": {"low": 1, "high": 8},
        "hidden": {"choices": [[n] for n in (10, 20, 40, 80)]},
    }
    drawn = sample_batch(searching(search, seed=seed), [], 0, 8, N)
    places = {
        "lambda": [math.log10(p["lambda"]) * 2 for p in drawn],
        "dropout": [p["dropout"] * 10 for p in drawn],
        "batch_size": [p["batch_size"] - 1 for p in drawn],
        "hidden": [math.log2(int(p["hidden"]) / 10) * 2 for p in drawn],
    }
    for name, values in places.items():
        expected = [0, 0, 2, 2, 4, 4, 6, 6] if name == "hidden" else [*range(8)]
        assert sorted(map(math.floor, values)) == expected, name


def test_no_later_batch_begins_with_them() -> None:
    spec = searching()
    later = sample_batch(spec, told(spec, sample_batch(spec, [], 0, 4, N)), 1, 4, N)
    assert all(params["lambda"] != 0.3 for params in later)


def whole_grid(spec: StudySpec, size: int) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = []
    for batch in range(99):
        drawn = sample_batch(spec, told(spec, points), batch, size, N)
        if not drawn:
            return points
        points += drawn
    raise AssertionError("a grid without an end")


@pytest.mark.parametrize("size", [1, 5, 18, 99])
def test_a_grid_has_every_point_once(size: int) -> None:
    points = whole_grid(searching(GRID, sampler="grid"), size)
    found = [tuple(point.values()) for point in points]
    every = itertools.product([0, 0.1, 5], ["15", "30", "30,20"], ["scaled", "large"])
    assert len(found) == trials_of(searching(GRID, sampler="grid"), 1000) == 18
    assert set(found) == set(every)


def test_the_order_of_a_grid_depends_on_the_seed_alone() -> None:
    orders = [whole_grid(searching(GRID, sampler="grid", seed=seed), 18) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] == whole_grid(searching(GRID, sampler="grid"), 4)
