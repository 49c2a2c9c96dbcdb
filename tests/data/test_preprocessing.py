import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, RobustScaler, StandardScaler

from tuner.data import Preprocessing, load
from tuner.data.folds import folds_of
from tuner.data.inputs import MISSING, Examples, Inputs, images, numeric
from tuner.data.loading import assemble
from tuner.data.preprocessing import (
    BEND,
    FENCE,
    LIMIT,
    MAX_CATEGORIES,
    MIN_COUNT,
    MOST_QUANTILES,
    Numeric,
    fit,
)
from tuner.data.splits import split
from tuner.errors import DataError, OptionError
from tuner.records import from_json, to_json
from tuner.settings import SCALINGS


def inputs(seed: int, n: int, categories: int, lacking: float = 0.0) -> Inputs:
    rng = np.random.default_rng(seed)
    numbers = np.column_stack([rng.normal(5, 3, n), np.full(n, 7.1), rng.integers(0, 9, n)])
    numbers[rng.random((n, 3)) < lacking * np.array([1, 0, 1])] = np.nan
    texts = np.char.add("t", rng.integers(0, categories, (n, 2)).astype(str)).astype(object)
    return Inputs(numbers, ("a", "same", "c"), texts, ("u", "v"))


def scikit(train: Inputs, new: Inputs) -> np.ndarray:
    """The same by scikit-learn's transformers, but for far values and constant columns."""
    median = SimpleImputer(strategy="median", keep_empty_features=True).fit(train.numbers)
    filled = median.transform(train.numbers)
    scaler = StandardScaler().fit(np.column_stack([fenced(column) for column in filled.T]))
    z = scaler.transform(median.transform(new.numbers)) * (np.ptp(filled, axis=0) > 0)
    size = np.abs(z)
    bent = np.where(size > BEND, BEND + np.log(np.maximum(size, BEND) - BEND + 1), size)
    lack = MissingIndicator(features="missing-only", error_on_new=False).fit(train.numbers)
    parts = [np.sign(z) * np.minimum(bent, LIMIT), lack.transform(new.numbers)]
    for texts, new_texts in zip(train.texts.T, new.texts.T, strict=True):
        one_hot = OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            min_frequency=MIN_COUNT,
            max_categories=MAX_CATEGORIES,
            sparse_output=False,
        ).fit(texts[:, np.newaxis])
        made = one_hot.transform(new_texts[:, np.newaxis])
        parts.append(made[:, 1:] - made[:, :1] if made.shape[1] == 2 else made)
    return np.hstack(parts)


def fenced(column: np.ndarray) -> np.ndarray:
    centre = np.median(column)
    distances = sorted(np.abs(column - centre))
    most = FENCE * distances[int(0.99 * (len(column) - 1))]
    return np.clip(column, centre - most, centre + most) if most else column


@given(
    st.integers(0, 1000),
    st.integers(3, 60),
    st.sampled_from([1, 3, MAX_CATEGORIES + 20]),
    st.sampled_from([0, 0.3, 0.9]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_scikit_learn_on_seen_and_unseen_rows(
    seed: int, n: int, categories: int, lacking: float
) -> None:
    train = inputs(seed, n, categories, lacking)
    missing = np.isnan(train.numbers)
    assume((missing[:, 0] != missing[:, 2]).any() or not missing.any())  # else they share a column
    new = inputs(seed + 1, 20, categories + 5, lacking)
    fitted = fit(train)
    for raw in (train, new):
        np.testing.assert_allclose(fitted.transform(raw), scikit(train, raw), rtol=1e-6, atol=1e-6)
    assert fitted.transform(new).shape[1] == len(fitted.feature_names)


def skewed(seed: int, n: int) -> np.ndarray:
    """Columns with far values, many equal ones, gaps, and one value only."""
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        [np.exp(3 * rng.normal(size=n)), rng.integers(0, 4, n), rng.normal(5, 2, n), np.full(n, 3)]
    )
    x[rng.random((n, 4)) < (0.0, 0.0, 0.2, 0.0)] = np.nan
    return x


def bent(z: np.ndarray) -> np.ndarray:
    size = np.abs(z)
    grown = np.where(size > BEND, BEND + np.log(np.maximum(size, BEND) - BEND + 1), size)
    result: np.ndarray = np.sign(z) * np.minimum(grown, LIMIT)
    return result


@given(st.integers(0, 1000), st.integers(20, 600))
@settings(max_examples=20, deadline=None)
def test_robust_scaling_agrees_with_scikit_learn(seed: int, n: int) -> None:
    train, new = skewed(seed, n), skewed(seed + 1, 50)
    made = fit(numeric(train), scaling="robust").transform(numeric(new))[:, :4]
    known = RobustScaler(unit_variance=True).fit(train).transform(new)
    assume(not np.isnan(train[:, 2]).all())
    expected = bent(np.nan_to_num(known) * (np.nanmax(train, axis=0) > np.nanmin(train, axis=0)))
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-5)


