"""Rows shared out to parts or folds: at random, whole groups at a time, or by time."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Places = NDArray[np.intp]
"""The part (n,) that each row goes to, counted from 0."""


def draw(y: NDArray[np.intp], by_class: Places, shares: Sequence[float]) -> Places:
    """Share rows out such that each part has its share of every class, within one example.

    Parameters
    ----------
    y
        The class (n,) of each row.
    by_class
        The rows (n,) class by class, those of a class in random order.
    shares
        Of the parts; they sum to 1. The first one gets an example of each class.

    Examples
    --------
    >>> draw(np.repeat([0, 1], 4), np.arange(8), (0.75, 0.25)).tolist()
    [0, 0, 0, 1, 0, 0, 0, 1]
    """
    places, left, open_share = np.zeros(len(y), np.intp), by_class, 1.0
    for part in range(len(shares) - 1, 0, -1):
        share = shares[part] / open_share
        counts = np.floor(np.arange(len(left) + 1) * share + 1e-9)
        chosen = np.diff(counts) > 0
        places[left[chosen]] = part
        left, open_share = left[~chosen], open_share - shares[part]
    missing = np.setdiff1d(y, y[places == 0])
    places[by_class[np.searchsorted(y[by_class], missing)]] = 0
    return places


def deal_groups(
    groups: NDArray[np.intp],
    y: NDArray[np.intp],
    shares: Sequence[float],
    rng: Generator,
    *,
    first_has_all: bool = False,
) -> Places:
    """Share whole groups out such that the parts have about their shares of every class.

    Groups are dealt one after the other, those first whose classes are most uneven, each to the
    part after which the parts are filled most evenly, as scikit-learn's StratifiedGroupKFold does
    for equal parts.

    Parameters
    ----------
    groups, y
        The group and the class (n,) of each row.
    shares
        Of the parts, above 0; they sum to 1.
    rng
        Orders groups that are alike.
    first_has_all
        Whether the first part gets a group of each class, the smallest if need be.

    Examples
    --------
    >>> groups = np.repeat(np.arange(6), 5)
    >>> rng = np.random.default_rng(0)
    >>> np.bincount(deal_groups(groups, np.arange(30) % 2, (0.5, 0.5), rng)).tolist()
    [15, 15]
    """
    _, groups = np.unique(groups, return_inverse=True)
    counts = np.zeros((groups.max() + 1, y.max() + 1))
    np.add.at(counts, (groups, y), 1)
    counts = counts[:, counts.any(axis=0)]
    part_of = np.full(len(counts), -1)
    if first_has_all:
        alone = (counts > 0).sum(axis=0) == 1  # classes that no other part can have beside it
        part_of[(counts[:, alone] > 0).any(axis=1)] = 0
    _fill(part_of, counts, shares, rng)
    if first_has_all:
        for has in counts.T > 0:
            if not (has & (part_of == 0)).any():
                smallest = np.flatnonzero(has)[counts[has].sum(axis=1).argmin()]
                part_of[smallest] = 0
    return part_of[groups]


def _fill(
    part_of: Places, counts: NDArray[np.float64], shares: Sequence[float], rng: Generator
) -> None:
    """Set the part of each group that has none (-1); counts are of groups and classes (g, c)."""
    parts = np.arange(len(shares))
    wanted = np.outer(shares, counts.sum(axis=0))  # (parts, c)
    filled = np.array([counts[part_of == part].sum(axis=0) for part in parts])
    shuffled = rng.permutation(len(counts))
    order = shuffled[np.argsort(-counts[shuffled].std(axis=1), kind="stable")]
    for group in order[part_of[order] < 0]:
        after = np.repeat((filled / wanted)[np.newaxis], len(parts), axis=0)
        after[parts, parts] += counts[group] / wanted
        unevenness = after.std(axis=1).mean(axis=1).round(12)
        fullness = filled.sum(axis=1) / wanted.sum(axis=1)
        part_of[group] = part = np.lexsort((parts, fullness, unevenness))[0]
        filled[part] += counts[group]


def cut_times(times: NDArray[np.float64], shares: Sequence[float]) -> Places | None:
    """Share rows out by time, the earliest to the first part; rows of one time stay together.

    Returns
    -------
    The parts; None where there are fewer different times than parts.

    Examples
    --------
    >>> cut_times(np.array([3.0, 1, 2, 2, 5]), (0.4, 0.3, 0.3))
    array([2, 0, 1, 1, 2])
    >>> cut_times(np.array([3.0, 1]), (0.4, 0.3, 0.3)) is None
    True
    """
    order = np.argsort(times, kind="stable")
    edges = np.flatnonzero(np.diff(times[order]) > 0) + 1
    wanted = np.cumsum(shares)[:-1] * len(times)
    if len(edges) < len(wanted):
        return None
    ends: list[int] = []
    for left, end in zip(range(len(wanted), 0, -1), wanted, strict=True):
        first = int(np.searchsorted(edges, ends[-1], side="right")) if ends else 0
        free = edges[first : len(edges) - left + 1]  # the later parts need an edge each
        ends.append(int(free[np.abs(free - end).argmin()]))
    places = np.empty(len(times), np.intp)
    places[order] = np.searchsorted(ends, np.arange(len(times)), side="right")
    return places
