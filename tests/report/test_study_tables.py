"""A study's tables: trials, seeds, curves, which are tied, and what is warned of."""

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests.support.report.studies import (
    FOUND,
    QUESTION,
    SMALL,
    SPEC,
    TRIALS,
    failed,
    large,
    study,
    trial,
)
from tuner.records import Outcome, StudyRecord, Value
from tuner.report.charts.study_course import rungs, search_history
from tuner.report.charts.study_map import levels, map_dimensions, map_points
from tuner.report.charts.study_slices import MOST_GROUPS, importances, slice_means, slice_points
from tuner.report.charts.study_tradeoffs import front, strategies, strategy_means
from tuner.report.checks.study import edge, study_warnings
from tuner.report.frames.study import curve_table, seed_table, trial_table
from tuner.report.frames.study_space import Dimension, dimensions, in_words
from tuner.report.measure import Measure
from tuner.report.pages.study import all_trials, eta_searches, leaders
from tuner.stats import mean_interval, wilson

NOTHING = study()
PRUNED = study(*(trial(k, [0.5], state="pruned", epochs=2) for k in range(4)))

ACCURACY = Measure("accuracy")


def codes(record: StudyRecord) -> list[str]:
    return [warning.code for warning in study_warnings(record)]


def test_trial_table_has_one_row_for_each_trial() -> None:
    frame = trial_table(SMALL)
    assert frame["number"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["outcome"].tolist() == [
        "complete", "complete", "complete", "pruned", "diverged", "complete",
    ]  # fmt: skip
    assert frame["params_lambda"].tolist() == [0.3, 10.0, 1.0, 90.0, 5.0, 0.02]
    assert frame["low"].tolist() == [-math.inf] * 6
    assert frame["size"].iloc[0] == 785 * 30 + 31 * 10
    assert list(trial_table(NOTHING))[:3] == ["number", "outcome", "value"]


def test_trial_table_tells_the_interval_over_seeds_and_what_is_missing() -> None:
    seeds = trial(0, [0.90, 0.92, 0.94])
    frame = trial_table(study(seeds, failed(1)))
    ends = (frame["low"].iloc[0], frame["high"].iloc[0])
    assert ends == pytest.approx(mean_interval([0.9, 0.92, 0.94]))
    for name in ("value", "epochs", "eta", "rung"):
        assert frame[name].isna().tolist() == [False, True]
    assert frame["seeds"].tolist() == [3, 1]


def test_seed_and_curve_tables_are_long() -> None:
    record = study(trial(0, [0.9, 0.8], epochs=4), failed(1))
    assert seed_table(record)["value"].tolist() == [0.9, 0.8]
    curves = curve_table(record)
    assert curves["epoch"].tolist() == [1, 2, 3, 4]
    assert curves["value"].iloc[-1] == pytest.approx(0.85)


def test_dimensions_follow_the_study_file() -> None:
    lambda_, hidden = dimensions(SMALL)
    assert (lambda_.scale, lambda_.low, lambda_.high) == ("log", 0.01, 100.0)
    assert hidden.choices == ("15", "30", "100", "30,20")
    assert math.isnan(lambda_.place(0))
    assert hidden.ordered
    assert hidden.place((100,)) == 2


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"hidden": "30,20"}, 785 * 30 + 31 * 20 + 21 * 10),
        ({"hidden": 15, "layers": 2}, 785 * 15 + 16 * 15 + 16 * 10),
        ({"hidden": ""}, 785 * 10),
        ({}, 785 * 30 + 31 * 10),
    ],
)
def test_parameters_of_a_trial(params: dict[str, Any], size: int) -> None:
    assert SMALL.parameters(trial(0, params=params)) == size


def test_ties_reach_the_interval_of_the_best() -> None:
    ranked = SMALL.ranking
    assert ranked is not None
    assert ranked.best.number == 2
    assert ranked.over_examples == wilson(0.96, 1000)
    assert [each.number for each in ranked.tied] == [0]
    assert (ranked.sensible.number, ranked.smaller) == (0, True)


def test_the_wider_interval_decides_and_a_small_best_is_sensible_itself() -> None:
    same = {"lambda": 1.0, "hidden": "15"}
    seeds = [trial(0, [0.95, 0.85], params=same), trial(1, [0.5, 0.5])]
    ranked = study(*seeds).ranking
    assert ranked is not None
    assert len(ranked.tied) == 1
    assert ranked.sensible is ranked.best
    assert ranked.interval == pytest.approx((0.2647, 1.0), abs=1e-4)
    assert PRUNED.ranking is None


