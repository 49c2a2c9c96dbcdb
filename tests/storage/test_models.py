"""Models in memory and on disk: independent oracles, and files that are not what they say."""

import json
import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from tests.support.models import untrained_image_model
from tests.support.network.start import parameters_of
from tuner.data import Preprocessing, load, read
from tuner.data.preprocessing import Categorical, Numeric
from tuner.errors import DataError, OutputError
from tuner.network.activations import ACTIVATIONS
from tuner.network.initialization import Parameters
from tuner.network.losses import LOSSES
from tuner.records import DataSummary, Hyperparameters, to_json
from tuner.storage import tensorfile
from tuner.storage.models import (
    KIND,
    Model,
    ModelRecord,
    load_model,
    model_of,
    save_model,
)
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import ROWS_AT_ONCE, NativeTrainer
from tuner.training.loop import begin

SUMMARY = DataSummary(
    name="flowers.csv",
    sha256="ab" * 32,
    n_train=90,
    n_validation=30,
    n_test=30,
    n_features=5,
    classes=("0", "η", "no\nline"),
)
PREPROCESSING = Preprocessing(
    numeric=tuple(Numeric(name=f"x{i}", mean=0.1 * i, scale=1 / 3) for i in range(3)),
    categorical=(Categorical(name="colour", categories=("red",), other=True),),
)


def model(**changes: Any) -> Model:
    chosen = Hyperparameters(**{"eta": 0.1, "hidden": (4,), "seed": 2, **changes})
    return Model(
        settings=chosen,
        parameters=parameters_of(chosen, SUMMARY.n_features, len(SUMMARY.classes)),
        preprocessing=PREPROCESSING,
        data=SUMMARY,
        validation_metrics={"accuracy": 0.1 + 0.2},
        tuner="0.1.0",
    )


def rows(n: int = 7) -> Any:
    return np.random.default_rng(5).standard_normal((n, SUMMARY.n_features)).astype(np.float32)


def assert_same_model(one: Model, other: Model) -> None:
    for name in ("settings", "preprocessing", "data", "validation_accuracy", "tuner"):
        assert getattr(one, name) == getattr(other, name)
    for a, b in zip(one.parameters.arrays, other.parameters.arrays, strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()
        assert a.shape == b.shape


# What a model says


def by_hand(of: Model, x: Any) -> Any:
    """The logits in float64, from the formula."""
    functions: dict[str, Callable[[Any], Any]] = {
        "sigmoid": expit,
        "tanh": np.tanh,
        "relu": lambda z: z * (z > 0),
    }
    a = x.astype(np.float64)
    *hidden, (w_out, b_out) = zip(of.parameters.weights, of.parameters.biases, strict=True)
    for w, b in hidden:
        a = functions[of.settings.activation](w.astype(np.float64) @ a.T + b[:, None]).T
    return a @ w_out.astype(np.float64).T + b_out


@pytest.mark.parametrize("cost", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("hidden", "precision"), [((), "float32"), ((6, 3), "float64")])
def test_outputs_are_those_of_the_formula(
    cost: str, activation: str, hidden: tuple[int, ...], precision: str
) -> None:
    of = model(cost=cost, activation=activation, hidden=hidden, precision=precision)
    x, z = rows(), by_hand(of, rows())
    outputs = softmax(z, axis=1) if cost == "log-likelihood" else expit(z)
    np.testing.assert_allclose(of.outputs(x), outputs, rtol=1e-5)
    shares = outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(of.probabilities(x), shares, rtol=1e-5)
    assert of.predict_indices(x).tolist() == z.argmax(axis=1).tolist()
    assert of.outputs(x).dtype == precision


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("cross-entropy", lambda a, t: -(t * np.log(a) + (1 - t) * np.log(1 - a)).sum(axis=1)),
        ("quadratic", lambda a, t: 0.5 * ((a - t) ** 2).sum(axis=1)),
        ("log-likelihood", lambda a, t: -np.log(a[t == 1])),
    ],
)
def test_accuracy_and_costs(cost: str, expected: Callable[[Any, Any], Any]) -> None:
    of, x, y = model(cost=cost, lambda_=50), rows(9), np.arange(9) % 3
    outputs = np.asarray(of.outputs(x), dtype=np.float64)
    assert of.accuracy(x, y) == np.mean(outputs.argmax(axis=1) == y)
    np.testing.assert_allclose(of.costs(x, y), expected(outputs, np.eye(3)[y]), rtol=1e-5)


