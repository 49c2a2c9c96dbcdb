"""The kinds of networks beside those of the search that stand in a committee on folds."""

import math
from dataclasses import dataclass, field
from typing import Any

from tuner.records import Hyperparameters, Strategy

SCHEDULE = "one-cycle"

BATCHES, BATCH_SIZES = 40, (32, 256)
"""About so many mini-batches an epoch, of a power of two between these sizes."""

SMOOTHING = 0.1
"""Label smoothing of the kinds with hidden layers, against growing too sure of themselves."""


@dataclass(frozen=True)
class Kind:
    """Networks that differ in nothing but seed and fold.

    Attributes
    ----------
    name
        The trial that they come from, or one of `FURTHER`.
    settings
        With the η to train with, once it is found.
    schedule
        Of η.
    most_epochs
        After which more hardly help.
    trial
        The number of the trial; None of those beside the search.
    """

    name: str
    settings: Hyperparameters
    schedule: str
    most_epochs: int
    trial: int | None = None

    def strategy(self, epochs: int, metric: str) -> Strategy:
        """Return how they train, to the end of the schedule."""
        return Strategy(epochs=epochs, patience=None, schedule=self.schedule, metric=metric)


@dataclass(frozen=True)
class Further:
    """A kind beside the search.

    Attributes
    ----------
    decay
        λ/n.
    most_epochs
        As of `Kind`.
    settings
        Others of its settings that are not the default.
    """

    decay: float
    most_epochs: int
    settings: dict[str, Any] = field(default_factory=dict)


FURTHER = {
    "linear": Further(1e-3, 60, {"hidden": ()}),
    "deep": Further(1e-3, 100, {"hidden": (128, 128), "dropout": 0.15}),
    "calm": Further(1e-2, 30, {"hidden": (128, 128), "dropout": 0.15}),
    "wide": Further(1e-4, 100, {"hidden": (128,), "dropout": 0.1}),
}
"""Kinds that err apart, which is worth more than the best settings of one (Caruana 2004); in the
order in which they train.

Chosen by the log-loss out of fold of their committee on seven development tables of classes
(`python -m benchmarks.kinds`): relative to the best single kind of each table, `deep` alone costs
1.05 in the mean, with `calm` 1.01, with `wide` 0.98, and with sigmoid neurons, as the search may
choose, 0.98. The linear one is for tables on which nothing else helps.
"""


def further_kinds(*, classes: bool, n: int) -> list[Kind]:
    """Return the kinds beside the search for n training examples.

    Examples
    --------
    >>> [kind.name for kind in further_kinds(classes=True, n=500)]
    ['linear', 'deep', 'calm', 'wide']
    """
    return [
        Kind(name, _settings(each, n, classes=classes), SCHEDULE, each.most_epochs)
        for name, each in FURTHER.items()
    ]


def _settings(kind: Further, n: int, *, classes: bool) -> Hyperparameters:
    smoothed = classes and kind.settings["hidden"]
    return Hyperparameters(
        eta=0.01,
        activation="relu",
        cost="log-likelihood" if classes else "quadratic",
        optimizer="momentum",
        batch_size=_batch_size(n),
        lambda_=kind.decay * n,
        label_smoothing=SMOOTHING if smoothed else 0.0,
        **kind.settings,
    )


def _batch_size(n: int) -> int:
    """Return the size of a mini-batch for n examples.

    Examples
    --------
    >>> _batch_size(500), _batch_size(5_000)
    (32, 128)
    """
    low, high = BATCH_SIZES
    return int(min(high, max(low, 2 ** round(math.log2(n / BATCHES)))))
