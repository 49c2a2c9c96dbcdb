"""How well a model's probabilities fit: the reliability curve before and after the temperature."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Plot

from tuner.records import Calibration, Reliability
from tuner.report.charts.canvas import canvas
from tuner.report.charts.theme import MUTED, SERIES, styled
from tuner.report.document import Columns, Figure, Table, shares, whole
from tuner.report.format import number, percent, points

MARKS = {"before": SERIES["training"], "after": SERIES["validation"]}
NAMES = {"before": "as trained", "after": "with the temperature"}


def reliability_table(found: Calibration) -> pd.DataFrame:
    """Return one row for each part of 0 … 1 that holds probabilities.

    Returns
    -------
    pandas.DataFrame
        `when`, "before" or "after"; the ends `low`, `high` of the part; `examples` in it; their
        mean probability `confidence`; the share `right` of them.
    """
    rows = [
        (when, part / len(each.examples), (part + 1) / len(each.examples), *values)
        for when, each in _both(found)
        for part, values in enumerate(zip(each.examples, each.confidence, each.right, strict=True))
        if values[0]
    ]
    names = ["when", "low", "high", "examples", "confidence", "right"]
    return pd.DataFrame(rows, columns=names)


def _both(found: Calibration) -> tuple[tuple[str, Reliability], ...]:
    return ("before", found.before), ("after", found.after)


def draw_reliability(frame: pd.DataFrame) -> Plot:
    """Draw the share of right answers against how sure the model was of them."""
    with styled():
        figure, axes = canvas(margin=0.25, left=0.6)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, gid="agree")
        for when, mark in MARKS.items():
            drawn = frame[frame["when"] == when]
            size = 4 + 12 * np.sqrt(drawn["examples"] / max(drawn["examples"].sum(), 1))
            axes.plot(drawn["confidence"], drawn["right"], color=mark.color, linewidth=1.5)
            axes.scatter(
                drawn["confidence"],
                drawn["right"],
                size**2,
                color=mark.color,
                marker=mark.marker,
                alpha=0.8,
                label=NAMES[when],
            )
        axes.set_title("share classified right; on the line it is the probability", loc="left")
        axes.set_xlabel("mean probability of the class named")
        low = min(frame[["confidence", "right"]].min().min(), 0.5)
        axes.set_xlim(low - 0.03, 1.03)
        axes.set_ylim(low - 0.03, 1.03)
        axes.legend(loc="upper left", markerscale=0.7)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: percent(value, 0))
    return figure


def reliability_figure(found: Calibration) -> Figure:
    """Return the reliability curve, with the expected calibration errors in words."""
    frame = reliability_table(found)
    before, after = (points(each.expected_error) for _, each in _both(found))
    losses = [number(each.log_loss) for _, each in _both(found)]
    return Figure(
        "train-reliability",
        "Are the probabilities right?",
        Table(
            "Held-out examples by how sure the model was", frame.replace({"when": NAMES}), _COLUMNS
        ),
        partial(draw_reliability, frame),
        alt=f"Share classified right against the probability of the class named, on"
        f" {sum(found.after.examples):,} held-out examples: expected calibration error {before}"
        f" as trained, {after} with temperature {number(found.temperature, 3)}.",
        note=f"Logits are divided by the temperature {number(found.temperature, 3)}, which was"
        " fitted on these same examples and is kept in the model. The expected calibration error,"
        f" the mean distance from the line, goes from {before} to {after}, log-loss from"
        f" {losses[0]} to {losses[1]}. The size of a point tells how many examples it stands for.",
    )


_COLUMNS: Columns = {
    "when": "probabilities",
    "low": shares("from", 0),
    "high": shares("to", 0),
    "examples": whole("examples"),
    "confidence": shares("mean probability"),
    "right": shares("classified right"),
}
