"""What trainers of a user's own model share: the order of the data, and leaving all else alone."""

import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from tuner.errors import OptionError
from tuner.randomness import Purpose, stream
from tuner.records import Hyperparameters
from tuner.settings import settings_of
from tuner.trainers.batches import first_row, steps_in
from tuner.trainers.native import PROBE_EXAMPLES

Rows = NDArray[np.intp]


class Sendable:
    """A trainer that pickles with the functions it was given, also those of a script.

    What it keeps in `_cast` is made anew elsewhere.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            sent = cloudpickle.dumps((type(self), {**vars(self), "_cast": {}}))
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise OptionError(
                f"the model cannot be sent to worker processes ({said}): give workers=1, or make"
                " what it needs within its function."
            ) from error
        return _received, (sent,)


def _received(sent: bytes) -> Any:
    kind, state = cloudpickle.loads(sent)
    trainer = object.__new__(kind)
    vars(trainer).update(state)
    return trainer


def probe_rows(n: int) -> Rows:
    """Return the fixed rows of n training examples that the cost of a probe is measured on."""
    return stream(0, Purpose.PROBE).permutation(n)[:PROBE_EXAMPLES]


def mini_batches(seed: int, n: int, m: int, first: int, steps: int) -> Iterator[tuple[int, Rows]]:
    """Yield each step from `first` on with the rows of its mini-batch, as in our own networks.

    Parameters
    ----------
    seed
        Of the data order.
    n, m
        Training examples, and those in a mini-batch at the most.
    first, steps
        The number of the first step since the start of training, and how many steps to give.

    Examples
    --------
    >>> [(step, rows.tolist()) for step, rows in mini_batches(0, n=5, m=2, first=2, steps=2)]
    [(2, [4]), (3, [3, 4])]
    """
    order_of: tuple[int, Rows] | None = None
    for step in range(first, first + steps):
        epoch, batch = divmod(step, steps_in(n, m))
        if order_of is None or order_of[0] != epoch:
            order_of = epoch, stream(seed, Purpose.ORDER, epoch).permutation(n)
        rows = slice(first_row(batch, n, m), first_row(batch + 1, n, m))
        yield step, order_of[1][rows]


def check_ours(settings: Hyperparameters, more: Collection[str] = ()) -> None:
    """Raise `OptionError` where a setting is for our own networks only.

    A user's data stay as they are, so `expansion` and `class_weight` always are; `more` are further
    settings.
    """
    for name in ("expansion", "class_weight", *more):
        value = getattr(settings, name)
        if value != settings_of(Hyperparameters)[name].default:
            raise OptionError(
                f"{name} is {value!r} but is for networks of ours only: leave it out."
            )


@contextmanager
def global_generators(seed: int) -> Iterator[None]:
    """Seed the generators that Python and NumPy share with everybody, and put them back after.

    Examples
    --------
    >>> before = random.getstate()
    >>> with global_generators(3):
    ...     drawn = random.random()
    >>> random.getstate() == before
    True
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - users' code may
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def derived_seed(seed: int, purpose: Purpose, *index: int) -> int:
    """Return the seed, below 2**31, to hand to code that draws its own random numbers."""
    return int(stream(seed, purpose, *index).integers(2**31))
