"""The figures of a comparison: the data come from `compare_tables`, the pictures are made here."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tuner.report.charts.canvas import EndLabel, Size, draw_end_labels, label_etas, legend, panels
from tuner.report.charts.curve_parts import EndWords, draw_marked, limit_values
from tuner.report.charts.fonts import lettered
from tuner.report.charts.theme import INK, MARKS, MUTED, PAPER, Mark, styled
from tuner.report.format import number
from tuner.report.frames.comparison import median_curves

DRAWN = 10
"""More contenders than these cannot be told apart in one figure."""

DRAWN_SEEDS = 20
ONE, ONE_NARROW = (8.0, 4.8), (3.6, 5.0)
TWO, TWO_NARROW = (8.0, 6.2), (3.6, 6.6)
"""Width and height in inches of figures with one and with two panels, for desk and telephone."""

_MARGIN, _LEFT = 0.75, 0.7
_LETTERS_WIDE, _LETTERS_NARROW = 44, 30
"""Letters of a name in a legend."""


def mark_of(place: int) -> Mark:
    """Return colour, marker and line of a contender: ten that differ in two of the three at least.

    Examples
    --------
    >>> [mark_of(place).marker for place in range(10)]
    ['o', 's', 'v', 'D', '^', 'P', 'X', '<', '*', '>']
    >>> len({(mark_of(place).color, mark_of(place).line) for place in range(10)})
    10
    """
    mark = list(MARKS.values())[_COLORS[place % 5]]
    return replace(mark, marker="osvD^PX<*>"[place % 10], line=_LINES[(place + place // 5) % 5])


_COLORS = (0, 3, 1, 2, 4)
_LINES: tuple[Any, ...] = (
    "-",
    (0, (5.0, 1.4)),
    (0, (1.4, 1.4)),
    (0, (6.0, 1.5, 1.2, 1.5)),
    (0, (9.0, 2.5)),
)


def draw_accuracies(curves: pd.DataFrame, names: Sequence[str], size: Size = TWO) -> Figure:
    """Draw validation accuracy against epochs, and below it η where it is not one for all.

    Parameters
    ----------
    curves
        From `tuner.report.frames.comparison.curves_table`.
    names
        What the legend says of each contender, in their order.
    size
        Width and height in inches.
    """
    with_eta = eta_varies(curves)
    title = "validation accuracy in %"
    with styled():
        ratios = (3, 1.3) if with_eta else (1,)
        figure, stack = panels(size, margin=_MARGIN, ratios=ratios, left=_LEFT)
        values = curves["validation_accuracy"].astype(float)
        low = limit_values(stack[0], values, at_least=2.0, least=0.0, most=100.0)
        _draw_lines(stack[0], curves, "validation_accuracy")
        cut = f", from {number(low, 3)} up" if values.min() < low else ""
        stack[0].set_title(title + cut, loc="left", fontsize="medium")
        if with_eta:
            _draw_etas(stack[1], curves)
        _finish(figure, stack, curves, names)
    return figure


def draw_gaps(curves: pd.DataFrame, names: Sequence[str], size: Size = ONE) -> Figure:
    """Draw training less validation accuracy against epochs; parameters as `draw_accuracies`."""
    with styled():
        figure, (axes,) = panels(size, margin=_MARGIN, ratios=(1,), left=_LEFT)
        limit_values(axes, curves["gap"].astype(float), at_least=2.0, also=0.0)
        axes.axhline(0, color=MUTED, linewidth=1, gid="zero")
        _draw_lines(axes, curves, "gap")
        axes.set_title("training less validation accuracy, points", loc="left", fontsize="medium")
        _finish(figure, (axes,), curves, names)
    return figure


def eta_varies(curves: pd.DataFrame) -> bool:
    """Return whether more than one η was used."""
    return len(set(curves["eta"].dropna())) > 1


def _letters(curves: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(curves["contender"]))[:DRAWN]


def _draw_lines(axes: Axes, curves: pd.DataFrame, value: str) -> None:
    """Draw each contender's median bold and its seeds thin."""
    labels: list[EndLabel] = []
    for place, letter in enumerate(_letters(curves)):
        own, mark = curves[curves["contender"] == letter], mark_of(place)
        seeds = list(dict.fromkeys(own["seed"]))
        for seed in seeds[:DRAWN_SEEDS] if len(seeds) > 1 else ():
            one = own[own["seed"] == seed]
            thin: dict[str, Any] = {"color": mark.color, "linewidth": 0.7, "alpha": 0.4}
            axes.plot(one["epoch"], one[value].astype(float), gid="seed", **thin)
        middle = median_curves(own, value)
        values = middle[value].astype(float)
        if values.notna().any():
            words = EndWords("median", letter)
            labels.append(draw_marked(axes, middle["epoch"], values, mark, words, start=place % 4))
    if labels:
        draw_end_labels(axes, labels, title="")
    else:
        axes.text(0.5, 0.5, "nothing to draw", transform=axes.transAxes, ha="center", color=MUTED)


