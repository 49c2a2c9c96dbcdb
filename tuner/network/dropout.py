"""Dropout: a random subset of the hidden neurons sits out each mini-batch (article, "Dropout").

As in the article (and Nielsen, chapter 3, "Other techniques for regularization",
http://neuralnetworksanddeeplearning.com/chap3.html; Srivastava et al. 2014,
https://jmlr.org/papers/v15/srivastava14a.html) one subset serves a whole mini-batch. Those that
stay are scaled by 1/(1 - p) at once, so that nothing is left to rescale when the whole network is
used.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from tuner.network.arrays import Array
from tuner.randomness import Purpose, stream

BLOCK = 64
"""Steps whose masks are drawn together; part of the reproducible result."""


def masks_of_block(
    sizes: Sequence[int], dropout: float, seed: int, block: int, dtype: DTypeLike
) -> list[Array]:
    """Return the masks of steps `block`·64 … `block`·64 + 63, one array (64, n_hidden) a layer.

    An entry is 0 where the neuron sits out and 1/(1 - dropout) where it stays.

    Parameters
    ----------
    sizes
        Neurons in each hidden layer.
    dropout
        Share of them that sits out, 0 ≤ dropout < 1.

    Examples
    --------
    >>> mask, = masks_of_block((4,), dropout=0.5, seed=0, block=0, dtype="float32")
    >>> mask.shape, sorted(set(mask.ravel().tolist()))
    ((64, 4), [0.0, 2.0])
    """
    keep = 1 - dropout
    if keep == 1:
        return [np.ones((BLOCK, size), dtype) for size in sizes]
    rng = stream(seed, Purpose.DROPOUT, block)
    draws = [rng.random((BLOCK, size)) for size in sizes]
    return [((draw < keep) / keep).astype(dtype) for draw in draws]


class DropoutMasks:
    """The masks of K lanes in lock-step, drawn block by block as the steps come to them.

    Parameters
    ----------
    sizes
        Neurons in each hidden layer.
    lanes
        Dropout and seed of each lane.
    dtype
        Precision of the masks.
    """

    def __init__(
        self, sizes: Sequence[int], lanes: Sequence[tuple[float, int]], dtype: DTypeLike
    ) -> None:
        self._sizes, self._lanes, self._dtype = sizes, lanes, dtype
        self._block = -1
        self._masks: list[Array] = []

    def at(self, step: int) -> list[Array]:
        """Return the masks of one step, an array (K, 1, n_hidden) for each hidden layer."""
        block, within = divmod(step, BLOCK)
        if block != self._block:
            lanes = [
                masks_of_block(self._sizes, dropout, seed, block, self._dtype)
                for dropout, seed in self._lanes
            ]
            self._masks = [np.stack(layer, axis=1) for layer in zip(*lanes, strict=True)]
            self._block = block
        return [mask[within][:, np.newaxis, :] for mask in self._masks]
