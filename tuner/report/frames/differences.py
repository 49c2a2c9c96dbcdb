"""How far two contenders are apart, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean
from typing import Literal

from tuner.report.frames.contenders import Contender
from tuner.stats import mean_interval, newcombe

Basis = Literal["seeds", "both", "examples", "nothing"]


@dataclass(frozen=True)
class Difference:
    """What one contender is better by than another, in shares.

    Attributes
    ----------
    first, second
        Letters of the contenders.
    seeds
        The seeds that both have.
    differences
        First less second, seed by seed.
    value, low, high
        The difference and its 95 % interval; NaN where they cannot be compared.
    basis
        What the interval speaks of: other `seeds` (Student's t over pairs), other validation
        `examples` with these same seeds (Newcombe), or `both`; `nothing` where the data are not the
        same.
    """

    first: str
    second: str
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    value: float
    low: float
    high: float
    basis: Basis

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def difference(first: Contender, second: Contender) -> Difference:
    """Pair two contenders by seed, and give how far they are apart.

    Runs of one seed share their examples and first weights, so what the seed brings cancels out.
    With fewer than two shared seeds, or the same difference at all of them, there is no spread to
    judge by; the interval is then that of the validation examples.
    """
    shared = [seed for seed in first.accuracies if seed in second.accuracies]
    if not first.comparable(second):
        return _apart(first, second, (), (math.nan, math.nan, math.nan), "nothing")
    differences = tuple(first.accuracies[s] - second.accuracies[s] for s in shared)
    pairs = tuple(zip((seed for _, seed in shared), differences, strict=True))
    if len({round(each, 12) for each in differences}) > 1:
        bounds = mean_interval(differences)
        return _apart(first, second, pairs, (mean(differences), *bounds), "seeds")
    ours, theirs = (
        mean(each.accuracies[seed] for seed in shared) if shared else each.mean
        for each in (first, second)
    )
    bounds = newcombe(ours, theirs, (first.data.n_validation, second.data.n_validation))
    return _apart(first, second, pairs, (ours - theirs, *bounds), "examples")


def _apart(
    first: Contender,
    second: Contender,
    pairs: Sequence[tuple[int, float]],
    bounds: tuple[float, float, float],
    basis: Basis,
) -> Difference:
    return Difference(
        first=first.letter,
        second=second.letter,
        seeds=tuple(seed for seed, _ in pairs),
        differences=tuple(each for _, each in pairs),
        value=bounds[0],
        low=bounds[1],
        high=bounds[2],
        basis=basis,
    )


def ranked(every: Sequence[Contender]) -> tuple[Contender, ...]:
    """Return those measured on the same data as most others, the best first."""
    if not every:
        return ()
    most = max(every, key=lambda each: sum(each.comparable(other) for other in every))
    alike = (each for each in every if each.comparable(most))
    return tuple(sorted(alike, key=lambda each: -each.mean))


def against_winner(every: Sequence[Contender]) -> tuple[Difference, ...]:
    """Return what the best contender is better by than each of the others, the nearest first."""
    winner, *others = ranked(every)
    return tuple(difference(winner, other) for other in others)


def all_pairs(every: Sequence[Contender]) -> tuple[Difference, ...]:
    """Return the difference of every two contenders, the better one first."""
    return tuple(
        difference(*sorted(pair, key=lambda each: -each.mean)) for pair in combinations(every, 2)
    )