def test_warnings_of_the_small_study() -> None:
    assert codes(SMALL) == ["W302", "W303", "W304", "W305"]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (study(trial(0, params={"lambda": 99.0, "hidden": "30"})), "W301"),
        (study(*TRIALS, complete=False), "W306"),
        (NOTHING, ""),
        (PRUNED, "W307"),
        (study(*TRIALS, spec={**SPEC, "sampler": "gp"}), "W308"),
        (study(trial(0, best_epoch=(8,))), "W309"),
        (
            study(eta_searches={QUESTION: replace(FOUND, outcome=Outcome.NO_LEARNING)}),
            "W310",
        ),
    ],
)
def test_warnings(record: StudyRecord, code: str) -> None:
    assert code in ["", *codes(record)]


def test_a_good_study_has_no_warning() -> None:
    good = [trial(k, [0.6 + k / 100] * 3) for k in range(9)]
    best = trial(9, [0.99] * 3, params={"lambda": 1.0, "hidden": "30"})
    assert codes(study(*good, best)) == []


@pytest.mark.parametrize(
    ("dimension", "value", "end"),
    [
        (Dimension("lambda", "log", 0.01, 100.0), 0.011, "lower"),
        (Dimension("lambda", "log", 0.01, 100.0), 1.0, ""),
        (Dimension("lambda", "linear", 0.0, 10.0), 0.1, ""),
        (Dimension("layers", "linear", 1, 4), 1, ""),
        (Dimension("layers", "linear", 1, 4), 4, "upper"),
        (Dimension("hidden", "choice", choices=("15", "30", "60"), ordered=True), (15,), "lower"),
        (Dimension("hidden", "choice", choices=("15", "30"), ordered=True), (15,), ""),
        (Dimension("cost", "choice", choices=("a", "b", "c")), "c", ""),
        (Dimension("lambda", "choice", choices=("0", "1", "2"), ordered=True), 0.0, ""),
        (Dimension("lambda", "log", 0.01, 100.0), None, ""),
        (Dimension("x", "linear", 3, 3), 3, ""),
    ],
)
def test_edge(dimension: Dimension, value: Value | None, end: str) -> None:
    assert edge(dimension, value) == end


def test_slice_points_leave_out_what_has_no_place() -> None:
    record = study(*TRIALS, trial(6, params={}), trial(7, params={"lambda": 0}))
    points = slice_points(record, dimensions(record)[0])
    assert points["number"].tolist() == [0, 1, 2, 3, 4, 5]
    assert points.loc[points["best"], "number"].tolist() == [2]
    assert points["value"].max() == pytest.approx(96)


def test_means_are_over_complete_trials() -> None:
    lambda_, hidden = dimensions(SMALL)
    by_choice = slice_means(slice_points(SMALL, hidden), ACCURACY, hidden)
    assert by_choice["place"].tolist() == [0, 1, 2, 3]
    assert by_choice["mean"].tolist() == pytest.approx([94, 95, 96, 80])
    assert by_choice["low"].isna().all()
    by_range = slice_means(slice_points(SMALL, lambda_), ACCURACY, lambda_)
    assert by_range["trials"].tolist() == [2, 2]
    assert by_range["mean"].tolist() == pytest.approx([87.5, 95])
    assert by_range["place"].iloc[1] == pytest.approx(math.sqrt(10))


def test_means_of_a_single_trial_are_over_its_seeds() -> None:
    record = study(trial(0, [0.90, 0.92, 0.94]))
    points = slice_points(record, dimensions(record)[1])
    row = slice_means(points, ACCURACY, dimensions(record)[1]).iloc[0]
    assert [row["low"], row["high"]] == pytest.approx(list(mean_interval([90, 92, 94])))


def test_means_of_many_trials_are_few() -> None:
    record = large(200, 20, 1)
    for dimension in dimensions(record):
        assert (
            2
            < len(slice_means(slice_points(record, dimension), ACCURACY, dimension))
            <= MOST_GROUPS
        )


