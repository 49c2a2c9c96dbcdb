import json
import math
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuner.cli.train import progress, shown
from tuner.data import load
from tuner.records import (
    Epoch,
    Hyperparameters,
    Run,
    StopReason,
    Strategy,
    TrainRecord,
    from_json,
    to_json,
)
from tuner.records.measures import flat
from tuner.report.stored import RECORDS, load_stored
from tuner.storage.models import load_model
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import find_eta
from tuner.training.loop import begin
from tuner.training.loop import train as train_all

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

QUICK = "train --data iris --hidden 8 --seed 2 --epochs 40 --eta 0.5"
KEYS = {
    *("epoch", "eta", "training_cost", "training_accuracy", "validation_cost"),
    *("validation_accuracy", "seconds"),
}


def _without_times(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: _without_times(v) for key, v in record.items() if key != "seconds"}
    return [_without_times(v) for v in record] if isinstance(record, list) else record


def test_json_holds_the_contract(tuner: "Tuner") -> None:
    answer = tuner(*QUICK.split(), "--json")
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    done = answer.json
    assert (done["schema"], done["command"], done["test_openings"]) == (1, "train", 0)
    assert all(set(epoch) == KEYS for epoch in done["history"])
    assert [epoch["epoch"] for epoch in done["history"]] == [*range(1, len(done["history"]) + 1)]
    accuracies = [epoch["validation_accuracy"] for epoch in done["history"]]
    assert done["best_validation_accuracy"] == max(accuracies)
    assert done["best_epoch"] == accuracies.index(max(accuracies)) + 1
    assert done["stop_reason"] == "no-improvement"
    assert len(accuracies) == done["best_epoch"] + 10
    assert done["stop_words"] == "no better validation accuracy for 10 epochs"
    low, high = done["interval"]
    assert low < done["best_validation_accuracy"] < high
    assert (done["settings"]["eta"], done["strategy"]["epochs"]) == (0.5, 40)
    assert done["data"]["name"] == "iris"
    assert (done["eta_search"], done["resume"]) == (None, None)
    written = {done["report"], done["records"], done["model"], *done["figures"]}
    assert {str(path) for path in Path("reports/train-iris").iterdir()} == written


