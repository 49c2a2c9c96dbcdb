"""A model measured on data: independent oracles, and the seal of the test part."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics

from tests.support.models import untrained_image_model
from tuner.data import load
from tuner.errors import DataError, DataWarning, InputError, OptionError
from tuner.evaluation import evaluate
from tuner.records import Hyperparameters, PartName
from tuner.storage import tensorfile
from tuner.storage.models import KIND, Model, load_model, model_of, save_model
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train

COLOURS = ("red", "green", "blue")


def table(n: int = 60, labels: Sequence[str] = ("b", "a", "c")) -> list[str]:
    rng = np.random.default_rng(1)
    kinds = [int(k) for k in rng.integers(0, len(labels), n)]
    return [f"{rng.normal(k):.4f},{COLOURS[int(rng.integers(3))]},{labels[k]}" for k in kinds]


def write_csv(path: Path, lines: Sequence[str], head: str = "width,colour,kind") -> str:
    path.write_text("\n".join((head, *lines)) + "\n")
    return str(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, str]:
    """A model trained on a table, as read from its file, and that table's path."""
    folder = tmp_path_factory.mktemp("trained")
    source = write_csv(folder / "kinds.csv", table())
    dataset = load(source, target="kind")
    trainer = NativeTrainer(dataset.tuning)
    chosen = Hyperparameters(eta=0.5, hidden=(4,))
    (done,) = train(trainer, [begin(trainer, chosen, Constant(eta=0.5), Stopping(epochs=8))])
    of = model_of(done, dataset)
    assert of.accuracy(dataset.validation.x, dataset.validation.y) == of.validation_accuracy
    assert of.validation_accuracy == done.record.best_validation_accuracy
    save_model(of, folder / "m")
    return load_model(folder / "m"), source


def test_evaluate_agrees_with_scikit_learn(trained: tuple[Model, str]) -> None:
    of, source = trained
    truth = [line.split(",")[2] for line in table()]
    x = of.preprocess(source)
    said = [of.classes[i] for i in of.predict_indices(x)]
    found = evaluate(of, source, target="kind", part="all")
    assert found.n == 60
    assert found.accuracy == sklearn.metrics.accuracy_score(truth, said)
    assert 0.4 < found.accuracy < 1
    expected = sklearn.metrics.balanced_accuracy_score(truth, said)
    assert found.metrics["balanced-accuracy"] == pytest.approx(expected)
    shown = np.array([[t == name for name in of.classes] for t in truth])
    a = np.asarray(of.outputs(x), dtype=np.float64)
    cost = -np.log(np.where(shown, a, 1 - a)).sum(axis=1).mean()
    assert found.cost == pytest.approx(cost, rel=1e-5)
    assert found.known_data


def test_evaluate_matches_classes_by_name(trained: tuple[Model, str], tmp_path: Path) -> None:
    # Alone, the classes c and b would be numbered 1 and 0.
    of, source = trained
    kept = [line for line in table() if not line.endswith("a")]
    found = evaluate(of, write_csv(tmp_path / "some.csv", kept))
    said = of.predict_indices(of.preprocess(source))
    truth = [line.split(",")[2] for line in table()]
    right = [of.classes[i] == t for i, t in zip(said, truth, strict=True) if t != "a"]
    assert (found.n, found.accuracy) == (len(right), np.mean(right))
    assert not found.known_data


def test_other_columns_other_order_and_texts_that_look_like_numbers(
    trained: tuple[Model, str], tmp_path: Path
) -> None:
    of, _ = trained
    lines = [",".join((line.split(",")[2], "7", *line.split(",")[:2])) for line in table()]
    moved = write_csv(tmp_path / "moved.csv", lines, head="kind,id,width,colour")
    with pytest.warns(DataWarning, match="column 'id' was not in the data of training"):
        found = evaluate(of, moved)
    assert found.accuracy == evaluate(of, trained[1], part="all").accuracy
    numbers = [line.replace(",red,", ",5,") for line in table()]
    with pytest.warns(DataWarning, match=r"column 'colour' holds 1 unseen category \('5'\) in"):
        found = evaluate(of, write_csv(tmp_path / "n.csv", numbers))
    assert (found.n, [note.kind for note in found.notes]) == (60, ["unseen"])
    with pytest.raises(
        DataError, match=r"holds no category of training \('blue', 'green', 'red'\)"
    ):
        evaluate(of, write_csv(tmp_path / "n.csv", [n for n in numbers if ",5," in n]))


