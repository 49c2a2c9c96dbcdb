"""What a search for the η threshold saw and answered."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from tuner.errors import InputError, require
from tuner.serialization import Number, Positive, Record, from_json, to_json
from tuner.settings import Hyperparameters


class Verdict(StrEnum):
    """What the training cost did at one learning rate (article, section "Learning Rate").

    `decreasing` and `slow` lie below the threshold; `oscillating`, `diverged` and `dead` (a network
    whose neurons are saturated, and whose cost therefore stays flat) do not count as learning.
    """

    DECREASING = "decreasing"
    SLOW = "slow"
    OSCILLATING = "oscillating"
    DIVERGED = "diverged"
    DEAD = "dead"

    @property
    def learning(self) -> bool:
        """Whether an η of this verdict lies below the threshold: its cost still goes down."""
        return self in (Verdict.DECREASING, Verdict.SLOW)


@dataclass(frozen=True, kw_only=True)
class Probe(Record):
    """One short training run at one η with one seed.

    Attributes
    ----------
    eta, seed
        What was probed.
    verdict, reason
        What the cost did, and why we say so in words.
    epochs
        When the cost was measured, in epochs of the training data since the start; the first is 0.
    costs
        The regularised training cost at those moments; not finite where the network diverged.
    """

    eta: Positive
    seed: int
    verdict: Verdict
    reason: str
    epochs: tuple[float, ...]
    costs: tuple[Number, ...]

    def __post_init__(self) -> None:
        _require_one_cost_each(self.epochs, self.costs)


@dataclass(frozen=True, kw_only=True)
class Judgement(Record):
    """The verdict on one η, from the median cost curve of all its probes."""

    eta: Positive
    verdict: Verdict
    reason: str
    epochs: tuple[float, ...]
    costs: tuple[Number, ...]

    def __post_init__(self) -> None:
        _require_one_cost_each(self.epochs, self.costs)

    @property
    def final_cost(self) -> float:
        """The last cost of its curve; NaN where that is not finite or there is none."""
        last = self.costs[-1] if self.costs else math.nan
        return last if math.isfinite(last) else math.nan


def _require_one_cost_each(epochs: tuple[float, ...], costs: tuple[float, ...]) -> None:
    require(len(costs) == len(epochs), "costs", len(costs), f"{len(epochs)}, one for each epoch")


class Outcome(StrEnum):
    """How a threshold search ended, and with it what to try next (`ADVICE`)."""

    FOUND = "found"
    NO_UPPER_LIMIT = "no-upper-limit"
    NO_LEARNING = "no-learning"


ADVICE: Mapping[Outcome, str] = {
    Outcome.FOUND: "Search again after changing mini-batch size, λ, initialization, cost or"
    " network size.",
    Outcome.NO_UPPER_LIMIT: "The cost decreased at every η tried, up to the limit of the search:"
    " check that the data carry signal, and set η by hand.",
    Outcome.NO_LEARNING: "The cost decreased at no η tried: check labels and scaling, or use"
    " --init scaled, another --cost or a smaller --lambda.",
}


@dataclass(frozen=True, kw_only=True)
class EtaSearch(Record):
    """The answer of the η threshold search with its evidence (article, section "Learning Rate").

    Attributes
    ----------
    eta
        The learning rate to use: the threshold times its share (`tuner.strategies.shares`).
    threshold
        η*, the largest η found at which the training cost still goes down.
    bracket
        Largest η that went down and smallest above it that did not; an open end is None.
    outcome
        How the search ended.
    baseline
        Cost of the best constant prediction, B: a network that learned nothing costs this much.
    judgements
        One verdict for each η, ascending.
    probes
        Every probe, by η and then seed.
    spent
        All training steps spent, in epochs of the training data.
    seconds
        Wall-clock time of the whole search.
    """

    eta: float
    threshold: float
    bracket: tuple[float | None, float | None]
    outcome: Outcome
    baseline: float
    judgements: tuple[Judgement, ...]
    probes: tuple[Probe, ...]
    spent: float
    seconds: float


def _question(key: Hyperparameters | str) -> Hyperparameters:
    try:
        return from_json(Hyperparameters, key) if isinstance(key, str) else key
    except InputError as error:
        raise ValueError(str(error)) from error


EtaSearches = Mapping[
    Annotated[
        Hyperparameters,
        BeforeValidator(_question),
        PlainSerializer(lambda question: json.dumps(to_json(question)), return_type=str),
    ],
    EtaSearch,
]
"""Threshold searches by the settings each was made for; in JSON these are the text of a key."""
