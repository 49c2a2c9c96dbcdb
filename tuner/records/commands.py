"""What the commands for single networks find, as their reports and answers need it."""

import math
from dataclasses import dataclass
from typing import Literal

from tuner.records.inspection import Inspection, Predicted
from tuner.records.measures import Measures, check_measures, check_metric
from tuner.records.provenance import DataSummary, Environment, Note
from tuner.records.search import EtaSearch
from tuner.records.training import Calibration, Committee, Refit, Run
from tuner.serialization import Record
from tuner.settings import Hyperparameters, Strategy
from tuner.stats import mean_interval, wilson

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
    `refit` tells how the model was trained again, if it was. `interval` is that of the metric over
    the validation examples (95 %), where it is not Wilson's of an accuracy. `predicted` is there
    where a network predicts numbers, in place of `inspection`. `calibration` is there where the
    model's probabilities were compared with held-out examples.
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
    interval: tuple[float, float] | None = None
    predicted: Predicted | None = None
    calibration: Calibration | None = None

    @property
    def metric(self) -> str:
        """The name of the metric that chose."""
        return self.result.metric

    @property
    def runs(self) -> tuple[Run, ...]:
        """The training of every network."""
        return (self.result, *self.others)

    @property
    def alone(self) -> tuple[float, ...]:
        """Best validation metric of each network; of folds that of each, in the mean of seeds."""
        return self.data.over_folds([run.best_value for run in self.runs])

    @property
    def validation_metrics(self) -> Measures:
        """Those of the committee, means over folds, or those of a single network's best epoch."""
        if self.committee:
            return self.committee.metrics
        return self.result.best.validation_metrics if self.result.best else {}

    @property
    def validation_value(self) -> float:
        """The metric that chose."""
        return self.validation_metrics.get(self.metric, math.nan)

    @property
    def validation_accuracy(self) -> float:
        """The accuracy on the validation examples, 0 … 1."""
        return self.validation_metrics["accuracy"]

    @property
    def validation_interval(self) -> tuple[float, float]:
        """The 95 % interval of the metric: over folds, else over the validation examples."""
        if self.committee and self.committee.folds:
            return mean_interval(self.alone, self.committee.folds)
        if self.interval is not None:
            return self.interval
        examples = self.committee.examples if self.committee else self.data.n_validation
        return wilson(self.validation_accuracy, examples)

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
    metrics
        All metrics of the task.
    metric
        The one that chose the model.
    interval
        Its 95 % interval over the examples.
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
    metrics: Measures
    cost: float
    known_data: bool
    test_openings: int
    trained_on: DataSummary
    notes: tuple[Note, ...] = ()
    metric: str = "accuracy"
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_measures(self.metrics)
        check_metric(self.metric)

    @property
    def accuracy(self) -> float:
        """Share of the examples classified right, 0 … 1."""
        return self.metrics["accuracy"]

    @property
    def value(self) -> float:
        """The metric that chose the model."""
        return self.metrics[self.metric]

    @property
    def value_interval(self) -> tuple[float, float]:
        """The 95 % interval of the metric over the examples."""
        return self.interval or wilson(self.accuracy, self.n)
