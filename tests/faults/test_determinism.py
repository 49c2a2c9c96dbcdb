"""The same bytes whatever the hash seed, the threads of BLAS, the locale, folder and workers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_kills import STUDY
from tests.support.faults.outputs import TIMES, outputs, without_keys
from tests.support.tuning.plans import store_plans
from tuner.data import load
from tuner.tuning.request import TuneRequest

ROOT = Path(__file__).parents[2]

MODEL = "OUT/model.safetensors"

COMMANDS = {
    "train, evaluate, predict": (
        f"train --data iris --hidden 4 --eta 0.5 --epochs 3 --out OUT --save {MODEL} --json",
        f"evaluate {MODEL} --json",
        f"predict {MODEL} --data iris --probabilities",
    ),
    "find-eta": ("find-eta --data iris --hidden 8 --out OUT --json",),
    "study": ("study run STUDY --workers WORKERS --out OUT --json",),
    "tune": ("tune --data iris --budget 1s --workers WORKERS --out OUT --json",),
    "reproduce": ("reproduce early-stopping --data iris --workers WORKERS --out OUT --json",),
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
    {"PYTHONHASHSEED": "7", "MKL_NUM_THREADS": "2", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "1"},
]

PLACES = {
    "resume",
    "folder",
    "command_line",
    "report",
    "records",
    "figures",
    "model",
    "html",
    "database",
    "storage",
    "settings_file",
}
"""What the answer of a command says of its own folder."""

TEXTS = {"text"}
"""Those of warnings, which may state times; their codes do not."""


ONE_PROCESS = """\
import sys
from tuner.cli.main import run
for words in sys.argv[1:]:
    assert run(words.split()) == 0
    print(end="\\f", flush=True)
"""


def answers(commands: list[str], folder: Path, surroundings: dict[str, str]) -> list[Any]:
    """Run commands in one process; return what each prints, without times and places."""
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ONE_PROCESS, *commands],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **surroundings},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return [
        without_keys(json.loads(out), TIMES | PLACES | TEXTS) if "--json" in words else out
        for words, out in zip(commands, ended.stdout.decode().split("\f")[:-1], strict=True)
    ]


def found(name: str, base: Path, surroundings: dict[str, str], workers: int) -> list[Any]:
    """Return what commands print and write in a folder and surroundings of their own."""
    out, folder = base / "out", base / "folder λ"
    folder.mkdir(parents=True)
    (base / "study.toml").write_text(STUDY)
    if name == "tune":
        store_plans(out, load("iris"), TuneRequest(budget=1, source="iris"))
    surroundings = surroundings | {"TUNER_STATE_DIR": str(base / "state")}
    commands = [
        words.replace("OUT", f"{out}")
        .replace("WORKERS", f"{workers}")
        .replace("STUDY", f"{base / 'study.toml'}")
        for words in COMMANDS[name]
    ]
    return [*answers(commands, folder, surroundings), outputs(out)]


@pytest.mark.parametrize(
    "name",
    [
        n if n.startswith("train") else pytest.param(n, marks=pytest.mark.exhaustive)
        for n in COMMANDS
    ],
)
def test_surroundings_change_no_byte(name: str, tmp_path: Path) -> None:
    variants = SURROUNDINGS[:2] if name.startswith("train") else SURROUNDINGS
    first, *others = [
        found(name, tmp_path / str(place), surroundings, workers)
        for surroundings, workers, place in zip(variants, (1, 2, 3), "abc", strict=False)
    ]
    assert all(first)
    for other in others:
        assert other == first
