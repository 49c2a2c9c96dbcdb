"""Studies small enough to run many times over, and what must be the same in each of their runs."""

import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from tuner.data import Dataset, load
from tuner.records import StudySummary
from tuner.study.optuna_storage import FILE
from tuner.study.spec import StudySpec, parse_spec
from tuner.study.studies import run_study

SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"source": "iris"},
    "network": {"hidden": [8]},
    "train": {"epochs": 12, "patience": 4},
    "search": {
        "lambda": {"low": 0.001, "high": 30, "log": True},
        "hidden": {"choices": [[4], [8], [6, 4]]},
    },
    "trials": 14,
    "batch": 6,
    "rungs": [2, 5],
}
"""Three batches, the last smaller; λ moves η in some trials; takes about a second."""

LONGER: dict[str, Any] = {
    **SMALL,
    "name": "longer",
    "data": {"source": "digits"},
    "network": {"batch_size": 20},
    "train": {"epochs": 25, "patience": 6},
    "search": {
        "lambda": {"low": 0.01, "high": 30, "log": True},
        "hidden": {"choices": [[30], [60]]},
    },
    "trials": 14,
    "batch": 8,
    "rungs": [3, 8],
}
"""Takes a few seconds, long enough to be killed in the middle."""


def spec_of(content: dict[str, Any] = SMALL, **changes: Any) -> StudySpec:
    return parse_spec({**content, **changes}, "file")


@cache
def data_of(name: str) -> Dataset:
    return load(name)


def run(spec: StudySpec, folder: Path, **options: Any) -> StudySummary:
    """Run a study to its end."""
    summary, complete = run_study(spec, data_of(spec.data.source), folder, **options)
    assert complete
    return summary


Trials = list[dict[str, Any]]


def trials_of(summary: StudySummary) -> Trials:
    """All of each trial but the time it took."""
    return [vars(trial) | {"seconds": 0} for trial in summary.trials]


@cache
def _undisturbed(content: str) -> Trials:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return trials_of(run(spec_of(json.loads(content)), Path(folder)))


def undisturbed(content: dict[str, Any] = SMALL, **changes: Any) -> Trials:
    """What a study gives with one worker when nothing happens to it."""
    return _undisturbed(json.dumps({**content, **changes}))


def states_in(folder: Path) -> list[str]:
    """The states of the trials in the SQLite file, read past Optuna and past our own code.

    Not read-only: what a kill in the middle of a transaction left must be rolled back first.
    """
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=rw", uri=True, timeout=30)) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchall():
            return []
        return [row[0] for row in file.execute("SELECT state FROM trials ORDER BY number")]
