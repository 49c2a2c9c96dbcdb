"""Which candidate is best, which cannot be told from it, and which wins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.folds import Fold
from tuner.metrics import METRICS, Measured, Metric
from tuner.network.initialization import Parameters
from tuner.records import PairedDifference
from tuner.trainers.native import NativeLane, NativeTrainer

Z = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""

GROUPS = 50
"""Of examples, each left out in turn (a jackknife): the error is then known to a tenth."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the networks of a candidate say of the same examples, none of which they trained on.

    Attributes
    ----------
    metric
        What judges them.
    y
        Class indices or numbers (n,).
    outputs
        What the metric is computed from, (n, c) or (n,), for each seed.
    """

    metric: Metric
    y: NDArray[Any]
    outputs: tuple[NDArray[Any], ...]

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The metric of each seed."""
        return tuple(self.metric.compute(self.y, each) for each in self.outputs)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The metric of each seed such that greater is better."""
        return np.array([self.metric.score(value) for value in self.values])

    @cached_property
    def right(self) -> NDArray[np.float64]:
        """Whether each example is classified right, in the mean of the seeds (n,)."""
        mean: NDArray[np.float64] = np.mean([z.argmax(axis=1) == self.y for z in self.outputs], 0)
        return mean

    @cached_property
    def parts(self) -> NDArray[np.float64]:
        """The mean score of all examples but those of a group, for each group."""
        groups, group = min(GROUPS, len(self.y)), np.arange(len(self.y)) % GROUPS
        return np.array([self._without(group == each) for each in range(groups)])

    def _without(self, left: NDArray[np.bool_]) -> float:
        values = (self.metric.compute(self.y[~left], each[~left]) for each in self.outputs)
        return float(np.mean([self.metric.score(value) for value in values]))


def best_of(answers: Sequence[Answers]) -> int:
    """Return the candidate with the best mean metric, the first of equals."""
    return int(np.argmax([each.scores.mean() for each in answers]))


def differences(answers: Sequence[Answers], best: int) -> tuple[PairedDifference, ...]:
    """Compare the best candidate with each other one, on the same seeds and examples.

    Examples
    --------
    >>> y, right = np.zeros(100, int), np.tile([1.0, 0.0], (100, 1))
    >>> wrong = np.where(np.arange(100)[:, None] < 10, right[:, ::-1], right)
    >>> one, two = (Answers(METRICS["accuracy"], y, (z, z)) for z in (right, wrong))
    >>> difference, = differences([one, two], best=0)
    >>> round(difference.difference, 3), round(difference.low, 3), round(difference.high, 3)
    (0.1, 0.041, 0.159)
    """
    return tuple(_paired(i, answers[best], each) for i, each in enumerate(answers) if i != best)


def _paired(candidate: int, best: Answers, other: Answers) -> PairedDifference:
    """Take both sources of chance together: which examples, and which seeds."""
    gains = best.scores - other.scores
    seeds = len(gains)
    of_seeds = gains.std(ddof=1) / math.sqrt(seeds) if seeds > 1 else 0.0
    mean, half = float(gains.mean()), Z * math.hypot(_error_of_examples(best, other), of_seeds)
    most = 1.0 if best.metric.unit == "percent" and best.metric.bounds[0] == 0 else math.inf
    return PairedDifference(
        candidate=candidate,
        difference=mean,
        low=max(-most, mean - half),
        high=min(most, mean + half),
    )


def _error_of_examples(best: Answers, other: Answers) -> float:
    """Return the standard error of the mean gain over examples."""
    n = len(best.y)
    if n < 2:
        return math.inf
    if best.metric is METRICS["accuracy"]:
        return float((best.right - other.right).std(ddof=1)) / math.sqrt(n)
    gains = best.parts - other.parts
    return math.sqrt((len(gains) - 1) * float(gains.var()))


def winner(
    answers: Sequence[Answers],
    parameters: Sequence[int],
    best: int,
    found: Sequence[PairedDifference],
) -> int:
    """Return the smallest candidate that cannot be told from the best; of equal size, the better.

    Examples
    --------
    >>> y, right = np.zeros(50, int), np.tile([1.0, 0.0], (50, 1))
    >>> wrong = np.where(np.arange(50)[:, None] == 0, right[:, ::-1], right)
    >>> two = [Answers(METRICS["accuracy"], y, (z,)) for z in (right, wrong)]
    >>> winner(two, [900, 100], best=0, found=differences(two, 0))
    1
    """
    alike = [best, *(each.candidate for each in found if each.low <= 0)]
    return min(alike, key=lambda i: (parameters[i], -float(answers[i].scores.mean()), i))


def outputs_of(trainer: NativeTrainer, lane: NativeLane, metric: str) -> NDArray[Any]:
    """Return what a metric is computed from, for the validation examples of a network."""
    (measured,) = trainer.measure([lane], "validation")
    assert isinstance(measured.metrics, Measured)  # noqa: S101 - as our own trainer measures
    outputs: NDArray[Any] = measured.metrics.outputs(METRICS[metric])
    return outputs


def out_of_fold(
    trainer: NativeTrainer, lanes: Sequence[NativeLane], folds: Sequence[Fold], metric: str
) -> NDArray[Any]:
    """Return what a metric is computed from, of each example by the network that left it out.

    Parameters
    ----------
    lanes
        One network for each fold.
    """
    pieces = [outputs_of(trainer, lane, metric) for lane in lanes]
    rows = np.concatenate([fold.rows for fold in folds])
    outputs: NDArray[Any] = np.concatenate(pieces)[np.argsort(rows)]
    return outputs


@dataclass(frozen=True)
class OutputsOnAverage:
    """Return what a metric is computed from, by the mean of a network's weights.

    At constant η a network leaps about the minimum, by more than candidates differ. The mean of its
    weights over half an epoch more lies near the minimum (Polyak and Juditsky 1992), as the network
    itself will once η is halved. The network is left as it is.
    """

    lane: NativeLane
    metric: str
    pieces: int = 8

    def __call__(self, trainer: NativeTrainer) -> NDArray[Any]:
        """Train on, and return the outputs of the mean for the validation examples."""
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
        return outputs_of(trainer, replace(lane, parameters=mean, state={}), self.metric)
