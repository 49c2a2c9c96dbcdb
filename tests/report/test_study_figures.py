"""The figures of a study: the artists they are drawn with, whatever the study holds."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tests.support.report.studies import SMALL, SPEC, TRIALS, failed, large, study, trial
from tuner.records import StudyRecord
from tuner.report.charts.render import render
from tuner.report.charts.study_course import (
    DRAWN_CURVES,
    DRAWN_POINTS,
    draw_history,
    draw_learning_curves,
    learning_curves,
    rungs,
    search_history,
)
from tuner.report.charts.study_map import draw_map, map_dimensions, map_points
from tuner.report.charts.study_slices import (
    draw_importances,
    draw_slice,
    importances,
    slice_means,
    slice_points,
)
from tuner.report.charts.study_tradeoffs import (
    draw_front,
    draw_strategies,
    front,
    strategies,
    strategy_means,
)
from tuner.report.charts.theme import LEVELS, STATES
from tuner.report.charts.trials import apart, few, set_axis, tick_texts
from tuner.report.frames.study import trial_table
from tuner.report.frames.study_space import Dimension, dimensions
from tuner.report.measure import Measure

ODD = ("<script>alert(1)</script>", "$x_1$ and $", "\u2028", "很长的激活函数名称" * 20, "'\"&", "")
EVERYTHING = {
    **SPEC,
    "objectives": ["validation_accuracy", "seconds"],
    "search": {
        "lambda": {"low": 0.01, "high": 100.0, "log": True},
        "hidden": {"low": 5, "high": 100, "log": False},
        "dropout": {"low": 0.0, "high": 0.5, "log": False},
        "activation": {"choices": [*ODD]},
        "schedule": {"choices": ["constant", "halving"]},
        "patience": {"choices": [3, 5, 8, 10, 20, "off"]},
    },
}


def rich_study() -> StudyRecord:
    """Return a study with every kind of dimension, two objectives and odd words."""
    trials = [
        trial(
            k,
            [0.8 + k / 200, 0.81 + k / 200],
            params={
                "lambda": 0.02 * 1.5**k,
                "hidden": 5 + 4 * k,
                "dropout": 0.02 * k,
                "activation": ODD[k % 6],
                "schedule": ("constant", "halving")[k % 2],
                "patience": (3, 5, 8, 10, 20, "off")[k // 2 % 6],
            },
            others=[0.1 * k],
            diverged=k == 7,
            state="pruned" if k % 5 == 4 else "complete",
        )
        for k in range(20)
    ]
    return study(*trials, spec=EVERYTHING, importances={"activation": 0.9, ODD[3]: 0.1})


EVERY = {
    "small": SMALL,
    "rich": rich_study(),
    "one trial": study(trial(0)),
    "no trial": study(),
    "nothing on two objectives": study(spec=EVERYTHING),
    "pruned only": study(*(trial(k, [0.5], state="pruned", epochs=2) for k in range(4))),
    "constant": study(*(trial(k, params={"lambda": 1.0, "hidden": "30"}) for k in range(8))),
    "without importances": study(*TRIALS, importances=None),
    "failed": study(failed(0), *TRIALS[1:]),
    "perfect": study(trial(0, [1.0]), trial(1, [1.0])),
    "hopeless": study(trial(0, [0.0]), trial(1, [0.0], diverged=True)),
    "large": large(120, 30, 2),
}


def every_figure(record: StudyRecord) -> Iterator[tuple[str, Figure]]:
    measure = Measure(record.result.metric)
    for each in dimensions(record):
        points = slice_points(record, each)
        yield each.name, draw_slice(points, slice_means(points, measure, each), measure, each)
    if pair := map_dimensions(record):
        yield "map", draw_map(map_points(record, *pair), measure, *pair)
    shares = importances(record)
    yield "importances", draw_importances(shares)
    yield "history", draw_history(search_history(record), measure, rungs(record))
    yield "curves", draw_learning_curves(learning_curves(record), measure, rungs(record))
    trials = strategies(record)
    if len(trials):
        yield "strategies", draw_strategies(trials, strategy_means(trials, measure), measure)
    for index in range(1, len(record.result.objectives)):
        name = record.result.objectives[index]
        yield "front", draw_front(front(record, index), measure, name)


def figure_of(name: str, record: StudyRecord = SMALL) -> Figure:
    return dict(every_figure(record))[name]


def lines(axes: Axes, gid: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == gid]


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def legend_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("record", EVERY.values(), ids=EVERY)
def test_every_study_is_drawn_within_its_figure(record: StudyRecord) -> None:
    for name, figure in every_figure(record):
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
        boxes = [label.get_window_extent() for legend in figure.legends for label in [legend]]
        for axes in figure.axes:
            low, high = axes.get_ylim()
            assert all(map(math.isfinite, (low, high)))
            assert low != high
            boxes += [text.get_window_extent() for text in axes.texts]
            boxes += [box for axis in (axes.xaxis, axes.yaxis) if (box := axis.get_tightbbox())]
        for box in boxes:
            assert box.x0 >= -1, name
            assert box.y0 >= -1, name
            assert box.x1 <= figure.bbox.x1 + 1, name
            assert box.y1 <= figure.bbox.y1 + 1, name


@pytest.mark.parametrize("record", EVERY.values(), ids=EVERY)
def test_legend_stands_below_the_axis(record: StudyRecord) -> None:
    for _, figure in every_figure(record):
        if figure.legends:
            FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
            bottoms = [box.y0 for axes in figure.axes if (box := axes.xaxis.get_tightbbox())]
            assert figure.legends[0].get_window_extent().y1 <= min(bottoms) + 6


def test_a_slice_tells_trials_apart_and_rings_the_best() -> None:
    figure = figure_of("lambda")
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert [len(points(line)) for line in lines(axes, "complete")] == [4]
    assert lines(axes, "pruned")[0].get_marker() == "x"
    (ring,) = lines(axes, "best")
    assert points(ring)[0] == pytest.approx((1, 96))
    assert len(lines(axes, "means")) == 1
    assert legend_texts(figure) == [
        "complete", "pruned", "diverged", "mean", "95 % interval", "best trial",
    ]  # fmt: skip


def test_what_lies_far_below_stands_on_the_edge() -> None:
    (axes,) = figure_of("lambda").axes
    bottom = axes.get_ylim()[0]
    assert points(lines(axes, "diverged")[0]) == [(5.0, bottom)]
    assert "from" in axes.get_title(loc="left")


def test_choices_are_ticks_and_points_stand_near_them() -> None:
    (axes,) = figure_of("hidden").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["15", "30", "100", "30,20"]
    assert sorted(round(x) for x, _ in points(lines(axes, "complete")[0])) == [0, 1, 2, 3]


def test_words_of_any_kind_become_short_labels() -> None:
    labels = tick_texts(["relu", *ODD])
    assert len(set(labels)) == len(labels)
    assert all(len(label) <= 13 for label in labels)
    assert labels[4] == "choice 5"


def test_the_map_shows_the_points_and_nothing_else() -> None:
    axes = figure_of("map").axes[0]
    drawn = [point for state in STATES for line in lines(axes, state) for point in points(line)]
    assert len(drawn) == 6
    assert not axes.images
    assert not axes.collections
    assert [len(points(line)) for line in lines(axes, "tied")] == [1]
    drawing = render(figure_of("map")).svg
    assert not any(color in drawing.split("</style>")[1] for color in LEVELS)


def test_history_has_a_stair_and_the_rungs() -> None:
    figure = figure_of("history")
    top, low = figure.axes
    assert points(lines(top, "so far")[0])[-1] == pytest.approx((5, 96))
    assert [points(line)[0][1] for line in lines(low, "rung")] == [2, 6]
    assert {"best so far", "rung", "best trial"} <= set(legend_texts(figure))


def test_curves_are_thin_but_the_best() -> None:
    (axes,) = figure_of("curves").axes
    (winner,) = lines(axes, "winner")
    assert winner.get_linewidth() > 2
    assert len(points(winner)) == 8
    assert "trial 2" in [text.get_text() for text in axes.texts]
    assert [line.get_marker() for line in lines(axes, "pruned")] == ["None", "x"]


def test_many_long_curves_are_thinned() -> None:
    record = large(200, 100, 1)
    frame = learning_curves(record)
    best = record.result.best
    assert best is not None
    assert frame["number"].nunique() <= DRAWN_CURVES + 1
    assert best.number in set(frame["number"])
    assert len(frame) <= DRAWN_POINTS + 3 * DRAWN_CURVES
    winner = frame[frame["best"]]
    assert winner["value"].max() == pytest.approx(100 * max(best.mean_curve))


def test_few_curves_are_drawn_whole() -> None:
    assert learning_curves(large(6, 240, 1)).groupby("number")["epoch"].count().max() == 240


def test_thinning_keeps_the_best() -> None:
    frame = trial_table(large(100, 4, 1))
    for best in (0, 37, 99):
        frame["best"] = frame["number"] == best
        assert best in set(few(frame, 10)["number"])
    assert len(few(frame.assign(best=frame["number"] == 37), 10)) == 11


def test_points_on_one_choice_differ() -> None:
    places = slice_points(EVERY["constant"], dimensions(EVERY["constant"])[1])["place"]
    moved = apart(places)
    assert moved.nunique() == len(places)
    assert (moved - places).abs().max() <= 0.23


def test_the_same_study_gives_the_same_bytes() -> None:
    for (_, one), (_, two) in zip(
        every_figure(rich_study()), every_figure(rich_study()), strict=True
    ):
        assert render(one) == render(two)


@pytest.mark.parametrize("ends", [(1e-300, 1e300), (5e-324, 1e308), (1e-200, 1e10), (0.1, 0.1)])
def test_a_range_of_any_width_has_an_axis(ends: tuple[float, float]) -> None:
    low, high = ends
    figure = Figure()
    axes = figure.subplots()
    set_axis(axes, axes.xaxis, Dimension("lambda", "log", low, high), [])
    left, right = axes.get_xlim()
    assert 0 < left < right < math.inf
    assert render(figure).png
