import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data import load
from tuner.errors import InputError
from tuner.records import Choices, Dimension, Hyperparameters, IntRange, LogRange, Range, Strategy
from tuner.study.space import SEARCHED
from tuner.study.spec import StudySpec, fingerprint, parse_spec, read_spec

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.toml"))

LAMBDA = "[search.lambda]\nlow = 0.1\nhigh = 10\nlog = true\n"


def parsed(text: str) -> StudySpec:
    return parse_spec({"name": "small", **tomllib.loads(text)}, "file")


WRONG = {
    "an unknown key names the nearest": [
        ("trails = 3", "trails is not a key of a study: do you mean trials?"),
        ("[serch.lambda]\nlow = 1", "serch is not a key of a study: do you mean search?"),
        ("[search.lamda]\nlow = 1", "search.lamda is not a key of a study: do you mean lambda?"),
        (
            "[search.lambda]\nlow = 1\nhihg = 2",
            "search.lambda.hihg is not a key of a study: do you mean high?",
        ),
        (
            "[network]\neta = 0.5",
            "network.eta is not a key of a study: eta belongs above all tables.",
        ),
        ("epochs = 3", "epochs is not a key of a study: epochs belongs in [train]."),
        (
            "[train]\nhidden = [3]",
            "train.hidden is not a key of a study: hidden belongs in [network].",
        ),
        ("[data]\nsourc = 'x'", "data.sourc is not a key of a study: do you mean source?"),
        (
            "[data]\nxyz = 'x'",
            "data.xyz is not a key of a study: the known ones are target, "
            "task, drop, drop_rare, scaling, test_data, test_size, groups, time, train_size, "
            "split_seed, source.",
        ),
        (
            "[search.activation]\nlow = 1",
            "search.activation.low is not a key of a study: the known ones are choices.",
        ),
        (
            "[search.lambda]\nlow = 1\nhigh = 2\nchoices = [1, 2]",
            "search.lambda.low: give low and high, or choices, not both.",
        ),
    ],
    "a value of another type": [
        ("trials = '3'", "trials must be a whole number but is '3'."),
        ("trials = 2.5", "trials must be a whole number but is 2.5."),
        ("trials = true", "trials must be a whole number but is True."),
        ("title = 1", "title must be a text in quotes but is 1."),
        ("rungs = 3", "rungs must be a list in brackets but is 3."),
        ("data = 'iris'", "data must be a table: [data] but is 'iris'."),
        ("search = 3", "search must be a table: [search] but is 3."),
        ("[search]\nlambda = 5", "search.lambda must be a table: [search.lambda] but is 5."),
        ("[network]\nlambda = '5'", "network.lambda must be a number but is '5'."),
        ("[network]\nhidden = 30", "network.hidden must be a list in brackets but is 30."),
        (
            "[train]\npatience = 'of'",
            "train.patience must be a whole number or \"off\" but is 'of'.",
        ),
        ("[search.lambda]\nlow = '1'\nhigh = 2", "search.lambda.low must be a number but is '1'."),
        (
            "[search.lambda]\nlow = 1\nhigh = 2\nlog = 1",
            "search.lambda.log must be true or false but is 1.",
        ),
        (
            "[search.lambda]\nchoices = [1, '2']",
            "search.lambda.choices.1 must be a number but is '2'.",
        ),
        (
            "[search.hidden]\nlow = 1.5\nhigh = 3",
            "search.hidden.low must be a whole number but is 1.5.",
        ),
        (
            "[search.hidden]\nchoices = [[3], ['a']]",
            "search.hidden.choices.1.0 must be a whole number but is 'a'.",
        ),
        (
            "[search.batch_size]\nchoices = [10, 2.5]",
            "search.batch_size.choices.1 must be a whole number but is 2.5.",
        ),
        (
            "[search.patience]\nchoices = [5, 'of']",
            "search.patience.choices.1 must be a whole number or \"off\" but is 'of'.",
        ),
    ],
    "a value out of its range": [
        ("trials = 0", "trials must be at least 1 but is 0."),
        ("seed = -1", "seed must be at least 0 but is -1."),
        ("eta_seeds = 51", "eta_seeds must be from 1 to 50 but is 51."),
        ("keep = 1", "keep must be above 0 and below 1 but is 1.0."),
        ("keep = 0.0", "keep must be above 0 and below 1 but is 0.0."),
        (
            "sampler = 'tpee'",
            "sampler must be one of tpe, gp, random, grid but is 'tpee'.",
        ),
        ("[train]\nepochs = 0", "train.epochs must be at least 1 but is 0."),
        ("[train]\npatience = 0", "train.patience must be at least 1 (or off) but is 0."),
        ("[network]\nbatch_size = 0", "network.batch_size must be at least 1 but is 0."),
        (
            "[train]\nschedule = 'halvin'",
            "train.schedule must be one of constant, halving, planned, one-cycle, cosine,"
            " warm-restarts but is 'halvin'.",
        ),
    ],
    "a range or choices that cannot be searched": [
        (
            "[search.lambda]\nlow = 3\nhigh = 1",
            "search.lambda: low must be below high but they are 3 and 1.",
        ),
        (
            "[search.lambda]\nlow = 0\nhigh = 1\nlog = true",
            "search.lambda: low must be above 0 where log is true but is 0.",
        ),
        (
            "[search.lambda]\nlow = nan\nhigh = 1",
            "search.lambda.low must be a finite number but is nan.",
        ),
        (
            "[search.lambda]\nlow = 0\nhigh = inf",
            "search.lambda.high must be a finite number but is inf.",
        ),
        (
            "[search.lambda]\nlow = -1\nhigh = 1",
            "lambda must be a finite number, at least 0 but is -1.0.",
        ),
        ("[search.lambda]\nlow = 1", "search.lambda.high is missing: a study must have it."),
        ("[search.lambda]\nchoices = [1]", "search.lambda.choices must be a list of at least 2."),
        (
            "[search.lambda]\nchoices = [1, 1.0]",
            "search.lambda: choices must differ but are [1.0, 1.0].",
        ),
        (
            "[search.hidden]\nchoices = [30, [30]]",
            "search.hidden: choices must differ but are [30, (30,)].",
        ),
        (
            "[search.hidden]\nchoices = [[30], [0]]",
            "search.hidden: hidden must be sizes of at least 1 but is (0,).",
        ),
        (
            "[search.hidden]\nlow = 0\nhigh = 3",
            "search.hidden: 1 ≤ low < high must hold but they are 0 and 3.",
        ),
        (
            "[search.activation]\nchoices = ['sigmoid', 'relo']",
            "search.activation: activation must be one of sigmoid, tanh, relu but is 'relo'.",
        ),
        (
            "[search.patience]\nchoices = [5, 0]",
            "search.patience: patience must be at least 1 (or off) but is 0.",
        ),
        (
            "[search.dropout]\nlow = 0\nhigh = 1",
            "search.dropout: dropout must be at least 0 and below 1 but is 1.0.",
        ),
        (
            "[search.schedule]\nchoices = ['constant', 'halving']\n"
            "[search.patience]\nchoices = [5, 'off']",
            "search.schedule and search.patience: patience is off, but --schedule halving waits for"
            " a plateau: give --patience N.",
        ),
        (
            "[search.layers]\nlow = 1\nhigh = 3\n[network]\nhidden = [30, 20]",
            "search.layers repeats one hidden layer: give hidden a single size.",
        ),
        (
            "[search.layers]\nlow = 1\nhigh = 3\n[search.hidden]\nchoices = [[3], [3, 2]]",
            "search.layers repeats one hidden layer: give hidden a single size.",
        ),
    ],
    "keys that contradict each other": [
        ("[search]", "search must name what to search, such as [search.lambda]."),
        ("trials = 3\n[train]\nepochs = 3", "search is missing: a study must have it."),
        ("rungs = [3, 2]", "rungs must rise from at least 1 but are [3, 2]."),
        ("rungs = [5, 5]", "rungs must rise from at least 1 but are [5, 5]."),
        ("rungs = [0]", "rungs must rise from at least 1 but are [0]."),
        ("rungs = [20]", "rungs must lie below train.epochs, 20."),
        (
            "rungs = [1]\nobjectives = ['validation_accuracy', 'parameters']",
            "rungs need a single objective: leave them out or name one objective.",
        ),
        ("objectives = []", "objectives must be a list of at least 1."),
        ("objectives = ['seconds']", "the first of objectives must be validation_accuracy."),
        (
            "objectives = ['validation_accuracy', 'validation_accuracy']",
            "objectives must differ but are validation_accuracy, validation_accuracy.",
        ),
        (
            "objectives = ['accuracy']",
            "objectives.0 must be one of validation_accuracy, parameters, seconds but is"
            " 'accuracy'.",
        ),
        ("sampler = 'grid'", "sampler = grid needs choices for every dimension of search."),
        ("eta = 'search'", 'eta = "search" and [search.eta] go together.'),
        ("[search.eta]\nlow = 0.1\nhigh = 1", 'eta = "search" and [search.eta] go together.'),
        ("eta = 'fnd'", 'eta must be "find", "search" or a number but is \'fnd\'.'),
        ("eta = true", 'eta must be "find", "search" or a number but is True.'),
        ("eta = -0.5", "eta must be a positive finite number but is -0.5."),
        (
            "[train]\nschedule = 'halving'\npatience = 'off'",
            "patience is off, but --schedule halving waits for a plateau: give --patience N.",
        ),
    ],
}

