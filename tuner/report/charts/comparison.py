"""The figures of a comparison: the data come from `compare_tables`, the pictures are made here."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tuner.report.charts.canvas import (
    HIGH,
    LOW,
    EndLabel,
    canvas,
    draw_end_labels,
    draw_etas,
    draw_line,
    finish_epochs,
    key,
    legend,
    limit_accuracies,
    limit_values,
    panels,
    say_nothing,
    write_numbers,
)
from tuner.report.charts.inspection import draw_weights, weight_columns
from tuner.report.charts.theme import INK, MARKS, MUTED, PAPER, Mark, styled
from tuner.report.document import (
    Columns,
    Figure,
    Table,
    numbers,
    whole,
)
from tuner.report.fonts import lettered
from tuner.report.format import gap_name, listing
from tuner.report.frames.comparison import (
    differences_table,
    median_curves,
    paired_table,
)
from tuner.report.frames.contenders import Contender, Difference
from tuner.report.measure import Measure
from tuner.report.summaries.comparison import alt_accuracies, alt_differences

DRAWN = 10
"""More contenders than these cannot be told apart in one figure."""

DRAWN_SEEDS = 20

_MARGIN, _LEFT = 0.6, 0.7
_LETTERS = 46
"""Letters of a name in a legend."""

ACCURACY = Measure("accuracy")


def mark_of(place: int) -> Mark:
    """Return color, marker and line of a contender: ten that differ in two of the three at least.

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


def draw_values(curves: pd.DataFrame, names: Sequence[str], measure: Measure = ACCURACY) -> Plot:
    """Draw the validation metric against epochs, and below it η where it is not one for all.

    Parameters
    ----------
    curves
        From `tuner.report.frames.comparison.curves_table`.
    names
        What the legend says of each contender, in their order.
    measure
        What judges them.
    """
    with_eta = eta_varies(curves)
    with styled():
        ratios, height = ((3, 1.3), HIGH) if with_eta else ((1,), LOW)
        figure, stack = panels(height, margin=_MARGIN, ratios=ratios, left=_LEFT)
        values, cut = curves["value"].astype(float), ""
        if measure.scale == 100:
            cut = limit_accuracies(stack[0], values, at_least=2.0)
        else:
            limit_values(stack[0], values, at_least=0.0)
        stack[0].set_title(f"validation {measure.axis}{cut}", loc="left")
        _draw_contenders(stack[0], curves, "value")
        if with_eta:
            firsts = [own[own["seed"] == own["seed"].iloc[0]] for own in _contenders(curves)]
            draw_etas(stack[1], [(x["epoch"], x["eta"], mark_of(k)) for k, x in enumerate(firsts)])
        _finish(figure, stack[-1], curves, names)
    return figure


def draw_gaps(curves: pd.DataFrame, names: Sequence[str], measure: Measure = ACCURACY) -> Plot:
    """Draw by how much the training data are better; parameters as `draw_values`."""
    with styled():
        figure, axes = canvas(margin=_MARGIN, left=_LEFT)
        at_least = 2.0 if measure.scale == 100 else 0.0
        limit_values(axes, curves["gap"].astype(float), at_least=at_least, also=0.0)
        axes.axhline(0, color=MUTED, linewidth=1, gid="zero")
        _draw_contenders(axes, curves, "gap")
        axes.set_title(f"{gap_name(measure.metric)}{measure.in_points}", loc="left")
        _finish(figure, axes, curves, names)
    return figure


def eta_varies(curves: pd.DataFrame) -> bool:
    """Return whether more than one η was used."""
    return len(set(curves["eta"].dropna())) > 1