def test_it_is_what_the_library_gives(tuner: "Tuner") -> None:
    strategy = Strategy(epochs=40, patience=3, schedule="halving", until=0.1)
    settings = Hyperparameters(eta=0.5, hidden=(8,), seed=2)
    trainer = NativeTrainer(load("iris", seed=2).tuning)
    start = begin(trainer, settings, *policies(0.5, strategy))
    (expected,) = train_all(trainer, [start])
    options = "--patience 3 --schedule halving --until 0.1 --save m.safetensors --json"
    done = tuner(*QUICK.split(), *options.split()).json
    result = to_json(expected.record)
    result["history"] = [flat(epoch) for epoch in result["history"]]
    for name in ("history", "best_epoch", "stop_reason", "stop_words", "metric"):
        assert _without_times(done[name]) == _without_times(result[name])
    assert done["best_validation_accuracy"] == expected.record.best_validation_accuracy
    model = load_model(done["model"])
    for ours, theirs in zip(model.parameters.arrays, expected.best.parameters.arrays, strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_records_come_back_whole(tuner: "Tuner") -> None:
    argv = [*QUICK.split(), "--json"]
    content = json.loads(Path(tuner(*argv).json["records"]).read_text("utf-8"))
    assert (content.pop("schema"), content.pop("kind")) == (RECORDS, "train")
    record = from_json(TrainRecord, json.dumps(content))
    assert to_json(record) == content
    assert shlex.split(record.command) == ["python", "-m", "tuner", *argv]


def test_same_seed_same_answer_and_same_model(tuner: "Tuner") -> None:
    argv = [*QUICK.split(), "--json", "--save", "m.safetensors"]
    first, bytes_then = tuner(*argv).json, Path("m.safetensors").read_bytes()
    assert _without_times(tuner(*argv).json) == _without_times(first)
    assert Path("m.safetensors").read_bytes() == bytes_then


def test_auto_begins_with_find_eta(tuner: "Tuner") -> None:
    done = tuner(*QUICK.replace("0.5", "auto").split(), "--json").json
    settings = Hyperparameters(eta=0.01, hidden=(8,), seed=2)
    found = find_eta(NativeTrainer(load("iris", seed=2).tuning), settings)
    assert done["eta_search"]["eta"] == done["settings"]["eta"] == found.eta
    assert done["eta_search"]["bracket"] == list(found.bracket)
    assert done["eta_search"]["epochs"] == found.spent
    stored = json.loads(Path(done["records"]).read_text("utf-8"))
    assert len(stored["eta_search"]["probes"]) == len(found.probes)
    given = tuner(*QUICK.replace("0.5", repr(found.eta)).split(), "--json").json
    assert _without_times(given["history"]) == _without_times(done["history"])
    assert not list(Path("reports/train-iris").glob("eta-search*"))


def test_text_answers_in_words(tuner: "Tuner") -> None:
    options = "--eta auto --schedule halving --patience 2 --until 0.1 --save new/m.safetensors"
    answer = tuner(*QUICK.split(), *options.split())
    assert (answer.code, answer.err) == (0, "")
    heading, *rows = answer.out.splitlines()
    assert heading.split()[:2] == ["epoch", "η"]
    assert heading.endswith("note")
    assert max(map(len, rows)) <= 80
    assert "\x1b" not in answer.out
    table = rows[: rows.index("")]
    assert len(table) <= 12
    assert sum("best" in row for row in table) == 1
    assert sum("η divided" in row for row in table) == 3
    words = " ".join(rows[len(table) + 1 :])
    assert words.startswith("Trained with η = ")
    assert "Validation accuracy " in words
    assert "(95 % CI " in words
    assert "Training stopped after " in words
    assert rows[-2:] == ["Report: reports/train-iris/train.html", "Model: new/m.safetensors"]
    assert Path("new/m.safetensors").is_file()


def test_a_model_is_checked_before_training(tuner: "Tuner", tmp_path: Path) -> None:
    Path("taken.safetensors").mkdir()
    for save in ("taken.safetensors", "reports/train-iris/checkpoint.safetensors"):
        answer = tuner(*QUICK.split(), "--save", save)
        assert answer.code == 2
        assert answer.err == f"error: --save {save} is taken: choose another file.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["taken.safetensors"]


def test_a_run_that_diverged_at_once_failed(tuner: "Tuner", tmp_path: Path) -> None:
    answer = tuner(*QUICK.replace("0.5", "1e38").split(), "--save", "new/m.safetensors")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        "error: η = 1e+38 made the network diverge in epoch 1: give a smaller --eta, or --eta "
        "auto.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_budgets_and_patience(tuner: "Tuner") -> None:
    off = tuner(*QUICK.split(), "--patience", "off", "--json").json
    assert (off["stop_reason"], len(off["history"])) == ("epochs", 40)
    brief = tuner(*QUICK.split(), "--seconds", "0.000001", "--json").json
    assert (brief["stop_reason"], len(brief["history"])) == ("time", 1)


def _epoch(number: int, eta: float, accuracy: float = 0.5) -> Epoch:
    return Epoch(
        epoch=number,
        eta=eta,
        training_cost=1.0,
        training_metrics={"accuracy": 0.5},
        validation_cost=1.0,
        validation_metrics={"accuracy": accuracy},
        seconds=0.5,
    )


def _run(etas: list[float], best: int) -> Run:
    return Run(
        settings=Hyperparameters(eta=1.0),
        history=tuple(_epoch(i, eta) for i, eta in enumerate(etas, 1)),
        best_epoch=best,
        stop_reason=StopReason.EPOCHS,
        stop_words="",
    )


@pytest.mark.parametrize(
    ("run", "always", "rows"),
    [
        (_run([1.0], 1), {1}, 1),
        (_run([1.0] * 12, 5), set(range(1, 13)), 12),
        (_run([1.0] * 500, 77), {1, 77, 500}, 12),
        (_run([1.0] * 50 + [0.5] * 50 + [0.25] * 50, 120), {1, 51, 101, 120, 150}, 12),
        (_run([2.0**-i for i in range(40)], 20), {1, 20, 40}, 12),
    ],
)
def test_the_table_shows_what_matters(run: Run, always: set[int], rows: int) -> None:
    epochs = [epoch.epoch for epoch in shown(run)]
    assert epochs == sorted(set(epochs))
    assert always <= set(epochs)
    assert len(epochs) == rows


@pytest.mark.parametrize(
    ("seconds", "left"), [(None, "≤ 10 s left"), (3.0, "≤ 2 s left"), (0.5, "≤ 0 s left")]
)
def test_progress_in_one_line(seconds: float | None, left: str) -> None:
    trainer = NativeTrainer(load("iris").tuning)
    settings = Hyperparameters(eta=1 / 3)
    start = begin(trainer, settings, *policies(1 / 3, Strategy(epochs=22, seconds=seconds)))
    assert progress(start) == "epoch 1/22 η 0.33"
    history = (_epoch(1, 1 / 3, 0.75), _epoch(2, 1 / 3, 0.7))
    said = progress(replace(start, history=history))
    assert said == f"epoch 2/22 η 0.33 cost 1.000 valid 70.00 % best 75.00 % at 1, {left}"
    lost = replace(history[0], validation_cost=math.nan)
    assert "best" not in progress(replace(start, history=(lost,)))


def test_an_eta_that_was_not_found_is_called_a_guess(tuner: "Tuner") -> None:
    rows = "".join(f"{i % 2},1\n{i % 2},2\n" for i in range(20))  # nothing to learn
    Path("noise.csv").write_text(f"x,y\n{rows}")
    done = tuner("train", "--data", "noise.csv", "--hidden", "none", "--lambda", "1e6")
    words = " ".join(done.out.split())
    assert "a guess, because no threshold was found. The cost decreased at no η tried: " in words


@pytest.mark.parametrize(("asked", "announced"), [((), True), (("--target", "y"), False)])
def test_a_target_that_was_not_named_is_announced(
    tuner: "Tuner", asked: tuple[str, ...], announced: bool
) -> None:
    rows = "".join(f"{i % 7},{i % 2},{'sand' if i % 3 else 'reef'}\n" for i in range(40))
    Path("coords.csv").write_text(f"width,y,kind\n{rows}")
    typed = "train --data coords.csv --hidden none --eta 0.5 --epochs 1"
    done = tuner(*shlex.split(typed), *asked)
    assert ("target: column 'y', because of its name: " in done.err) == announced
    assert "target: column" not in done.out


def test_a_second_run_goes_beside_the_first(tuner: "Tuner") -> None:
    typed = [
        "train",
        "--data",
        "iris",
        "--hidden",
        "4",
        "--eta",
        "0.5",
        "--epochs",
        "1",
        "--json",
        "--seed",
    ]
    first, second = (tuner(*typed, seed) for seed in "12")
    assert (first.code, first.err) == (0, "")
    assert (second.code, second.json["model"]) == (0, "reports/train-iris-2/model.safetensors")
    assert second.err == (
        "note: reports/train-iris belongs to another run: writing to reports/train-iris-2.\n"
    )
    again = tuner(*typed, "1").json
    assert (again["model"], again["history"][0]["training_cost"]) == (
        first.json["model"],
        first.json["history"][0]["training_cost"],
    )
    refused = tuner(*typed, "2", "--out", "reports/train-iris")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "choose another folder (--out), or replace them (--fresh)" in refused.err
    assert tuner(*typed, "2", "--out", "reports/train-iris", "--fresh").code == 0


def test_a_long_name_makes_a_short_folder(tuner: "Tuner") -> None:
    name = f"{'ŋ' * 100}.csv"
    Path(name).write_text("x,kind\n" + "".join(f"{i % 7},{'ab'[i % 2]}\n" for i in range(40)))
    typed = ["--target", "kind", "--hidden", "2", "--eta", "1", "--epochs", "1", "--json"]
    assert tuner("train", "--data", name, *typed).json["model"] == (
        f"reports/train-{'ŋ' * 60}/model.safetensors"
    )


def test_several_seeds_end_in_a_committee(tuner: "Tuner") -> None:
    done = tuner(*QUICK.split(), "--seeds", "3", "--save", "m.safetensors", "--json").json
    committee, model = done["committee"], load_model("m.safetensors")
    assert [each["seed"] for each in committee["networks"]] == [2, 3, 4]
    assert committee["networks"][0]["best_epoch"] == done["best_epoch"]
    assert (model.weights, model.temperature) == (
        tuple(committee["weights"]),
        committee["temperature"],
    )
    assert model.validation_accuracy == committee["accuracy"]
    alone = [each["best_validation_accuracy"] for each in committee["networks"]]
    assert committee["mean"] == pytest.approx(sum(alone) / 3)
    low, high = committee["mean_interval"]
    assert low < committee["mean"] < high
    record = load_stored(Path(done["records"]))
    assert isinstance(record, TrainRecord)
    assert [run.settings.seed for run in record.runs] == [2, 3, 4]
    assert (
        tuner(*QUICK.split(), "--seeds", "0").err
        == "error: --seeds must be from 1 to 1000 but is 0.\n"
    )


def test_a_refit_without_a_choice_of_validation_is_refused(tuner: "Tuner") -> None:
    done = tuner(*["train", "--data", "iris", "--eta", "0.5", "--refit", "--patience", "off"])
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --refit must be left out where patience is off: it trains for as many epochs as"
        " validation chose: give --patience N.\n"
    )
