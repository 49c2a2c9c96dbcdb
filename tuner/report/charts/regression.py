"""What a network predicts where the target is a number: predicted against true, and residuals."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Plot

from tuner.records import Predicted
from tuner.report.charts.canvas import canvas, write_numbers
from tuner.report.charts.theme import INK, MUTED, SERIES, styled
from tuner.report.document import Column, Columns, Figure, Table, numbers, whole
from tuner.report.format import count, number

BINS = 30
WORST = 10
"""Rows of the table of the worst examples."""


def predictions_table(seen: Predicted) -> pd.DataFrame:
    """Return one row for each example: `row`, `true`, `predicted` and `residual`.

    The residual is predicted minus true, in the unit of the target.
    """
    frame = pd.DataFrame({"row": seen.rows, "true": seen.true, "predicted": seen.predicted})
    return frame.assign(residual=frame["predicted"] - frame["true"])


def draw_predictions(frame: pd.DataFrame) -> Plot:
    """Draw predicted against true values, with the line on which both agree."""
    with styled():
        figure, axes = canvas(margin=0.25, left=0.8)
        ends = [frame[["true", "predicted"]].min().min(), frame[["true", "predicted"]].max().max()]
        axes.plot(ends, ends, color=MUTED, linewidth=1, gid="agree")
        mark = SERIES["training"]
        axes.plot(frame["true"], frame["predicted"], "o", ms=3.5, alpha=0.6, color=mark.color)
        axes.set_title("predicted value; on the line it is the true one", loc="left")
        axes.set_xlabel("true value")
        for axis in (axes.xaxis, axes.yaxis):
            write_numbers(axis)
    return figure


def draw_residuals(frame: pd.DataFrame) -> Plot:
    """Draw how often which residual occurs."""
    with styled():
        figure, axes = canvas(margin=0.25, left=0.6)
        counts, edges = np.histogram(frame["residual"], bins=BINS)
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=SERIES["training"].color)
        axes.axvline(0, color=INK, linewidth=1, gid="zero")
        axes.set_title("examples", loc="left")
        axes.set_xlabel("predicted minus true value")
        write_numbers(axes.xaxis)
    return figure


def predictions_figure(seen: Predicted) -> Figure:
    """Return predicted against true values."""
    frame = predictions_table(seen)
    some = f"{count(len(frame), 'validation example')}{_of_all(seen)}"
    return Figure(
        "train-predictions",
        "Predicted against true",
        Table("Validation examples, by their place in that part", frame, _COLUMNS, sortable=True),
        partial(draw_predictions, frame),
        alt=f"Predicted against true values of {some}; their correlation is"
        f" {number(_correlation(frame), 3)}.",
        note=f"Each point is one of {some}. A cloud that is flatter than the line predicts too near"
        " to the mean; a bend says that the network is too simple, or the target better learned as"
        " its logarithm.",
    )


def residuals_figure(seen: Predicted) -> Figure:
    """Return the histogram of the residuals."""
    frame = predictions_table(seen)
    worst = frame.reindex(frame["residual"].abs().sort_values(ascending=False).index).head(WORST)
    middle, spread = frame["residual"].mean(), frame["residual"].std(ddof=0)
    return Figure(
        "train-residuals",
        "Residuals",
        Table("The examples that are predicted worst", worst, _COLUMNS, sortable=True),
        partial(draw_residuals, frame),
        alt=f"Histogram of predicted minus true values: mean {number(middle)}, standard deviation"
        f" {number(spread)}.",
        note="Beside 0 in the mean, the network predicts too much or too little; a long tail is a"
        " few examples that it does not understand, of which the table lists the worst.",
    )


def _of_all(seen: Predicted) -> str:
    return f" of {seen.examples:,}" if seen.examples > len(seen.rows) else ""


def _correlation(frame: pd.DataFrame) -> float:
    both = frame["true"].std(ddof=0) * frame["predicted"].std(ddof=0)
    return float(frame["true"].cov(frame["predicted"], ddof=0) / both) if both else 0.0


_VALUE = partial(numbers, digits=5)
_COLUMNS: Columns = {
    "row": whole("example"),
    "true": _VALUE("true"),
    "predicted": _VALUE("predicted"),
    "residual": Column("predicted − true", partial(number, digits=5)),
}
