"""Reports rebuilt from records alone: tables (pandas), figures (matplotlib), one HTML page."""

from tuner.report.html import ReportFiles as ReportFiles
from tuner.report.html import write_find_eta as write_find_eta

__all__ = ["ReportFiles", "write_find_eta"]
