"""Dropout: a random subset of the hidden neurons sits out each mini-batch (article, "Dropout").

As in the article one subset serves a whole mini-batch. Those that stay are scaled by 1/(1 - p) at
once, so that nothing is left to rescale when the whole network is used.
"""

from collections.abc import Sequence

import numpy as np

from tuner.network.blas import Array
from tuner.randomness import Purpose, stream
from tuner.records import Hyperparameters

BLOCK = 64
"""Steps whose masks are drawn together; part of the reproducible result."""


def masks_of_block(settings: Hyperparameters, block: int) -> list[Array]:
    """Draw the masks of steps `block`·64 … `block`·64 + 63, one array (64, n_hidden) a layer.

    An entry is 0 where the neuron sits out and 1/(1 - dropout) where it stays.

    Examples
    --------
    >>> mask, = masks_of_block(Hyperparameters(eta=1, hidden=(4,), dropout=0.5), block=0)
    >>> mask.shape, sorted(set(mask.ravel().tolist()))
    ((64, 4), [0.0, 2.0])
    """
    keep = 1 - settings.dropout
    if keep == 1:
        return [np.ones((BLOCK, size), settings.precision) for size in settings.hidden]
    rng = stream(settings.seed, Purpose.DROPOUT, block)
    draws = [rng.random((BLOCK, size)) for size in settings.hidden]
    return [((draw < keep) / keep).astype(settings.precision) for draw in draws]


class DropoutMasks:
    """The masks of K lanes in lock-step, drawn block by block as the steps come to them."""

    def __init__(self, settings: Sequence[Hyperparameters]) -> None:
        self._settings = settings
        self._block = -1
        self._masks: list[Array] = []

    def at(self, step: int) -> list[Array]:
        """Return the masks of one step, an array (K, 1, n_hidden) for each hidden layer."""
        block, within = divmod(step, BLOCK)
        if block != self._block:
            lanes = [masks_of_block(s, block) for s in self._settings]
            self._masks = [np.stack(layer, axis=1) for layer in zip(*lanes, strict=True)]
            self._block = block
        return [mask[within][:, np.newaxis, :] for mask in self._masks]
