"""What a tuning is asked to do, and how it is watched and stopped."""

from dataclasses import dataclass
from typing import Any

from tuner.records import DataSummary, TaskChoice, require, to_json


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
    seed
        Random seed.
    source, target, task, drop, drop_rare, train_size, split_seed
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
    task: TaskChoice = "auto"
    drop: tuple[str, ...] = ()
    drop_rare: bool = False
    train_size: int | None = None
    split_seed: int = 0
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
            "seed": self.seed,
            "tuner": version,
        }