@given(st.integers(0, 1000), st.integers(20, 600))
@settings(max_examples=20, deadline=None)
def test_quantile_scaling_agrees_with_scikit_learn(seed: int, n: int) -> None:
    train, new = skewed(seed, n), skewed(seed + 1, 50)
    fitted = fit(numeric(train), scaling="quantile")
    for i in (0, 1, 2):
        known = train[~np.isnan(train[:, i]), i]
        count = min(MOST_QUANTILES, len(known))
        theirs = QuantileTransformer(
            n_quantiles=count, output_distribution="normal", subsample=100_000
        ).fit(known[:, np.newaxis])
        filled = np.where(np.isnan(new[:, i]), np.median(known), new[:, i])
        edge = abs(norm.ppf(0.5 / count))
        expected = np.clip(theirs.transform(filled[:, np.newaxis])[:, 0], -edge, edge)
        made = fitted.transform(numeric(new))[:, i]
        ends = (filled == known.min()) | (filled == known.max())  # ours: the middle of equal ones
        within = 0.1 if i == 1 else 1e-5  # theirs miss equal values by the rounding of a share
        np.testing.assert_allclose(made[~ends], bent(expected)[~ends], atol=within)
        assert (np.abs(made[ends]) <= edge + 1e-5).all(), "in 32 bits"
    assert not fitted.transform(numeric(new))[:, 3].any(), "constant"
    again = from_json(Preprocessing, json.dumps(to_json(fitted)))
    assert (again.transform(numeric(new)) == fitted.transform(numeric(new))).all()


def test_robust_scaling_of_columns_with_one_value_in_most_rows() -> None:
    x = np.zeros((100, 1))
    x[:10, 0] = np.arange(10)
    made = fit(numeric(x), scaling="robust").transform(numeric(x))
    assert made[50, 0] == 0
    assert 1 < made[9, 0] < LIMIT, "its deviation, as the quartiles are one"


def test_scaling_is_fitted_anew_in_each_fold() -> None:
    data = load("wine", scaling="quantile")
    assert data.summary.scaling == "quantile"
    for fold in folds_of(data, 3):
        numbers = fold.preprocessing.numeric
        assert fold.preprocessing.scaling == "quantile"
        assert all(len(each.quantiles) == fold.tuning.train.n for each in numbers)
        assert abs(np.median(fold.tuning.train.x, axis=0)).max() < 0.2


def test_images_have_no_scaling() -> None:
    with pytest.raises(OptionError, match=r"^scaling is robust but .*images: leave it out"):
        load("digits", scaling="robust")
    with pytest.raises(OptionError, match=r"^scaling must be"):
        load("iris", scaling="none")


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


def test_columns_that_lack_values_in_the_same_rows_share_a_column() -> None:
    gaps = np.array([[1, 1, 1], [np.nan, np.nan, 2], [3, 4, np.nan]])
    fitted = fit(numeric(gaps))
    assert fitted.feature_names == ("x0", "x1", "x2", "x0=(missing)", "x2=(missing)")


def test_a_column_missing_in_all_of_training_becomes_zeros() -> None:
    fitted = fit(numeric(np.array([[np.nan, 1], [np.nan, 2]])))
    assert fitted.transform(numeric(np.array([[5.0, 1.5], [np.nan, 1.5]]))).tolist() == [
        [0, 0, 0],
        [0, 0, 1],
    ]


def test_a_model_without_medians_fills_with_the_mean() -> None:
    older = Preprocessing(numeric=(Numeric(name="x0", mean=3.0, scale=2.0),))
    assert older.transform(numeric(np.array([[np.nan], [5.0]]))).tolist() == [[0], [1]]


@given(st.integers(0, 1000), st.floats(allow_nan=False), st.booleans(), st.sampled_from(SCALINGS))
@settings(max_examples=30, deadline=None)
def test_no_validation_or_test_value_moves_a_training_input(
    seed: int, value: float, missing: bool, scaling: str
) -> None:
    raw = inputs(seed, 40, 4, 0.2)
    y = np.arange(40) % 2
    train = assemble(Examples("t", raw, y, ("a", "b"), ""), scaling=scaling).train
    others = np.setdiff1d(np.arange(40), split(Examples("t", raw, y, ("a", "b"), "")).train)
    numbers, texts = raw.numbers.copy(), raw.texts.copy()
    numbers[others] = np.nan if missing else np.clip(value, -1e30, 1e30)
    texts[others] = MISSING if missing else "another"
    changed = Inputs(numbers, raw.number_names, texts, raw.text_names)
    again = assemble(Examples("t", changed, y, ("a", "b"), ""), scaling=scaling).train
    np.testing.assert_array_equal(again.x, train.x)


def test_a_constant_column_becomes_zeros() -> None:
    constant = numeric(np.full((9, 1), 1e9 + 0.1))
    np.testing.assert_allclose(fit(constant).transform(constant), 0, atol=1e-6)


def test_is_fitted_on_the_training_part_alone() -> None:
    data = load("wine", train_size=50)
    near = np.abs(data.train.x).max(axis=0) < BEND
    np.testing.assert_allclose(data.train.x.mean(axis=0)[near], 0, atol=1e-5)
    np.testing.assert_allclose(data.train.x.std(axis=0)[near], 1, atol=1e-5)
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
