"""Reports rebuilt from records alone: tables (pandas), figures (matplotlib), one HTML page."""

from tuner.report.article_page import write_reproduce as write_reproduce
from tuner.report.compare_page import write_comparison as write_comparison
from tuner.report.find_eta_page import write_find_eta as write_find_eta
from tuner.report.html import ReportFiles as ReportFiles
from tuner.report.show import Shown as Shown
from tuner.report.show import show as show
from tuner.report.stored import load_stored as load_stored
from tuner.report.stored import stored_json as stored_json
from tuner.report.study_page import write_study as write_study
from tuner.report.train_page import write_train as write_train
from tuner.report.tune_page import write_tune as write_tune

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
