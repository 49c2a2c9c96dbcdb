"""A bar on the terminal or in a notebook, where nobody has asked to be told otherwise."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm


@contextmanager
def bar(title: str, total: float) -> Iterator[Callable[[float], None]]:
    """Show how many epochs are trained, on stderr, while the block runs.

    Nothing is shown where stderr is neither a terminal nor that of a notebook.

    Parameters
    ----------
    title
        What is done.
    total
        How many epochs it will take, as far as is known; the bar grows where they are more.

    Returns
    -------
    What to tell how many epochs have been trained since it was last told.

    Examples
    --------
    >>> with bar("finding η", total=10) as trained:
    ...     trained(2.5)
    """
    shown = sys.stderr.isatty() or "ipykernel" in sys.modules
    form = "{desc}: {n:.0f} of about {total:.0f} epochs |{bar}| {elapsed}"
    with tqdm(desc=title, total=total, bar_format=form, disable=not shown) as progress:

        def trained(epochs: float) -> None:
            progress.total = max(total, progress.n + epochs)
            progress.update(epochs)

        yield trained
