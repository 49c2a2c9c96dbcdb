"""What a figure says stays as it is, however its coordinates are cut."""

import re

from matplotlib.figure import Figure

from tuner.report.charts.render import svg


def test_numbers_that_the_reader_sees_keep_their_digits() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0.12345, 0.5, 0.33333], label="η = 0.0054321")
    axes.set_title("from 0.00123 up")
    axes.legend()
    drawing = svg(figure)
    assert "η = 0.0054321" in drawing
    assert "from 0.00123 up" in drawing
    assert not re.search(r"<[^>]*\.\d{3}", drawing), "a coordinate is finer than a hundredth"
