"""Reports rebuilt from records alone: tables (pandas), figures (matplotlib), one HTML page."""

from tuner.report.document import ReportFiles as ReportFiles
from tuner.report.pages.comparison import write_comparison as write_comparison
from tuner.report.pages.find_eta import write_find_eta as write_find_eta
from tuner.report.pages.reproduce import write_reproduce as write_reproduce
from tuner.report.pages.study import write_study as write_study
from tuner.report.pages.train import write_train as write_train
from tuner.report.pages.tune import write_tune as write_tune
from tuner.report.show import Shown as Shown
from tuner.report.show import show as show
from tuner.report.stored import load_stored as load_stored
from tuner.report.stored import stored_json as stored_json

__all__ = [
    "ReportFiles",
    "Shown",
    "load_stored",
    "show",
    "stored_json",
    "write_comparison",
    "write_find_eta",
    "write_reproduce",
    "write_study",
    "write_train",
    "write_tune",
]
