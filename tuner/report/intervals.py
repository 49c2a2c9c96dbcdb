"""How sure a measured share is."""

import math

Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


def wilson(share: float, examples: int) -> tuple[float, float]:
    """Give the 95 % interval of a share after Wilson (1927), which stays within 0 … 1.

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
