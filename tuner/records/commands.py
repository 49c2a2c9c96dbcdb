"""What the commands for single networks find, as their reports and answers need it."""

from dataclasses import dataclass
from typing import Literal

from tuner.records.inspection import Inspection
from tuner.records.provenance import DataSummary, Environment, Note
from tuner.records.search import EtaSearch
from tuner.records.training import Committee, Refit, Run
from tuner.serialization import Record, Share
from tuner.settings import Hyperparameters, Strategy

PartName = Literal["test", "validation", "all"]


@dataclass(frozen=True, kw_only=True)
class FindEtaRecord(Record):
    """All that the report of `find-eta` is rebuilt from."""

    command: str
    settings: Hyperparameters
    data: DataSummary
    environment: Environment
    result: EtaSearch


@dataclass(frozen=True, kw_only=True)
class TrainRecord(Record):
    """All that the report of `train` is rebuilt from.

    `eta_search` is there where η was found, not given; `inspection` where the network gives
    numbers on all validation data (older records have none). Where several networks were trained,
    `result` is the first, `others` are the further ones, and `committee` is what they end in.
    `refit` tells how the model was trained again, if it was.
    """

    command: str
    settings: Hyperparameters
    strategy: Strategy
    data: DataSummary
    environment: Environment
    eta_search: EtaSearch | None
    result: Run
    inspection: Inspection | None = None
    others: tuple[Run, ...] = ()
    committee: Committee | None = None
    refit: Refit | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """The training of every network."""
        return (self.result, *self.others)

    @property
    def alone(self) -> tuple[float, ...]:
        """Best validation accuracy of each network; of several folds of each fold, over seeds."""
        return self.data.over_folds([run.best_validation_accuracy for run in self.runs])

    @property
    def validation_accuracy(self) -> float:
        """That of the committee, the mean over folds, or that of a single network's best epoch."""
        chosen = self.committee
        return chosen.accuracy if chosen else self.result.best_validation_accuracy

    def __post_init__(self) -> None:
        if self.inspection is not None:
            self.inspection.require_classes(len(self.data.classes))


@dataclass(frozen=True, kw_only=True)
class EvaluateRecord(Record):
    """What a model does on data.

    Attributes
    ----------
    name, sha256
        The data it was measured on.
    part
        Which of their examples.
    n
        Number of examples.
    accuracy
        Share of them classified right, 0 … 1.
    balanced_accuracy
        Mean over the classes in the data of the share classified right.
    cost
        Mean cost of an example, without regularization term.
    known_data
        Whether the model was trained on a part of these very data (the same SHA-256).
    test_openings
        How often the test part of the data of training has been opened on this machine, this time
        included; 0 where it stayed closed.
    trained_on
        The data of training.
    notes
        What must be known of how the data were read.
    """

    name: str
    sha256: str
    part: PartName
    n: int
    accuracy: Share
    balanced_accuracy: Share
    cost: float
    known_data: bool
    test_openings: int
    trained_on: DataSummary
    notes: tuple[Note, ...] = ()