@pytest.mark.parametrize("bias", [-1e4, 1e4])
@pytest.mark.parametrize("cost", LOSSES)
def test_probabilities_hold_where_all_outputs_are_saturated(cost: str, bias: float) -> None:
    start = model(cost=cost, hidden=())
    weights = (np.zeros((3, 5), np.float32),)
    biases = (np.array([bias, bias + 1, bias - 100], np.float32),)
    of = replace(start, parameters=Parameters(weights, biases))
    (shares,) = of.probabilities(rows(1))
    assert shares.sum() == pytest.approx(1)
    # σ(z) is e^z far below zero, and 1 far above; softmax knows differences only.
    above = bias > 0 and cost != "log-likelihood"
    expected = [1 / 3, 1 / 3, 1 / 3] if above else [1 / (1 + np.e), np.e / (1 + np.e), 0]
    np.testing.assert_allclose(shares, expected, atol=1e-6)


def test_more_rows_than_are_worked_on_at_once() -> None:
    of, x = model(), rows(2 * ROWS_AT_ONCE + 3)
    assert len(of.predict_indices(x)) == len(x)
    last = by_hand(of, x[-2:])
    np.testing.assert_allclose(of.outputs(x)[-2:], expit(last), rtol=1e-5)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda m: m.predict_indices(np.zeros((2, 4))), "x has shape (2, 4) but must be (n, 5): "),
        (lambda m: m.predict_indices(np.zeros(5)), "x has shape (5,) but must be (n, 5): "),
        (lambda m: m.outputs(np.zeros((0, 5))), "x has shape (0, 5) but must be (n, 5): "),
        (lambda m: m.accuracy(rows(3), [0, 1]), "y has shape (2,) but must be (3,): "),
        (lambda m: m.costs(rows(1), [[0]]), "y has shape (1, 1) but must be (1,): "),
        (lambda m: m.predict_indices([[0] * 5, [np.nan] * 5]), "example 2 lies so far from"),
        (lambda m: m.predict_indices([[3e38] * 5]), "example 1 lies so far from"),
        (lambda m: m.probabilities([[1e300, 0, 0, 0, 0]]), "example 1 lies so far from"),
    ],
)
def test_inputs_that_do_not_fit(ask: Callable[[Model], object], message: str) -> None:
    large = model(init="large", hidden=())
    weights = (np.full((3, 5), 9, np.float32),)
    with pytest.raises(DataError) as error:
        ask(replace(large, parameters=Parameters(weights, large.parameters.biases)))
    assert str(error.value).startswith(message)


# A model's file


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [(), (4,), (3, 2, 7)])
def test_a_file_holds_the_whole_model(
    tmp_path: Path, hidden: tuple[int, ...], precision: str
) -> None:
    path = tmp_path / "new" / "model.safetensors"
    saved = model(hidden=hidden, precision=precision)
    save_model(saved, path)
    read = load_model(str(path))
    assert_same_model(read, saved)
    assert read.outputs(rows()).tobytes() == saved.outputs(rows()).tobytes()
    assert not any(array.flags.writeable for array in read.parameters.arrays)
    assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]


def test_a_file_from_before_committees_is_read(tmp_path: Path) -> None:
    saved = model()
    save_model(saved, tmp_path / "m")
    text, arrays = tensorfile.unpack((tmp_path / "m").read_bytes(), KIND)
    record = json.loads(text)
    for name in ("others", "weights", "temperature"):
        del record[name]
    (tmp_path / "m").write_bytes(tensorfile.pack(KIND, record, arrays))
    assert_same_model(load_model(tmp_path / "m"), saved)