def test_map_needs_lambda_and_size() -> None:
    pair = map_dimensions(SMALL)
    assert pair is not None
    points = map_points(SMALL, *pair)
    assert points.loc[points["best"], "number"].tolist() == [2]
    assert points.loc[points["tied"], "number"].tolist() == [0]
    assert map_dimensions(study(spec={**SPEC, "search": {}})) is None
    bounds = levels(points, ACCURACY)
    assert bounds == sorted(bounds)
    assert 2 <= len(bounds) <= 7
    assert bounds[-1] <= 100


def test_history_keeps_the_best_of_complete_trials() -> None:
    history = search_history(SMALL)
    assert history["best_so_far"].tolist() == pytest.approx([95, 95, 96, 96, 96, 96])
    assert history["epochs"].tolist() == [8, 8, 8, 2, 3, 8]
    assert rungs(SMALL) == (2, 6)


def test_importances_fall_and_may_be_absent() -> None:
    assert importances(SMALL)["dimension"].tolist() == ["λ", "hidden"]
    assert importances(replace(SMALL, importances=None)).empty
    assert importances(replace(SMALL, importances={"x": math.nan})).empty


def test_strategies_are_compared_where_they_were_searched() -> None:
    assert strategies(SMALL).empty
    kinds = [("constant", 3), ("halving", 3), ("halving", "off")]
    trials = [
        trial(k, [0.9 + k / 100], params={"schedule": s, "patience": p}, epochs=5 + k)
        for k, (s, p) in enumerate(kinds * 2)
    ]
    searched = {
        "schedule": {"choices": ["constant", "halving"]},
        "patience": {"choices": [3, "off"]},
    }
    frame = strategies(study(*trials, spec={**SPEC, "search": searched}))
    means = strategy_means(frame, ACCURACY)
    assert means["strategy"].tolist() == [
        "constant, patience 3", "halving, patience 3", "halving, patience off",
    ]  # fmt: skip
    assert means["value"].tolist() == pytest.approx([91.5, 92.5, 93.5])
    assert means["epochs"].tolist() == [6.5, 7.5, 8.5]


def test_strategies_need_no_records_of_a_table_without_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of such a table pandas 3 makes one empty record a row, pandas 2 makes none."""

    def as_pandas_2(frame: pd.DataFrame, orient: str) -> list[dict[str, Any]]:
        columns = {str(name): list(frame[name]) for name in frame}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    monkeypatch.setattr(pd.DataFrame, "to_dict", as_pandas_2)
    assert strategies(SMALL).empty


def test_front_holds_what_no_other_trial_beats() -> None:
    spec = {**SPEC, "objectives": ["validation_accuracy", "parameters"], "rungs": []}
    reached = [(0.90, 10), (0.95, 20), (0.94, 30), (0.95, 25), (0.99, 40), (0.5, 5)]
    trials = [trial(k, [a], others=[cost]) for k, (a, cost) in enumerate(reached)]
    points = front(study(*trials, trial(6, [1.0], others=[1], state="pruned"), spec=spec), 1)
    assert points.loc[points["front"], "number"].tolist() == [0, 1, 4, 5]
    assert points.loc[points["best"], "number"].tolist() == [4]


def test_front_of_nothing_is_empty() -> None:
    objectives = {**SPEC, "objectives": ["validation_accuracy", "seconds"]}
    assert front(study(spec=objectives), 1).empty


def test_lists_of_the_page() -> None:
    (best,) = leaders(SMALL, trial_table(SMALL))
    assert best is not None
    assert [row[-1].text for row in best.rows] == ["best", "smallest network of these"]
    assert leaders(NOTHING, trial_table(NOTHING)) == ()
    assert len(list(all_trials(SMALL, trial_table(SMALL)).rows)) == 6
    many = large(700, 4, 1)
    assert "The 600 best of 700" in all_trials(many, trial_table(many)).caption


def test_eta_searches_are_named_by_their_network() -> None:
    none = replace(QUESTION, hidden=(), lambda_=5.0)
    (found,) = eta_searches(study(eta_searches={QUESTION: FOUND, none: FOUND}))
    assert [[cell.text for cell in row[:2]] for row in found.rows] == [
        ["30, sigmoid, cross-entropy, scaled, m = 10", "0"],
        ["no hidden layer, sigmoid, cross-entropy, scaled, m = 10", "5"],
    ]
    assert eta_searches(study(eta_searches={})) == ()


def test_values_in_words_are_cut() -> None:
    assert in_words({"cost": "x" * 99, "lambda": 0.5}) == f"cost = {'x' * 39}…, λ = 0.5"
