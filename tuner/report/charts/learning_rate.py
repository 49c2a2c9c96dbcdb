"""The figures of an η search: one function makes the data (pandas), another the picture."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot

from tuner.records import EtaSearch, Judgement, Outcome, Probe, Verdict
from tuner.report.charts.canvas import (
    EndLabel,
    canvas,
    draw_end_labels,
    keys_of,
    label_etas,
    legend,
    limit_costs,
    room,
)
from tuner.report.charts.theme import INK, MARKS, MUTED, PAPER, SHADE, SYMBOLS, styled
from tuner.report.document import (
    Column,
    Columns,
    Figure,
    Table,
    numbers,
)
from tuner.report.format import NOT_FINITE, number
from tuner.report.frames.training import finite_or_nan, judgement_table
from tuner.report.summaries.learning_rate import alt_curves, alt_final_costs, share_words

CUT = 1.5
"""Costs are shown up to this many times the larger of baseline and least cost."""


@dataclass(frozen=True)
class Landmarks:
    """What the figures of an η search mark; None where there is no such thing.

    Attributes
    ----------
    baseline
        Cost of the best constant prediction.
    top
        Largest cost shown, when some finite cost lies above it.
    eta, threshold
        Chosen η and η*.
    bracket
        Where the threshold lies; each end may be open.
    """

    baseline: float | None = None
    top: float | None = None
    eta: float | None = None
    threshold: float | None = None
    bracket: tuple[float | None, float | None] = (None, None)


def landmarks(search: EtaSearch) -> Landmarks:
    """Compute what both figures mark.

    Examples
    --------
    >>> search = EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, None), baseline=3.2, probes=(),
    ...     outcome=Outcome.NO_UPPER_LIMIT, judgements=(), spent=0.0, seconds=0.0)
    >>> landmarks(search)
    Landmarks(baseline=3.2, top=None, eta=0.5, threshold=1.0, bracket=(1.0, None))
    """
    found = search.outcome is not Outcome.NO_LEARNING
    return Landmarks(
        baseline=search.baseline if math.isfinite(search.baseline) else None,
        top=_top(search),
        eta=_positive(search.eta) if found else None,
        threshold=_positive(search.threshold) if found else None,
        bracket=search.bracket,
    )


def _top(search: EtaSearch) -> float | None:
    """Cut where nothing is learned; what the network cost before training may lie far above."""
    every: tuple[Judgement | Probe, ...] = (*search.judgements, *search.probes)
    costs = [cost for each in every for cost in each.costs if math.isfinite(cost)]
    baseline = search.baseline if math.isfinite(search.baseline) else 0.0
    limit = CUT * max(baseline, min(costs, default=0.0))
    return limit if 0 < limit < max(costs, default=0.0) else None


def _positive(value: float) -> float | None:
    return value if 0 < value < math.inf else None


DRAWN_SEEDS = 20
"""More seeds than these would make a figure large and tell the eye nothing."""


def cost_curves(search: EtaSearch) -> pd.DataFrame:
    """Return every curve of figure 1 in long form.

    Returns
    -------
    pandas.DataFrame
        `eta`; `verdict` on that η; `seed`, missing for the median curve; `epoch`; `cost`, NaN
        where it was not finite.
    """
    verdicts = {each.eta: str(each.verdict) for each in search.judgements}
    every: list[tuple[Judgement | Probe, object]] = [
        *((each, pd.NA) for each in search.judgements),
        *((each, each.seed) for each in search.probes),
    ]
    rows = [
        (curve.eta, verdicts.get(curve.eta, str(curve.verdict)), seed, epoch, finite_or_nan(cost))
        for curve, seed in every
        for epoch, cost in zip(curve.epochs, curve.costs, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["eta", "verdict", "seed", "epoch", "cost"])
    return frame.astype({"eta": float, "seed": "Int64", "epoch": float, "cost": float})


def median_curves(search: EtaSearch) -> pd.DataFrame:
    """Return the median curves side by side: one row an epoch, one column an η."""
    curves = {
        each.eta: dict(zip(each.epochs, map(finite_or_nan, each.costs), strict=True))
        for each in search.judgements
    }
    return pd.DataFrame(curves, dtype=float).sort_index().rename_axis("epoch").reset_index()


def draw_cost_curves(curves: pd.DataFrame, marks: Landmarks) -> Plot:
    """Draw training cost against epochs for every η: medians bold, single seeds thin behind.

    Parameters
    ----------
    curves
        From `cost_curves`.
    marks
        From `landmarks`.
    """
    with styled():
        figure, axes = canvas(margin=1.32)
        singles = curves.dropna(subset="seed")
        drawn = sorted(singles["seed"].unique())[:DRAWN_SEEDS]
        _draw_seeds(axes, singles[singles["seed"].isin(drawn)], marks)
        medians = curves[curves["seed"].isna()]
        labels = [
            _draw_median(axes, float(of_eta["eta"].iloc[0]), of_eta, marks)
            for _, of_eta in medians.groupby("eta")
        ]
        draw_baseline(axes, marks)
        limit_costs(axes, _with_baseline(curves["cost"], marks), marks.top)
        axes.set_xlim(0, max([0.25, *curves["epoch"]]))
        axes.set_xlabel("epochs of the training data")
        legend(figure, axes, keys_of(MARKS, medians["verdict"], line=True))
        draw_end_labels(axes, labels, title="η")
    return figure


def _with_baseline(costs: "pd.Series[float]", marks: Landmarks) -> list[float]:
    return [*costs.dropna(), *([] if marks.baseline is None else [marks.baseline])]


def _draw_seeds(axes: Axes, singles: pd.DataFrame, marks: Landmarks) -> None:
    """Draw the seeds of each η as one line with gaps, which keeps the file small."""
    if singles["seed"].nunique() < 2:
        return
    gaps = singles.drop_duplicates(["eta", "seed"], keep="last").assign(cost=math.nan)
    parted = pd.concat([singles, gaps]).sort_values(["eta", "seed"], kind="stable")
    for _, of_eta in parted.groupby("eta"):
        color = MARKS[Verdict(of_eta["verdict"].iloc[0])].color
        costs = _drawable(of_eta["cost"], marks)
        axes.plot(of_eta["epoch"], costs, color=color, linewidth=0.7, alpha=0.45, gid="seeds")


def _drawable(costs: "pd.Series[float]", marks: Landmarks) -> "pd.Series[float]":
    """Keep far-off costs within what a drawing can hold; they stay above the visible part."""
    return costs if marks.top is None else costs.clip(upper=3 * marks.top)


def _draw_median(axes: Axes, eta: float, curve: pd.DataFrame, marks: Landmarks) -> EndLabel:
    """Draw one median curve, with a cross where it stops being finite."""
    mark = MARKS[Verdict(curve["verdict"].iloc[0])]
    color, name = mark.color, f"_η = {number(eta)}"
    costs = _drawable(curve["cost"], marks)
    axes.plot(curve["epoch"], costs, color=color, ls=mark.line, lw=2.0, label=name, gid="median")
    finite = curve.dropna(subset="cost")
    end = next(zip(finite["epoch"][::-1], finite["cost"][::-1], strict=True), None)
    stops = bool(curve["cost"].tail(1).isna().any())
    if end is not None and marks.top is not None and end[1] > marks.top:
        end = None
    if stops and end is not None:
        axes.plot(*end, "x", color=color, markersize=9, markeredgewidth=2.2, gid="stop", **_ABOVE)
    suffix, strong = _role(eta, marks)
    ending = " ×" if stops else " ↑" if end is None else ""
    return EndLabel(number(eta) + suffix + ending, end, mark, strong)


def _role(eta: float, marks: Landmarks) -> tuple[str, bool]:
    if marks.threshold is not None and math.isclose(eta, marks.threshold):
        return " = η*", True
    if marks.eta is not None and math.isclose(eta, marks.eta):
        return " chosen", True
    return "", False


def final_costs(search: EtaSearch) -> pd.DataFrame:
    """Return the points of figure 2.

    Returns
    -------
    pandas.DataFrame
        One row for each η: `eta`, `verdict`, `median` (final cost of the median curve, NaN where
        it was not finite) and `seed 0`, `seed 1`, …, each seed's own final cost.
    """
    table = judgement_table(search)
    frame = table[["eta", "verdict", "final_cost"]].rename(columns={"final_cost": "median"})
    ends = {(each.eta, each.seed): each.costs[-1] for each in search.probes if each.costs}
    own = {
        f"seed {seed}": [finite_or_nan(ends.get((eta, seed), math.nan)) for eta in frame["eta"]]
        for seed in sorted({seed for _, seed in ends})
    }
    return pd.concat([frame, pd.DataFrame(own, index=frame.index, dtype=float)], axis=1)


def draw_final_costs(points: pd.DataFrame, marks: Landmarks) -> Plot:
    """Draw the final cost against η: the bracket shaded, η* and the chosen η as vertical lines.

    Parameters
    ----------
    points
        From `final_costs`.
    marks
        From `landmarks`.
    """
    with styled():
        figure, axes = canvas(margin=0.15)
        axes.set_xscale("log")
        etas = [*points["eta"], *filter(None, (marks.eta, marks.threshold))]
        axes.set_xlim(min(etas, default=0.1) / 1.7, max(etas, default=10.0) * 1.7)
        seeds = points.drop(columns=["eta", "verdict", "median"]).iloc[:, :DRAWN_SEEDS]
        costs = points.melt(["eta", "verdict"])["value"]
        limit_costs(axes, _with_baseline(costs, marks), marks.top, headroom=1.22)
        _draw_bracket(axes, marks)
        _draw_points(axes, points, seeds)
        draw_baseline(axes, marks)
        _draw_choice(axes, marks)
        axes.set_xlabel("learning rate η")
        label_etas(axes.xaxis)
        legend(figure, axes, keys_of(MARKS, points["verdict"], line=False))
    return figure


def draw_baseline(axes: Axes, marks: Landmarks) -> None:
    """Draw what a constant prediction costs, when that is known."""
    if marks.baseline is not None:
        axes.axhline(marks.baseline, label="constant prediction", **_BASELINE)


_BASELINE: dict[str, Any] = {
    "color": MUTED,
    "linestyle": (0, (7, 3)),
    "linewidth": 1.2,
    "gid": "baseline",
}


def _draw_points(axes: Axes, points: pd.DataFrame, seeds: pd.DataFrame) -> None:
    """Draw medians large on a line and seeds small; a median out of sight stands at the top."""
    top = axes.get_ylim()[1]
    hidden = points["median"].isna() | (points["median"] > top)
    axes.plot(points["eta"], points["median"].mask(hidden), color=MUTED, lw=1, gid="medians")
    for row, off in zip(points.index, hidden, strict=True):
        eta, mark = points.loc[row, "eta"], MARKS[Verdict(points.loc[row, "verdict"])]
        near = seeds.loc[row][seeds.loc[row] <= top]
        axes.plot([eta] * len(near), near, "_", color=mark.color, ms=9, mew=1.3, gid="seed")
        if off:
            axes.plot(eta, top, "x", color=mark.color, ms=9, mew=2.2, gid="off", **_ABOVE)
        else:
            cost = points.loc[row, "median"]
            axes.plot(eta, cost, mark.marker, color=mark.color, ms=8, gid="median", **_ABOVE)
    if hidden.any():
        axes.plot([], [], "x", color=INK, ms=7, mew=2, label="not finite, or cut off")


_ABOVE: dict[str, Any] = {"clip_on": False, "zorder": 4}


def _draw_bracket(axes: Axes, marks: Landmarks) -> None:
    """Shade from the largest η that went down to the smallest that did not."""
    low, high = marks.bracket
    if low is None and high is None:
        return
    left, right = axes.get_xlim()
    name = "bracket of η*" if low is not None and high is not None else "bracket of η*, open"
    axes.axvspan(low or left, high or right, color=SHADE, lw=0, label=name, zorder=0)


def _draw_choice(axes: Axes, marks: Landmarks) -> None:
    """Draw chosen η and η*, labelled on the outer side of both unless that side is too narrow."""
    sides = [""]
    for eta, name, line in ((marks.eta, "chosen η", "-"), (marks.threshold, "η*", ":")):
        if eta is None:
            continue
        axes.axvline(eta, color=INK, linestyle=line, linewidth=1.4, gid="choice")
        left_of, right_of = room(axes, eta)
        right = left_of < 1.4 if name == "chosen η" else right_of > 1.0
        sides.append("left" if right else "right")
        axes.annotate(
            f"{name} = {number(eta)}",
            (eta, 0.905 if sides[-1] == sides[-2] else 0.975),
            xycoords=axes.get_xaxis_transform(),
            xytext=(5 if right else -5, 0),
            textcoords="offset points",
            ha=sides[-1],
            va="top",
            weight="bold",
            zorder=5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        )


SEED_COLUMNS = 10
"""The data table of figure 2 has a column for each seed up to this many."""


VERDICT = Column("verdict", symbols=SYMBOLS)


def cost_column(heading: str) -> Column:
    """Return a column of costs, which may not be finite."""
    return numbers(heading, 4, pad=True, missing=NOT_FINITE)


def costs_figure(search: EtaSearch, name: str = "find-eta") -> Figure:
    """Return the cost curves of an η search, the figure that says most of it."""
    frame = median_curves(search)
    etas = {eta: cost_column(f"η = {number(float(eta))}") for eta in frame.columns[1:]}
    return Figure(
        f"{name}-costs",
        "Training cost against epochs, for every η tried",
        Table("Median training cost over the seeds", frame, {"epoch": "epochs", **etas}),
        partial(draw_cost_curves, cost_curves(search), landmarks(search)),
        alt=alt_curves(search),
        note=f"Bold: the median over the seeds. Thin: the single seeds{_first(search)}. × marks"
        " where a cost stopped being finite, ↑ a line that ends above the picture. η* is the"
        " threshold: below it the cost falls, above it the steps overshoot the valley.",
    )


def final_costs_figure(search: EtaSearch, name: str) -> Figure:
    """Return the final costs against η; its file begins with `name`."""
    points = final_costs(search)
    frame = _abridged(points)
    costs = {seed: cost_column(str(seed)) for seed in frame.columns[2:]}
    columns: Columns = {"eta": "η", "verdict": VERDICT, **costs}
    return Figure(
        f"{name}-final-cost",
        "Final training cost against η",
        Table("Training cost at the end of the probes", frame, columns),
        partial(draw_final_costs, points, landmarks(search)),
        alt=alt_final_costs(search),
        note=f"Large: the median over the seeds. Dashes: the single seeds{_first(search)}. η* lies"
        f" in the shaded bracket or at its lower end; the η to use is {share_words(search)}it.",
    )


def _first(search: EtaSearch) -> str:
    seeds = len({probe.seed for probe in search.probes})
    return f" (the first {DRAWN_SEEDS} of {seeds})" if seeds > DRAWN_SEEDS else ""


def _abridged(points: pd.DataFrame) -> pd.DataFrame:
    """Return the least and the largest cost where there are too many seeds for a column each."""
    seeds = points.drop(columns=["eta", "verdict", "median"])
    if seeds.shape[1] <= SEED_COLUMNS:
        return points
    extremes = {"least of the seeds": seeds.min(axis=1), "largest": seeds.max(axis=1)}
    return points[["eta", "verdict", "median"]].assign(**extremes)
