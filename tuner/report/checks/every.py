"""All checks there are."""

from collections.abc import Callable, Mapping
from typing import Any

from tuner.records import FindEtaRecord, ReproduceRecord, StudyRecord, TrainRecord, TuneRecord
from tuner.report.checks.base import Checks, CodedWarning
from tuner.report.checks.comparison import COMPARISON_CHECKS
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.checks.evaluation import EVALUATE_CHECKS
from tuner.report.checks.learning_rate import ETA_CHECKS, find_eta_warnings
from tuner.report.checks.reproduce import REPRODUCE_CHECKS, reproduce_warnings
from tuner.report.checks.study import STUDY_CHECKS, study_warnings
from tuner.report.checks.training import TRAIN_CHECKS, train_warnings
from tuner.report.checks.tune import TUNE_CHECKS, tune_warnings
from tuner.report.stored import StoredRecord

EVERY_KIND: tuple[Checks[Any], ...] = (
    ETA_CHECKS,
    TRAIN_CHECKS,
    STUDY_CHECKS,
    COMPARISON_CHECKS,
    TUNE_CHECKS,
    EVALUATE_CHECKS,
    REPRODUCE_CHECKS,
    DATA_CHECKS,
)


_WARNINGS_OF: Mapping[type, Callable[[Any], tuple[CodedWarning, ...]]] = {
    FindEtaRecord: find_eta_warnings,
    TrainRecord: train_warnings,
    StudyRecord: study_warnings,
    TuneRecord: tune_warnings,
    ReproduceRecord: reproduce_warnings,
}


def warnings_of(record: StoredRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a record of any command, the most severe first."""
    return _WARNINGS_OF[type(record)](record)
