# ruff: noqa: S603 - nothing untrusted is run

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cli.processes import INTERRUPTIBLE, TUNER, shown_on_a_terminal
from tuner.cli.main import run

HEAVY = ("numpy", "scipy", "sklearn", "pandas", "matplotlib", "pooch", "optuna", "sqlalchemy")


CHEAP = """\
import sys
from tuner.cli.main import run
for words in sys.argv[2:]:
    run(words.split())
    heavy = set(sys.argv[1].split()) & set(sys.modules)
    assert not heavy, (words, heavy)
"""


@pytest.mark.parametrize(
    ("heavy", "typed"),
    [
        (
            HEAVY,
            [
                "--help",
                "find-eta --help",
                "find-eta --hidden x",
                "train --help",
                "train --until 2",
                "evaluate --help",
                "predict model.safetensors",
                "study run --help",
            ],
        ),
        (HEAVY[1:], ["study run missing.toml"]),  # a study file knows η of each step
    ],
)
def test_help_and_complaints_import_nothing_heavy(heavy: tuple[str, ...], typed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHEAP, " ".join(heavy), *typed], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_exit_code_and_version() -> None:
    assert subprocess.run([*TUNER, "fly"], capture_output=True, check=False).returncode == 2
    version = subprocess.run([*TUNER, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("tuner ")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    with subprocess.Popen(
        [*TUNER, "find-eta", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*TUNER, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: OSError: ")
    assert done.stderr.count("\n") == 1


def test_a_terminal_that_knows_only_ascii() -> None:
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*TUNER, "data", "list"], env=ascii_only, capture_output=True, check=True)
    assert rb"28\xd728" in done.stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("find-eta --data iris --seeds 12", ("probing η = ", "\x1b[32mdecreasing")),
        (
            "train --data digits --eta 0.1 --hidden 200",
            ("/30 η 0.1 cost ", "% at ", " s left", "\x1b[32mbest"),
        ),
    ],
)
def test_a_terminal_shows_progress_and_colours(
    tmp_path: Path, typed: str, said: tuple[str, ...]
) -> None:
    code, shown = shown_on_a_terminal(tmp_path, *typed.split())
    assert code == 0
    assert "writing the report" in shown
    assert [words for words in said if words not in shown] == []


HOSTILE = ("\x1b[31mRED", "\x1b]0;title\x07", "\x9b31m", "\u202egnp")


def test_no_name_commands_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{i % 4},{HOSTILE[i % 4]}\n" for i in range(60)]
    name = "\x1b]0;pwn\x07\u202e.csv"
    (tmp_path / name).write_text("x,kind\n" + "".join(rows), "utf-8")
    typed = (
        "--target",
        "kind",
        "--hidden",
        "2",
        "--eta",
        "1",
        "--epochs",
        "1",
        "--save",
        "m.safetensors",
    )
    trained, shown = shown_on_a_terminal(tmp_path, "train", "--data", name, *typed)
    predicted, table = shown_on_a_terminal(tmp_path, "predict", "m.safetensors", "--data", name)
    assert (trained, predicted) == (0, 0), shown + table
    assert [each for each in (*HOSTILE, name) if each in shown or each in table] == []
    assert r"\x1b]0;pwn\x07\u202e" in shown
    assert "\\" in table
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert run(["predict", "m.safetensors", "--data", name, "--probabilities"]) == 0
    assert f"p({HOSTILE[0]})" in capsys.readouterr().out  # what is piped stays as it is


def test_a_name_that_is_not_utf8_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe.csv")).write_text("x,kind\n1,a\n")
    done = subprocess.run(
        [*TUNER, "tune", "--data", b"\xff\xfe.csv"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: \\udcff\\udcfe.csv: the name is not UTF-8: rename the file.\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_ctrl_c_ends_with_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*INTERRUPTIBLE, "find-eta", "--seeds", "50", "--out", "a/b"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _wait_for(tmp_path / "a" / "b", process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted: nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def _wait_for(folder: Path, process: "subprocess.Popen[str]") -> None:
    """Wait until the search has begun: then its folder is there."""
    while not folder.is_dir():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)