SELF_CONTAINED = ("search is missing", "search must", "serch")
"""What must be said of files without a sound [search.lambda] in them."""


def whole(text: str, message: str) -> str:
    """The text as it is, or with a sound search behind it."""
    searches = "[search" in text or "[serch" in text or message.startswith(SELF_CONTAINED)
    return text if searches else f"{text}\n{LAMBDA}"


@pytest.mark.parametrize(
    ("text", "message"), [pytest.param(*row, id=row[0]) for rows in WRONG.values() for row in rows]
)
def test_a_wrong_file_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(whole(text, message))
    assert str(error.value) == f"file: {message}"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("lambda_hidden", True),
        ("λ-hidden.2", True),
        ("9", True),
        ("a" * 80, True),
        ("a" * 81, False),
        ("λ" * 41, False),
        ("", False),
        (".", False),
        ("..", False),
        (".hidden", False),
        ("ends.", False),
        ("-option", False),
        ("_private", False),
        ("two words", False),
        ("../above", False),
        ("a/b", False),
        ("a\\b", False),
        ("a:b", False),
        ("a\nb", False),
        ("a\n", False),
        ("=1+1", False),
    ],
)
def test_a_name_can_be_a_folder(tmp_path: Path, name: str, allowed: bool) -> None:
    content = {"name": name, **tomllib.loads(LAMBDA)}
    if allowed:
        assert parse_spec(content, "file").name == name
        (tmp_path / name).mkdir()
        return
    with pytest.raises(InputError) as error:
        parse_spec(content, "file")
    assert str(error.value) == (
        "file: name must be of letters, digits, - _ and . only, a letter or digit first and no ."
        f" last (at most 80 bytes) but is {name!r}."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file: give the path of a study file."),
        (b"trials = ", "is not valid TOML: Invalid value (at end of document)."),
        (b"\xff\xfe", "cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_file_that_is_no_study(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_spec(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_a_study_is_called_after_its_file_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(LAMBDA)
    assert read_spec(path).name == "mine"
    path.write_text(f"name = 'other'\n{LAMBDA}")
    assert read_spec(path).name == "other"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_studies_that_are_shipped(path: Path) -> None:
    spec = read_spec(path)
    assert spec.name == path.stem
    assert spec.title


def test_there_are_shipped_studies() -> None:
    assert "lambda_hidden" in {path.stem for path in STUDIES}


# What a trial's parameters mean

PLAIN = Hyperparameters(eta=0.01, seed=7)
STRATEGY = Strategy(epochs=20, patience=5)


@pytest.mark.parametrize(
    ("search", "params", "network", "strategy"),
    [
        ("lambda", {"lambda": 2.5}, {"lambda_": 2.5}, {}),
        ("hidden", {"hidden": "30,20"}, {"hidden": (30, 20)}, {}),
        ("hidden", {"hidden": "15"}, {"hidden": (15,)}, {}),
        ("hidden", {"hidden": ""}, {"hidden": ()}, {}),
        ("hidden", {"hidden": 12}, {"hidden": (12,)}, {}),
        ("layers", {"layers": 3}, {"hidden": (30, 30, 30)}, {}),
        ("layers", {"layers": 2, "hidden": 8}, {"hidden": (8, 8)}, {}),
        ("dropout", {"dropout": 0.25}, {"dropout": 0.25}, {}),
        ("batch_size", {"batch_size": 32}, {"batch_size": 32}, {}),
        ("activation", {"activation": "tanh"}, {"activation": "tanh"}, {}),
        ("cost", {"cost": "quadratic"}, {"cost": "quadratic"}, {}),
        ("init", {"init": "large"}, {"init": "large"}, {}),
        ("regularization", {"regularization": "l1"}, {"regularization": "l1"}, {}),
        ("eta", {"eta": 0.5}, {"eta": 0.5}, {}),
        ("schedule", {"schedule": "halving"}, {}, {"schedule": "halving"}),
        ("patience", {"patience": 20}, {}, {"patience": 20}),
        ("patience", {"patience": "off"}, {}, {"patience": None}),
        ("factor", {"factor": 10.0}, {}, {"factor": 10.0}),
    ],
)
def test_every_dimension_reaches_the_trial(
    search: str, params: dict[str, Any], network: dict[str, Any], strategy: dict[str, Any]
) -> None:
    spec = parsed(f"seed = 7\n{LAMBDA}")
    assert search in SEARCHED
    assert spec.resolve(params) == (replace(PLAIN, **network), replace(STRATEGY, **strategy))


def test_every_key_of_network_and_train_reaches_the_trial() -> None:
    network = {
        "hidden": [8, 4],
        "activation": "relu",
        "cost": "log-likelihood",
        "init": "large",
        "optimizer": "adamw",
        "momentum": 0.5,
        "beta1": 0.75,
        "beta2": 0.25,
        "clip": 2.0,
        "label_smoothing": 0.125,
        "averaging": 0.625,
        "class_weight": "balanced",
        "batch_size": 5,
        "lambda": 3.0,
        "regularization": "l1",
        "dropout": 0.5,
        "expansion": "shift",
        "precision": "float64",
    }
    train = {
        "epochs": 9,
        "patience": 3,
        "min_delta": 0.25,
        "start_from_epoch": 2,
        "schedule": "halving",
        "factor": 4.0,
        "until": 0.25,
        "rise": 0.375,
        "hold": 4,
        "metric": "auc",
    }
    content = {**tomllib.loads("[search.eta]\nlow = 0.1\nhigh = 1"), "eta": "search", "name": "x"}
    spec = parse_spec({**content, "network": network, "train": train}, "file")
    settings, strategy = spec.resolve({"eta": 0.75})
    named = {"lambda" if k == "lambda_" else k: v for k, v in vars(settings).items()}
    assert named == {**network, "hidden": (8, 4), "eta": 0.75, "seed": 0, "own": None}
    assert vars(strategy) == {**train, "seconds": None}


def test_a_given_eta_is_used() -> None:
    assert parsed(f"eta = 3\n{LAMBDA}").resolve({})[0].eta == 3.0


# Parse, write, parse

numbers = st.floats(0, 1e6, allow_subnormal=False)
choices: dict[str, st.SearchStrategy[Any]] = {
    "lambda": st.lists(numbers, min_size=2, max_size=4, unique=True),
    "hidden": st.lists(
        st.lists(st.integers(1, 99), max_size=3), min_size=2, max_size=4, unique_by=tuple
    ),
    "batch_size": st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True),
    "patience": st.lists(
        st.one_of(st.integers(1, 99), st.just("off")), min_size=2, max_size=4, unique=True
    ),
    "activation": st.permutations(["sigmoid", "tanh", "relu"]),
}


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """What sound files hold."""
    low = draw(st.floats(1e-6, 1e3))
    search: dict[str, Any] = {"dropout": {"low": 0, "high": draw(st.floats(0.01, 0.99))}}
    for name, values in choices.items():
        if draw(st.booleans()):
            search[name] = {"choices": list(draw(values))}
    if "lambda" not in search:
        high = low * draw(st.floats(1.5, 1e6))
        search["lambda"] = {"low": low, "high": high, "log": draw(st.booleans())}
    epochs = draw(st.integers(5, 50))
    rungs = sorted(draw(st.sets(st.integers(1, epochs - 1), max_size=3)))
    return {
        "name": "some",
        "title": draw(st.text(max_size=20)),
        "search": search,
        "train": {"epochs": epochs, "patience": draw(st.sampled_from([3, "off"]))},
        "eta": draw(st.one_of(st.just("find"), st.floats(1e-6, 1e3))),
        "keep": draw(st.floats(0.01, 0.99)),
        "rungs": rungs,
        "sampler": draw(st.sampled_from(["tpe", "random", "gp"])),
        "seed": draw(st.integers(0, 2**32)),
    }


@settings(deadline=None)
@given(contents())
def test_a_spec_written_and_read_again_is_equal(content: dict[str, Any]) -> None:
    spec = parse_spec(content, "file")
    again = parse_spec(json.loads(json.dumps(spec.document())), "file")
    assert again == spec
    assert fingerprint(again, IRIS) == fingerprint(spec, IRIS)


IRIS = load("iris").summary


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("", False),
        ("trials = 99", False),
        ("title = 'x'", False),
        ("seed = 1", True),
        ("batch = 9", True),
        ("keep = 0.4", True),
        ("[network]\nhidden = [31]", True),
        ("[train]\nepochs = 21", True),
        ("[data]\nsource = 'elsewhere.csv'", False),
    ],
)
def test_the_fingerprint_differs_where_trials_would(change: str, differs: bool) -> None:
    plain = fingerprint(parsed(LAMBDA), IRIS)
    assert (fingerprint(parsed(f"{change}\n{LAMBDA}"), IRIS) != plain) is differs


