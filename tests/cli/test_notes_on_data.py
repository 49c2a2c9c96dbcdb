"""What must be known of how data were read: one line on stderr, and a warning in the JSON."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

DROPPED = "data.csv: column 'id' counts the rows: it is left out"
CONVERTED = "data.csv: column 'price' holds numbers written with %: read without it"


@pytest.fixture
def data(tuner: "Tuner") -> str:
    rows = [f"{i},{i * 7 % 61}%,{'red' if i % 3 else 'blue'},{i % 2}" for i in range(60)]
    Path("data.csv").write_text("\n".join(["id,price,colour,kind", *rows]))
    return "--data data.csv --target kind"


@pytest.mark.parametrize(
    "command",
    [
        "train --eta 0.1 --hidden 3 --epochs 2 --save m.safetensors",
        "find-eta --hidden 3",
    ],
)
def test_notes_reach_terminal_and_json(tuner: "Tuner", data: str, command: str) -> None:
    answer = tuner(*command.split(), *data.split(), "--json")
    assert answer.code == 0
    for line in (DROPPED, CONVERTED):
        assert f"warning: {line}" in answer.err
    warned = {each["code"]: each["text"] for each in answer.json["warnings"]}
    assert "'id' counts the rows" in warned["W801"]
    assert "written with %" in warned["W802"]
    assert answer.json["data"]["dropped"] == ["id"]


STUDY = """
trials = 2
batch = 2
eta = 0.5
[data]
source = "data.csv"
target = "kind"
[network]
hidden = [3]
[train]
epochs = 2
[search.lambda]
low = 0.1
high = 1
"""


@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("study run study.toml --workers 1 --out out", "study.html"),
        pytest.param(
            "tune --data data.csv --target kind --budget 1s --workers 1 --out out",
            "report.html",
            marks=pytest.mark.long,
        ),
    ],
)
def test_notes_stand_once_in_each_answer_of_a_search(
    tuner: "Tuner", data: str, command: str, page: str
) -> None:
    Path("study.toml").write_text(STUDY)
    answer = tuner(*command.split(), "--json")
    assert answer.code == 0
    codes = [each["code"] for each in answer.json["warnings"]]
    text = re.sub("<[^>]+>", "", Path("out", page).read_text())
    for line, code in ((DROPPED, "W801"), (CONVERTED, "W802")):
        assert answer.err.count(f"warning: {line}") == 1
        assert codes.count(code) == text.count(code) == 1
    again = tuner(*command.split())
    assert (again.out + again.err).count("counts the rows") == 1


def test_unseen_categories_reach_terminal_and_json(tuner: "Tuner", data: str) -> None:
    train = f"train {data} --eta 0.1 --hidden 3 --epochs 2 --save m.safetensors"
    assert tuner(*train.split()).code == 0
    Path("new.csv").write_text("price,colour,kind\n5%,red,0\n6%,pink,1\n7%,blue,1\n")
    for command in ("predict", "evaluate"):
        answer = tuner(command, "m.safetensors", "--data", "new.csv", "--json")
        assert answer.code == 0
        said = "column 'colour' holds 1 unseen category ('pink') in 1 of 3 rows."
        assert f"warning: new.csv: {said}" in answer.err
        assert [each["code"] for each in answer.json["warnings"]].count("W804") == 1
