"""Two runs into one folder: the second waits for nobody, harms nothing, and says what to do."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.test_kills import COMMANDS, STUDY
from tests.support.cli.processes import TUNER
from tests.support.drawing import blank_figures
from tests.support.faults.outputs import OPENINGS, TIMES, check_whole, outputs
from tests.support.study.processes import wait_until
from tuner.cli.main import run
from tuner.folders import claimed

FIND_ETA = "find-eta --data iris --hidden 2 --start 1 --seeds 1 --probe-epochs 1 --out out"

EACH = [FIND_ETA, *COMMANDS.values()]
EACH += [f"{each} --fresh" for each in EACH if re.match("find-eta|train|tune", each)]

AT_WORK = re.compile(r"error: out: another process works there: .*another folder \(--out\)\.\n")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNER_STATE_DIR", str(tmp_path / "state"))
    Path("study.toml").write_text(STUDY)
    return tmp_path


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold a folder as another run does, in a thread of its own."""
    there, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with claimed(out, "python -m tuner of somebody else"):
            there.set()
            leave.wait()

    other = threading.Thread(target=hold)
    other.start()
    there.wait()
    try:
        yield
    finally:
        leave.set()
        other.join()


@pytest.mark.parametrize("command", EACH)
def test_where_another_run_works_none_begins(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "theirs.json").write_text("{}")
    with held(folder / "out"):
        before = set(folder.rglob("*"))
        assert run(command.split()) == 2
        assert AT_WORK.search(capsys.readouterr().err)
        assert before == set(folder.rglob("*"))


def test_a_default_folder_that_is_taken_gives_way_to_the_next(folder: Path) -> None:
    with held(folder / "reports" / "train-iris"), blank_figures():
        assert run(["train", "--data", "iris", "--hidden", "2", "--eta", "1", "--epochs", "1"]) == 0
    assert (folder / "reports" / "train-iris-2" / "records.json").is_file()
    assert not (folder / "reports" / "train-iris" / "records.json").exists()


@pytest.mark.long
@pytest.mark.parametrize("fresh", ["", "--fresh"])
def test_of_two_processes_one_runs_and_is_not_disturbed(fresh: str, folder: Path) -> None:
    """The first is at work when the second begins, and is the same as one that ran alone."""
    network = ["--data", "digits", "--hidden", "30", "--eta", "0.5"]
    words = ["train", *network, "--epochs", "60", "--patience", "off", "--out"]
    subprocess.run([*TUNER, *words, "alone"], check=True, capture_output=True)  # noqa: S603
    first = subprocess.Popen([*TUNER, *words, "out"], stdout=subprocess.DEVNULL)  # noqa: S603
    wait_until((folder / "out" / ".tuner.lock").exists, 100)
    second = subprocess.run(  # noqa: S603
        [*TUNER, *words, "out", "--seed", "2", *fresh.split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.poll() is None
    assert (second.returncode, bool(AT_WORK.search(second.stderr))) == (2, True)
    assert first.wait() == 0
    check_whole(folder)
    different = TIMES | OPENINGS
    assert outputs(Path("out"), without=different) == outputs(Path("alone"), without=different)
