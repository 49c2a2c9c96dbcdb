"""The figures' data, and the artists they are drawn with."""

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tuner.records import EtaSearch, Outcome, Probe, Verdict
from tuner.report.charts.canvas import spread
from tuner.report.charts.learning_rate import (
    Landmarks,
    cost_curves,
    draw_cost_curves,
    draw_final_costs,
    final_costs,
    landmarks,
    median_curves,
)
from tuner.report.charts.render import render
from tuner.report.charts.theme import INK, LIGHT_TO_DARK, MARKS, MUTED, PAPER

SearchMaker = Callable[..., EtaSearch]


def curves_figure(search: EtaSearch) -> Figure:
    return draw_cost_curves(cost_curves(search), landmarks(search))


def final_figure(search: EtaSearch) -> Figure:
    return draw_final_costs(final_costs(search), landmarks(search))


def rendered(figure: Figure) -> None:
    """Draw the figure, so that its texts know where they stand."""
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]


def lines(axes: Axes, gid: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == gid]


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_cost_curves_hold_medians_and_seeds(search: EtaSearch) -> None:
    frame = cost_curves(search)
    assert len(frame) == 10 * 13 * 4
    assert frame["seed"].isna().sum() == 10 * 13
    assert set(frame.loc[frame["eta"] == 1.778, "verdict"]) == {"oscillating"}


def test_median_curves_stand_side_by_side(search: EtaSearch) -> None:
    frame = median_curves(search)
    assert frame.shape == (13, 11)
    assert frame["epoch"].tolist() == [k / 4 for k in range(13)]
    assert frame[0.01].tolist() == list(search.judgements[0].costs)


def test_final_costs_have_a_column_for_each_seed(search: EtaSearch) -> None:
    frame = final_costs(search)
    assert list(frame) == ["eta", "verdict", "median", "seed 0", "seed 1", "seed 2"]
    assert frame["seed 1"].iloc[0] == search.probes[1].costs[-1]
    assert frame["median"].isna().tolist() == [False] * 9 + [True]


def test_landmarks_cut_only_what_lies_far_off(search: EtaSearch, make_search: SearchMaker) -> None:
    assert landmarks(search).top == pytest.approx(1.5 * 3.2508)
    assert landmarks(make_search(etas=(0.1, 1.0))).top is None


def test_figure_1_labels_every_eta_and_its_role(search: EtaSearch) -> None:
    (axes,) = curves_figure(search).axes
    assert {"0.01", "0.6667 chosen", "1.333 = η*", "10 ×", "η"} <= set(texts(axes))
    assert axes.get_xlabel() == "epochs of the training data"
    assert axes.get_title(loc="left") == "training cost, cut at 4.876"
    assert axes.get_xlim() == (0, 3)
    assert axes.get_ylim() == pytest.approx((0, 4.8762))


def test_figure_1_sets_medians_before_seeds(search: EtaSearch) -> None:
    (axes,) = curves_figure(search).axes
    medians, seeds = lines(axes, "median"), lines(axes, "seeds")
    assert (len(medians), len(seeds)) == (10, 10)
    assert min(each.get_linewidth() for each in medians) > max(s.get_linewidth() for s in seeds)


def test_figure_1_parts_the_seeds_of_one_eta(search: EtaSearch) -> None:
    (axes,) = curves_figure(search).axes
    costs = [cost for _, cost in points(lines(axes, "seeds")[0])]
    assert [math.isnan(cost) for cost in costs] == [*[False] * 13, True] * 3
    assert costs[14:27] == list(search.probes[1].costs)


def test_figure_1_legend_names_the_verdicts_that_occur(search: EtaSearch) -> None:
    assert legend_texts(curves_figure(search)) == [
        "decreasing",
        "slow",
        "oscillating",
        "diverged",
        "constant prediction",
    ]


def test_figure_1_crosses_where_a_line_stops(make_search: SearchMaker) -> None:
    probe = Probe(
        eta=2.0,
        seed=0,
        verdict=Verdict.DIVERGED,
        reason="",
        epochs=(0.0, 1.0, 2.0),
        costs=(3.0, 2.5, math.nan),
    )
    (axes,) = curves_figure(make_search(probes=(probe,))).axes
    (cross,) = lines(axes, "stop")
    assert cross.get_marker() == "x"
    assert points(cross) == [(1.0, 2.5)]
    assert "2 ×" in texts(axes)
    assert lines(axes, "seeds") == []


def test_figure_1_points_up_where_a_finite_line_leaves(make_search: SearchMaker) -> None:
    probe = Probe(
        eta=2.0,
        seed=0,
        verdict=Verdict.DIVERGED,
        reason="",
        epochs=(0.0, 1.0),
        costs=(3.0, 1e300),
    )
    search = make_search(probes=(probe,))
    figure = curves_figure(search)
    assert "2 ↑" in texts(figure.axes[0])
    render(figure)
    (axes,) = final_figure(search).axes
    assert len(lines(axes, "off")) == 1


def test_figure_2_marks_choice_threshold_and_bracket(search: EtaSearch) -> None:
    figure = final_figure(search)
    (axes,) = figure.axes
    assert texts(axes) == ["chosen η = 0.6667", "η* = 1.333"]
    places = [points(line)[0][0] for line in lines(axes, "choice")]
    assert places == [search.eta, search.threshold]
    assert "bracket of η*" in legend_texts(figure)
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "learning rate η")
    left, right = axes.get_xlim()
    assert left < 0.01
    assert right > 10


