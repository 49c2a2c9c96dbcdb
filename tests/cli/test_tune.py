import io
import json
import shlex
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tuner.cli.main import run
from tuner.cli.train import with_settings
from tuner.records import TuneRecord
from tuner.report.stored import load_stored
from tuner.storage.models import load_model

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

QUICK = "tune --data iris --budget 1s --workers 1 --seed 2"
KEYS = {
    *("eta", "lambda", "hidden", "validation_accuracy", "test_accuracy", "test_openings", "course"),
    *("metric", "validation_score", "test_score", "committee", "candidates", "test_metrics"),
    *("interval", "report", "model", "settings_file", "steps", "left_out", "budget", "seconds"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one tuning left."""
    home = tmp_path_factory.mktemp("tuned")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        with redirect_stdout(io.StringIO()) as out:
            assert run([*QUICK.split(), "--json"]) == 0
    (home / "answer.json").write_text(out.getvalue())
    return home


@pytest.fixture
def folder(done: Path, tuner: "Tuner") -> Path:
    """A copy of it where the command writes by default."""
    shutil.copytree(done / "reports", "reports")
    return Path("reports/tune-iris")


def test_json_holds_the_contract_and_the_files_are_there(done: Path) -> None:
    (line,) = (done / "answer.json").read_text().splitlines()
    answer = json.loads(line)
    assert (answer["schema"], answer["command"], answer["test_openings"]) == (1, "tune", 1)
    assert answer.keys() >= KEYS
    low, high = answer["interval"]
    assert low <= answer["test_accuracy"] <= high
    files = (answer["report"], answer["model"], answer["settings_file"], answer["records"])
    assert all((done / file).is_file() for file in (*files, *answer["figures"]))


def test_train_makes_the_best_kind_again_from_the_settings(tuner: "Tuner", folder: Path) -> None:
    answer = tuner(*shlex.split(f"train --settings {folder}/settings.toml --save a.safetensors"))
    assert answer.code == 0, answer.err
    whole, again = load_model(folder / "model.safetensors"), load_model("a.safetensors")
    assert again.data.folds == whole.data.folds == 5
    stored = load_stored(folder / "records.json")
    assert isinstance(stored, TuneRecord)
    runs = stored.final.candidates[stored.final.winner].runs
    assert [m.settings for m in again.members] == [run.settings for run in runs]


def test_train_makes_the_same_committee_of_seeds_again(tuner: "Tuner") -> None:
    tuned = tuner(*shlex.split("tune --data digits --budget 2s --workers 1 --article --out here"))
    assert tuned.code == 0, tuned.err
    answer = tuner(*shlex.split("train --settings here/settings.toml --save again.safetensors"))
    assert answer.code == 0, answer.err
    assert Path("again.safetensors").read_bytes() == Path("here/model.safetensors").read_bytes()


def test_options_win_over_the_settings_file(tuner: "Tuner", folder: Path) -> None:
    file = folder / "settings.toml"
    answer = tuner(*shlex.split(f"train --settings {file} --epochs 5 --hold 2 --hidden 5 --json"))
    assert answer.code == 0, answer.err
    assert answer.json["settings"]["hidden"] == [5]
    assert len(answer.json["history"]) == 5


def test_a_study_runs_around_the_settings(tuner: "Tuner", folder: Path) -> None:
    answer = tuner(*shlex.split(f"study run {folder}/settings.toml --trials 2 --workers 1 --json"))
    assert answer.code == 0, answer.err
    assert sum(answer.json["counts"].values()) == 2


def test_the_same_command_again_says_the_same_and_opens_nothing(
    tuner: "Tuner", folder: Path, done: Path
) -> None:
    model = (folder / "model.safetensors").read_bytes()
    said = " ".join(tuner(*QUICK.split()).out.split())
    last = said[said.rindex("Test accuracy ") :]
    for part in (
        "(95 % CI ",
        "with a committee of",
        "The test set was evaluated once",
        "report.html",
    ):
        assert part in last
    accuracy = json.loads((done / "answer.json").read_text())["test_accuracy"]
    assert f"{100 * accuracy:.2f} %" in last
    assert (folder / "model.safetensors").read_bytes() == model


def test_another_tuning_in_the_folder_is_refused_but_for_fresh(
    tuner: "Tuner", folder: Path
) -> None:
    model = folder / "model.safetensors"
    before = model.read_bytes()
    answer = tuner(*QUICK.split(), "--article")
    assert answer.code == 2
    assert "article was False and is True" in answer.err
    assert model.read_bytes() == before
    assert tuner(*QUICK.split(), "--article", "--fresh").code == 0
    assert load_model(model).settings.activation == "sigmoid"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--budget soon", "--budget must be a time such as 60s, 10m or 2h but is 'soon'."),
        ("--budget 0.5", "--budget must be at least 1 second but is 0.5."),
        ("--seed -1", "--seed must be from 0 and below 4294967296 but is -1."),
        ("--data nowhere.csv", "nowhere.csv: no such file: check the path."),
        ("--data iris --target x", "--target is 'x' but iris has no columns: leave it out."),
        ("--data iris --split-seed -2", "--seed must be at least 0 but is -2."),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    tuner: "Tuner", words: str, message: str
) -> None:
    answer = tuner("tune", *shlex.split(words))
    assert (answer.code, answer.out, answer.err) == (2, "", f"error: {message}\n")
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--settings", "--settings must be a file, such as settings.toml."),
        (
            "--settings none.toml",
            "none.toml: there is no such file: give the path of a study file.",
        ),
    ],
)
def test_a_settings_file_that_is_not_there(tuner: "Tuner", words: str, message: str) -> None:
    answer = tuner("train", *shlex.split(words))
    assert (answer.code, answer.err) == (2, f"error: {message}\n")


def test_only_train_takes_settings() -> None:
    argv = ["find-eta", "--settings", "file.toml"]
    assert with_settings(argv) == argv
