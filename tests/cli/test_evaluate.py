# ruff: noqa: S603 - nothing untrusted is run

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from sklearn.metrics import balanced_accuracy_score

from tuner.cli.main import run
from tuner.data import Part, load

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

SEED = 4


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a part of iris, by a seed that is not the usual one."""
    folder = tmp_path_factory.mktemp("trained")
    typed = f"train --data iris --train-size 60 --hidden 8 --eta 0.5 --seed {SEED} --epochs 15"
    argv = [*typed.split(), "--save", str(folder / "m.safetensors"), "--out", str(folder / "out")]
    assert run([*argv, "--json"]) == 0
    return folder / "m.safetensors"


def _by_hand(model: Path, part: Part) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """Predictions and cost of one hidden layer, from the arrays alone."""
    arrays = load_file(model)
    a = part.x
    for layer in range(2):
        z = a @ arrays[f"weights.{layer}"].T + arrays[f"biases.{layer}"]
        a = 1 / (1 + np.exp(-z))
    y = np.eye(3)[part.y]
    return a.argmax(axis=1), -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=1).mean()


@pytest.mark.parametrize("part", ["test", "validation"])
def test_in_a_fresh_process_it_gives_what_the_arrays_give(trained: Path, part: str) -> None:
    data = load("iris", train_size=60, seed=SEED)
    examples = data.open_test() if part == "test" else data.validation
    predicted, cost = _by_hand(trained, examples)
    argv = ["evaluate", str(trained), "--json", "--part", part]
    done = subprocess.run([sys.executable, "-m", "tuner", *argv], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["accuracy"] == (predicted == examples.y).mean()
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(examples.y, predicted)
    )
    assert found["cost"] == pytest.approx(cost, rel=1e-5)
    openings = 2 if part == "test" else 0  # one of them by this test
    assert (found["n"], found["part"], found["test_openings"]) == (30, part, openings)
    if part == "validation":
        assert found["accuracy"] == found["validation_accuracy"]


def test_json_holds_the_contract(tuner: "Tuner", trained: Path) -> None:
    answer = tuner("evaluate", str(trained), "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert (found["schema"], found["command"]) == (1, "evaluate")
    assert (found["part"], found["test_openings"], found["known_data"]) == ("test", 1, True)
    low, high = found["interval"]
    assert 0 <= low < found["accuracy"] <= high <= 1
    assert found["data"]["sha256"] == found["trained_on"]["sha256"]
    assert found["settings"]["seed"] == SEED


def test_text_answers_in_words(tuner: "Tuner", trained: Path) -> None:
    said = tuner("evaluate", str(trained), "--data", "iris").out
    assert max(map(len, said.splitlines())) <= 80
    words = " ".join(said.split())
    assert words.startswith("Accuracy ")
    assert "on the test part of iris (95 % CI " in words
    assert words.endswith("The test part of iris was opened once, by this command.")
    again = tuner("evaluate", str(trained)).out
    assert again.endswith("The test part of iris has been opened 2 times.\n")
    closed = tuner("evaluate", str(trained), "--part", "validation").out
    assert closed.endswith("The test part of iris was not opened.\n")
    everything = " ".join(tuner("evaluate", str(trained), "--part", "all").out.split())
    assert "on all examples of iris" in everything
    assert "The model was trained on 60 of them, so this says little" in everything
    assert "has been opened 3 times" in everything


CSV = "height,kind,colour\n" + "".join(
    f"{i % 10},{'=cat' if i % 2 else 'dög “x”'},{'red' if i % 2 else 'blue'}\n" for i in range(60)
)


@pytest.fixture
def animals(tuner: "Tuner") -> str:
    Path("animals.csv").write_text(CSV, "utf-8")
    typed = "train --data animals.csv --target kind --hidden 4 --eta 1 --save m.safetensors"
    assert tuner(*typed.split()).code == 0
    return "m.safetensors"


def _evaluated(tuner: "Tuner", typed: str) -> Any:
    answer = tuner("evaluate", *typed.split(), "--json")
    assert answer.code == 0, answer.err
    return answer.json


def test_the_file_of_training_means_its_test_part(tuner: "Tuner", animals: str) -> None:
    Path("moved").mkdir()
    Path("animals.csv").rename("moved/other.csv")
    found = _evaluated(tuner, f"{animals} --data moved/other.csv")
    assert (found["part"], found["n"], found["test_openings"]) == ("test", 12, 1)
    assert found["accuracy"] == 1.0


def test_another_file_means_all_of_it(tuner: "Tuner", animals: str) -> None:
    Path("new.csv").write_text("kind,extra,colour,height\n=cat,x,red,3\n=cat,x,blue,3\n")
    found = _evaluated(tuner, f"{animals} --data new.csv --target kind")
    assert (found["part"], found["n"], found["test_openings"]) == ("all", 2, 0)
    assert (found["known_data"], found["accuracy"]) == (False, 0.5)
    said = tuner("evaluate", animals, "--data", "new.csv", "--target", "kind").out
    assert said.endswith("trained on other data (animals.csv), which may share examples.\n")


def test_a_table_of_its_own_tests_and_counts(tuner: "Tuner") -> None:
    lines = CSV.splitlines()
    Path("train.csv").write_text("\n".join(lines[:-9]), "utf-8")
    Path("test.csv").write_text("\n".join([lines[0], *lines[-9:]]), "utf-8")
    typed = "train --data train.csv --test-data test.csv --target kind --hidden 4 --eta 1 --json"
    answer = tuner(*typed.split(), "--save", "m.safetensors")
    assert answer.json["data"]["n_test"] == 9, answer.err
    found = _evaluated(tuner, "m.safetensors --data test.csv")
    assert (found["part"], found["n"], found["test_openings"]) == ("test", 9, 1)
    found = _evaluated(tuner, "m.safetensors --data train.csv --part validation")
    score = answer.json["best_validation_accuracy"]
    assert (found["accuracy"], found["test_openings"]) == (score, 0)
    refused = tuner("evaluate", "m.safetensors", "--data", "train.csv")
    assert (refused.code, refused.err) == (
        2,
        "error: train.csv: the test part is another file: give that one.\n",
    )


def test_the_metric_to_judge_by(tuner: "Tuner", animals: str) -> None:
    whole = _evaluated(tuner, f"{animals} --part validation")
    found = _evaluated(tuner, f"{animals} --part validation --metric log-loss")
    assert (whole["metric"], found["metric"]) == ("accuracy", "log-loss")
    low, high = found["interval"]
    assert low <= found["log_loss"] == whole["log_loss"] <= high
    said = tuner("evaluate", animals, "--part", "validation", "--metric", "log-loss").out
    assert said.startswith("Log-loss ")
    refused = tuner("evaluate", animals, "--metric", "rmse")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--metric must be one of accuracy, balanced-accuracy, f1" in refused.err
    assert _evaluated(tuner, animals)["test_openings"] == 1, "nothing was opened in vain"


@pytest.mark.parametrize("asked", ["--groups house", "--time day", "--test-size 0.3"])
def test_the_parts_are_those_of_training(tuner: "Tuner", asked: str) -> None:
    rows = [f"{kind},{i % 7},{i % 13},{i % 29}" for i, kind in enumerate(["a", "b", "b"] * 30)]
    Path("t.csv").write_text("\n".join(["kind,size,house,day", *rows]))
    typed = f"train --data t.csv --target kind {asked} --hidden 4 --eta 1 --epochs 3 --json"
    trained = tuner(*typed.split(), "--save", "m.safetensors").json
    found = _evaluated(tuner, "m.safetensors --data t.csv")
    assert (found["part"], found["n"]) == ("test", trained["data"]["n_test"])
    found = _evaluated(tuner, "m.safetensors --data t.csv --part validation")
    assert found["accuracy"] == trained["best_validation_accuracy"]
    assert found["n"] == trained["data"]["n_validation"]


def test_nothing_is_sealed_where_folds_judge(tuner: "Tuner") -> None:
    refused = tuner("train", "--data", "iris", "--test-size", "0")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--test-size is 0, so nothing is sealed: give --folds 5" in refused.err
    typed = "train --data iris --test-size 0 --folds 3 --hidden 4 --eta 1 --epochs 3"
    answer = tuner(*typed.split())
    assert answer.code == 0, answer.err
    said = " ".join(answer.out.split())
    assert "Each of 150 examples validated" in said
    assert "no example was sealed to test on" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "--data new.csv",
            "new.csv: has no column 'kind', which the model was trained to predict: give data that "
            "have it, or --target if another of theirs (sort, colour, height) means the same.",
        ),
        ("--data animals.csv --target colour", "the target is 'colour' but was 'kind' in training"),
        ("--data bad.csv --target kind", "holds the class 'cow'"),
        ("--data lacks.csv --target kind", "has no column 'height'"),
        ("--data bad.csv --target kind --part test", "--part is test but bad.csv is not what"),
        ("--data bad.csv --target no", "has no column 'no'"),
        ("--data nowhere.csv", "nowhere.csv: no such file"),
        ("--target kind --part nothing", "--part must be one of"),
    ],
)
def test_what_cannot_be_evaluated(tuner: "Tuner", animals: str, typed: str, said: str) -> None:
    Path("bad.csv").write_text("kind,colour,height\ncow,red,3\n=cat,red,3\n")
    Path("lacks.csv").write_text("kind,colour\n=cat,red\n=cat,blue\n")
    Path("new.csv").write_text("sort,colour,height\n=cat,red,3\n")
    answer = tuner("evaluate", animals, *typed.split())
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err


def test_a_checkpoint_or_garbage_is_no_model(tuner: "Tuner", trained: Path) -> None:
    cut = trained.with_name("cut.safetensors")
    cut.write_bytes(trained.read_bytes()[:-5])
    answer = tuner("evaluate", str(cut))
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith(f"error: {cut}: ")


@pytest.mark.filterwarnings("default")
def test_an_opening_that_cannot_be_counted_is_said_in_one_line(
    tuner: "Tuner", trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").touch()
    monkeypatch.setenv("TUNER_STATE_DIR", str(Path("file").absolute()))
    answer = tuner("evaluate", str(trained), "--json")
    assert (answer.code, answer.json["test_openings"], answer.err.count("\n")) == (0, 1, 1)
    assert answer.err.startswith("warning: ")
    assert "this opening of the test part is not counted" in answer.err
