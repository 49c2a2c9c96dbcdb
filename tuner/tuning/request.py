"""What a tuning is asked to do, and how its budget is shared among the steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tuner.records import DataSummary, require

REPORT_SECONDS, REPORT_SHARE, REPORT_MOST = 5.5, 0.02, 10.0
"""Kept back of the budget for the report."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What the user wants.

    Attributes
    ----------
    budget
        Seconds for all of it, at least 1.
    article
        Whether to use the article's own means only: sigmoid neurons, cross-entropy, no expansion
        of the data.
    seed
        Of everything that is drawn at random.
    source, target, train_size, split_seed
        Which data, as for `tuner.data.load`; for the settings file.
    command
        What was typed, for the records.
    began
        When the budget began to run, on the clock of `time.monotonic`; None for now.

    Raises
    ------
    OptionError
        When the budget is out of its range.
    """

    budget: float = 60.0
    article: bool = False
    seed: int = 0
    source: str = "arrays"
    target: str | None = None
    train_size: int | None = None
    split_seed: int = 0
    command: str = ""
    began: float | None = None

    def __post_init__(self) -> None:
        require(1 <= self.budget < float("inf"), "budget", self.budget, "at least 1 second")

    @property
    def for_work(self) -> float:
        """Seconds until the work must have ended, so that the report is in time."""
        kept = REPORT_SECONDS + min(REPORT_SHARE * self.budget, REPORT_MOST)
        return max(self.budget / 2, self.budget - kept)

    def identity(self, data: DataSummary, version: str) -> dict[str, Any]:
        """Return what a tuning must agree in to go on."""
        return {
            "data": data.sha256,
            "n_train": data.n_train,
            "budget": self.budget,
            "article": self.article,
            "seed": self.seed,
            "tuner": version,
        }


@dataclass(frozen=True)
class Control:
    """How a tuning is watched and stopped.

    Attributes
    ----------
    say
        Called with what is done now, in words.
    stop_asked
        Looked at between pieces of work; once true, the tuning stops there and can be resumed.
    """

    say: Callable[[str], None] = field(default=lambda _: None)
    stop_asked: Callable[[], bool] = field(default=lambda: False)
