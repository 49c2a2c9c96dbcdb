"""What holds for every figure."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def all_inside(figure: Figure) -> None:
    """See that nothing drawn reaches out of the figure, but for the thickness of a line."""
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.02
    assert box.y0 >= -0.02
    assert box.x1 <= width + 0.02
    assert box.y1 <= height + 0.02
