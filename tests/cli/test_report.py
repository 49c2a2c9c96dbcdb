import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tuner.api import compare

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

QUICK = "train --data iris --hidden 4 --eta 0.5 --epochs 3"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def runs(tuner: "Tuner") -> list[str]:
    """Two settings with two seeds each."""
    folders = []
    for decay in ("0", "5"):
        for seed in ("0", "1"):
            out = f"runs/l{decay}-s{seed}"
            argv = [*QUICK.split(), "--lambda", decay, "--seed", seed, "--out", out]
            assert tuner(*argv).code == 0
            folders.append(out)
    return folders


def test_one_run_is_rebuilt_byte_for_byte(tuner: "Tuner", runs: list[str]) -> None:
    folder = Path(runs[0])
    before = contents(folder)
    for name in before:
        if name not in ("records.json", "model.safetensors"):
            (folder / name).unlink()
    answer = tuner("report", str(folder), "--json")
    assert (answer.code, answer.err) == (0, "")
    assert contents(folder) == before
    assert answer.json["html"] == str(folder / "train.html")
    assert "W207" in [each["code"] for each in answer.json["warnings"]]
    assert {Path(each).name for each in answer.json["figures"]} == {
        name for name in before if name.endswith(".png")
    }


def test_elsewhere_its_record_goes_with_it(tuner: "Tuner", runs: list[str]) -> None:
    before = contents(Path(runs[0]))
    del before["model.safetensors"]
    assert tuner("report", f"{runs[0]}/records.json", "--out", "new").code == 0
    assert contents(Path("new")) == before


def test_a_file_saved_from_a_page(tuner: "Tuner", runs: list[str]) -> None:
    Path("saved").mkdir()
    shutil.copy(f"{runs[0]}/records.json", "saved/records (1).json")
    assert tuner("report", "saved/records (1).json").out.startswith("Report: saved/train.html\n")
    assert Path("saved/train.html").read_bytes() == Path(runs[0], "train.html").read_bytes()


def test_an_eta_search_is_rebuilt(tuner: "Tuner") -> None:
    argv = "find-eta --data iris --hidden 4 --start 1 --seeds 1 --probe-epochs 1 --out eta"
    assert tuner(*argv.split()).code == 0
    before = contents(Path("eta"))
    assert tuner("report", "eta").code == 0
    assert contents(Path("eta")) == before


def test_several_are_compared(tuner: "Tuner", runs: list[str]) -> None:
    answer = tuner("report", *runs, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["html"] == "reports/compare/compare.html"
    assert all(Path(each).is_file() for each in answer.json["figures"])
    text = Path(answer.json["html"]).read_text("utf-8")
    assert "λ 5" in text
    assert "l0-s0, l0-s1" in text
    first = contents(Path("reports/compare"))
    said = " ".join(tuner("report", *runs).out.split())
    assert compare(*runs).verdict.headline.partition(" ")[2] in said
    assert contents(Path("reports/compare")) == first


def test_runs_of_one_name_are_called_by_their_paths(tuner: "Tuner", runs: list[str]) -> None:
    Path("other").mkdir()
    shutil.copytree(runs[1], "other/l0-s0")
    assert tuner("report", runs[0], "other/l0-s0", "--out", "c").code == 0
    assert "other/l0-s0/records.json" in Path("c/compare.html").read_text("utf-8")


def test_what_cannot_be_reported_is_one_line(tuner: "Tuner", runs: list[str]) -> None:
    argv = "find-eta --data iris --hidden 4 --start 1 --seeds 1 --probe-epochs 1 --out eta"
    tuner(*argv.split())
    Path("empty").mkdir()
    Path("bad.json").write_text("{}")
    before = sorted(Path().rglob("*"))
    for typed, said in (
        ("nothing", "nothing: no such file or folder"),
        ("empty", "empty: holds no records.json"),
        ("bad.json", "bad.json: schema is None"),
        (f"{runs[0]} eta", "eta: is an η search: only runs of train and studies"),
        (f"{runs[0]} nothing", "nothing: no such file"),
        (f"{runs[0]}/train.html", "train.html: is not valid JSON"),
        (f"{runs[0]} {runs[1]} --out bad.json", "--out bad.json cannot be written"),
    ):
        answer = tuner("report", *typed.split())
        assert (answer.code, answer.out) == (2, ""), typed
        assert answer.err.startswith("error: "), typed
        assert said in answer.err
        assert answer.err.count("\n") == 1
    assert sorted(Path().rglob("*")) == before


def test_the_record_holds_the_inspection(tuner: "Tuner", runs: list[str]) -> None:
    stored = json.loads(Path(runs[0], "records.json").read_text("utf-8"))
    seen = stored["inspection"]
    assert sum(count for _, _, count in seen["confusion"]) == 30
    assert [layer["n_out"] for layer in seen["layers"]] == [4, 3]
    right = sum(count for label, taken, count in seen["confusion"] if label == taken)
    run = stored["result"]
    best = run["history"][run["best_epoch"] - 1]
    assert right / 30 == best["validation_metrics"]["accuracy"]
