"""Whoever reads the results leaves before they come, as `… | head -1` may: no error."""

import os
import sys
from pathlib import Path

import pytest

from tests.faults.test_kills import COMMANDS, STUDY
from tests.support.drawing import blank_figures
from tests.support.faults.outputs import check_whole
from tests.support.tuning.plans import store_plans
from tuner.cli.main import run
from tuner.data import load
from tuner.tuning.request import TuneRequest

QUICK = [
    "--help",
    "data list",
    "data check table.csv",
    "doctor",
    "find-eta --data iris --hidden 2 --start 1 --seeds 1 --probe-epochs 1 --out eta",
    COMMANDS["train"],
    "evaluate out/model.safetensors",
    "predict out/model.safetensors --data iris",
    "report out",
    "study run study.toml --trials 3 --out study",
    "study list --out study",
    "study show study --out study",
    "study export study --out study",
    "study delete study --out study --yes",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNER_STATE_DIR", str(tmp_path / "state"))
    Path("study.toml").write_text(STUDY)
    Path("table.csv").write_text("a,label\n" + "".join(f"{i % 7},{i % 2}\n" for i in range(40)))
    return tmp_path


def left_by_its_reader(words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command whose stdout is a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with monkeypatch.context() as patch, blank_figures(), os.fdopen(writer, "w") as stdout:
        patch.setattr(sys, "stdout", stdout)
        return run(words.split())


def test_no_command_minds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in QUICK:
        assert left_by_its_reader(words, monkeypatch) == 0, words
        assert "rror" not in capsys.readouterr().err, words
    assert (folder / "out" / "records.json").is_file()
    assert not (folder / "study").exists()
    check_whole(folder)


@pytest.mark.long
@pytest.mark.parametrize("name", ["tune", "reproduce"])
def test_nor_do_the_long_ones(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "tune":
        store_plans(folder / "out", load("iris"), TuneRequest(budget=1, source="iris"))
    assert left_by_its_reader(COMMANDS[name], monkeypatch) == 0
    assert "rror" not in capsys.readouterr().err
    assert (folder / "out" / "records.json").is_file()
    check_whole(folder)