def test_figure_2_sets_what_is_not_finite_at_the_top(search: EtaSearch) -> None:
    figure = final_figure(search)
    (axes,) = figure.axes
    (off,) = lines(axes, "off")
    assert points(off) == [(10, axes.get_ylim()[1])]
    assert "not finite, or cut off" in legend_texts(figure)
    assert len(lines(axes, "median")) == 9


@pytest.mark.parametrize(
    ("bracket", "name"),
    [
        ((1.0, None), "bracket of η*, open"),
        ((None, 0.1), "bracket of η*, open"),
        ((None, None), ""),
    ],
)
def test_figure_2_with_open_brackets(
    search: EtaSearch, bracket: tuple[float | None, float | None], name: str
) -> None:
    names = legend_texts(final_figure(replace(search, bracket=bracket)))
    assert [each for each in names if "bracket" in each] == ([name] if name else [])


def test_no_choice_is_drawn_where_nothing_was_found(search: EtaSearch) -> None:
    lost = replace(search, outcome=Outcome.NO_LEARNING, bracket=(None, 0.01))
    assert texts(final_figure(lost).axes[0]) == []
    assert "1.333" in texts(curves_figure(lost).axes[0])


CONSTANT = tuple(
    Probe(eta=eta, seed=0, verdict=Verdict.DEAD, reason="", epochs=(0.0, 1.0), costs=(2.3, 2.3))
    for eta in (0.1, 1.0)
)
GONE = tuple(
    Probe(
        eta=eta,
        seed=seed,
        verdict=Verdict.DIVERGED,
        reason="",
        epochs=(0.0, 1.0),
        costs=(math.nan, math.inf),
    )
    for eta in (0.1, 1.0)
    for seed in (0, 1)
)
ZERO = (replace(CONSTANT[0], costs=(0.0, 0.0)),)


@pytest.mark.parametrize(
    ("probes", "baseline"),
    [(CONSTANT[:1], 3.2), (CONSTANT, 2.3), (GONE, 3.2), (GONE, math.nan), (ZERO, 0.0), ((), 3.2)],
    ids=["one probe", "constant", "all diverged", "no number at all", "zero", "nothing"],
)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_degenerate_searches_are_drawn(
    make_search: SearchMaker,
    probes: tuple[Probe, ...],
    baseline: float,
    outcome: Outcome,
) -> None:
    search = make_search(probes=probes, baseline=baseline, outcome=outcome, bracket=(None, None))
    for figure in (curves_figure(search), final_figure(search)):
        low, high = figure.axes[0].get_ylim()
        assert low < high
        rendered(figure)


@pytest.mark.parametrize("draw", [curves_figure, final_figure])
def test_no_text_is_cut_off(search: EtaSearch, draw: Callable[..., Figure]) -> None:
    figure = draw(search)
    rendered(figure)
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in (*axes.texts, axes.xaxis.label)]
    boxes += [figure.legends[0].get_window_extent()]
    for box in boxes:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_labels_at_line_ends_do_not_overlap(search: EtaSearch) -> None:
    figure = curves_figure(search)
    rendered(figure)
    boxes = sorted((t.get_window_extent() for t in figure.axes[0].texts), key=lambda box: box.y0)
    overlaps = [high.y0 - low.y1 for low, high in pairwise(boxes)]
    assert min(overlaps) > -2


def test_same_data_same_bytes(search: EtaSearch) -> None:
    for draw in (curves_figure, final_figure):
        assert render(draw(search)) == render(draw(search))


def test_bytes_tell_neither_time_nor_version(search: EtaSearch) -> None:
    rendered = render(curves_figure(search))
    assert b"Software" not in rendered.png
    assert "dc:date" not in rendered.svg
    assert mpl.__version__ not in rendered.svg


def test_settings_of_the_user_do_not_reach_our_figures(search: EtaSearch) -> None:
    plain = render(final_figure(search))
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30, "lines.linewidth": 9}):
        kept = dict(mpl.rcParams)
        assert render(final_figure(search)) == plain
        assert dict(mpl.rcParams) == kept


def test_pyplot_stays_unloaded() -> None:
    code = "import sys, tuner.report; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def luminance(color: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [mark.color for mark in MARKS.values()])
def test_colours_of_verdicts_stand_out_on_light_and_dark(color: str) -> None:
    assert contrast(color, PAPER) >= 3
    assert contrast(LIGHT_TO_DARK[color], LIGHT_TO_DARK[PAPER]) >= 3


@pytest.mark.parametrize("color", [INK, MUTED])
def test_colours_of_letters_are_readable_on_light_and_dark(color: str) -> None:
    assert contrast(color, PAPER) >= 4.5
    assert contrast(LIGHT_TO_DARK[color], LIGHT_TO_DARK[PAPER]) >= 4.5


def test_verdicts_are_told_apart_without_colour() -> None:
    assert set(MARKS) == set(Verdict)
    for feature in ("color", "dark", "marker", "line", "symbol"):
        assert len({str(getattr(mark, feature)) for mark in MARKS.values()}) == len(Verdict)


@pytest.mark.parametrize("wanted", [[], [0.3], [0.0] * 9, [1.0] * 9, [0.9, 0.1, 0.9, 0.5, 0.91]])
def test_spread_keeps_order_gap_and_limits(wanted: list[float]) -> None:
    placed = spread(wanted, gap=0.1)
    ordered = sorted(placed)
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(ordered))
    assert all(-1e-9 <= height <= 1 for height in placed)
    ranks = pd.Series(wanted, dtype=float).rank(method="first")
    assert ranks.tolist() == pd.Series(placed, dtype=float).rank(method="first").tolist()


def test_landmarks_are_optional() -> None:
    assert Landmarks() == Landmarks(None, None, None, None, (None, None))
