"""Which share of the threshold η* is the η to train with, by optimizer and schedule."""

from collections.abc import Mapping
from dataclasses import replace

from tuner.errors import require_choice
from tuner.records import EtaSearch

SHARES: Mapping[str, Mapping[str, float]] = {
    "sgd": {"constant": 0.5, "one-cycle": 0.7, "cosine": 0.5},
    "momentum": {"constant": 0.25, "one-cycle": 0.7, "cosine": 0.5},
    "nesterov": {"constant": 0.25, "one-cycle": 0.7, "cosine": 0.35},
    "adamw": {"constant": 0.35, "one-cycle": 1.0, "cosine": 0.5},
}
"""The share for each optimizer under each schedule that was measured.

Half for plain descent at a constant η is the article's, section "Learning Rate". The others were
set on development tasks of `benchmarks.eta.optimizers`: eight tasks × 3 seeds, mean (90th
percentile) of the regret in points, interpolated between the η of its grid, in the order of the
table: 0.55 (1.23), 0.24 (0.58), 0.36
(0.63); 0.49 (0.92), 0.34 (0.61), 0.66 (1.48); 0.25 (0.47), 0.31 (0.61), 0.26 (0.44); 1.19 (2.73),
0.91 (1.71), 1.31 (2.97).
"""

LIKE = {"halving": "constant", "planned": "constant", "warm-restarts": "cosine"}
"""The measured schedule that another one begins like."""


def share_of(optimizer: str, schedule: str) -> float:
    """Return the share of the threshold that is the highest η of a schedule.

    Raises
    ------
    OptionError
        When there is no such optimizer or schedule.

    Examples
    --------
    >>> share_of("sgd", "constant"), share_of("sgd", "halving")
    (0.5, 0.5)
    """
    require_choice("optimizer", optimizer, SHARES)
    shares = SHARES[optimizer]
    require_choice("schedule", schedule, [*shares, *LIKE])
    return shares[LIKE.get(schedule, schedule)]


def advised_for(search: EtaSearch, optimizer: str, schedule: str) -> EtaSearch:
    """Return a search whose η is the one advised for this optimizer and schedule."""
    return replace(search, eta=share_of(optimizer, schedule) * search.threshold)
