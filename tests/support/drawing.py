"""Reports without the price of their figures, for tests of all else."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib.figure
import pytest

from tuner.report.document import Drawing, Figure


@contextmanager
def blank_figures() -> Iterator[None]:
    """Leave every figure empty: of the processor time of `train` on iris drawing takes 9 tenths.

    The pages are written, checked and linked as ever; tests of figures look at the drawings.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "drawn", _blank)
        yield


def _blank(_: Figure, *, dark: bool = True) -> Drawing:
    return _drawing(dark)


@cache
def _drawing(dark: bool) -> Drawing:
    empty: Any = matplotlib.figure.Figure
    return _DRAWN(Figure("blank", "", None, empty, "", ""), dark=dark)


_DRAWN = Figure.drawn