def test_other_tools_can_read_the_weights(tmp_path: Path) -> None:
    saved = model(hidden=(4,))
    save_model(saved, tmp_path / "m")
    arrays = safetensors.numpy.load_file(tmp_path / "m")
    assert sorted(arrays) == ["biases.0", "biases.1", "weights.0", "weights.1"]
    np.testing.assert_array_equal(arrays["weights.1"], saved.parameters.weights[1])


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_model(model(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    named = replace(SUMMARY, name=os.fsdecode(b"d\xff.csv"))
    save_model(replace(model(), data=named), tmp_path / "m")
    assert load_model(tmp_path / "m").data == replace(named, name="d?.csv")


CONTENT = tensorfile.pack(
    KIND,
    to_json(
        ModelRecord(
            settings=model().settings,
            preprocessing=PREPROCESSING,
            data=SUMMARY,
            validation_metrics={"accuracy": 0.1 + 0.2},
            tuner="0.1.0",
        )
    ),
    tensorfile.named(model().parameters),
)
HEADER = int.from_bytes(CONTENT[:8], "little")

REUSED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def refused(path: Path, content: bytes) -> str:
    """What is said of a model file with this content; one line that names it."""
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_model(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    assert said.isprintable()
    assert len(said) < 500 + len(str(path))
    return said.removeprefix(f"{path}: ")


def test_the_content_that_is_damaged_below_is_sound(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(CONTENT)
    assert_same_model(load_model(tmp_path / "m"), model())


@settings(REUSED)
@given(st.integers(0, len(CONTENT) - 1))
@example(0)
@example(8)
@example(8 + HEADER)
@example(len(CONTENT) - 1)
def test_a_file_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    said = refused(tmp_path / "m", CONTENT[:length])
    assert "is empty" in said if length == 0 else "is damaged or not a safetensors file" in said


def flipped(places: Sequence[tuple[int, int]]) -> bytes:
    content = bytearray(CONTENT)
    for place, bits in places:
        content[place] ^= bits
    return bytes(content)


def check_altered(path: Path, content: bytes) -> None:
    """It is refused in one clear line, or what was altered means nothing."""
    path.write_bytes(content)
    try:
        read = load_model(path)
    except DataError:
        refused(path, content)
    else:
        assert_same_model(read, model())


@settings(REUSED, max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(1, 255)), min_size=1, max_size=4
    )
)
def test_flipped_bytes_are_refused_or_change_nothing(
    tmp_path: Path, places: list[tuple[int, int]]
) -> None:
    check_altered(tmp_path / "m", flipped(places))


@settings(REUSED, max_examples=300)
@given(st.integers(8, 8 + HEADER - 1), st.sampled_from(b'"{}[],:0129-eN\\ n\n'))
def test_a_header_with_another_character_is_refused_or_changes_nothing(
    tmp_path: Path, place: int, character: int
) -> None:
    check_altered(tmp_path / "m", CONTENT[:place] + bytes([character]) + CONTENT[place + 1 :])


@settings(REUSED)
@given(st.integers(8 + HEADER, len(CONTENT) - 1), st.integers(1, 255))
def test_every_flipped_byte_of_a_weight_is_refused(tmp_path: Path, place: int, bits: int) -> None:
    assert "its SHA-256 differs" in refused(tmp_path / "m", flipped([(place, bits)]))


@settings(REUSED)
@given(st.integers(0, 2**64 - 1))
@example(2**64 - 1)
@example(2**63)
@example(100_000_000)
@example(len(CONTENT))
def test_an_absurd_header_length_is_refused(tmp_path: Path, length: int) -> None:
    if length != HEADER:
        refused(tmp_path / "m", length.to_bytes(8, "little") + CONTENT[8:])


@settings(REUSED)
@given(st.binary(min_size=1, max_size=200))
def test_any_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    assert "is damaged or not a safetensors file" in refused(tmp_path / "m", content)


def stamped(stamp: object) -> bytes:
    """A safetensors file with this JSON under our key."""
    text = stamp if isinstance(stamp, str) else json.dumps(stamp)
    return safetensors.numpy.save({"w": np.ones(3)}, {"tuner": text})


NESTED = 100_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"weights": [1.0]}), "is damaged or not a safetensors file"),
        (safetensors.numpy.save({"w": np.ones(3)}), "was not written by tuner"),
        (safetensors.numpy.save({"w": np.ones(3)}, {"format": "pt"}), "was not written by tuner"),
        (stamped([]), "was not written by tuner"),
        (stamped("null"), "was not written by tuner"),
        (stamped("{"), "is damaged or not a safetensors file"),
        (stamped("[" * NESTED + "]" * NESTED), "is damaged or not a safetensors file"),
        (stamped("9" * 5000), "is damaged or not a safetensors file"),
        (stamped({}), "is a None of tuner: give a model instead."),
        (tensorfile.pack("checkpoint", {}, {}), "is a checkpoint of tuner: give a model instead."),
        (stamped({"kind": "a\nb"}), "is a a b of tuner"),
        (stamped({"kind": KIND, "schema": 2}), "has schema 2 but this tuner reads 1: update tuner"),
        (stamped({"kind": KIND, "schema": None}), "has schema None but this tuner reads 1"),
        (stamped({"kind": KIND, "schema": 1}), "is damaged ('record')"),
        (stamped({"kind": KIND, "schema": 1, "record": {}}), "is damaged ('sha256')"),
        (
            stamped({"kind": KIND, "schema": 1, "record": {}, "sha256": ""}),
            "was altered or damaged",
        ),
        (stamped('{"kind": "model", "schema": 1, "record": NaN, "sha256": ""}'), "is damaged (Out"),
        (CONTENT + b"\0", "is damaged or not a safetensors file"),
        (b'\x80\0\0\0\0\0\0\0{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', "is dam"),
    ],
)
def test_files_from_elsewhere(tmp_path: Path, content: bytes, message: str) -> None:
    assert refused(tmp_path / "m", content).startswith(message)


