"""Reports rebuilt from records alone: tables (pandas), figures (matplotlib), one HTML page."""

from tuner.report.find_eta_page import write_find_eta as write_find_eta
from tuner.report.html import ReportFiles as ReportFiles
from tuner.report.stored import load_stored as load_stored
from tuner.report.stored import stored_json as stored_json
from tuner.report.train_page import write_train as write_train

__all__ = ["ReportFiles", "load_stored", "stored_json", "write_find_eta", "write_train"]
