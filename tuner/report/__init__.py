"""Reports rebuilt from records alone: words, tables (pandas), figures (matplotlib), HTML pages.

A name is looked up when it is first asked for: `tuner.report.format`, `summaries` and `checks`,
which the command line prints from, need neither pandas nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.report.document import ReportFiles
    from tuner.report.pages.comparison import write_comparison
    from tuner.report.pages.find_eta import write_find_eta
    from tuner.report.pages.reproduce import write_reproduce
    from tuner.report.pages.study import write_study
    from tuner.report.pages.train import write_train
    from tuner.report.pages.tune import write_tune
    from tuner.report.show import Shown, show
    from tuner.report.stored import load_stored, stored_json

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

_HOME_OF = {
    "ReportFiles": "document",
    "Shown": "show",
    "load_stored": "stored",
    "show": "show",
    "stored_json": "stored",
    "write_comparison": "pages.comparison",
    "write_find_eta": "pages.find_eta",
    "write_reproduce": "pages.reproduce",
    "write_study": "pages.study",
    "write_train": "pages.train",
    "write_tune": "pages.tune",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'tuner.report' has no attribute {name!r}")
    value = getattr(import_module(f"tuner.report.{_HOME_OF[name]}"), name)
    globals()[name] = value  # `show` is a module too: the function is what is meant
    return value
