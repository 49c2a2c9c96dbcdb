"""Random number generators, each derived from the user's seed, a purpose and an index.

A generator is derived where it is needed, never kept: the batch order of epoch 7 needs no state of
epoch 6. A network in training can therefore be resumed, copied or moved to another process as a
plain value.
"""

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


class Purpose(IntEnum):
    """What a generator is used for; results depend on the numbers, so they never change."""

    INIT = 0
    ORDER = 1
    DROPOUT = 2
    SPLIT = 3
    SUBSET = 4
    EXPANSION = 5
    PROBE = 6
    SAMPLING = 7
    FRESH = 8
    FOLDS = 9
    BOOTSTRAP = 10


def stream(seed: int, purpose: Purpose, *index: int) -> "Generator":
    """Return the generator of a seed, a purpose and an index such as the epoch.

    Examples
    --------
    >>> a, b = stream(0, Purpose.ORDER, 1), stream(0, Purpose.ORDER, 1)
    >>> (a.random(3) == b.random(3)).all()
    np.True_
    >>> stream(0, Purpose.ORDER, 2).random() == stream(0, Purpose.ORDER, 1).random()
    False
    """
    from numpy.random import SeedSequence, default_rng  # not before it is drawn: see `arrays`

    return default_rng(SeedSequence(seed, spawn_key=(purpose, *index)))
