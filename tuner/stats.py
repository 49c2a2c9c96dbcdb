"""How sure a measured share is."""

import math
from collections.abc import Sequence
from statistics import mean, stdev

Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


def wilson(share: float, examples: int) -> tuple[float, float]:
    """Return the 95 % interval of a share after Wilson (1927), which stays within 0 … 1.

    It speaks of the examples only: other examples of the same kind would give another share. What
    another seed would give it does not know.

    Parameters
    ----------
    share
        Of the examples classified right, 0 … 1.
    examples
        How many there were; of none, nothing is known.

    Examples
    --------
    >>> low, high = wilson(0.9, 500)
    >>> round(low, 4), round(high, 4)
    (0.8706, 0.9233)
    >>> wilson(1.0, 0)
    (0.0, 1.0)
    """
    if examples < 1:
        return 0.0, 1.0
    squared = Z * Z / examples
    middle = (share + squared / 2) / (1 + squared)
    half = Z * math.sqrt(share * (1 - share) / examples + squared / (4 * examples)) / (1 + squared)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: Sequence[float], independent: int | None = None) -> tuple[float, float]:
    """Return the 95 % interval of a mean (Student's t); of one value alone it is unbounded.

    Over seeds it tells what other seeds would give; what other examples would give it does not
    know. Of values that only so many of are `independent`, as those of repeated folds are of the
    same examples, it is as wide as of that many.

    Examples
    --------
    >>> low, high = mean_interval([0.92, 0.93, 0.94])
    >>> round(low, 3), round(high, 3)
    (0.905, 0.955)
    >>> mean_interval([0.9])
    (-inf, inf)
    """
    n = independent or len(values)
    if n < 2:
        return -math.inf, math.inf
    from scipy.special import stdtrit  # a command would take twice as long to start

    half = float(stdtrit(n - 1, 0.975)) * stdev(values) / math.sqrt(n)
    return mean(values) - half, mean(values) + half


def is_as_good(share: float, best: float, examples: int) -> bool:
    """Return whether a share lies at most one standard error of the best below it.

    Parameters
    ----------
    share, best
        Shares of the examples classified right, 0 … 1.
    examples
        How many there were, at least one.

    Examples
    --------
    >>> is_as_good(0.97, 0.972, 5_000), is_as_good(0.96, 0.972, 5_000)
    (True, False)
    """
    variance = max(best * (1 - best), 1 / examples)
    return best - share <= math.sqrt(variance / examples)


def newcombe(first: float, second: float, examples: tuple[int, int]) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares after Newcombe (1998), method 10.

    It takes the two for shares of different examples. For two networks on the same examples it is
    too wide rather than too narrow, and what another seed would give it does not know.

    Parameters
    ----------
    first, second
        Shares of the examples classified right, 0 … 1.
    examples
        How many there were of each.

    Examples
    --------
    >>> low, high = newcombe(56 / 70, 48 / 80, (70, 80))
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    (low, high), (other_low, other_high) = wilson(first, examples[0]), wilson(second, examples[1])
    difference = first - second
    return (
        difference - math.hypot(first - low, other_high - second),
        difference + math.hypot(high - first, second - other_low),
    )
