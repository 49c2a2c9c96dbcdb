"""Parts of a page made one after the other, or by whoever shares the work out."""

from collections.abc import Callable, Sequence
from typing import Any

Makers = Sequence[Callable[[], Any]]
Together = Callable[[Makers], list[Any]]
"""Gives what each maker makes, in their order; makers and what they make can be pickled."""


def in_turn(makers: Makers) -> list[Any]:
    """Make one part after the other.

    Examples
    --------
    >>> in_turn([int, str])
    [0, '']
    """
    return [make() for make in makers]
