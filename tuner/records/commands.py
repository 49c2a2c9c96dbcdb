"""What the reports of single networks are rebuilt from."""

from dataclasses import dataclass

from tuner.records.inspection import Inspection
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearch
from tuner.records.training import Run
from tuner.serialization import Record
from tuner.settings import Hyperparameters, Strategy


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
    numbers on all validation data (older records have none).
    """

    command: str
    settings: Hyperparameters
    strategy: Strategy
    data: DataSummary
    environment: Environment
    eta_search: EtaSearch | None
    result: Run
    inspection: Inspection | None = None

    def __post_init__(self) -> None:
        if self.inspection is not None:
            self.inspection.require_classes(len(self.data.classes))
