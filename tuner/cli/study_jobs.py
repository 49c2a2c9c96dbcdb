"""What `study run` is asked to do, and what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tuner.cli.options import ExecutorOptions, Opt
from tuner.cli.study_places import URL, Place, check_storage
from tuner.durations import seconds_of
from tuner.records import StudySummary, require
from tuner.settings import INTEGER, Kind

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.study.spec import StudySpec

DURATION = Kind(seconds_of, "a time such as 60s, 10m or 2h", "TIME")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How long a study runs, and what it runs on."""

    trials: Annotated[
        int | None, Opt("How many trials the study shall have; else what FILE says.", INTEGER)
    ]
    timeout: Annotated[
        float | None, Opt("Stop at the next rung after so long: 60s, 10m, 2h.", DURATION)
    ]
    storage: Annotated[
        str | None, Opt("An Optuna storage; else SQLite in the study's folder.", URL)
    ]

    def __post_init__(self) -> None:
        require(self.trials is None or self.trials >= 1, "trials", self.trials, "at least 1")
        require(self.timeout is None or self.timeout > 0, "timeout", self.timeout, "above 0")
        if self.storage:
            check_storage(self.storage)


@dataclass(frozen=True)
class Job:
    """A study to run, and where.

    Attributes
    ----------
    file, spec
        The study file, and what it says.
    place
        Where the study lies.
    options, work
        How and where it runs.
    command
        What was typed, without anything secret: the same command goes on with the study.
    """

    file: Path
    spec: "StudySpec"
    place: Place
    options: RunOptions
    work: ExecutorOptions
    command: str

    @property
    def resume(self) -> str:
        """How to go on."""
        whole = not self.options.storage or self.options.storage in self.command
        return self.command if whole else f"{self.command} (with the whole URL of your storage)"

    @property
    def target(self) -> int:
        """How many trials are wanted; a grid has no more than its points."""
        from tuner.study.sampling import trials_of

        return trials_of(self.spec, self.options.trials or self.spec.trials)


@dataclass(frozen=True)
class Ran:
    """What came of a run.

    Attributes
    ----------
    summary, complete
        All trials stored, and whether these are all that were wanted.
    interrupted
        Whether Ctrl-C ended it.
    """

    job: Job
    dataset: "Dataset"
    summary: StudySummary
    complete: bool
    interrupted: bool
    seconds: float
