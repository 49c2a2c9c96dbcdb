"""The figures of a run: one function makes the data (pandas), another the picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D

from tuner.metrics import METRICS
from tuner.records import Run, StopReason
from tuner.records.measures import key_of
from tuner.records.training import divisions
from tuner.report.charts.canvas import (
    HIGH,
    HIGHEST,
    draw_end_labels,
    draw_etas,
    draw_line,
    finish_epochs,
    key,
    limit_accuracies,
    limit_costs,
    limit_values,
    panels,
)
from tuner.report.charts.theme import INK, MUTED, SERIES, Mark, styled
from tuner.report.document import (
    Column,
    Columns,
    Figure,
    Table,
    numbers,
    rounded,
    whole,
)
from tuner.report.format import NOT_FINITE, gap_name, measured, metric_name
from tuner.report.frames.training import (
    PARTS,
    drawn_as,
    history_table,
    measured_names,
    overfitting,
    thinned,
    training_curves,
)
from tuner.report.summaries.training import alt_overfitting, alt_training_curves

FAR_OFF = 5
"""Costs are shown up to this many times the larger of the two median costs."""

_STOPS: Mapping[StopReason, str] = {
    StopReason.NO_IMPROVEMENT: "no improvement",
    StopReason.ETA_AT_END: "η at its end",
    StopReason.EPOCHS: "all epochs done",
    StopReason.TIME: "time used up",
    StopReason.DIVERGED: "diverged",
    StopReason.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True)
class RunMarks:
    """Moments and limits of the figures of a run; None where there is no such thing.

    Attributes
    ----------
    last
        The epoch after which training stopped.
    stop
        Why, in two or three words.
    metric
        The name of the metric that chooses.
    best
        Best epoch and its validation metric, in % where it is a share.
    lowest
        Epoch and value of the lowest validation cost.
    divided
        Epochs after which η was changed.
    top
        Largest cost shown, when some finite cost lies far above the others.
    """

    last: int = 0
    stop: str = ""
    metric: str = "accuracy"
    best: tuple[int, float] | None = None
    lowest: tuple[int, float] | None = None
    divided: tuple[int, ...] = ()
    top: float | None = None


def run_marks(run: Run) -> RunMarks:
    """Compute what the figures of a run mark.

    Examples
    --------
    >>> from tuner.records import Hyperparameters
    >>> nothing = Run(settings=Hyperparameters(eta=0.5), history=(), best_epoch=0,
    ...     stop_reason=StopReason.INTERRUPTED, stop_words="")
    >>> run_marks(nothing).stop
    'interrupted'
    """
    best, lowest = run.best, run.lowest_cost
    return RunMarks(
        last=len(run.history),
        stop=_STOPS[run.stop_reason],
        metric=run.metric,
        best=(best.epoch, drawn_as(run.metric, run.best_value)) if best else None,
        lowest=(lowest.epoch, lowest.validation_cost) if lowest else None,
        divided=tuple(each.epoch - 1 for each in divisions(run.history)),
        top=_far_off(run),
    )


def _far_off(run: Run) -> float | None:
    curves = [(e.training_cost, e.validation_cost) for e in run.finite_epochs]
    if not curves:
        return None
    middle = max(median(costs) for costs in zip(*curves, strict=True))
    limit = float(f"{FAR_OFF * middle:.2g}")
    return limit if 0 < limit < max(map(max, curves)) else None


_LEFT, _MARGIN = 0.62, 1.1
_ETA = Mark(INK, INK, "", "-", "")


def draw_training_curves(curves: pd.DataFrame, marks: RunMarks) -> Plot:
    """Draw cost, accuracy and η of a run, one below the other.

    Parameters
    ----------
    curves
        From `training_curves`.
    marks
        From `run_marks`.
    """
    with styled():
        figure, stack = panels(HIGHEST, margin=_MARGIN, left=_LEFT, ratios=(3, 3, 1.5))
        cost, metric, eta = stack
        every = pd.concat([curves["training_cost"], curves["validation_cost"]]).dropna()
        limit_costs(cost, every, marks.top, title="cost")
        values = pd.concat([curves["training_metric"], curves["validation_metric"]])
        metric.set_title(_limited(metric, marks.metric, values), loc="left")
        for axes, what in ((cost, "cost"), (metric, "metric")):
            names = [f"training_{what}", f"validation_{what}"]
            _draw_series(axes, curves, dict(zip(("training", "validation"), names, strict=True)))
        draw_etas(eta, [(curves["epoch"], curves["eta"], _ETA)])
        _finish(figure, stack, marks, ("training", "validation"))
        _ring(cost, marks.lowest, "lowest", lambda _: "lowest validation cost")
        _ring(metric, marks.best, "best", lambda value: f"best {_as_text(marks.metric, value)}")
    return figure


def _limited(axes: Axes, metric: str, values: "pd.Series[float]") -> str:
    """Zoom on the values reached after the first few epochs; return the title."""
    name = metric_name(metric)
    if METRICS[metric].unit == "percent":
        return f"{name} in %{limit_accuracies(axes, values, at_least=5.0)}"
    limit_values(axes, values, at_least=0.0)
    return name


def _as_text(metric: str, drawn: float) -> str:
    return measured(metric, drawn / 100 if METRICS[metric].unit == "percent" else drawn)


def draw_overfitting(parting: pd.DataFrame, marks: RunMarks) -> Plot:
    """Draw the gap between training and validation metric above the validation cost.

    Parameters
    ----------
    parting
        From `overfitting`.
    marks
        From `run_marks`.
    """
    with styled():
        figure, stack = panels(HIGH, margin=_MARGIN, left=_LEFT, ratios=(1, 1))
        gap, cost = stack
        shares = METRICS[marks.metric].unit == "percent"
        gap.set_title(f"{metric_name(marks.metric)} gap{' in points' * shares}", loc="left")
        cost.set_title("validation cost", loc="left")
        limit_values(gap, parting["gap"], at_least=1.0 if shares else 0.0, also=0.0)
        costs = parting["validation_cost"].clip(upper=marks.top)
        lowest = 0.0 if costs.isna().all() else float(costs.min())
        limit_values(cost, costs, at_least=max(0.1 * lowest, 1e-6), also=lowest)
        gap.axhline(0, color=MUTED, linewidth=1, gid="zero")
        _draw_series(gap, parting, {"gap": "gap"})
        _draw_series(cost, parting, {"validation": "validation_cost"})
        _finish(figure, stack, marks, ("gap", "validation"))
        _ring(cost, marks.lowest, "lowest", lambda _: "lowest")
    return figure


def _draw_series(axes: Axes, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Draw columns of a frame, each named by its series."""
    labels = [
        draw_line(
            axes,
            frame["epoch"],
            frame[column],
            SERIES[name],
            gid=name,
            text=name,
            start=len(frame) // 16 if name == "validation" else 0,
        )
        for name, column in columns.items()
    ]
    draw_end_labels(axes, labels, title="")


