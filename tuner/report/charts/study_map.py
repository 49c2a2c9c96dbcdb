"""λ and network size together: each trial as a point whose color and size tell how good it is."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tuner.records import StudyRecord
from tuner.report.charts.canvas import write_numbers
from tuner.report.charts.theme import INK, LEVELS, PAPER, styled
from tuner.report.charts.trials import (
    MOST_IN_ONE,
    OUTCOME,
    TRIAL,
    apart,
    best_rows,
    best_trial_words,
    draw_best,
    few,
    left_out,
    main_range,
    moved,
    outcomes,
    set_axis,
    sheet,
    under,
)
from tuner.report.document import Columns, Figure, Table
from tuner.report.frames.study_space import Dimension, dimensions, plain, shortened
from tuner.report.measure import Measure

_COLORS = tuple(LEVELS)
_MARKERS = {"complete": "o", "pruned": "X", "diverged": "^", "failed": "s"}


def map_dimensions(record: StudyRecord) -> tuple[Dimension, Dimension] | None:
    """Return λ and the dimension of network size, if both were searched."""
    named = {dimension.name: dimension for dimension in dimensions(record)}
    size = named.get("hidden", named.get("layers"))
    return (named["lambda"], size) if "lambda" in named and size else None


def map_points(record: StudyRecord, across: Dimension, up: Dimension) -> pd.DataFrame:
    """Return every trial by its values of two dimensions.

    Returns
    -------
    pandas.DataFrame
        `number`; `outcome`; `value`, as drawn; `across_value` and `up_value`, in words; `across`
        and `up`, their places on the axes; `best` and `tied`, whether it is, or is as good as, the
        best trial. Without those that have no value or no place.
    """
    ranked, scale = record.ranking, Measure(record.result.metric).scale
    best = ranked.best.number if ranked else None
    tied = {trial.number for trial in ranked.tied} if ranked else set()
    rows = [
        (
            trial.number,
            trial.outcome,
            scale * trial.value,
            plain(trial.params.get(across.name)),
            plain(trial.params.get(up.name)),
            across.place(trial.params.get(across.name)),
            up.place(trial.params.get(up.name)),
            trial.number == best,
            trial.number in tied,
        )
        for trial in record.result.trials
    ]
    frame = pd.DataFrame(rows, columns=_COLUMNS).dropna(subset=["value", "across", "up"])
    kinds = {"value": float, "across": float, "up": float, "best": bool, "tied": bool}
    return frame.astype(kinds).reset_index(drop=True)


_COLUMNS = [
    "number",
    "outcome",
    "value",
    "across_value",
    "up_value",
    "across",
    "up",
    "best",
    "tied",
]


def levels(points: pd.DataFrame, measure: Measure) -> list[float]:
    """Return the rising bounds of at most six levels; what is worse than all is in the worst.

    Examples
    --------
    >>> points = pd.DataFrame({"outcome": "complete", "value": [90.0, 91.0, 92.5, 93.0]})
    >>> levels(points, Measure("accuracy"))
    [90.0, 90.5, 91.0, 91.5, 92.0, 92.5, 93.0]
    """
    worst, best = main_range(points, measure)
    least = measure.some(best, 0.5)
    if abs(best - worst) < least:
        worst = best - measure.sign * least
    ticks = MaxNLocator(len(_COLORS), steps=[1, 2, 2.5, 5, 10]).tick_values(
        min(worst, best), max(worst, best)
    )
    end = measure.bounds[measure.sign > 0]
    bounds = [float(f"{tick:.6g}") for tick in ticks if measure.sign * (tick - end) <= 0]
    most = len(_COLORS) + 1
    return bounds[-most:] if measure.sign > 0 else bounds[:most]


def draw_map(
    points: pd.DataFrame, measure: Measure, across: Dimension, up: Dimension, *, most: int = 500
) -> Plot:
    """Draw every trial where it stands between two dimensions; nothing is guessed in between.

    Parameters
    ----------
    points
        From `map_points`.
    measure
        What is drawn.
    across, up
        The dimensions of the axes.
    most
        About as many points are drawn.
    """
    bounds = levels(points, measure)
    with styled():
        figure, axes = sheet(margin=0.85)
        set_axis(axes, axes.xaxis, across, points["across"].tolist())
        set_axis(axes, axes.yaxis, up, points["up"].tolist())
        axes.set_ylabel("")
        axes.set_title(up.long, loc="left")
        drawn = few(points, most).copy()
        for name, dimension in (("across", across), ("up", up)):
            if dimension.scale == "choice":
                drawn[name] = apart(drawn[name])
        _draw_levels(axes, drawn, bounds, measure)
        keys = _keys(points["outcome"])
        keys += draw_best(axes, drawn, "across", "up", size=16)
        keys += [Line2D([], [], **_TIED)] * bool(points["tied"].any())
        under(figure, axes, keys)
        _draw_bar(figure, axes, bounds, measure, points["value"])
    return figure


def _draw_levels(
    axes: Axes, points: pd.DataFrame, bounds: Sequence[float], measure: Measure
) -> None:
    steps = len(bounds) - 1
    place = pd.cut(points["value"], [-math.inf, *bounds[1:-1], math.inf], labels=False)
    if measure.sign < 0:
        place = steps - 1 - place
    for level in sorted(place.unique()):
        for state, marker in _MARKERS.items():
            those = points[(place == level) & (points["outcome"] == state)]
            axes.plot(
                those["across"],
                those["up"],
                marker,
                markerfacecolor=_COLORS[len(_COLORS) - steps + int(level)],
                markeredgecolor=INK,
                markeredgewidth=0.6,
                markersize=5.0 + 6.0 * (int(level) + 1) / steps,
                linestyle="none",
                clip_on=False,
                gid=state,
                zorder=3 + 0.1 * int(level),
            )
    tied = points[points["tied"]]
    axes.plot(tied["across"], tied["up"], ".", color=PAPER, ms=4, ls="none", gid="tied", zorder=4)


_TIED: dict[str, Any] = {
    "marker": "o",
    "markersize": 6.5,
    "markerfacecolor": PAPER,
    "markeredgecolor": _COLORS[4],
    "markeredgewidth": 2.2,
    "linestyle": "none",
    "label": "tied with it",
}


def _keys(states: "pd.Series[str]") -> list[Artist]:
    style: dict[str, Any] = {
        "markerfacecolor": _COLORS[2],
        "markeredgecolor": INK,
        "ls": "none",
        "ms": 7,
    }
    return [
        Line2D([], [], marker=marker, label=state, **style)
        for state, marker in _MARKERS.items()
        if state in set(states)
    ]


def _draw_bar(
    figure: Plot,
    axes: Axes,
    bounds: Sequence[float],
    measure: Measure,
    values: "pd.Series[float]",
) -> None:
    colors = _COLORS[len(_COLORS) - len(bounds) + 1 :][:: measure.sign]
    shades = ListedColormap(colors).with_extremes(under=colors[0], over=colors[-1])
    beyond: Literal["neither", "min", "max"] = "neither"
    if measure.sign > 0 and bool((values < bounds[0]).any()):
        beyond = "min"
    if measure.sign < 0 and bool((values > bounds[-1]).any()):
        beyond = "max"
    bar = figure.colorbar(
        ScalarMappable(BoundaryNorm(bounds, len(colors)), shades),
        cax=axes.inset_axes((1.03, 0.0, 0.03, 1.0)),
        extend=beyond,
        ticks=list(bounds),
        drawedges=True,
    )
    write_numbers(bar.ax.yaxis)
    bar.ax.set_title(measure.axis, fontsize="small", loc="right")
    bar.ax.grid(visible=False)


def map_figure(record: StudyRecord) -> Iterator[Figure]:
    """Return λ and network size together, if both were searched."""
    pair = map_dimensions(record)
    if pair is None:
        return
    across, up = pair
    points, measure = map_points(record, across, up), Measure(record.result.metric)
    columns: Columns = {
        "number": TRIAL,
        "across_value": across.symbol,
        "up_value": up.symbol,
        "value": measure.axis,
        "outcome": OUTCOME,
    }
    yield Figure(
        "study-map",
        f"{across.symbol} and {up.long} together",
        Table(*best_rows("The trials", points, measure), columns),
        partial(draw_map, points, measure, across, up, most=MOST_IN_ONE),
        alt=_alt_map(points, measure, across, up),
        note="Each point is one trial, stronger in color and larger the better it is."
        " Nothing is drawn where nothing was tried."
        + moved(across, up)
        + left_out(points, MOST_IN_ONE),
    )


def _alt_map(points: pd.DataFrame, measure: Measure, across: Dimension, up: Dimension) -> str:
    """Describe the map."""
    text = (
        f"Scatter chart of the trials ({outcomes(points)}): {across.long} across, {up.long} up,"
        f" validation {measure.name} as color and size."
    )
    best = points[points["best"]]
    if best.empty:
        return text
    row = best.iloc[0]
    return (
        f"{text}{best_trial_words(points)}, at {across.symbol} ="
        f" {shortened(row['across_value'])} and {up.symbol} = {shortened(row['up_value'])}, with"
        f" {measure.drawn_text(row['value'])}."
    )
