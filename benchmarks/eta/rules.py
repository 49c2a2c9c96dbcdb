"""Rules that choose η: ours, fixed values, and the learning-rate range test with four readings.

The range test (Smith 2017, arXiv 1506.01186) raises η from 1e-7 to 10 over 100 mini-batches and
reads an η off the smoothed loss. The readings follow fastai's documentation of `lr_find`: smoothing
0.98, stop at 4 × the best, the first tenth and the last five points left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tuner.network.losses import LOSSES
from tuner.randomness import Purpose, stream
from tuner.records import EtaSearch, Hyperparameters
from tuner.trainers.native import NativeTrainer, logits, one_hot
from tuner.training.eta_finder import find_eta

LOWEST, HIGHEST, ITERATIONS = 1e-7, 10.0, 100
SMOOTHING, STOP_AT = 0.98, 4.0


@dataclass(frozen=True)
class Choice:
    """The η that a rule gave, and the epochs of training it spent to get there."""

    eta: float
    epochs: float


Rule = Callable[[NativeTrainer, Hyperparameters], Choice]


def threshold(trainer: NativeTrainer, settings: Hyperparameters) -> Choice:
    """Half the threshold, by our search."""
    found: EtaSearch = find_eta(trainer, settings)
    return Choice(found.eta, found.spent)


def fixed(_trainer: NativeTrainer, _settings: Hyperparameters) -> Choice:
    """Take η = 0.1 whatever the task."""
    return Choice(0.1, 0.0)


def at_random(_trainer: NativeTrainer, settings: Hyperparameters) -> Choice:
    """Draw log η evenly from 1e-4 … 10."""
    draw = np.random.default_rng([settings.seed, 5]).uniform(-4, 1)
    return Choice(float(10**draw), 0.0)


def range_test(reading: Callable[[np.ndarray, np.ndarray], float]) -> Rule:
    """Run the range test and read η off it."""

    def rule(trainer: NativeTrainer, settings: Hyperparameters) -> Choice:
        etas, losses = zip(*_range_test(trainer, settings), strict=True)
        spent = len(etas) / trainer.steps_per_epoch(settings)
        kept = slice(ITERATIONS // 10, -5)
        used_etas, used = np.array(etas)[kept], np.array(losses)[kept]
        finite = np.isfinite(used)
        end = len(used) if finite.all() else int(finite.argmin())
        return Choice(reading(used_etas[:end], used[:end]), spent)

    return rule


def _range_test(trainer: NativeTrainer, settings: Hyperparameters) -> Iterator[tuple[float, float]]:
    lane = trainer.start(settings)
    smoothed, best = 0.0, np.inf
    for i in range(ITERATIONS):
        eta = LOWEST * (HIGHEST / LOWEST) ** (i / ITERATIONS)
        loss = _batch_loss(trainer, lane.parameters, settings, i)
        (lane,) = trainer.advance([lane.with_eta(eta)], 1)
        smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * loss
        unbiased = smoothed / (1 - SMOOTHING ** (i + 1))
        yield eta, unbiased
        best = min(best, unbiased)
        if not unbiased <= STOP_AT * best:
            return


def _batch_loss(trainer, parameters, settings, step) -> float:  # type: ignore[no-untyped-def]
    epoch, batch = divmod(step, trainer.steps_per_epoch(settings))
    order = stream(settings.seed, Purpose.ORDER, epoch).permutation(trainer.n)
    rows = order[batch * settings.batch_size : (batch + 1) * settings.batch_size]
    train = trainer.data.train
    with np.errstate(all="ignore"):
        z = logits(parameters, settings, train.x[rows])
        targets = one_hot(train.y[rows], trainer.n_out, z.dtype)
        return float(LOSSES[settings.cost].per_example(z, targets).mean())


def minimum_tenth(etas: np.ndarray, losses: np.ndarray) -> float:
    """Take a tenth of the η at the least loss."""
    return float(etas[losses.argmin()] / 10)


def steep(etas: np.ndarray, losses: np.ndarray) -> float:
    """Take the η where the loss falls fastest in log η."""
    return float(etas[(np.diff(losses) / np.diff(np.log(etas))).argmin()])


def valley(etas: np.ndarray, losses: np.ndarray) -> float:
    """Take the middle of the longest falling subsequence of losses, a little to its left."""
    lengths = np.ones(len(losses), int)
    for i in range(1, len(losses)):
        longer = lengths[:i][losses[:i] > losses[i]]
        lengths[i] = 1 + longer.max(initial=0)
    end = int(lengths.argmax())
    start = end - int(lengths[end])
    third = (end - start) / 3
    return float(etas[start + int(third) + int(third / 2)])


def slide(etas: np.ndarray, losses: np.ndarray, width: int = 15, enough: float = 0.005) -> float:
    """Slide an interval from the right until the slopes at its ends agree."""
    slopes = np.gradient(losses)
    right, left = -1, -1 - width
    chosen = etas[max(left, -len(etas))]
    while left >= -len(losses) and abs(slopes[right] - slopes[left]) > enough:
        chosen = etas[left]
        right, left = right - 1, left - 1
    return float(chosen)


RULES: dict[str, Rule] = {
    "tuner: half the threshold": threshold,
    "range test: valley": range_test(valley),
    "range test: slide": range_test(slide),
    "range test: steep": range_test(steep),
    "range test: minimum/10": range_test(minimum_tenth),
    "η = 0.1": fixed,
    "η at random": at_random,
}
