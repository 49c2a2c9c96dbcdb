"""The kinds of networks beside those of the search that stand in a committee on folds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tuner.records import Hyperparameters, Strategy

SCHEDULE = "one-cycle"

KINDS: Mapping[str, Mapping[str, Any]] = {
    "linear": {"hidden": ()},
    "wide": {"hidden": (128,), "dropout": 0.1},
    "deep": {"hidden": (128, 128), "dropout": 0.15},
}
"""What each kind differs in from the settings that the search found best.

That networks of several kinds err apart is worth more than the best settings of one (Caruana 2004).
"""

LABEL_SMOOTHING = 0.1
"""Of the kinds with a hidden layer: without it they grow too sure of themselves."""


@dataclass(frozen=True)
class Kind:
    """Networks that differ in nothing but seed and fold.

    Attributes
    ----------
    name
        The trial that they come from, or one of `KINDS`.
    settings
        With the η to train with, once it is found.
    schedule
        Of η.
    trial
        The number of the trial; None of those beside the search.
    """

    name: str
    settings: Hyperparameters
    schedule: str
    trial: int | None = None

    def strategy(self, epochs: int, metric: str) -> Strategy:
        """Return how they train, to the end of the schedule."""
        return Strategy(epochs=epochs, patience=None, schedule=self.schedule, metric=metric)


def further_kinds(best: Hyperparameters, *, classes: bool) -> list[Kind]:
    """Return the kinds beside the search, with λ and mini-batch of its best settings.

    Examples
    --------
    >>> [kind.name for kind in further_kinds(Hyperparameters(eta=0.1), classes=True)]
    ['linear', 'wide', 'deep']
    """
    common = replace(
        best,
        activation="relu",
        cost="log-likelihood" if classes else "quadratic",
        optimizer="momentum",
        regularization="l2",
        dropout=0.0,
        expansion="none",
    )
    kinds = {name: replace(common, **changes) for name, changes in KINDS.items()}
    if classes:
        kinds = {
            name: replace(each, label_smoothing=LABEL_SMOOTHING if each.hidden else 0.0)
            for name, each in kinds.items()
        }
    return [Kind(name, settings, SCHEDULE) for name, settings in kinds.items()]
