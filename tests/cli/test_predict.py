import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tuner.storage.models import load_model

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

CLASSES = ("=SUM(A1)", 'say “hi”, "you"', "猫")


def _table(rows: int) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "class", "size", "kind"])
    for i in range(rows):
        place = i % 3
        writer.writerow([f"n{i % 2}", CLASSES[place], place + (i % 5) / 10, f"k{place}"])
    return out.getvalue()


@pytest.fixture
def model(tuner: "Tuner") -> str:
    Path("train.csv").write_text(_table(90), "utf-8")
    typed = "train --data train.csv --hidden 6 --eta 1 --epochs 20 --save m.safetensors"
    assert tuner(*typed.split()).code == 0
    return "m.safetensors"


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_csv_on_stdout(tuner: "Tuner", model: str) -> None:
    answer = tuner("predict", model, "--data", "train.csv")
    assert (answer.code, answer.err) == (0, "")
    heading, *rows = _rows(answer.out)
    assert heading == ["row", "class", "probability"]
    assert [row[0] for row in rows] == [str(i) for i in range(1, 91)]
    assert [row[1] for row in rows] == [("'" + CLASSES[0], *CLASSES[1:])[i % 3] for i in range(90)]
    assert all(1 / 3 < float(row[2]) <= 1 for row in rows)


def test_probabilities_are_those_of_the_model(tuner: "Tuner", model: str) -> None:
    heading, *rows = _rows(tuner("predict", model, "--data", "train.csv", "--probabilities").out)
    assert heading[3:] == [f"p({name})" for name in CLASSES]
    loaded = load_model(model)
    expected = loaded.predict_proba("train.csv")
    shares = np.array([row[3:] for row in rows], dtype=np.float64)
    np.testing.assert_allclose(shares, expected, rtol=1e-5)
    np.testing.assert_array_equal([float(row[2]) for row in rows], shares.max(axis=1))


def test_json(tuner: "Tuner", model: str) -> None:
    found = tuner("predict", model, "--data", "train.csv", "--json", "--probabilities").json
    assert (found["schema"], found["command"], found["classes"]) == (1, "predict", list(CLASSES))
    assert [each["row"] for each in found["predictions"]] == [*range(1, 91)]
    assert [each["class"] for each in found["predictions"][:3]] == list(CLASSES)
    for each in found["predictions"]:
        assert each["probability"] == max(each["probabilities"])
    short = tuner("predict", model, "--data", "train.csv", "--json").json
    assert set(short["predictions"][0]) == {"row", "class", "probability"}


def test_order_of_columns_and_others_do_not_matter(tuner: "Tuner", model: str) -> None:
    lines = [f"k{i % 3},extra,{i % 3 + (i % 5) / 10},n{i % 2}" for i in range(90)]
    Path("new.csv").write_text("\n".join(["kind,other,size,name", *lines]))
    shuffled = tuner("predict", model, "--data", "new.csv")
    assert shuffled.code == 0
    assert shuffled.out == tuner("predict", model, "--data", "train.csv").out
    said = "new.csv: column 'other' was not in the data of training: it is ignored."
    assert shuffled.err.count(said) == 1
    warned = tuner("predict", model, "--data", "new.csv", "--json").json["warnings"]
    assert [each["text"] for each in warned] == [said.partition(": ")[2].capitalize()]
    quiet = tuner("predict", model, "--data", "new.csv", "--id", "other")
    assert "ignored" not in quiet.err


def test_a_file_is_written_whole(tuner: "Tuner", model: str) -> None:
    expected = tuner("predict", model, "--data", "train.csv").out
    answer = tuner("predict", model, "--data", "train.csv", "--out", "new/p.csv")
    assert answer.out == "Predictions: new/p.csv (90 rows)\n"
    assert Path("new/p.csv").read_text("utf-8") == expected
    assert [path.name for path in Path("new").iterdir()] == ["p.csv"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--data lacks.csv", "lacks.csv: has no column 'size'"),
        ("--data slip.csv", "slip.csv: column 'size'"),
        ("--data mnist-5k", "mnist-5k: "),
        ("--data nowhere.csv", "nowhere.csv: no such file"),
        ("--data train.csv --out train.csv", "--out train.csv would replace the data"),
        ("--data train.csv --out ./new/../train.csv", "would replace the data"),
        ("--data train.csv --out m.safetensors/p.csv", "m.safetensors"),
    ],
)
def test_what_cannot_be_predicted(tuner: "Tuner", model: str, typed: str, said: str) -> None:
    Path("lacks.csv").write_text("name,kind\nn0,k1\n")
    Path("slip.csv").write_text("name,kind,size\nn0,k1,2\nn0,k1,two\n")
    before = sorted(path.name for path in Path().iterdir())
    answer = tuner("predict", model, *typed.split())
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_column_stands_beside_each_prediction(tuner: "Tuner", model: str) -> None:
    heading, *rows = _rows(tuner("predict", model, "--data", "train.csv", "--id", "kind").out)
    assert heading == ["row", "kind", "class", "probability"]
    assert [row[1] for row in rows] == [f"k{i % 3}" for i in range(90)]
    found = tuner("predict", model, "--data", "train.csv", "--id", "kind", "--json").json
    assert [row["id"] for row in found["predictions"]] == [row[1] for row in rows]
    heading, *rows = _rows(tuner("predict", model, "--data", "train.csv", "--id", "class").out)
    assert heading == ["row", "class", "class", "probability"]
    assert [row[1] for row in rows] == [row[2] for row in rows]
    refused = tuner("predict", model, "--data", "train.csv", "--id", "nope")
    assert refused.code == 2
    assert "train.csv: has no column 'nope': it has name, class, size, kind." in refused.err
    refused = tuner("predict", model, "--data", "iris", "--id", "kind")
    assert (refused.code, "--id is 'kind' but iris has no columns" in refused.err) == (2, True)


def test_numbers_are_predicted_in_one_column(tuner: "Tuner") -> None:
    lines = [f"{i % 7},{i % 5},{3 * (i % 7) + 0.5}" for i in range(60)]
    Path("numbers.csv").write_text("\n".join(["a,b,y", *lines]))
    typed = "train --data numbers.csv --hidden none --eta 0.05 --epochs 9 --save r.safetensors"
    assert tuner(*typed.split()).code == 0
    heading, *rows = _rows(tuner("predict", "r.safetensors", "--data", "numbers.csv").out)
    assert (heading, len(rows)) == (["row", "prediction"], 60)
    expected = load_model("r.safetensors").predict("numbers.csv")
    np.testing.assert_allclose([float(value) for _, value in rows], expected, rtol=1e-5)
    found = tuner("predict", "r.safetensors", "--data", "numbers.csv", "--json").json
    assert found["predictions"][0] == {"row": 1, "prediction": float(rows[0][1])}
