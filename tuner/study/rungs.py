"""Successive halving inside a batch: who goes on at a rung (Jamieson & Talwalkar 2016)."""

import math
from collections.abc import Mapping


def survivors(values: Mapping[int, float], keep: float) -> frozenset[int]:
    """Return the trials of a batch that go on after a rung.

    Parameters
    ----------
    values
        The value of each trial that reached this rung, also of those that have stopped by
        themselves since; higher is better.
    keep
        The part that goes on, 0 … 1; at least one does. Of equals the earlier trial goes on.

    Examples
    --------
    >>> sorted(survivors({0: 0.91, 1: 0.95, 2: 0.91, 3: 0.90}, keep=0.5))
    [0, 1]
    """
    ranked = sorted(values, key=lambda number: (-values[number], number))
    return frozenset(ranked[: max(1, math.ceil(keep * len(ranked)))])