@pytest.mark.parametrize(
    ("lines", "head", "message"),
    [
        (table(labels=("b", "x", "a")), "width,colour,kind", "holds the class 'x', which the mode"),
        (table(), "width,hue,kind", "has no column 'colour'"),
        (table(), "width,colour,sort", "has no column 'kind'"),
        (
            ["wide,red,a", "slim,red,b"],
            "width,colour,kind",
            "column 'width' held numbers in training and holds",
        ),
        (["inf,red,a", "0.1,red,b"], "width,colour,kind", "column 'width' has 1 infinite value"),
    ],
)
def test_tables_that_a_model_cannot_be_measured_on(
    trained: tuple[Model, str], tmp_path: Path, lines: list[str], head: str, message: str
) -> None:
    source = write_csv(tmp_path / "other.csv", lines, head)
    with pytest.raises(InputError) as error:
        evaluate(trained[0], source, target="kind")
    assert str(error.value).startswith(f"{source}: {message}")


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.full((4, 2, 2), 255), None),
        (np.full((4, 2, 2), 40), None),
        (np.zeros((4, 2, 2)), None),
        (
            np.full((4, 2, 2), 0.7),
            "has pixels from 0.7 to 0.7 where the model was trained on pixels from",
        ),
        (
            np.full((4, 2, 2), 1),
            "has pixels from 1 to 1 where the model was trained on pixels from 0",
        ),
        (np.full((4, 2, 2), 300), "has pixels from 300 to 300 where"),
        (np.full((4, 2, 3), 255), "images of (2, 2) pixels are needed"),
        (np.full((4, 4), 255), "images of (2, 2) pixels are needed"),
    ],
)
def test_images_of_another_size_or_range(tmp_path: Path, pixels: Any, message: str | None) -> None:
    source = str(tmp_path / "images.npz")
    np.savez(source, x=pixels)
    ask = partial(untrained_image_model().preprocess, source)
    if message is None:
        assert ask().shape == (4, 4)
    else:
        with pytest.raises(DataError) as error:
            ask()
        assert str(error.value).startswith(f"{source}: {message}")


# The seal


def test_each_opening_is_counted_and_validation_opens_nothing(trained: tuple[Model, str]) -> None:
    of, source = trained
    parts: list[PartName] = ["test", "validation", "all", "test"]
    found = [evaluate(of, source, part=part) for part in parts]
    assert [each.test_openings for each in found] == [1, 0, 2, 3]
    assert [each.n for each in found] == [12, 12, 60, 12]
    assert found[1].accuracy == of.validation_accuracy


def test_the_model_knows_its_target(trained: tuple[Model, str]) -> None:
    of, source = trained
    assert of.data.target == "kind"
    assert evaluate(of, source) == replace(evaluate(of, source, target="kind"), test_openings=1)
    with pytest.raises(DataError, match="target is 'colour' but was 'kind' in training"):
        evaluate(of, source, target="colour")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"split_seed": None}, "is of an older tuner and does not say how these data were split"),
        ({"n_test": 0}, "trained without a test part"),
        ({"n_train": 30, "n_validation": 18}, "cannot be split as in training"),
    ],
)
def test_what_cannot_be_split_as_in_training_is_refused(
    trained: tuple[Model, str], change: dict[str, Any], said: str
) -> None:
    of, source = trained
    other = replace(of, data=replace(of.data, **change))
    with pytest.raises(DataError, match=said):
        evaluate(other, source)
    assert evaluate(other, source, part="all").n == 60


def test_a_model_file_of_version_1_predicts_but_opens_no_test_part(
    trained: tuple[Model, str], tmp_path: Path
) -> None:
    of, source = trained
    save_model(of, tmp_path / "m")
    text, arrays = tensorfile.unpack((tmp_path / "m").read_bytes(), KIND)
    record = json.loads(text)
    for key in ("target", "split_seed", "folds", "dropped"):
        del record["data"][key]
    (tmp_path / "m").write_bytes(tensorfile.pack(KIND, record, arrays))
    old = load_model(tmp_path / "m")
    x = old.preprocess(source)
    assert old.predict_indices(x).tolist() == of.predict_indices(x).tolist()
    with pytest.raises(DataError, match="train it again, or give data that it has not seen"):
        evaluate(old, source, target="kind")


def test_of_arrays_there_is_no_file_to_read() -> None:
    with pytest.raises(OptionError, match="data must be given"):
        evaluate(untrained_image_model())