def _draw_etas(axes: Axes, curves: pd.DataFrame) -> None:
    """Draw the η of each contender's first seed as steps: that of epoch k from k - 1 to k."""
    known = curves["eta"].dropna()
    axes.set_yscale("log")
    axes.set_ylim(known.min() / 1.8, known.max() * 1.8)
    label_etas(axes.yaxis)
    for place, letter in enumerate(_letters(curves)):
        own, mark = curves[curves["contender"] == letter], mark_of(place)
        own = own[own["seed"] == own["seed"].iloc[0]]
        if own["eta"].notna().any():
            epochs, etas = [0, *own["epoch"]], [own["eta"].iloc[0], *own["eta"]]
            line: dict[str, Any] = {"color": mark.color, "linestyle": mark.line, "linewidth": 1.6}
            axes.plot(epochs, etas, drawstyle="steps-pre", gid="eta", clip_on=False, **line)
    axes.set_title("learning rate η", loc="left", fontsize="medium")


def _finish(
    figure: Figure, stack: tuple[Axes, ...], curves: pd.DataFrame, names: Sequence[str]
) -> None:
    narrow = figure.get_figwidth() < 5
    last = max([1, *curves["epoch"]])
    ticks = MaxNLocator(4 if narrow else 8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    stack[-1].set_xlim(0, last)
    stack[-1].xaxis.set_major_locator(ticks)
    stack[-1].set_xlabel("epochs")
    shown = dict(zip(dict.fromkeys(curves["contender"]), names, strict=False))
    keys: list[Artist] = [
        _key(mark_of(place), _entry(letter, shown.get(letter, ""), narrow=narrow))
        for place, letter in enumerate(_letters(curves))
    ]
    legend(figure, stack[-1], keys, columns=1 if narrow else 2)


def _entry(letter: str, name: str, *, narrow: bool) -> str:
    words = lettered(name, _LETTERS_NARROW if narrow else _LETTERS_WIDE, "")
    return f"{letter}: {words}" if words else letter


def _key(mark: Mark, label: str) -> Line2D:
    style: dict[str, Any] = {"linestyle": mark.line, "marker": mark.marker, "markersize": 5}
    return Line2D([], [], color=mark.color, linewidth=1.8, label=label, **style)


def differences_size(rows: int, width: float) -> Size:
    """Return width and height in inches of a figure of so many differences."""
    return width, 1.55 + 0.55 * max(1, min(rows, DRAWN))


def draw_differences(
    differences: pd.DataFrame, paired: pd.DataFrame, names: Sequence[str], size: Size
) -> Figure:
    """Draw what the winner is better by than each of the others, seed by seed and on average.

    Parameters
    ----------
    differences, paired
        From `tuner.report.frames.comparison`: `differences_table` and `paired_table`, in points. Of
        the rows without a difference nothing is drawn.
    names
        What each row is called.
    size
        From `differences_size`.
    """
    rows = differences.head(DRAWN)
    with styled():
        figure = Figure(figsize=size, facecolor="none")
        axes = figure.add_subplot(facecolor="none")
        figure.subplots_adjust(left=0.45 / size[0], right=1 - 0.15 / size[0], top=0.98)
        axes.set_ylim(len(rows) - 0.35, -0.75)
        axes.set_yticks(range(len(rows)), list(rows["second"]))
        axes.grid(visible=False, axis="y")
        low, high = _limits(rows, paired)
        axes.set_xlim(low, high)
        axes.axvline(0, color=INK, linewidth=1, gid="zero")
        for place, (_, row) in enumerate(rows.iterrows()):
            _draw_difference(axes, place, row, paired)
            text = _entry(str(row["second"]), names[place], narrow=size[0] < 5)
            axes.annotate(text, (_beside_zero(low, high), place - 0.36), **_NAME)
        winner = rows["first"].iloc[0] if len(rows) else "the best"
        axes.set_xlabel(f"{winner} less the other, points of accuracy")
        axes.xaxis.set_major_locator(MaxNLocator(5 if size[0] < 5 else 9, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(round(x, 9))))
        legend(figure, axes, _keys(rows, paired), columns=1 if size[0] < 5 else 4)
    return figure


_NAME: dict[str, Any] = {
    "xytext": (5, 0),
    "textcoords": "offset points",
    "fontsize": "small",
    "va": "center",
    "gid": "name",
    "bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
}


def _beside_zero(low: float, high: float) -> float:
    """Describe where the name of a row begins, so that the line at 0 does not run through it."""
    return 0.0 if -low < _NEAR * (high - low) else low


_NEAR = 0.4


def _limits(rows: pd.DataFrame, paired: pd.DataFrame) -> tuple[float, float]:
    """Show all differences, and intervals up to four times as far as those reach."""
    values = pd.concat([rows["difference"], paired["difference"]]).astype(float).dropna()
    far = 4 * max(1.0, values.abs().max() if len(values) else 0.0)
    low = min(0.0, values.min(), max(-far, rows["low"].min())) if len(values) else -1.0
    high = max(0.0, values.max(), min(far, rows["high"].max())) if len(values) else 1.0
    spare = 0.04 * (high - low) or 1.0
    return low - spare, high + spare


def _draw_difference(axes: Axes, place: int, row: "pd.Series[Any]", paired: pd.DataFrame) -> None:
    if math.isnan(row["difference"]):
        axes.text(0, place, "other data", ha="center", va="center", color=MUTED)
        return
    low, high = axes.get_xlim()
    mark = _mark(bool(row["clear"]))
    ends = max(row["low"], low), min(row["high"], high)
    line: dict[str, Any] = {"color": mark.color, "linestyle": mark.line, "linewidth": 1.8}
    axes.plot(ends, [place, place], gid="interval", zorder=3, **line)
    for end, known, arrow in ((ends[0], row["low"], "<"), (ends[1], row["high"], ">")):
        cap = "|" if end == known else arrow
        axes.plot(end, place, cap, color=mark.color, ms=9, mew=1.8, gid="cap", clip_on=False)
    own = paired[paired["second"] == row["second"]].head(DRAWN_SEEDS)
    axes.plot(own["difference"], [place + 0.2] * len(own), "o", color=MUTED, ms=4, gid="seed")
    filled = mark.color if row["clear"] else "none"
    axes.plot(
        row["difference"], place, mark.marker, color=mark.color, ms=8, mfc=filled, mew=1.8,
        gid="mean", zorder=4,
    )  # fmt: skip


def _mark(clear: bool) -> Mark:
    return mark_of(0) if clear else replace(mark_of(1), line=(0, (4.0, 1.5)))


def _keys(rows: pd.DataFrame, paired: pd.DataFrame) -> list[Artist]:
    keys: list[Artist] = []
    for clear, label in ((True, "clear difference"), (False, "no clear difference")):
        if (rows["clear"].astype(bool) == clear).any():
            key = _key(_mark(clear), label)
            key.set_markerfacecolor(_mark(clear).color if clear else "none")
            keys.append(key)
    if len(paired):
        keys.append(Line2D([], [], color=MUTED, marker="o", ls="none", ms=4, label="single seed"))
    return keys