def test_an_array_of_an_unknown_type_is_refused(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    content = len(header).to_bytes(8, "little") + header + b"\0\0"
    assert refused(tmp_path / "m", content).startswith(
        "is damaged or not a safetensors file ('BF16')"
    )


def forged(
    *,
    record: Callable[[dict[str, Any]], object] = lambda _: None,
    arrays: Callable[[dict[str, Any]], object] = lambda _: None,
) -> bytes:
    """A file with a right SHA-256 of which the content was changed beforehand."""
    text, named = tensorfile.unpack(CONTENT, KIND)
    content = json.loads(text)
    record(content)
    named = {name: array.copy() for name, array in named.items()}
    arrays(named)
    return tensorfile.pack(KIND, content, named)


def put(value: Any, *keys: str | int) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


def first_weight(value: float) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        arrays["weights.0"][0, 0] = value

    return change


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (forged(arrays=first_weight(np.nan)), "holds weights that are not finite"),
        (forged(arrays=first_weight(-np.inf)), "holds weights that are not finite"),
        (forged(arrays=lambda a: a.pop("biases.1")), "lacks the array 'biases.1'"),
        (forged(arrays=put(np.ones(1), "x")), "holds an unknown array 'x'"),
        (
            forged(arrays=put(np.ones((5, 4), np.float32), "weights.0")),
            "holds an array (5, 4) of float32 where its settings need (4, 5) of float32",
        ),
        (forged(arrays=put(np.ones((4, 5)), "weights.0")), "holds an array (4, 5) of float64"),
        (forged(arrays=put(np.ones(0, np.float32), "biases.0")), "holds an array (0,) of float32"),
        (forged(record=put([5], "settings", "hidden")), "holds an array (4, 5) of float32 where"),
        (forged(record=put([4, 4], "settings", "hidden")), "lacks the array 'biases.2'"),
        (forged(record=put([10**30], "settings", "hidden")), "holds an array (4, 5) of float32"),
        (forged(record=put(6, "data", "n_features")), "holds an array (4, 5) of float32 where"),
        (forged(record=put(["a", "b"], "data", "classes")), "holds an array (3, 4) of float32"),
        (forged(record=put(1, "surprise")), "ModelRecord.surprise: "),
        (forged(record=put(1, "a\nb")), "ModelRecord.a b: "),
        (forged(record=put(1, "x" * 10**5)), "ModelRecord.xxx"),
        (forged(record=lambda r: r.pop("tuner")), "ModelRecord.tuner: "),
        (forged(record=put("0.1", "settings", "eta")), "ModelRecord.settings.eta: "),
        (forged(record=put(-1, "settings", "eta")), "ModelRecord.settings: "),
        (forged(record=put([], "preprocessing", "numeric")), "holds a preprocessing that does not"),
        (
            forged(record=put(-1, "preprocessing", "numeric", 0, "scale")),
            "holds a preprocessing that does not fit",
        ),
        (
            forged(record=put([10**9, 10**9], "preprocessing", "image_shape")),
            "holds images of two sizes",
        ),
    ],
)
def test_files_that_contradict_themselves(tmp_path: Path, content: bytes, message: str) -> None:
    assert refused(tmp_path / "m", content).startswith(message)


