from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tuner.data import known

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner


def test_list_as_json(tuner: "Tuner") -> None:
    answer = tuner("data", "list", "--json")
    assert (answer.code, answer.err, answer.json["schema"]) == (0, "", 1)
    rows = {row["name"]: row for row in answer.json["data"]}
    assert list(rows) == [row.name for row in known()]
    assert rows["mnist-5k"]["examples"] == 5000
    assert rows["mnist-5k"]["status"] == "bundled"
    assert rows["mnist"]["status"] == "download"
    assert all(len(row["sha256"]) == 64 for row in rows.values())


def test_list_as_text(tuner: "Tuner") -> None:
    lines = tuner("data", "list").out.splitlines()
    assert lines[0].split()[:4] == ["name", "examples", "features", "classes"]
    assert lines[1].split()[:5] == ["mnist-5k", "5,000", "784", "10", "bundled"]
    assert lines[-1] == "Download one: python -m tuner data fetch NAME"
    assert max(map(len, lines)) <= 80


def test_list_finds_files_in_the_users_folder(
    tuner: "Tuner", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine" / "mnist"
    folder.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte.gz").write_bytes(b"damaged")
    monkeypatch.setenv("TUNER_DATA_DIR", str(folder.parent))
    row = next(r for r in tuner("data", "list", "--json").json["data"] if r["name"] == "mnist")
    assert (row["status"], row["where"]) == ("TUNER_DATA_DIR", str(folder))
    answer = tuner("data", "fetch", "mnist")
    assert answer.code == 2
    assert "train-images-idx3-ubyte.gz" in answer.err
    assert answer.err.count("\n") == 1


def test_fetch_what_is_bundled(tuner: "Tuner") -> None:
    answer = tuner("data", "fetch", "digits")
    assert answer.out == "digits: comes with scikit-learn, so it is here.\n"
    assert tuner("data", "fetch", "digits", "--json").json["status"] == "bundled"


TABLE = "age,town,day,share,id,same,y\n" + "\n".join(
    f"{age},{'AB'[i % 2]},2024-0{i % 9 + 1}-11,{i % 13}%,n{i},1,{i % 3}"
    for i, age in enumerate("?" if i % 7 == 0 else i * i % 31 for i in range(60))
)


def test_check_says_what_each_column_is_taken_for(tuner: "Tuner", tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    answer = tuner("data", "check", str(tmp_path / "t.csv"), "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert (found["rows"], found["target"], found["classes"]) == (60, "y", ["0", "1", "2"])
    assert {
        each["name"]: (each["kind"], each["missing"], each["inputs"]) for each in found["columns"]
    } == {
        "age": ("number", 9, 2),
        "town": ("category", 0, 1),
        "day": ("date", 0, 3),
        "share": ("number", 0, 1),
        "id": ("dropped", 0, 0),
        "same": ("dropped", 0, 0),
    }
    assert {note["kind"] for note in found["notes"]} == {"dropped", "read-as", "filled"}
    out = tuner("data", "check", str(tmp_path / "t.csv")).out
    for part in ("age     number", "written with %", "left out", "Target y: 3 classes (0, 1, 2)."):
        assert part in out


def test_check_shows_a_target_that_cannot_be_used(tuner: "Tuner", tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE.replace("\n", ".5\n").replace("y.5", "y"))
    command = "data", "check", str(tmp_path / "t.csv"), "--json"
    answer = tuner(*command, "--task", "classification")
    assert answer.code == 0
    assert "is not a class" in answer.json["problem"]
    found = tuner(*command).json
    assert (found["task"], found["classes"], found["problem"]) == ("regression", [], "")
    assert len(answer.json["columns"]) == 6


def test_check_wants_a_table(tuner: "Tuner") -> None:
    answer = tuner("data", "check", "iris")
    assert answer.code == 2
    assert "iris: is not a table: give a file that ends in .csv" in answer.err
