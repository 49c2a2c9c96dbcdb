"""The same bytes whatever the hash seed, the threads of BLAS, the locale, folder and workers."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.test_kills import STUDY
from tests.support.tuning.plans import store_plans
from tuner.data import load
from tuner.tuning.request import TuneRequest

ROOT = Path(__file__).parents[2]

COMMANDS = {
    "train": "train --data iris --eta 0.5 --epochs 5 --out OUT",
    "find-eta": "find-eta --data iris --hidden 8 --out OUT",
    "study": "study run STUDY --trials 4 --workers WORKERS --out OUT",
    "tune": "tune --data iris --budget 1s --workers WORKERS --out OUT",
    "reproduce": "reproduce large-eta --data iris --workers WORKERS --out OUT",
}

SURROUNDINGS = [
    {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C"},
    {
        "PYTHONHASHSEED": "4242",
        "OMP_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
        "LC_ALL": "C.UTF-8",
        "TZ": "Asia/Kolkata",
    },
]

TIMES = {"seconds", "environment", "command", "steps", "began", "files"}


def without_times(value: object) -> object:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def outputs(folder: Path) -> dict[str, object]:
    """Return what a command wrote: models and trials as they are, records without times."""
    found: dict[str, object] = {p.name: p.read_bytes() for p in folder.glob("*.safetensors")}
    found |= {p.name: p.read_bytes() for p in folder.glob("settings.toml")}
    for path in folder.glob("records.json"):
        found[path.name] = without_times(json.loads(path.read_text("utf-8")))
    for path in folder.glob("study.db"):
        with closing(sqlite3.connect(path)) as db:
            found[path.name] = [
                db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
                for table in ("trial_params", "trial_values", "trial_intermediate_values")
            ]
    return found


@pytest.mark.parametrize(
    "name", [n if n == "train" else pytest.param(n, marks=pytest.mark.exhaustive) for n in COMMANDS]
)
def test_surroundings_change_no_byte(name: str, tmp_path: Path) -> None:
    found = []
    (tmp_path / "study.toml").write_text(STUDY)
    for place, (surroundings, workers) in enumerate(zip(SURROUNDINGS, "12", strict=True)):
        out = tmp_path / f"out-{place}"
        if name == "tune":
            store_plans(out, load("iris"), TuneRequest(budget=1, source="iris"))
        words = COMMANDS[name].replace("WORKERS", workers).replace("OUT", str(out))
        words = words.replace("STUDY", str(tmp_path / "study.toml"))
        cwd = tmp_path / f"folder {place} λ"
        cwd.mkdir()
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tuner", *words.split()],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **surroundings},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        found.append(outputs(out))
    assert found[0]
    assert found[0] == found[1]
