"""What a tuning is asked to do, and how it is watched and stopped."""

from dataclasses import dataclass, field
from typing import Any

from tuner.records import DataSummary, require, to_json
from tuner.settings import DataSettings


@dataclass(frozen=True, kw_only=True)
class TuneRequest:
    """What the user wants of a tuning.

    Attributes
    ----------
    budget
        Seconds for all of it, at least 1.
    article
        Whether to use the article's own methods only: sigmoid neurons, cross-entropy, no
        augmentation.
    metric
        What chooses, a name in `tuner.metrics.METRICS`; "auto" is the default of the task.
    seed
        Random seed.
    source, data
        Which data, as for `tuner.data.load`; for the settings file. Without a `split_seed` they
        are split by the seed.
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
    metric: str = "auto"
    seed: int = 0
    source: str = "arrays"
    data: DataSettings = field(default_factory=DataSettings)
    command: str = ""
    began: float | None = None

    def __post_init__(self) -> None:
        require(1 <= self.budget < float("inf"), "budget", self.budget, "at least 1 second")

    def identity(self, data: DataSummary, version: str) -> dict[str, Any]:
        """Return the fields that must match to resume."""
        return {
            **to_json(data.identity),
            "budget": self.budget,
            "article": self.article,
            "metric": self.metric,
            "seed": self.seed,
            "tuner": version,
        }
