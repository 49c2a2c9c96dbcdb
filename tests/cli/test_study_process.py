# ruff: noqa: S310, S603 - nothing untrusted is run, or asked

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli.processes import INTERRUPTIBLE, shown_on_a_terminal
from tuner.data import load
from tuner.study.spec import read_spec
from tuner.study.studies import run_study, stored_study

LONG = """
trials = 6
batch = 3
rungs = [40]
eta = 0.5
[data]
source = "digits"
[train]
epochs = 80
patience = "off"
[search.lambda]
low = 0.1
high = 10
"""


@contextlib.contextmanager
def _started(folder: Path, *argv: str) -> "Iterator[subprocess.Popen[str]]":
    """A command in a process group of its own, as a terminal starts it."""
    with subprocess.Popen(
        [*INTERRUPTIBLE, *argv],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _interrupt(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)


def _wait_for(pattern: str, folder: Path, process: "subprocess.Popen[str]") -> None:
    while not list(folder.glob(pattern)):
        assert process.poll() is None
        time.sleep(0.01)


def _trials(folder: Path) -> list[Any]:
    url = f"sqlite:///{folder / 'study.db'}"
    trials = stored_study(url, "long").trials
    return [replace(t, seconds=0) for t in trials]


def _run(text: str, folder: Path) -> None:
    """Run a study in this process."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "long.toml").write_text(text)
    run_study(read_spec(folder / "long.toml"), load("digits"), folder)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("whole")
    _run(LONG, folder)
    return _trials(folder)


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_a_study_soon_and_it_goes_on(
    tmp_path: Path, uninterrupted: list[Any], workers: str
) -> None:
    (tmp_path / "long.toml").write_text(LONG)
    argv = ("study", "run", "long.toml", "--out", "o", "--workers", workers)
    with _started(tmp_path, *argv) as process:
        _wait_for("o/batch.json", tmp_path, process)
        _interrupt(process)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1:] == [f"interrupted: go on with python -m tuner {' '.join(argv)}"]
    assert "Study long: " in out
    told = _trials(tmp_path / "o")
    assert told == uninterrupted[: len(told)]
    assert len(told) < len(uninterrupted)
    subprocess.run([*INTERRUPTIBLE, *argv], cwd=tmp_path, check=True, capture_output=True)
    assert _trials(tmp_path / "o") == uninterrupted


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_a_search_for_eta_soon(tmp_path: Path, workers: str) -> None:
    large = "[network]\nhidden = [1000, 1000]\n[search.lambda]"
    finding = LONG.replace("eta = 0.5", "").replace("[search.lambda]", large)
    (tmp_path / "long.toml").write_text(finding)
    argv = ("study", "run", "long.toml", "--out", "o", "--workers", workers)
    with _started(tmp_path, *argv) as process:
        _wait_for("o/batch.json", tmp_path, process)
        time.sleep(1.0)
        _interrupt(process)
        began = time.monotonic()
        _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == 130
    assert err.splitlines()[-1] == f"interrupted: go on with python -m tuner {' '.join(argv)}"
    assert not (tmp_path / "o" / "etas.json").exists()


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_second_ctrl_c_stops_at_once(tmp_path: Path, workers: str) -> None:
    # An epoch of so large a network takes seconds: no slice of training ends between the two.
    large = "[network]\nhidden = [4000, 4000]\n[search.lambda]"
    (tmp_path / "long.toml").write_text(LONG.replace("[search.lambda]", large))
    argv = ("study", "run", "long.toml", "--out", "o", "--workers", workers)
    with _started(tmp_path, *argv) as process:
        _wait_for("o/batch.json", tmp_path, process)
        time.sleep(1.0)
        _interrupt(process)
        time.sleep(0.3)
        assert process.poll() is None, "it finishes the slice"
        _interrupt(process)
        began = time.monotonic()
        out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1:] == [f"interrupted: go on with python -m tuner {' '.join(argv)}"]
    (tmp_path / "long.toml").write_text(LONG)
    assert _trials(tmp_path / "o") == []


def test_a_terminal_shows_one_bar_that_vanishes(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(LONG)
    argv = ("study", "run", "long.toml", "--workers", "1")
    code, shown = shown_on_a_terminal(tmp_path, *argv, stdout=subprocess.DEVNULL)
    assert code == 0
    assert "reading digits" in shown
    assert "plan: 6 trials, 80 epochs each: at most 480 epochs" in shown
    assert shown.count("plan: ") == 1
    clocks = re.findall(r"about (\d:\d\d) left", shown)
    assert len(set(clocks)) > 1, "the clock moves"
    assert "3/6" in shown
    assert "pruned" in shown
    assert " left" in shown
    assert shown.endswith("\x1b[?25h\r\x1b[1A\x1b[2K"), "the cursor is back, the bar is gone"


@pytest.mark.long
def test_the_dashboard_answers_this_machine_alone(tmp_path: Path) -> None:
    pytest.importorskip("optuna_dashboard")
    _run(LONG.replace("80", "2").replace("[40]", "[1]"), tmp_path / "reports" / "study-long")
    with _started(tmp_path, "dashboard", "long", "--port", "0", "--json") as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        url = said["url"]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url.replace("dashboard/", "api/studies")) as answer:
            names = [each["study_name"] for each in json.load(answer)["study_summaries"]]
        assert names == ["long"]
        with urllib.request.urlopen(url) as page:
            assert page.status == 200
        port = url.split(":")[2].split("/")[0]
        refused = (
            {"Host": "example.com"},
            {"Host": f"127.0.0.1:{port}@example.com"},
            {"Origin": "https://example.com"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
        )
        for headers in refused:
            foreign = urllib.request.Request(url, headers=headers)
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(foreign)
        for headers in ({"Host": "localhost"}, {"Origin": f"http://127.0.0.1:{port}"}):
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as page:
                assert page.status == 200
        second = subprocess.run(
            [*INTERRUPTIBLE, "dashboard", "long", "--port", port],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 2
        assert second.stderr.startswith(f"error: --port {port} cannot be used (Address already")
        assert second.stderr.count("\n") == 1
        _interrupt(process)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "interrupted: the dashboard is closed.\n")
