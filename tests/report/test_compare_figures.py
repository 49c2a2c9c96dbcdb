"""The figures of a comparison: their data, and the artists they are drawn with."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tests.support.report.artists import all_inside
from tests.support.report.comparisons import names_of, run_reaching, runs_of
from tests.support.report.runs import BROKEN, EMPTY, LOST
from tuner.records import Run, TrainRecord
from tuner.report.charts.comparison import (
    DRAWN,
    draw_differences,
    draw_gaps,
    draw_values,
    mark_of,
)
from tuner.report.charts.inspection import draw_weights
from tuner.report.charts.render import render
from tuner.report.frames.comparison import (
    curves_table,
    differences_table,
    largest_layers,
    median_curves,
    paired_table,
)
from tuner.report.frames.contenders import Contender, against_winner, contenders

HALVED = (0.5, 0.5, 0.25, 0.25, 0.125, 0.0625)


def grouped(records: list[TrainRecord]) -> tuple[Contender, ...]:
    return contenders(records, names_of(records))


@pytest.fixture
def every(train_record: TrainRecord) -> tuple[Contender, ...]:
    """Three contenders with three seeds each."""
    return grouped(
        [
            *runs_of(train_record, (0.90, 0.91, 0.905)),
            *runs_of(train_record, (0.912, 0.921, 0.914), lambda_=5.0),
            *runs_of(train_record, (0.913, 0.92, 0.915), lambda_=5.0, regularization="l1"),
        ]
    )


def accuracies(every: tuple[Contender, ...]) -> Figure:
    return draw_values(curves_table(every), [each.name for each in every])


def gaps(every: tuple[Contender, ...]) -> Figure:
    return draw_gaps(curves_table(every), [each.name for each in every])


def differences(every: tuple[Contender, ...]) -> Figure:
    against, names = against_winner(every), {each.letter: each.name for each in every}
    rows = [names[each.second] for each in against]
    return draw_differences(differences_table(against), paired_table(against), rows)


def weights(every: tuple[Contender, ...]) -> Figure:
    _, frame = largest_layers(every)
    return draw_weights(frame)


def lines(axes: Axes, gid: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == gid]


def test_medians_end_where_the_first_seed_does(train_record: TrainRecord) -> None:
    first, second = runs_of(train_record, (0.9, 0.92))
    short = replace(second.result, history=second.result.history[:4], best_epoch=4)
    curves = curves_table(grouped([first, replace(second, result=short)]))
    frame = median_curves(curves, "value")
    assert frame["epoch"].tolist() == [1, 2, 3, 4]
    assert frame["value"].iloc[-1] == pytest.approx(100 * (0.91 - 0.012))
    assert len(curves) == 16


def test_one_line_for_each_contender_and_one_for_each_seed(every: tuple[Contender, ...]) -> None:
    (axes,) = accuracies(every).axes
    assert len(lines(axes, "median")) == 3
    assert len(lines(axes, "seed")) == 9
    assert {"A", "B", "C"} <= {text.get_text() for text in axes.texts}
    keys = [text.get_text() for text in accuracies(every).legends[0].get_texts()]
    assert keys == ["A: λ 0, l2", "B: λ 5, l2", "C: λ 5, l1"]


def test_lines_are_told_apart_without_colour() -> None:
    marks = [mark_of(place) for place in range(DRAWN)]
    assert len({mark.marker for mark in marks}) == DRAWN


def test_schedules_are_drawn_below_the_accuracy(train_record: TrainRecord) -> None:
    halving = {"schedule": "halving", "patience": 2}
    every = grouped(
        [
            run_reaching(train_record, 0.9, 0, etas=(0.5,) * 6),
            run_reaching(train_record, 0.91, 0, etas=HALVED, strategy=halving),
        ]
    )
    upper, lower = accuracies(every).axes
    assert lower.get_yscale() == "log"
    steps = lines(lower, "eta")
    assert [line.get_drawstyle() for line in steps] == ["steps-pre"] * 2
    assert np.asarray(steps[1].get_ydata()).tolist() == [0.5, *HALVED]
    assert upper.get_xlim() == lower.get_xlim() == (0, 6)


def test_gap_is_in_points(train_record: TrainRecord) -> None:
    every = grouped(runs_of(train_record, (0.9,)))
    (axes,) = gaps(every).axes
    (line,) = lines(axes, "median")
    assert np.asarray(line.get_ydata())[9] == pytest.approx(2)
    assert lines(axes, "zero")


def test_differences_have_their_interval_and_their_seeds(every: tuple[Contender, ...]) -> None:
    figure = differences(every)
    (axes,) = figure.axes
    against = against_winner(every)
    spans = [np.asarray(line.get_xdata()).tolist() for line in lines(axes, "interval")]
    assert spans == [pytest.approx((100 * each.low, 100 * each.high)) for each in against]
    assert [len(np.asarray(line.get_xdata())) for line in lines(axes, "seed")] == [3, 3]
    unclear, clear = lines(axes, "mean")
    assert unclear.get_markerfacecolor() == "none"
    assert clear.get_markerfacecolor() != "none"
    assert unclear.get_linestyle() or unclear.get_marker() != clear.get_marker()


def test_an_interval_out_of_all_proportion_is_cut_with_an_arrow(train_record: TrainRecord) -> None:
    every = grouped(
        [*runs_of(train_record, (0.9, 0.92)), *runs_of(train_record, (0.91, 0.92), lambda_=5.0)]
    )
    (axes,) = differences(every).axes
    assert {line.get_marker() for line in lines(axes, "cap")} == {"<", ">"}
    low, high = axes.get_xlim()
    assert -5 < low < 0 < high < 5


def test_weights_have_one_width(train_record: TrainRecord) -> None:
    every = grouped(
        [run_reaching(train_record, 0.9, 0), run_reaching(train_record, 0.9, 0, lambda_=5.0)]
    )
    place, frame = largest_layers(every)
    assert place == "hidden 1, 784 → 30"
    widths = (frame["right"] - frame["left"]).round(9)
    assert widths.nunique() == 1
    assert frame.groupby("name")["count"].sum().tolist() == [30 * 784] * 2
    assert list(dict.fromkeys(frame["name"])) == ["A, λ 0", "B, λ 5"]


def test_everything_is_inside(every: tuple[Contender, ...]) -> None:
    for draw in (accuracies, gaps, differences, weights):
        all_inside(draw(every))


@pytest.mark.parametrize("broken", [BROKEN, LOST, EMPTY], ids=["diverged", "lost", "empty"])
def test_runs_that_went_wrong_are_drawn(train_record: TrainRecord, broken: Run) -> None:
    bad = run_reaching(train_record, 0.9, 0, lambda_=9.0)
    every = grouped([run_reaching(train_record, 0.9, 0), replace(bad, result=broken)])
    for draw in (accuracies, gaps, differences):
        all_inside(draw(every))
    all_inside(accuracies(grouped([replace(bad, result=broken)])))


def test_more_contenders_than_can_be_drawn(train_record: TrainRecord) -> None:
    every = grouped([run_reaching(train_record, 0.9, 0, lambda_=float(k)) for k in range(14)])
    assert len(lines(accuracies(every).axes[0], "median")) == DRAWN
    for draw in (accuracies, gaps, differences, weights):
        all_inside(draw(every))


@pytest.mark.parametrize("name", ["$x$", "手写数字", "a\nb", "x" * 300, "<script>"])
def test_names_of_any_kind_are_drawn(train_record: TrainRecord, name: str) -> None:
    records = [
        run_reaching(train_record, 0.9, 0),
        run_reaching(train_record, 0.9, 0, hidden=(9,), lambda_=1.0, dropout=0.5, batch_size=3),
    ]
    every = contenders(records, [name, "other"])
    assert every[0].name == name
    for draw in (accuracies, gaps, differences, weights):
        all_inside(draw(every))


def test_same_runs_same_bytes(every: tuple[Contender, ...]) -> None:
    for draw in (accuracies, gaps, differences, weights):
        assert render(draw(every)) == render(draw(every))
