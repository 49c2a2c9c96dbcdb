"""Notes beside single points of a curve, set where they hide least of the curves."""

from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Affine2D, Bbox, Transform

from tuner.report.charts.annotations import RunMarks
from tuner.report.charts.theme import INK, PAPER, SERIES
from tuner.report.format import percent

_RISES = (-18, 18, -32, 32, -46, 46, -60, 60)
"""Points above the point noted at which its label may stand, the best liked first."""

_ASIDE, _LETTER, _HALF = 8, 5.1, 8
"""Points between point and label, of a letter's width, and of half a label's height."""


def note_best(axes: Axes, marks: RunMarks) -> None:
    """Ring and label the best validation accuracy."""
    if marks.best is not None:
        epoch, accuracy = marks.best
        _note(axes, epoch, accuracy, f"{percent(accuracy / 100)}, epoch {epoch}", "best")


def note_lowest(axes: Axes, marks: RunMarks) -> None:
    """Ring and label the lowest validation cost."""
    if marks.lowest is not None:
        epoch, cost = marks.lowest
        _note(axes, epoch, cost, f"lowest: epoch {epoch}", "lowest")


def _note(axes: Axes, epoch: int, value: float, text: str, gid: str) -> None:
    ring: dict[str, Any] = {"markersize": 10, "markerfacecolor": "none", "markeredgecolor": INK}
    axes.plot(epoch, value, "o", markeredgewidth=1.4, gid=gid, clip_on=False, zorder=4, **ring)
    side, rise = clearest_place(axes, (epoch, value), text)
    axes.annotate(
        text,
        (epoch, value),
        xytext=(_ASIDE * side, rise),
        textcoords="offset points",
        ha=_ALIGNED[side],
        va="center",
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        zorder=5,
    )


_ALIGNED = {1: "left", -1: "right", 0: "center"}
"""By the side of the point on which a label stands: right of it, left of it, over or under it."""


def clearest_place(axes: Axes, point: tuple[float, float], text: str) -> tuple[int, int]:
    """Describe where a label hides least: on which side of its point, and how many points above it.

    Of places equally good it is the first of those it likes; one that reaches out of the axes is
    the last resort. The limits of the axes must stand.
    """
    to_points = axes.figure.dpi_scale_trans.inverted() + Affine2D().scale(72)
    frame = Bbox((axes.transAxes + to_points).transform([[0, 0], [1, 1]])).padded(-2)
    x, y = (axes.transData + to_points).transform(point)
    width = _LETTER * len(text)

    def harm(place: tuple[int, int]) -> tuple[float, int]:
        rise, side = place
        left = x + _ASIDE * side + (side - 1) * width / 2
        box = Bbox.from_bounds(left, y + rise - _HALF, width, 2 * _HALF)
        return _overhang(box, frame), _hits(axes, axes.transData + to_points, box)

    rise, side = min(product(_RISES, _ALIGNED), key=harm)
    return side, rise


def _overhang(box: Bbox, frame: Bbox) -> float:
    """Return by how much a box reaches out of a frame."""
    over = np.maximum(
        0, [frame.x0 - box.x0, box.x1 - frame.x1, frame.y0 - box.y0, box.y1 - frame.y1]
    )
    return float(over.sum())


def _hits(axes: Axes, to_points: Transform, box: Bbox) -> int:
    """Count at how many of 30 places across a box a curve runs through it."""
    across = np.linspace(box.x0, box.x1, 30)
    hits = 0
    for line in axes.lines:
        curve = to_points.transform(np.asarray(line.get_xydata()))
        curve = curve[np.isfinite(curve).all(axis=1)]
        if line.get_gid() in SERIES and len(curve):
            heights = np.interp(across, curve[:, 0], curve[:, 1], left=np.inf, right=np.inf)
            hits += int(((heights > box.y0) & (heights < box.y1)).sum())
    return hits