@pytest.mark.parametrize(
    "change",
    [{"sha256": "ff"}, {"n_train": 80}, {"n_validation": 9}, {"split_seed": 9}, {"target": "x"}],
)
def test_the_fingerprint_differs_with_the_data(change: dict[str, Any]) -> None:
    spec = parsed(LAMBDA)
    assert fingerprint(spec, replace(IRIS, **change)) != fingerprint(spec, IRIS)
    assert fingerprint(spec, replace(IRIS, name="elsewhere")) == fingerprint(spec, IRIS)


HALF: Any = np.float32(0.5)
THREE: Any = np.int64(3)
LAYERS: Any = np.array([30, 20])


@pytest.mark.parametrize(
    ("name", "stated", "read"),
    [
        ("lambda", LogRange(0.1, 10), Range(0.1, 10.0, log=True)),
        ("dropout", Range(0, HALF), Range(0.0, 0.5)),
        ("layers", IntRange(1, THREE), IntRange(1, 3)),
        ("hidden", Choices((30,), LAYERS), Choices((30,), (30, 20))),
        ("patience", [None, 5], Choices("off", 5)),
    ],
)
def test_a_dimension_of_python_is_read_as_that_of_a_file(
    name: str, stated: object, read: Dimension
) -> None:
    assert StudySpec(name="a", search={name: stated}).search == {name: read}
