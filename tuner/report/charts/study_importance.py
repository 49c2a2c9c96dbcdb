"""How much each dimension of a study matters."""

import math

import pandas as pd
from matplotlib.figure import Figure

from tuner.records import StudyRecord
from tuner.report.charts.canvas import canvas
from tuner.report.charts.study_axes import even_ticks, tick_texts
from tuner.report.charts.theme import SERIES, styled
from tuner.report.format import percent
from tuner.report.frames.study_space import as_number, symbol


def importances(record: StudyRecord) -> pd.DataFrame:
    """Return the share of each dimension, the largest first.

    Returns
    -------
    pandas.DataFrame
        `dimension` and `share`, 0 … 1; empty where the study could not tell.
    """
    shares = {name: as_number(share) for name, share in (record.importances or {}).items()}
    rows = sorted(
        ((symbol(name), share) for name, share in shares.items() if not math.isnan(share)),
        key=lambda row: (-row[1], row[0]),
    )
    return pd.DataFrame(rows, columns=["dimension", "share"]).astype({"share": float})


def draw_importances(shares: pd.DataFrame) -> Figure:
    """Draw a bar for each dimension.

    Parameters
    ----------
    shares
        From `importances`.
    """
    places = range(len(shares))
    names = tick_texts([*shares["dimension"]])
    with styled():
        figure, axes = canvas(margin=0.55, height=1.0 + 0.32 * max(2, len(shares)))
        axes.barh(places, 100 * shares["share"], height=0.6, color=SERIES["training"].color)
        axes.set_yticks(places, names)
        for label in axes.get_yticklabels():
            label.set_parse_math(False)
        for place, share in zip(places, shares["share"], strict=True):
            axes.annotate(
                percent(share, 0),
                (100 * share, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set(ylim=(max(2, len(shares)) - 0.4, -0.6), xlabel="share of the importance in %")
        axes.set_xlim(0, max([1.0, *(105 * shares["share"])]))
        axes.grid(visible=False, axis="y")
        even_ticks(axes.xaxis)
        longest = max(map(len, names), default=0)
        width, height = figure.get_size_inches()
        edges = {"left": (0.3 + 0.095 * longest) / width, "bottom": 0.6 / height}
        figure.subplots_adjust(**edges, top=1 - 0.15 / height)
    return figure
