import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tuner.data import Preprocessing, load
from tuner.data.inputs import Inputs, images, numeric
from tuner.data.preprocessing import LIMIT, MAX_CATEGORIES, fit
from tuner.errors import DataError
from tuner.records import from_json, to_json


def inputs(seed: int, n: int, categories: int) -> Inputs:
    rng = np.random.default_rng(seed)
    numbers = np.column_stack([rng.normal(5, 3, n), np.full(n, 7.1), rng.integers(0, 9, n)])
    texts = np.char.add("t", rng.integers(0, categories, (n, 2)).astype(str)).astype(object)
    return Inputs(numbers, ("a", "same", "c"), texts, ("u", "v"))


def scikit(train: Inputs, new: Inputs) -> np.ndarray:
    """The same by scikit-learn's ColumnTransformer, but for the limit and constant columns."""
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False
    )
    transformer = ColumnTransformer(
        [("numbers", StandardScaler(), ["a", "same", "c"]), ("texts", one_hot, ["u", "v"])]
    )
    transformer.fit(frame(train))
    x = np.asarray(transformer.transform(frame(new)), dtype=np.float32)
    x[:, :3] = np.clip(x[:, :3], -LIMIT, LIMIT) * (np.ptp(train.numbers, axis=0) > 0)
    return x


def frame(raw: Inputs) -> pd.DataFrame:
    numbers = pd.DataFrame(raw.numbers, columns=list(raw.number_names))
    return numbers.join(pd.DataFrame(raw.texts, columns=list(raw.text_names)))


@given(st.integers(0, 1000), st.integers(2, 60), st.sampled_from([1, 3, MAX_CATEGORIES + 20]))
@settings(max_examples=20, deadline=None)
def test_agrees_with_scikit_learn_on_seen_and_unseen_rows(
    seed: int, n: int, categories: int
) -> None:
    train, new = inputs(seed, n, categories), inputs(seed + 1, 20, categories + 5)
    fitted = fit(train)
    for raw in (train, new):
        np.testing.assert_allclose(fitted.transform(raw), scikit(train, raw), rtol=1e-6, atol=1e-6)
    assert fitted.transform(new).shape[1] == len(fitted.feature_names)


@pytest.mark.parametrize("source", ["iris", "digits"])
def test_survives_json_exactly(source: str) -> None:
    fitted = load(source).preprocessing
    assert from_json(Preprocessing, json.dumps(to_json(fitted))) == fitted


def test_survives_json_with_categories() -> None:
    fitted = fit(inputs(0, 400, MAX_CATEGORIES + 20))
    again = from_json(Preprocessing, json.dumps(to_json(fitted)))
    assert again == fitted
    np.testing.assert_array_equal(
        again.transform(inputs(1, 9, 99)), fitted.transform(inputs(1, 9, 99))
    )


def test_many_categories_share_a_column() -> None:
    fitted = fit(inputs(0, 4000, 500))
    assert [len(column.feature_names) for column in fitted.categorical] == [MAX_CATEGORIES] * 2
    assert fitted.feature_names[-1] == "v=(other)"


def test_a_constant_column_becomes_zeros() -> None:
    constant = numeric(np.full((9, 1), 1e9 + 0.1))
    np.testing.assert_allclose(fit(constant).transform(constant), 0, atol=1e-6)


def test_is_fitted_on_the_training_part_alone() -> None:
    data = load("wine", train_size=50)
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.x.std(axis=0), 1, atol=1e-5)
    assert np.abs(data.validation.x.mean(axis=0)).max() > 0.01


def test_columns_are_found_by_name() -> None:
    raw = inputs(0, 20, 3)
    turned = Inputs(raw.numbers[:, ::-1], raw.number_names[::-1], raw.texts[:, ::-1], ("v", "u"))
    np.testing.assert_array_equal(fit(raw).transform(turned), fit(raw).transform(raw))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (numeric(np.ones((2, 1)), ("a",)), "column 'same' with numbers is missing"),
        (numeric(np.ones((2, 3)), ("a", "same", "c")), "column 'u' with texts is missing"),
    ],
)
def test_missing_columns_are_named(raw: Inputs, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(inputs(0, 20, 3)).transform(raw)


def test_images_of_another_size_are_refused() -> None:
    fitted = Preprocessing(image_shape=(4, 4), divisor=255.0)
    with pytest.raises(DataError, match=r"images of \(4, 4\) pixels are needed"):
        fitted.transform(images(np.ones((2, 2, 8)))[0])


def test_numbers_too_large_for_a_variance_are_refused() -> None:
    with pytest.raises(DataError, match="column 'x0' has numbers too large"):
        fit(numeric(np.array([[1e300], [-1e300]])))
