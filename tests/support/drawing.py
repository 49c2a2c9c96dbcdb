"""Reports without the price of their figures, for tests of what else a command does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from matplotlib.figure import Figure


@contextmanager
def blank_figures() -> Iterator[None]:
    """Save every figure empty: of the processor time of `train` on iris drawing takes 9 tenths.

    The pages are written, checked and linked as ever; `tests/report` looks at the drawings.
    """
    save = Figure.savefig

    def save_blank(figure: Figure, *args: Any, **keywords: Any) -> None:
        figure.clear()
        save(figure, *args, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save_blank)
        yield
