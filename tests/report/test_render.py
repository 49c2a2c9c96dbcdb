"""What a figure says stays as it is, however its coordinates are cut."""

import gc
import re
from io import BytesIO

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import imread

from tuner.report.charts.render import DPI, render
from tuner.report.charts.theme import PAPER
from tuner.report.document import _collector_paused


def test_numbers_that_the_reader_sees_keep_their_digits() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0.12345, 0.5, 0.33333], label="η = 0.0054321")
    axes.set_title("from 0.00123 up")
    axes.legend()
    drawing = render(figure).svg
    assert "η = 0.0054321" in drawing
    assert "from 0.00123 up" in drawing
    assert not re.search(r"<[^>]*\.\d{3}", drawing), "a coordinate is finer than a hundredth"


def test_the_image_shows_what_the_drawing_shows() -> None:
    figure = Figure(figsize=(2, 1))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 2), ylim=(1, 0))
    axes.axis("off")
    axes.fill([0, 1, 1, 0], [0, 0, 1, 1], color="#0072b2")
    axes.imshow([[1.0]], cmap="gray", vmin=0, vmax=2, extent=(1, 2, 1, 0.5))
    axes.plot([1.5], [0.25], "s", color="#c75000", markersize=20)
    pixels = imread(BytesIO(render(figure).png))
    assert pixels.shape == (DPI, 2 * DPI, 3)
    for place, color in (
        ((10, 10), "#0072b2"),
        ((140, 140), "#0072b2"),
        ((140, 200), "#808080"),
        ((37, 225), "#c75000"),
        ((10, 160), PAPER),
    ):
        assert to_hex(pixels[place]) == color, place


def test_garbage_is_collected_again_once_a_report_is_drawn() -> None:
    with _collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
