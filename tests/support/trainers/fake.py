"""A trainer whose threshold is known: gradient descent in a quadratic bowl.

The cost of the one weight w is ½κw² with curvature κ = a + λ/n; a step is w → (1 - ηκ)w, which goes
down exactly where η < 2/κ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from tuner.randomness import Purpose, stream
from tuner.records import Hyperparameters
from tuner.trainers.base import Measurement, Portion, Rates, constant_rates


@dataclass(frozen=True)
class FakeLane:
    settings: Hyperparameters
    w: float
    steps: int = 0
    diverged: bool = False
    n_parameters: int = 1

    def with_eta(self, eta: float) -> Self:
        return replace(self, settings=replace(self.settings, eta=eta))


class FakeTrainer:
    """A bowl of curvature `a` that n examples share."""

    def __init__(self, a: float = 1.0, n: int = 100) -> None:
        self.a, self.n = a, n

    def curvature(self, settings: Hyperparameters) -> float:
        return self.a + self.decay(settings)

    def start(self, settings: Hyperparameters) -> FakeLane:
        return FakeLane(settings, 1 + 0.2 * stream(settings.seed, Purpose.INIT).random())

    def advance(self, lanes: Sequence[FakeLane], steps: int) -> list[FakeLane]:
        return self.advance_at(lanes, constant_rates(lanes, steps))

    def advance_at(self, lanes: Sequence[FakeLane], etas: Sequence[Rates]) -> list[FakeLane]:
        return [self._trained(lane, rates) for lane, rates in zip(lanes, etas, strict=True)]

    def _trained(self, lane: FakeLane, etas: Rates) -> FakeLane:
        if lane.diverged:
            return lane
        w, curvature = lane.w, self.curvature(lane.settings)
        for eta in etas.tolist():
            w *= 1 - eta * curvature
        return replace(lane, w=w, steps=lane.steps + len(etas), diverged=not math.isfinite(w))

    def measure(self, lanes: Sequence[FakeLane], portion: Portion) -> list[Measurement]:
        worse = 1.1 if portion == "validation" else 1.0
        costs = [0.5 * worse * self.curvature(e.settings) * e.w * e.w for e in lanes]
        return [Measurement(cost, {"accuracy": 1 / (1 + cost)}) for cost in costs]

    def steps_per_epoch(self, settings: Hyperparameters) -> int:
        return -(-self.n // settings.batch_size)

    def baseline(self, settings: Hyperparameters) -> float:
        return 0.5 * self.curvature(settings)

    def decay(self, settings: Hyperparameters) -> float:
        return settings.lambda_ / self.n
