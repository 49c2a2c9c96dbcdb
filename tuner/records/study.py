"""What a study found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.records.base import Record
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearch


@dataclass(frozen=True, kw_only=True)
class TrialRecord(Record):
    """One finished trial of a study.

    Attributes
    ----------
    number
        From 0, in the order in which the trials were drawn.
    state
        `complete`, or `pruned` where it was ended at a rung.
    values
        One for each objective; the first is the validation accuracy, 0 … 1.
    params
        The value of each searched dimension.
    rungs
        The validation accuracy at each rung it reached, by epoch.
    attributes
        What else is known: batch, eta, best_epoch, accuracies, epochs, stop_reason, diverged,
        seconds, and curves, the validation accuracy of each epoch. Lists hold one entry a seed.
    """

    number: int
    state: str
    values: tuple[float, ...]
    params: Mapping[str, Any]
    rungs: Mapping[int, float]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StudySummary(Record):
    """A study with all its finished trials.

    Attributes
    ----------
    study
        Its name.
    objectives
        What each value of a trial is; the first, validation accuracy, is to be high, others low.
    trials
        In the order of their numbers.
    """

    study: str
    objectives: tuple[str, ...]
    trials: tuple[TrialRecord, ...]

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial with the highest validation accuracy, the first of equals."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.values[0], default=None)

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended in each way."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in ("complete", "pruned", "failed")}


@dataclass(frozen=True, kw_only=True)
class StudyRecord(Record):
    """All that the report of a study is rebuilt from.

    Attributes
    ----------
    command
        Without anything secret of the storage.
    spec
        What the study file says, with its defaults filled in.
    eta_searches
        The threshold searches that set η, one for each network, by what they were asked.
    importances
        The share of each searched dimension in the differences between complete trials; None where
        they are too few.
    complete
        Whether the study has all the trials it was asked for.
    """

    command: str
    spec: Mapping[str, Any]
    data: DataSummary
    environment: Environment
    eta_searches: Mapping[str, EtaSearch]
    result: StudySummary
    importances: Mapping[str, float] | None
    complete: bool
