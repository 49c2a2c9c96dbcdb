# ruff: noqa: S603 - nothing untrusted is run
"""`reproduce` from the command line: its contract, its pages, and going on after a kill."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuner.article.experiments import NAMES

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, Tuner

QUICK = "reproduce round-2 softmax early-stopping --data iris --out out"
CONTRACT = {"name", "published", "measured", "interval", "agrees"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def without_times(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: without_times(v) for key, v in record.items() if key != "seconds"}
    return [without_times(v) for v in record] if isinstance(record, list) else record


def stored(folder: Path) -> Any:
    return without_times(json.loads((folder / "records.json").read_text("utf-8")))


@pytest.fixture
def answer(tuner: "Tuner") -> "Answer":
    return tuner(*QUICK.split(), "--json", "--workers", "1")


def test_json_keeps_its_contract(answer: "Answer") -> None:
    assert (answer.code, answer.err) == (0, "")
    document = answer.json
    assert (document["schema"], document["command"]) == (1, "reproduce")
    assert [each["name"] for each in document["experiments"]] == [
        "round-2",
        "softmax",
        "early-stopping",
    ]
    for experiment in document["experiments"]:
        assert experiment.keys() >= CONTRACT
        for figure in experiment["figures"]:
            assert figure.keys() >= CONTRACT
    neuron, _, stopping = document["experiments"]
    assert (neuron["published"], neuron["agrees"], neuron["interval"]) == (0.2, True, None)
    assert neuron["measured"] == pytest.approx(0.2028, abs=1e-4)
    assert [len(t["epochs"]) for t in stopping["trained"]] == [5, 5, 5]
    assert document["test_openings"] == stopping["test_openings"] == 1
    assert document["published_data"] is False
    assert all(Path(document[each]).is_file() for each in ("report", "records"))
    assert all(Path(each).is_file() for each in document["figures"])
    assert not Path("out", "runs").exists()


def test_pages_are_rebuilt_to_the_byte_in_both_languages(answer: "Answer", tuner: "Tuner") -> None:
    before = contents(Path("out"))
    assert tuner("report", "out").code == 0
    assert contents(Path("out")) == before
    chinese = tuner("report", "out", "--lang", "zh", "--json").json
    assert chinese["html"] == "out/reproduce-zh.html"
    after = contents(Path("out"))
    page = after.pop("reproduce-zh.html").decode()
    assert after == before
    assert '<html lang="zh-Hans">' in page
    assert tuner(*QUICK.split(), "--lang", "zh").code == 0
    before = contents(Path("out"))
    assert tuner("report", "out", "--lang", "zh").code == 0
    assert contents(Path("out")) == before


def test_the_table_names_every_figure(tuner: "Tuner") -> None:
    answer = tuner("reproduce", "round-1", "round-2", "--data", "iris")
    assert (answer.code, answer.err) == (0, "")
    assert "8 of 8 figures agree" in answer.out
    assert "0.09 ± 0.005" in answer.out
    assert answer.out.endswith("Report: reports/reproduce-iris/reproduce.html\n")
    assert all(len(line) <= 80 for line in answer.out.splitlines())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("round-7", "round-7: no such experiment: choose among round-1,"),
        ("expanded --data iris", "expanded: needs images"),
        ("--lang de", "--lang must be one of en, zh but is 'de'."),
        ("--seed -1", "--seed must be at least 0"),
        ("--workers 0", "--workers must be at least 1"),
        ("--data nowhere.csv", "nowhere.csv"),
    ],
)
def test_misuse_is_one_line(tuner: "Tuner", typed: str, said: str) -> None:
    answer = tuner("reproduce", *typed.split())
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(Path().iterdir())


def test_a_page_of_another_kind_has_one_language(tuner: "Tuner") -> None:
    argv = "find-eta --data iris --hidden 4 --start 1 --seeds 1 --probe-epochs 1 --out e"
    tuner(*argv.split())
    answer = tuner("report", "e", "--lang", "zh")
    assert (answer.code, answer.out) == (2, "")
    assert "only pages of reproduce" in answer.err


def test_help_names_the_experiments_by_rule() -> None:
    assert len(NAMES) == len(set(NAMES)) == 21
    assert all(name == name.lower() and " " not in name for name in NAMES)


START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {} main()"
SLOW = """
import time, tuner.article.training as training
keep = training.Store.keep
training.Store.keep = lambda *given: (keep(*given), time.sleep(0.05))
"""
CODE = f"from tuner.__main__ import main\n{SLOW}\n{START.format('')}"


def start(folder: Path, typed: str) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CODE, *typed.split()]
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)


def wait_for(folder: Path, files: int, process: "subprocess.Popen[str]") -> None:
    while len(list(folder.glob("*.safetensors"))) < files:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


@pytest.mark.long
def test_killed_or_interrupted_the_same_command_goes_on(tuner: "Tuner", tmp_path: Path) -> None:
    typed = f"{QUICK} --json --workers 1"
    tuner(*typed.split())
    expected = stored(Path("out"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    runs = folder / "out" / "runs"
    with start(folder, typed) as process:
        wait_for(runs, 5, process)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "out" / "records.json").exists()
    with start(folder, typed) as process:
        wait_for(runs, 10, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == f"interrupted: go on with python -m tuner {typed}\n"
    with start(folder, typed) as process:
        process.communicate(timeout=120)
    assert process.returncode == 0
    done = stored(folder / "out")
    assert done.pop("test_openings") == 2 * expected.pop("test_openings")  # both count
    assert done == expected
    assert not runs.exists()


@pytest.mark.long
def test_fresh_starts_over(tuner: "Tuner") -> None:
    runs = Path("out", "runs")
    runs.mkdir(parents=True)
    (runs / "rubbish").write_text("")
    assert tuner(*QUICK.split(), "--fresh").code == 0
    assert not runs.exists()
