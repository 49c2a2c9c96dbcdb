"""The parts of a report: tables that format themselves, and figures that draw themselves."""

import base64
import math

import pandas as pd
import pytest
from matplotlib.figure import Figure as Plot

from tuner.report.charts.render import render
from tuner.report.charts.theme import INK, LIGHT_TO_DARK
from tuner.report.document import (
    Column,
    Columns,
    Download,
    Figure,
    Table,
    numbers,
    rounded,
    shares,
    small_enough,
    whole,
)

FRAME = pd.DataFrame(
    {"eta": [0.25, math.nan], "share": [0.98765, 1.0], "verdict": ["slow", "dead"], "n": [3, 4]}
)


def texts(columns: Columns) -> list[list[str]]:
    return [[cell.text for cell in row] for row in Table("caption", FRAME, columns).rows]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ({"eta": "η"}, [["0.25"], ["–"]]),
        ({"eta": numbers("η", 4, pad=True, missing="not finite")}, [["0.2500"], ["not finite"]]),
        ({"share": shares("right", 1), "n": whole("seeds")}, [["98.8 %", "3"], ["100.0 %", "4"]]),
        ({"share": rounded("points", 1, scale=100)}, [["98.8"], ["100"]]),
        ({"verdict": Column("verdict", names={"slow": "langsam"})}, [["langsam"], ["dead"]]),
    ],
)
def test_columns_are_written(columns: Columns, rows: list[list[str]]) -> None:
    assert texts(columns) == rows


def test_numbers_are_sorted_by_value_and_words_have_their_symbol() -> None:
    table = Table("", FRAME, {"eta": "η", "verdict": Column("verdict", symbols={"slow": "▼"})})
    assert table.heads == [("η", True), ("verdict", False)]
    (eta, slow), (nothing, dead) = table.rows
    assert (eta.key, nothing.key) == ("0.25", "Infinity")
    assert (slow.symbol, slow.style) == ("▼", "slow")
    assert (dead.symbol, dead.style) == ("", "")


def test_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(Table("", FRAME, {"lambda": "λ"}).rows)


def test_downloads_fill_the_room_first_come_first() -> None:
    some = [Download(name, "x" * size) for name, size in (("a", 50), ("b", 60), ("c", 40))]
    assert [each.name for each in small_enough(some, 100)] == ["a", "c"]


def plot() -> Plot:
    figure = Plot(figsize=(5, 4))
    figure.subplots().plot([0, 1], [0, 1], color=INK)
    return figure


def test_a_figure_is_drawn_once_for_light_and_dark() -> None:
    drawings: list[Plot] = []

    def draw() -> Plot:
        drawings.append(plot())
        return drawings[-1]

    drawn = Figure("name", "title", None, draw, alt="", note="").drawn()
    assert len(drawings) == 1
    assert drawn.size == (480, 384)
    assert drawn.png.startswith(b"\x89PNG")
    picture = base64.b64decode(drawn.address.split(",")[1]).decode()
    style, rest = picture.split("</style>", 1)
    assert f"--{INK[1:]}:{LIGHT_TO_DARK[INK]};" in style
    assert "prefers-color-scheme:dark" in style
    assert f"stroke: var(--{INK[1:]})" in rest
    assert not any(color in rest for color in LIGHT_TO_DARK)


def test_a_notebook_s_figure_stays_light() -> None:
    light = render(plot(), dark=False).svg
    assert INK in light
    assert "var(" not in light
