"""All checks there are."""

from typing import Any

from tuner.report.checks.base import Checks
from tuner.report.checks.comparison import COMPARISON_CHECKS
from tuner.report.checks.data import DATA_CHECKS
from tuner.report.checks.evaluation import EVALUATE_CHECKS
from tuner.report.checks.learning_rate import ETA_CHECKS
from tuner.report.checks.reproduce import REPRODUCE_CHECKS
from tuner.report.checks.study import STUDY_CHECKS
from tuner.report.checks.training import TRAIN_CHECKS
from tuner.report.checks.tune import TUNE_CHECKS

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