def test_an_image_model_whose_images_have_another_size(tmp_path: Path) -> None:
    def change(record: Any) -> None:
        for part in ("data", "preprocessing"):
            record[part]["image_shape"] = [10**9, 10**9]

    said = refused(tmp_path / "m", forged(record=change))
    assert said.startswith("holds a preprocessing that does not fit")


def test_a_model_of_weights_that_are_not_finite_is_never_made() -> None:
    parameters = model().parameters
    weights = (np.full_like(parameters.weights[0], np.nan), parameters.weights[1])
    with pytest.raises(DataError, match="not finite"):
        replace(model(), parameters=Parameters(weights, parameters.biases))


# Data as the user has them


def raw_frame() -> pd.DataFrame:
    x = np.random.default_rng(3).normal(0, 2, (9, 3))
    colours = ["red", "blue", "red", "9", "red", "red", "green", "blue", "red"]
    return pd.DataFrame({**{f"x{i}": x[:, i] for i in range(3)}, "colour": colours})


def expected_names(frame: pd.DataFrame) -> list[str]:
    """The oracle: standardised and one-hot encoded by hand, then the formula."""
    numbers = (frame[["x0", "x1", "x2"]].to_numpy() - [0, 0.1, 0.2]) * 3
    red = (frame["colour"] == "red").to_numpy()[:, None]
    z = by_hand(model(), np.hstack([numbers, red, ~red]))
    return [SUMMARY.classes[i] for i in z.argmax(axis=1)]


def test_predict_takes_raw_tables_and_returns_names() -> None:
    of, frame = model(), raw_frame()
    expected = expected_names(frame)
    assert len(set(expected)) > 1
    assert of.predict(frame).tolist() == expected
    assert of.predict(frame.assign(other="?")[["colour", "other", "x2", "x0", "x1"]]).tolist() == (
        expected
    )
    assert of.predict(frame.astype({"colour": "category"})).tolist() == expected
    assert of.predict_proba(frame).tobytes() == of.probabilities(of.preprocess(frame)).tobytes()
    assert of.predict_indices(of.preprocess(frame)).tolist() == [
        SUMMARY.classes.index(name) for name in expected
    ]


def test_predict_takes_arrays_in_the_order_of_training() -> None:
    iris = load("iris")
    of = model_of(
        begin(
            NativeTrainer(iris.tuning),
            Hyperparameters(eta=0.5, hidden=()),
            Constant(eta=0.5),
            Stopping(epochs=1),
        ),
        iris,
    )
    raw = read("iris").inputs
    frame = pd.DataFrame(raw.numbers, columns=raw.number_names)
    names = of.predict(frame.to_numpy()).tolist()
    assert names == of.predict("iris").tolist() == of.predict(frame[frame.columns[::-1]]).tolist()
    assert set(names) <= set(iris.classes)
    part = iris.validation
    assert of.predict(part).tolist() == [iris.classes[i] for i in of.predict_indices(part.x)]


