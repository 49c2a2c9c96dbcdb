"""A small disk of its own for a run: full, then with room; written to, then read-only."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.faults.test_kills import COMMANDS, STUDY
from tests.support.drawing import blank_figures
from tests.support.faults.outputs import OPENINGS, TIMES, check_whole, outputs
from tests.support.tuning.plans import store_plans
from tuner.cli.main import run
from tuner.data import load
from tuner.tuning.request import TuneRequest

KIB = (4, 16, 60, 90, 130, 180, 250, 400)
"""Sizes of disks: the least holds nothing, the largest nearly all that a run writes."""

ROOM = "64m"

Disk = Callable[[str], None]
"""Mounts the disk anew with such options, over the folder that the test is in."""


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Not below `tmp_path`: a killed test would leave a disk there that pytest cannot remove."""
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    folder, mounted = Path(mkdtemp(prefix="tuner-disk-")), 0

    def mount(options: str) -> None:
        nonlocal mounted
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(words, capture_output=True, check=False).returncode:  # noqa: S603
            assert not mounted, options
            pytest.skip("no tmpfs can be mounted here")
        mounted += "remount" not in options
        monkeypatch.chdir(folder)

    monkeypatch.setenv("TUNER_STATE_DIR", str(tmp_path / "state"))
    try:
        with blank_figures():
            yield mount
    finally:
        monkeypatch.chdir(tmp_path)
        for _ in range(mounted):
            subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607
        folder.rmdir()


def prepare(name: str) -> None:
    Path("study.toml").write_text(STUDY)
    if name == "tune":
        store_plans(Path("out"), load("iris"), TuneRequest(budget=1, source="iris"))


def said(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = run(command.split())
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("train", KIB[::3]),
        ("study, 1 worker", (60, 250)),
        *(
            pytest.param(name, sizes, marks=pytest.mark.long)
            for name, sizes in (
                ("train", KIB),
                ("study, 1 worker", KIB),
                ("tune", KIB[3:]),  # its plans lie there already
                ("reproduce", KIB),
            )
        ),
    ],
)
def test_a_full_disk_is_one_line_and_with_room_the_run_ends_as_ever(
    name: str, sizes: tuple[int, ...], disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    command, full = COMMANDS[name], 0
    disk(f"size={ROOM}")
    prepare(name)
    assert said(command, capsys)[0] == 0
    whole = outputs(Path("out"), without=TIMES | OPENINGS)
    for size in sizes:
        disk(f"size={ROOM}")
        prepare(name)
        disk(f"remount,size={size}k")
        code, line = said(command, capsys)
        if code:
            *_, last = line.splitlines()
            assert (code in (1, 2), "Traceback" in line) == (True, False)
            assert re.search(r"^error: .*([Nn]o space|cannot be read or written)", last), last
            full += 1
        check_whole(Path("out"))
        disk(f"remount,size={ROOM}")
        resume = " --resume" if Path("out/checkpoint.safetensors").exists() else ""
        assert said(command + resume, capsys)[0] == 0
        assert outputs(Path("out"), without=TIMES | OPENINGS) == whole
        assert not list(Path("out").rglob("*.part"))
    assert full
    print(f"{name}: {full} of {len(sizes)} disks were full, nothing lost")


def test_on_a_read_only_disk_what_reads_works_and_what_writes_is_one_line(
    disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    disk(f"size={ROOM}")
    prepare("train")
    for name in ("train", "study, 1 worker"):
        assert run(COMMANDS[name].replace("--out out", f"--out {name[:5]}").split()) == 0
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    disk("remount,ro")
    for command in (
        "evaluate out/model.safetensors",
        "predict out/model.safetensors --data iris",
        "study list --out study",
        "study show study --out study",
        "study export study --out study",
        "data list",
    ):
        assert said(command, capsys) == (0, ""), command
    for command in (
        f"{COMMANDS['train']} --fresh".replace("--out out", "--out train"),
        "find-eta --data iris",
        "predict out/model.safetensors --data iris --out answers.csv",
        "report train",
        "study run study.toml --out study --trials 9",
        "study delete study --out study --yes",
        "tune --data iris --budget 1s",
        "reproduce early-stopping --data iris",
    ):
        code, line = said(command, capsys)
        *_, last = line.splitlines()
        assert (code, "Traceback" in line) == (2, False), command
        assert re.match("error: .*(Read-only|cannot be written|readonly)", last), command
    assert before == {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