def _ring(
    axes: Axes,
    point: tuple[int, float] | None,
    gid: str,
    say: Callable[[float], str],
) -> None:
    """Ring a point of a curve, and say in the title which it is."""
    if point is not None:
        epoch, value = point
        style: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": INK, "zorder": 4}
        axes.plot(epoch, value, "o", ms=10, mew=1.4, gid=gid, clip_on=False, **style)
        title = f"{axes.get_title(loc='left')}; {say(value)}, epoch {epoch}"
        axes.set_title(title, loc="left")


def _finish(figure: Plot, stack: tuple[Axes, ...], marks: RunMarks, names: tuple[str, ...]) -> None:
    """Draw best epoch, stop and each change of η through all panels; set axis and legend."""
    for axes in stack:
        for epoch in marks.divided:
            axes.axvline(epoch, gid="divided", **_DIVIDED)
        if marks.best is not None:
            axes.axvline(marks.best[0], gid="best", **_BEST)
        axes.axvline(marks.last, gid="stop", clip_on=False, **_STOP)
    keys = [key(SERIES[name], name) for name in names]
    keys += [Line2D([], [], label="best epoch", **_BEST)] * (marks.best is not None)
    keys += [Line2D([], [], label=f"stop: {marks.stop}", **_STOP)]
    keys += [Line2D([], [], label="η divided", **_DIVIDED)] * bool(marks.divided)
    finish_epochs(figure, stack[-1], marks.last, keys)


_DIVIDED: dict[str, Any] = {"color": MUTED, "linestyle": (0, (1, 2)), "linewidth": 1}
_BEST: dict[str, Any] = {"color": INK, "linestyle": "-", "linewidth": 1}
_STOP: dict[str, Any] = {"color": INK, "linestyle": (0, (6, 2, 1, 2)), "linewidth": 1.3}


_VALIDATION_COST = numbers("validation cost", 4, pad=True, missing=NOT_FINITE)


def curves_figure(run: Run, name: str = "train") -> Figure:
    """Return the curves of a run, the figure that says most of it; its file begins with `name`."""
    frame = thinned(history_table(run), run)
    columns: Columns = {
        "epoch": whole("epoch"),
        "eta": "η",
        "training_cost": numbers("training cost", 4, pad=True, missing=NOT_FINITE),
        "validation_cost": _VALIDATION_COST,
        **{
            key_of(name, f"{part}_metrics"): Column(
                f"{part} {metric_name(name)}", partial(measured, name)
            )
            for name in measured_names(run)
            for part in PARTS
        },
        "seconds": numbers("seconds", 3),
    }
    return Figure(
        f"{name}-curves",
        f"Cost, {metric_name(run.metric)} and η, epoch by epoch",
        Table(f"The epochs of the run{_shown(len(frame), run)}", frame, columns, sortable=True),
        partial(draw_training_curves, training_curves(run), run_marks(run)),
        alt=alt_training_curves(run),
        note="Each epoch is measured at its end; costs include the regularization term. The ring"
        " marks the lowest validation cost and the best validation metric, whose weights were"
        " kept. × marks where a cost stopped being finite, ↑ a line that ends above the picture.",
    )


def _gap_heading(metric: str) -> str:
    points = ", points" if METRICS[metric].unit == "percent" else ""
    return f"{gap_name(metric)}{points}"


def overfitting_figure(run: Run) -> Figure:
    """Return how far training and validation are apart."""
    frame = overfitting(run)
    columns: Columns = {
        "epoch": whole("epoch"),
        "gap": rounded(_gap_heading(run.metric)),
        "validation_cost": _VALIDATION_COST,
    }
    return Figure(
        "train-overfitting",
        "Generalization gap",
        Table(f"Generalization gap{_shown(len(frame), run)}", frame, columns),
        partial(draw_overfitting, frame, run_marks(run)),
        alt=alt_overfitting(run),
        note="The gap is by how much the training data are better. Where it widens while the"
        " validation cost rises from its lowest value, the network overfits: it goes on learning"
        " what is peculiar to its training data.",
    )


def _shown(epochs: int, run: Run) -> str:
    every = len(run.history)
    return "" if epochs == every else f" ({epochs} of {every}; all in records.json)"
