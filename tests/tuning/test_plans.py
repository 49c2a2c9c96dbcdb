"""How a budget is shared: properties that every plan must have."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.records import Hyperparameters, StudySummary, Trial
from tuner.tuning.budget import (
    ConfirmationPlan,
    Paces,
    for_long_run,
    least_epochs,
    most_epochs,
    plan_again,
    plan_confirmation,
    plan_search,
    sizes_for,
)
from tuner.tuning.steps.search import best_trials

PACES = st.lists(st.floats(1e-4, 20), min_size=1, max_size=3)
SECONDS = st.floats(0.1, 2000)
WORKERS = st.integers(1, 8)
MOST = st.integers(40, 400)


def trained(plan: ConfirmationPlan, paces: list[float], workers: int) -> float:
    """Seconds that a plan takes: all candidates to the comparison, then the slowest one alone."""
    together = plan.seeds * sum(paces) / workers
    rounds = -(-plan.seeds // workers)
    if plan.compared_at == plan.epochs:
        return plan.epochs * together
    alone = max(paces) * rounds
    return (plan.compared_at + 1) * together + (plan.epochs - plan.compared_at) * alone


@given(paces=PACES, most=MOST, seconds=SECONDS, workers=WORKERS, by=st.integers(1, 1000))
def test_a_final_plan_is_sound_and_fits(
    *, paces: list[float], most: int, seconds: float, workers: int, by: int
) -> None:
    plan = plan_confirmation(paces, most, seconds, workers, by)
    assert 1 <= plan.hold < plan.epochs <= most
    assert plan.compared_at <= plan.hold or plan.compared_at == plan.epochs
    smallest = plan.epochs <= 4 or plan.compared_at == 1
    assert smallest or trained(plan, paces, workers) <= 1.05 * seconds
    plan.strategy  # noqa: B018 - it raises where a plan is no strategy


@given(
    paces=PACES,
    most=MOST,
    seconds=SECONDS,
    workers=WORKERS,
    left=st.floats(0, 500),
    late=st.booleans(),
)
def test_a_plan_made_anew_keeps_what_was_trained(
    *, paces: list[float], most: int, seconds: float, workers: int, left: float, late: bool
) -> None:
    plan = plan_confirmation(paces, most, seconds, workers)
    done = plan.hold if late else min(plan.compared_at, plan.hold)
    after = plan_again(plan, done, left, most + 3)
    assert done <= after.hold < after.epochs
    assert after.hold == plan.hold or done < plan.hold
    assert (after.seeds, after.compared_at) == (plan.seeds, plan.compared_at)


@given(
    n=st.integers(50, 10**6),
    pace=st.floats(1e-5, 5),
    seconds=SECONDS,
    final=SECONDS,
    enough=st.floats(15, 200),
    workers=WORKERS,
)
def test_a_search_plan_is_sound(
    *, n: int, pace: float, seconds: float, final: float, enough: float, workers: int
) -> None:
    paces = Paces(seconds={h: pace * (1 + h / 100) for h in sizes_for(784)})
    plan = plan_search(
        paces,
        n,
        seconds=seconds,
        final_seconds=final,
        enough_epochs=enough,
        workers=workers,
    )
    assert len(plan.hidden) >= 2
    assert plan.trials % plan.batch == 0
    assert 0 < plan.rungs[0] < plan.rungs[1] < plan.epochs
    assert plan.n_train <= n
    assert plan.n_train == n or plan.n_train >= 5_000


def test_more_time_never_means_a_smaller_search() -> None:
    paces = Paces(seconds={30: 0.2, 100: 0.5, 300: 1.2, 800: 3.0})
    plans = [
        plan_search(paces, 50_000, seconds=s / 4, final_seconds=s / 2, enough_epochs=15, workers=2)
        for s in (15, 30, 60, 120, 300, 600, 3600)
    ]
    work = [
        plan.trials * plan.epochs * plan.n_train * sum(paces.seconds[h] for h in plan.hidden)
        for plan in plans
    ]
    assert work == sorted(work)
    assert [max(plan.hidden) for plan in plans] == sorted(max(plan.hidden) for plan in plans)


@pytest.mark.parametrize(
    ("final", "most", "expected"),
    [
        (30.0, 190, (30, 60, 100, 200, 300)),
        (400.0, 190, (200, 300, 500, 800)),
        (400.0, float("inf"), (30, 60, 100, 200, 300, 500, 800)),
    ],
)
def test_sizes_that_would_leave_time_idle_are_not_searched(
    final: float, most: float, expected: tuple[int, ...]
) -> None:
    sizes = {30: 0.6, 60: 0.7, 100: 0.9, 200: 1.2, 300: 1.5, 500: 2.1, 800: 3.0, 1200: 4.2}
    plan = plan_search(
        Paces(seconds=sizes),
        50_000,
        seconds=final / 2,
        final_seconds=final,
        enough_epochs=15,
        most_epochs=most,
        workers=2,
    )
    assert plan.hidden == expected


def test_fresh_images_deserve_more_epochs() -> None:
    plain = Hyperparameters(eta=0.1, batch_size=32)
    fresh = Hyperparameters(eta=0.1, batch_size=32, expansion="distort")
    assert most_epochs(fresh, 50_000) > most_epochs(plain, 50_000)
    assert least_epochs(fresh, 50_000) == 15
    assert least_epochs(fresh, 3_000) > 100


def trial(number: int, accuracy: float, lambda_: float, hidden: int = 100) -> Trial:
    """A trial of a study of λ and size; without an accuracy it was pruned."""
    return Trial(
        number=number,
        state="complete" if accuracy else "pruned",
        values=(accuracy,),
        params={"lambda": lambda_, "hidden": (hidden,)},
        rungs={},
    )


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([(0.940, 5.0), (0.949, 0.01)], [0, 2, 1], id="by accuracy"),
        pytest.param([(0.949, 1.0), (0.9, 1.0, 300)], [0, 2, 1], id="one with more neurons"),
        pytest.param([(0.949, 1.0), (0.9, 1.0, 30)], [0, 1, 2], id="not with fewer"),
        pytest.param([(0.950, 0.1), (0.930, 5.0)], [0, 2], id="the same parameters once"),
        pytest.param([(0.0, 9.0)], [0], id="the only one"),
    ],
)
def test_which_trials_go_on(others: list[tuple[float, float]], expected: list[int]) -> None:
    trials = [trial(i, *each) for i, each in enumerate([(0.950, 0.1), *others])]
    study = StudySummary(
        study="s", objectives=("validation_accuracy",), space={}, trials=tuple(trials)
    )
    assert [t.number for t in best_trials(study, 3)] == expected


@pytest.mark.parametrize(("activation", "begins_at"), [("sigmoid", 0.2), ("relu", 0.4)])
def test_sigmoid_neurons_begin_a_long_run_at_half_of_eta(activation: str, begins_at: float) -> None:
    found = Hyperparameters(eta=0.4, activation=activation)
    assert for_long_run(found) == replace(found, eta=begins_at)
