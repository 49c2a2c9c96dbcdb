"""The figures of a run: one function makes the data (pandas), another the picture."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tuner.records import Run
from tuner.report.charts.annotations import RunMarks
from tuner.report.charts.canvas import EndLabel, Size, draw_end_labels, limit_costs, panels
from tuner.report.charts.curve_parts import (
    draw_eta,
    draw_line,
    draw_moments,
    finish,
    limit_accuracies,
    limit_values,
)
from tuner.report.charts.labels import note_best, note_lowest
from tuner.report.charts.theme import MUTED, styled
from tuner.report.frames.training import history_table

TALL, TALL_NARROW = (8.0, 7.4), (3.6, 7.8)
MIDDLE, MIDDLE_NARROW = (8.0, 5.2), (3.6, 5.8)
"""Width and height in inches of figures with three and with two panels, for desk and telephone."""

DRAWN_EPOCHS = 500
"""Of a longer run every second, third, … epoch is drawn."""

_LEFT, _MARGIN = 0.62, 1.1


def training_curves(run: Run) -> pd.DataFrame:
    """Return the curves of a run as they are drawn.

    Returns
    -------
    pandas.DataFrame
        `epoch`, `eta`, `training_cost`, `validation_cost`, and `training_accuracy`,
        `validation_accuracy` in %; all but `epoch` and `eta` are NaN once a cost is not finite.
        Of a very long run some epochs are left out.
    """
    frame = history_table(run).drop(columns=["gap", "seconds"])
    measured = [name for name in frame if name not in ("epoch", "eta")]
    lost = frame[["training_cost", "validation_cost"]].isna().any(axis=1)
    frame.loc[lost, measured] = math.nan
    frame[["training_accuracy", "validation_accuracy"]] *= 100
    return thinned(frame, run)


def overfitting(run: Run) -> pd.DataFrame:
    """Return what tells how far training and validation part.

    Returns
    -------
    pandas.DataFrame
        `epoch`; `gap`, training less validation accuracy in points; `validation_cost`.
    """
    curves = training_curves(run)
    gap = curves["training_accuracy"] - curves["validation_accuracy"]
    return pd.DataFrame(
        {"epoch": curves["epoch"], "gap": gap, "validation_cost": curves["validation_cost"]}
    )


def thinned(frame: pd.DataFrame, run: Run, most: int = DRAWN_EPOCHS) -> pd.DataFrame:
    """Leave epochs out evenly until about `most` are left, but never best, last or changes of η."""
    step = -(-len(frame) // most)
    if step <= 1:
        return frame
    lowest = frame["validation_cost"] == frame["validation_cost"].min()
    turns = frame["eta"].ne(frame["eta"].shift()) | frame["eta"].ne(frame["eta"].shift(-1))
    even = frame["epoch"] % step == 0
    kept = even | turns | lowest | frame["epoch"].isin([run.best_epoch, len(run.history)])
    rest: pd.DataFrame = frame.loc[kept]
    return rest.reset_index(drop=True)


def draw_training_curves(curves: pd.DataFrame, marks: RunMarks, size: Size = TALL) -> Figure:
    """Draw cost, accuracy and η of a run, one below the other.

    Parameters
    ----------
    curves
        From `training_curves`.
    marks
        From `run_marks`.
    size
        Width and height in inches, `TALL` or `TALL_NARROW`.
    """
    with styled():
        figure, (cost, accuracy, eta) = panels(size, margin=_MARGIN, left=_LEFT, ratios=(3, 3, 1.5))
        every = pd.concat([curves["training_cost"], curves["validation_cost"]]).dropna()
        limit_costs(cost, every, marks.top, title="cost")
        limit_accuracies(accuracy, curves)
        pairs = [
            _draw_pair(axes, curves, axes_of)
            for axes, axes_of in ((cost, "cost"), (accuracy, "accuracy"))
        ]
        draw_eta(eta, curves)
        draw_moments((cost, accuracy, eta), marks)
        finish(figure, eta, marks, ("training", "validation"))
        for axes, labels in zip((cost, accuracy), pairs, strict=True):
            draw_end_labels(axes, labels, title="")
        note_lowest(cost, marks)
        note_best(accuracy, marks)
    return figure


def draw_overfitting(parting: pd.DataFrame, marks: RunMarks, size: Size = MIDDLE) -> Figure:
    """Draw the gap between training and validation accuracy above the validation cost.

    Parameters
    ----------
    parting
        From `overfitting`.
    marks
        From `run_marks`.
    size
        Width and height in inches, `MIDDLE` or `MIDDLE_NARROW`.
    """
    with styled():
        figure, (gap, cost) = panels(size, margin=_MARGIN, left=_LEFT, ratios=(1, 1))
        gap.set_title("accuracy gap in points", loc="left", size="medium")
        cost.set_title("validation cost", loc="left", fontsize="medium")
        limit_values(gap, parting["gap"], at_least=1.0, also=0.0)
        costs = parting["validation_cost"]
        limit_values(gap, parting["gap"], at_least=1.0, also=0.0)
        _limit_one_cost(cost, costs.clip(upper=marks.top))
        gap.axhline(0, color=MUTED, linewidth=1, gid="zero")
        labels = [
            draw_line(gap, parting["epoch"], parting["gap"], "gap", "gap"),
            draw_line(cost, parting["epoch"], costs, "validation", "validation"),
        ]
        draw_moments((gap, cost), marks)
        finish(figure, cost, marks, ("gap", "validation"))
        for axes, label in zip((gap, cost), labels, strict=True):
            draw_end_labels(axes, [label], title="")
        note_lowest(cost, marks)
    return figure


def _limit_one_cost(axes: Axes, costs: "pd.Series[float]") -> None:
    """Zoom on the costs, with room for a label under the lowest."""
    lowest, high = (0.0, 0.0) if costs.isna().all() else costs.quantile([0, 0.95])
    least = max(0.1 * float(lowest), 1e-6)
    limit_values(axes, costs, at_least=least, also=float(lowest - 0.2 * (high - lowest)))


def _draw_pair(axes: Axes, curves: pd.DataFrame, what: str) -> list[EndLabel]:
    return [
        draw_line(axes, curves["epoch"], curves[f"{name}_{what}"], name, name)
        for name in ("training", "validation")
    ]
