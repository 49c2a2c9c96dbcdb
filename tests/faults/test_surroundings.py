"""Full disks, odd folders, no home, names of every kind: one line, or it works."""

import datetime
import errno
import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.drawing import blank_figures
from tests.support.faults.outputs import check_whole
from tests.support.study import small
from tests.support.study.small import data_of, spec_of, trials_of, undisturbed
from tuner.cli.main import run
from tuner.study.studies import run_study

TRAIN = "train --data iris --hidden 2 --eta 0.5 --epochs 1 --save m.safetensors --out"
FIND_ETA = "find-eta --data iris --hidden 2 --start 1 --seeds 1 --probe-epochs 1 --out"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(command: str, out: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command that writes to a folder; return its code and what it says on stderr."""
    capsys.readouterr()
    with blank_figures():
        code = run([*command.split(), out])
    return code, capsys.readouterr().err


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(("command", "full"), [(FIND_ETA, errno.ENOSPC), (TRAIN, errno.EROFS)])
def test_a_disk_that_takes_no_more_is_one_line_and_keeps_what_was_there(
    command: str,
    full: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The disk is full at the first, second, third, … file that is written."""
    assert said(command, "out", capsys) == (0, "")
    before = files(tmp_path)
    for room in range(20):
        left = iter(range(room))

        def synced(_: int, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError(full, os.strerror(full))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", synced)
            code, line = said(command.replace("--save", "--fresh --save"), "out", capsys)
        if code == 0:
            break
        assert (code, line.count("\n")) == (2, 1)
        assert os.strerror(full) in line
        assert files(tmp_path) - {"out/checkpoint.safetensors"} == before
        check_whole(tmp_path)
    assert 1 < room < 19


@pytest.mark.parametrize(
    "out", ["with spaces", "ä λ 手写 🙂", "x" * 255, "-", "a/" * 40, "'\"$(id)`"]
)
def test_any_name_of_a_folder_will_do(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(FIND_ETA, out, capsys) == (0, "")
    assert (tmp_path / out / "records.json").is_file()


@pytest.mark.parametrize("out", ["x" * 256, "a/" * 2500, "/proc/out", "/dev/null", "file/below"])
@pytest.mark.parametrize("command", [TRAIN, FIND_ETA])
def test_a_folder_that_cannot_be_is_one_line(
    command: str, out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    code, line = said(command, out, capsys)
    assert (code, line.count("\n")) == (2, 1)
    assert line.startswith("error: --out ")
    assert files(tmp_path) == {"file"}


@pytest.mark.parametrize("home", [None, "", "/nowhere", "/proc"])
def test_no_home_is_needed(
    home: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TUNER_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    assert said(TRAIN, "out", capsys) == (0, "")
    assert run(["evaluate", "m.safetensors"]) == 0


PUBLISHED = "mnist/train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (b"", "is empty"),
        (b"no such thing", "is not the published file of mnist"),
        (gzip.compress(bytes(16)), "is not the published file of mnist"),
        (None, "is a directory"),
    ],
)
def test_a_data_folder_with_wrong_files_names_them(
    wrong: bytes | None,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TUNER_DATA_DIR", str(tmp_path))
    file = tmp_path / PUBLISHED
    file.parent.mkdir()
    if wrong is None:
        file.mkdir()
    else:
        file.write_bytes(wrong)
    for command in (TRAIN.replace("iris", "mnist"), FIND_ETA.replace("iris", "mnist")):
        code, line = said(command, "out", capsys)
        assert (code, line.count("\n")) == (2, 1)
        assert line.startswith(f"error: {file}: {why}")


def test_a_data_folder_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUNER_DATA_DIR", str(tmp_path / "nowhere"))
    code, line = said(TRAIN.replace("iris", "mnist"), "out", capsys)
    assert (code, line.count("\n")) == (2, 1)
    assert line.startswith(f"error: TUNER_DATA_DIR: {tmp_path / 'nowhere'} is not a directory")


def test_a_clock_set_back_changes_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Past(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Past":
            return cls(2001, 1, 1, tzinfo=tz)

    study = spec_of(eta=0.5)
    run_study(study, data_of("iris"), tmp_path, trials=study.batch)
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 978_307_200.0)
        patch.setattr(datetime, "datetime", Past)
        assert trials_of(small.run(study, tmp_path)) == undisturbed(eta=0.5)
