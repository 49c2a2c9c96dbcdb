"""The figures of a run: their data, and the artists they are drawn with."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tests.support.report.runs import (
    BROKEN,
    CONSTANT,
    EMPTY,
    HALVING,
    LONG,
    LOST,
    ONE,
    PERFECT,
    overfitting_run,
    run_of,
)
from tuner.records import Run
from tuner.report.charts.render import render
from tuner.report.charts.theme import SERIES
from tuner.report.charts.training import draw_overfitting, draw_training_curves, run_marks
from tuner.report.frames.training import (
    DRAWN_EPOCHS,
    history_table,
    overfitting,
    training_curves,
)

OVERFIT = overfitting_run()
EVERY = {
    "overfitting": OVERFIT,
    "halving": HALVING,
    "one epoch": ONE,
    "constant": CONSTANT,
    "diverged": BROKEN,
    "nothing finite": LOST,
    "no epoch": EMPTY,
    "perfect": PERFECT,
}


def curves_figure(run: Run) -> Figure:
    return draw_training_curves(training_curves(run), run_marks(run))


def overfitting_figure(run: Run) -> Figure:
    return draw_overfitting(overfitting(run), run_marks(run))


def lines(axes: Axes, gid: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == gid]


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_history_table_has_one_row_for_each_epoch() -> None:
    frame = history_table(BROKEN)
    assert frame["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert frame["training_cost"].isna().tolist() == [False] * 3 + [True] * 2
    assert frame["gap"].iloc[0] == pytest.approx(0.02)
    assert list(history_table(EMPTY)) == list(frame)


def test_curves_are_in_percent_and_stop_where_a_cost_does() -> None:
    frame = training_curves(BROKEN)
    assert frame["validation_metric"].tolist()[:3] == pytest.approx([88, 80, 30])
    assert frame["validation_metric"].isna().tolist() == [False] * 3 + [True] * 2
    assert frame["eta"].notna().all()


def test_overfitting_is_in_points() -> None:
    assert overfitting(ONE)["gap"].tolist() == pytest.approx([2])


def test_a_long_run_is_thinned_but_keeps_what_matters() -> None:
    frame = training_curves(LONG)
    assert len(frame) < 1.02 * DRAWN_EPOCHS
    marks = run_marks(LONG)
    assert marks.best is not None
    assert marks.lowest is not None
    assert {1, marks.best[0], marks.lowest[0], 5000} <= set(frame["epoch"])
    assert len(training_curves(OVERFIT)) == 400


def test_marks_of_a_run() -> None:
    marks = run_marks(HALVING)
    assert marks.divided == (3, 5, 6, 7)
    assert (marks.last, marks.stop, marks.top) == (8, "η at its end", None)
    assert marks.best == (6, 100 * HALVING.best_validation_accuracy)
    assert marks.lowest == (8, 0.5625)
    assert run_marks(BROKEN).top == 3


def test_panels_share_the_epochs() -> None:
    cost, accuracy, eta = curves_figure(HALVING).axes
    assert cost.get_xlim() == accuracy.get_xlim() == eta.get_xlim() == (0, 8)
    assert eta.get_xlabel() == "epochs"
    assert eta.get_yscale() == "log"
    for axes in (cost, accuracy):
        assert len(lines(axes, "training")) == len(lines(axes, "validation")) == 1
        assert {"training", "validation"} <= set(texts(axes))


def test_moments_go_through_all_panels() -> None:
    for axes in (*curves_figure(HALVING).axes, *overfitting_figure(HALVING).axes):
        for gid, epochs in (("divided", [3, 5, 6, 7]), ("best", [6]), ("stop", [8])):
            upright = [line for line in lines(axes, gid) if len(points(line)) == 2]
            assert [points(line)[0][0] for line in upright] == epochs


def test_best_and_lowest_are_ringed_and_labelled() -> None:
    figure = curves_figure(HALVING)
    cost, accuracy, _ = figure.axes
    assert accuracy.get_title(loc="left").endswith("; best 88.33 %, epoch 6")
    assert cost.get_title(loc="left") == "cost; lowest validation cost, epoch 8"
    (ring,) = lines(cost, "lowest")
    assert points(ring) == [(8, 0.5625)]
    assert legend_texts(figure) == [
        "training",
        "validation",
        "best epoch",
        "stop: η at its end",
        "η divided",
    ]


def test_eta_of_an_epoch_holds_up_to_its_end() -> None:
    eta = curves_figure(HALVING).axes[2]
    (steps,) = lines(eta, "eta")
    assert steps.get_drawstyle() == "steps-pre"
    assert points(steps)[:5] == [(0, 0.5), (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.25)]


def test_curves_are_told_apart_without_colour() -> None:
    training, validation = SERIES["training"], SERIES["validation"]
    assert training.marker != validation.marker
    assert training.line != validation.line
    (axes, _) = curves_figure(OVERFIT).axes[:2]
    assert lines(axes, "validation")[0].get_linestyle() == "--"


def test_lines_of_a_diverged_run_stop_with_a_cross() -> None:
    cost, accuracy, _ = curves_figure(BROKEN).axes
    assert cost.get_title(loc="left").startswith("cost, cut at 3; ")
    assert "validation ×" in texts(cost)
    assert "validation ×" in texts(accuracy)
    assert [points(cross)[0][0] for cross in lines(accuracy, "lost")] == [3, 3]
    assert lines(cost, "lost") == []


def test_a_line_that_ends_above_the_picture_points_up() -> None:
    rows = [(0.4, 0.5, 0.9, 0.88)] * 4 + [(90.0, 95.0, 0.3, 0.3)]
    cost, accuracy, _ = curves_figure(run_of(rows)).axes
    assert {"training ↑", "validation ↑"} <= set(texts(cost))
    assert "validation" in texts(accuracy)


@pytest.mark.parametrize("draw", [curves_figure, overfitting_figure])
@pytest.mark.parametrize("run", EVERY.values(), ids=EVERY)
def test_every_run_is_drawn(run: Run, draw: Callable[..., Figure]) -> None:
    figure = draw(run)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert low < high < math.inf
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    boxes += [box for axes in figure.axes if (box := axes.yaxis.get_tightbbox())]
    boxes += [figure.axes[-1].xaxis.label.get_window_extent()]
    boxes += [figure.legends[0].get_window_extent()]
    for box in boxes:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("run", EVERY.values(), ids=EVERY)
def test_accuracy_is_never_above_100(run: Run) -> None:
    low, high = curves_figure(run).axes[1].get_ylim()
    assert low >= 0
    assert high <= 100
    assert high - low >= 2.5


def test_accuracy_zooms_on_the_range_that_matters() -> None:
    accuracy = curves_figure(OVERFIT).axes[1]
    low, high = accuracy.get_ylim()
    assert 75 < low < 82
    assert high == 100
    assert accuracy.get_title(loc="left").startswith(f"accuracy in %, from {low:.3g} up; ")


def test_curves_on_the_border_are_drawn_whole() -> None:
    accuracy = curves_figure(OVERFIT).axes[1]
    for gid in ("training", "validation"):
        box = lines(accuracy, gid)[0].get_clip_box()
        assert box is not None
        assert box.y1 > accuracy.bbox.y1
        assert box.y0 == pytest.approx(accuracy.bbox.y0)


@pytest.mark.parametrize("draw", [curves_figure, overfitting_figure])
def test_same_run_same_bytes(draw: Callable[..., Figure]) -> None:
    assert render(draw(HALVING)) == render(draw(HALVING))
