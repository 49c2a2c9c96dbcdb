"""Which candidate is best, which cannot be told from it, and which wins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tuner.data import Part
from tuner.network.blas import one_thread
from tuner.network.initialization import Parameters
from tuner.records import PairedDifference
from tuner.trainers.native import ROWS_AT_ONCE, NativeLane, NativeTrainer, logits

Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""

Right = NDArray[np.bool_]
"""Which validation examples are classified right, by seed: shape (seeds, n)."""


def best_of(right: Sequence[Right]) -> int:
    """Return the candidate with the highest mean accuracy, the first of equals."""
    return int(np.argmax([each.mean() for each in right]))


def differences(right: Sequence[Right], best: int) -> tuple[PairedDifference, ...]:
    """Compare the best candidate with each other one, on the same seeds and examples.

    Examples
    --------
    >>> one, two = np.ones((2, 100), bool), np.ones((2, 100), bool)
    >>> two[:, :10] = False
    >>> difference, = differences([one, two], best=0)
    >>> difference.difference, round(difference.low, 3), round(difference.high, 3)
    (0.1, 0.041, 0.159)
    """
    return tuple(_paired(i, right[best], other) for i, other in enumerate(right) if i != best)


def _paired(candidate: int, best: Right, other: Right) -> PairedDifference:
    """Take both sources of chance together: which examples, and which seeds."""
    gain = best.astype(float) - other
    seeds, n = gain.shape
    of_examples = gain.mean(axis=0).std(ddof=1) / math.sqrt(n) if n > 1 else math.inf
    of_seeds = gain.mean(axis=1).std(ddof=1) / math.sqrt(seeds) if seeds > 1 else 0.0
    mean, half = float(gain.mean()), Z * math.hypot(of_examples, of_seeds)
    return PairedDifference(
        candidate=candidate, difference=mean, low=max(-1.0, mean - half), high=min(1.0, mean + half)
    )


def winner(
    right: Sequence[Right], parameters: Sequence[int], best: int, found: Sequence[PairedDifference]
) -> int:
    """Return the smallest candidate that cannot be told from the best; of equal size, the better.

    Examples
    --------
    >>> one, two = np.ones((1, 50), bool), np.ones((1, 50), bool)
    >>> two[0, 0] = False
    >>> winner([one, two], [900, 100], best=0, found=differences([one, two], 0))
    1
    """
    alike = [best, *(each.candidate for each in found if each.low <= 0)]
    return min(alike, key=lambda i: (parameters[i], -float(right[i].mean()), i))


def right_of(networks: Sequence[NativeLane], part: Part) -> Right:
    """Return which examples of a part each network classifies right, (networks, n)."""
    with one_thread(), np.errstate(all="ignore"):
        return np.array([_predicted(lane, part) == part.y for lane in networks])


@dataclass(frozen=True)
class RightOnAverage:
    """Return which validation examples the mean of a network's weights classifies right.

    At constant η a network leaps about the minimum, by more than candidates differ. The mean of its
    weights over half an epoch more lies near the minimum (Polyak and Juditsky 1992), as the network
    itself will once η is halved. The network is left as it is.
    """

    lane: NativeLane
    pieces: int = 8

    def __call__(self, trainer: NativeTrainer) -> Right:
        """Train on, and measure the mean."""
        per_epoch = trainer.steps_per_epoch(self.lane.settings)
        lane, steps = self.lane, max(1, per_epoch // (2 * self.pieces))
        seen = []
        for _ in range(self.pieces):
            (lane,) = trainer.advance([lane], steps)
            seen.append(lane.network)
        mean = Parameters(
            tuple(np.mean(layer, axis=0) for layer in zip(*(p.weights for p in seen), strict=True)),
            tuple(np.mean(layer, axis=0) for layer in zip(*(p.biases for p in seen), strict=True)),
        )
        right: Right = right_of([replace(lane, parameters=mean)], trainer.data.validation)[0]
        return right


def _predicted(lane: NativeLane, part: Part) -> NDArray[np.intp]:
    """Return the class of the largest output, in the pieces that the trainer measures in."""
    pieces = (
        logits(lane.network, lane.settings, part.x[first : first + ROWS_AT_ONCE])
        for first in range(0, part.n, ROWS_AT_ONCE)
    )
    return np.concatenate([z.argmax(axis=1) for z in pieces])