def test_predict_takes_images_flat_or_not() -> None:
    of = untrained_image_model()
    pixels = np.random.default_rng(1).integers(0, 256, (6, 2, 2))
    pixels[0, 0, 0] = 255
    flat = pixels.reshape(6, 4)
    columns = ["pixel_1_1", "pixel_0_0", "pixel_0_1", "pixel_1_0"]
    frame = pd.DataFrame(flat[:, [3, 0, 1, 2]], columns=columns)
    assert of.predict(pixels).tolist() == of.predict(flat).tolist() == of.predict(frame).tolist()
    np.testing.assert_allclose(of.preprocess(flat), flat / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (raw_frame().drop(columns="x1"), "x: has no column 'x1': add it as in training."),
        (raw_frame().drop(columns="colour"), "x: has no column 'colour': add it as in training."),
        (
            raw_frame().drop(columns=["x1", "colour"]),
            "x: has no columns 'x1', 'colour': add them as in training.",
        ),
        (
            raw_frame().rename(columns={"x1": "X1"}),
            "x: has no column 'x1': add it as in training; 'X1' is another name.",
        ),
        (
            raw_frame().assign(x1="wide"),
            "x: column 'x1' held numbers in training and holds 'wide' in data row 1",
        ),
        (raw_frame().assign(x1=np.inf), "x: column 'x1' has 9 infinite values"),
        (raw_frame()[:0], "x: has no rows"),
        (raw_frame().to_numpy(), "x: has columns of numbers and of texts: give a DataFrame."),
        (np.zeros((2, 3)), "x: has shape (2, 3) but must be (n, 4): "),
        (np.zeros(4), "x: has shape (4,) but must be (n, 4): "),
    ],
)
def test_raw_data_that_a_model_cannot_use(x: Any, message: str) -> None:
    with pytest.raises(DataError) as error:
        model().predict(x)
    assert str(error.value).startswith(message)


def test_pixels_that_were_scaled_already_are_refused() -> None:
    with pytest.raises(
        DataError, match="pixels from 1 to 1 where the model was trained on pixels from 0 to 255"
    ):
        untrained_image_model().predict(np.ones((3, 4)))


# Writing


def full_disk(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_failed_write_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(model(), tmp_path / "m")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OutputError, match=r"m: cannot be written \(No space left on device\): "):
        save_model(model(seed=9), tmp_path / "m")
    assert_same_model(load_model(tmp_path / "m"), model())
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_new_file_takes_the_place_of_the_older_one_at_once(tmp_path: Path) -> None:
    # Who has the older file open, or a link to it, keeps it whole: it is not written over.
    save_model(model(), tmp_path / "m")
    (tmp_path / "link").hardlink_to(tmp_path / "m")
    save_model(model(seed=9), tmp_path / "m")
    assert_same_model(load_model(tmp_path / "link"), model())
    assert_same_model(load_model(tmp_path / "m"), model(seed=9))


@pytest.mark.parametrize(
    "path",
    [".", "", "file/m", "n" * 300, "a\0b", os.devnull],
    ids=["folder", "nothing", "under a file", "long", "nul", "device"],
)
def test_paths_that_cannot_be_written(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as error:
        save_model(model(), tmp_path / path)
    assert "cannot be written (" in str(error.value)
    assert "\n" not in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("path", "message"), [("none", "no such file"), (".", "is a directory")])
def test_paths_that_cannot_be_read(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_model(tmp_path / path)


def test_a_network_without_a_finished_epoch_is_kept_as_it_began() -> None:
    image_model = untrained_image_model()
    start = parameters_of(image_model.settings, 4, 2)
    for a, b in zip(image_model.parameters.arrays, start.arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    assert image_model.validation_accuracy == 0
    shapes = [(n_out, n_in) for n_in, n_out in pairwise((4, 2, 2))]
    assert [w.shape for w in image_model.parameters.weights] == shapes