def _contenders(curves: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the curves of each contender that is drawn."""
    return [own for _, own in curves.groupby("contender", sort=False)][:DRAWN]


def _draw_contenders(axes: Axes, curves: pd.DataFrame, value: str) -> None:
    """Draw each contender's median bold and its seeds thin."""
    labels: list[EndLabel] = []
    medians = median_curves(curves, value)
    for place, own in enumerate(_contenders(curves)):
        mark, seeds = mark_of(place), list(dict.fromkeys(own["seed"]))
        for seed in seeds[:DRAWN_SEEDS] if len(seeds) > 1 else ():
            one = own[own["seed"] == seed]
            thin: dict[str, Any] = {"color": mark.color, "linewidth": 0.7, "alpha": 0.4}
            axes.plot(one["epoch"], one[value].astype(float), gid="seed", **thin)
        text = str(own["contender"].iloc[0])
        middle = medians[medians["contender"] == text].reset_index(drop=True)
        values = middle[value].astype(float)
        if values.notna().any():
            style: dict[str, Any] = {"gid": "median", "text": text, "start": place % 4}
            labels.append(draw_line(axes, middle["epoch"], values, mark, **style))
    if labels:
        draw_end_labels(axes, labels, title="")
    else:
        say_nothing(axes, "nothing to draw")


def _finish(figure: Plot, lowest: Axes, curves: pd.DataFrame, names: Sequence[str]) -> None:
    letters = dict.fromkeys(curves["contender"])
    shown = zip(letters, [*names, *[""] * len(letters)], strict=False)
    entries = [_entry(letter, name) for letter, name in shown][:DRAWN]
    keys = [key(mark_of(place), entry) for place, entry in enumerate(entries)]
    finish_epochs(figure, lowest, max([1, *curves["epoch"]]), keys, columns=1)


def _entry(letter: str, name: str) -> str:
    words = lettered(name, _LETTERS, "")
    return f"{letter}: {words}" if words else letter


def draw_differences(
    differences: pd.DataFrame,
    paired: pd.DataFrame,
    names: Sequence[str],
    words: str = "points of accuracy",
) -> Plot:
    """Draw what the winner is better by than each of the others, seed by seed and on average.

    Parameters
    ----------
    differences, paired
        From `tuner.report.frames.comparison`: `differences_table` and `paired_table`, in points. Of
        the rows without a difference nothing is drawn.
    names
        What each row is called.
    words
        Unit and metric of the differences.
    """
    rows = differences.head(DRAWN)
    with styled():
        figure, axes = canvas(margin=0.15, left=0.45, height=1.75 + 0.55 * max(1, len(rows)))
        figure.subplots_adjust(top=0.98)
        axes.set_ylim(len(rows) - 0.35, -0.75)
        axes.set_yticks(range(len(rows)), list(rows["second"]))
        axes.grid(visible=False, axis="y")
        low, high = _limits(rows, paired)
        axes.set_xlim(low, high)
        axes.axvline(0, color=INK, linewidth=1, gid="zero")
        for place, (_, row) in enumerate(rows.iterrows()):
            _draw_difference(axes, place, row, paired)
            text = _entry(str(row["second"]), names[place])
            axes.annotate(text, (_beside_zero(low, high), place - 0.36), **_NAME)
        winner = rows["first"].iloc[0] if len(rows) else "the best"
        axes.set_xlabel(f"{winner} better than the other by, {words}")
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        write_numbers(axes.xaxis)
        legend(figure, axes, _keys(rows, paired), columns=2)
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


def _keys(rows: pd.DataFrame, paired: pd.DataFrame) -> list[Line2D]:
    keys: list[Line2D] = []
    for clear, label in ((True, "clear difference"), (False, "no clear difference")):
        if (rows["clear"].astype(bool) == clear).any():
            keys.append(key(_mark(clear), label))
            keys[-1].set_markerfacecolor(_mark(clear).color if clear else "none")
    if len(paired):
        keys.append(Line2D([], [], color=MUTED, marker="o", ls="none", ms=4, label="single seed"))
    return keys


SHOWN_EPOCHS = 200
"""Epochs in the table of a figure."""


_BASES = {
    "seeds": "paired seeds",
    "both": "validation examples and paired seeds",
    "examples": "validation examples, not seeds",
    "nothing": "not comparable",
}


_HOW = {
    "seeds": "Over paired seeds it is Student's t interval of the differences.",
    "both": "It is that over validation examples and over seeds, which all of them share.",
    "examples": "With one seed each, or none in common, it is that of the validation examples"
    " (Newcombe), and says nothing about seeds.",
}


def differences_shown(differences: Sequence[Difference], caption: str) -> Table:
    """Return differences of contenders as a table."""
    frame = differences_table(differences)
    points = Measure(differences[0].metric).in_points if differences else ""
    frame["basis"] = frame["basis"].map(_BASES)
    frame["clear"] = ["yes" if clear else "no" for clear in frame["clear"]]
    columns: Columns = {
        "first": "first",
        "second": "second",
        "difference": numbers(f"first better than second{points}", 3),
        "low": numbers("from", 3),
        "high": numbers("to", 3),
        "seeds": whole("shared seeds"),
        "clear": "clear",
        "basis": "the interval is about",
    }
    return Table(caption, frame, columns, sortable=True)


def _first(drawn: Sequence[object]) -> str:
    return f" The first {DRAWN} are drawn." if len(drawn) > DRAWN else ""


def _side_by_side(
    every: Sequence[Contender], curves: pd.DataFrame, value: str, caption: str
) -> Table:
    """Return median curves with one column for each contender."""
    wide = median_curves(curves, value).pivot_table(
        index="epoch", columns="contender", values=value, sort=False
    )
    frame = wide.sort_index().reset_index()
    columns: Columns = {
        "epoch": whole("epoch"),
        **{each.letter: each.letter for each in every if each.letter in frame},
    }
    cut = f" (the first {SHOWN_EPOCHS} epochs)" if len(frame) > SHOWN_EPOCHS else ""
    return Table(f"{caption}, median over seeds{cut}", frame.head(SHOWN_EPOCHS), columns)


def values_figure(
    every: Sequence[Contender], curves: pd.DataFrame, name: str = "compare"
) -> Figure:
    """Return the curves of contenders, and η where it changes; its file begins with `name`."""
    with_eta, measure = eta_varies(curves), Measure(every[0].metric)
    below = " Below: the η of the first seed." if with_eta else ""
    best_trial = "" if every[0].runs else " Of each study its best trial is drawn."
    return Figure(
        f"{name}-accuracy",
        f"Validation {measure.name}, epoch by epoch" + (", and η" if with_eta else ""),
        _side_by_side(every, curves, "value", f"Validation {measure.axis}"),
        partial(draw_values, curves, [each.name for each in every], measure),
        alt=alt_accuracies(every, with_eta=with_eta),
        note="Bold: the median over the seeds, up to the last epoch of all of them. Thin: single"
        f" seeds.{below}{best_trial}{_first(every)}",
    )


def gap_figure(every: Sequence[Contender], curves: pd.DataFrame, name: str = "compare") -> Figure:
    """Return by how much the training data of contenders are better."""
    measure = Measure(every[0].metric)
    return Figure(
        f"{name}-gap",
        "Generalization gap",
        _side_by_side(every, curves, "gap", f"{measure.name[0].upper()}{measure.name[1:]} gap"),
        partial(draw_gaps, curves, [each.name for each in every], measure),
        alt=f"Line chart of {gap_name(measure.metric)} against epochs for"
        f" {listing([each.title for each in every])}.",
        note="The wider the gap, the more a network has learned that is peculiar to its training"
        f" data. Regularization is meant to keep it narrow.{_first(every)}",
    )


def differences_figure(
    every: Sequence[Contender], against: Sequence[Difference], name: str = "compare"
) -> Figure:
    """Return what the best is better by than each of the others."""
    basis = " ".join(_HOW[each] for each in _HOW if each in {d.basis for d in against})
    names = {each.letter: each.name for each in every}
    measure = Measure(every[0].metric)
    words = f"points of {measure.name}" if measure.scale == 100 else measure.name
    frame, called = differences_table(against), [names[each.second] for each in against]
    return Figure(
        f"{name}-differences",
        "Difference to the best",
        differences_shown(against, "Differences to the best"),
        partial(draw_differences, frame, paired_table(against), called, words),
        alt=alt_differences(against),
        note="Right of 0 the best is better. The line is the 95 % interval: where it reaches 0"
        f" there is no clear difference. {basis}{_first(against)}",
    )


def layers_figure(place: str, weights: pd.DataFrame) -> Figure:
    """Return the weights of one layer of each contender."""
    return Figure(
        "compare-weights",
        f"The weights of one layer: {place}",
        Table("Weights in each bin", weights, weight_columns("contender")),
        partial(draw_weights, weights),
        alt=f"Histograms of the weights of {listing(list(dict.fromkeys(weights['name'])))}, one"
        " below the other, with logarithmic counts.",
        note="The layer with the most weights, of the first seed of each, after its best epoch;"
        " the axis of counts is logarithmic, and all have bins of one width. L1 leaves a sharp"
        " peak at 0 and few large weights, L2 makes all of them smaller.",
    )
