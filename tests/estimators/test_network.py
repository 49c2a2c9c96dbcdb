"""Our networks behind scikit-learn's interface: its own checks, and its tools around them."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.support.estimators.applying import check_where_it_applies
from tuner.data.inputs import Examples, numeric
from tuner.errors import DataError, DataWarning, OptionError, TunerError
from tuner.estimators import NetworkClassifier, NetworkRegressor
from tuner.estimators.base import dataset_of
from tuner.storage.models import load_model, save_model

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def small(**changes: Any) -> NetworkClassifier:
    return NetworkClassifier(**{"hidden": (8,), "eta": 1.0, "epochs": 20, **changes})


@parametrize_with_checks([NetworkClassifier()])
def test_scikit_learn_s_own_checks(estimator: Any, check: Any) -> None:
    check_where_it_applies(check, estimator)


@parametrize_with_checks([NetworkRegressor()])
def test_scikit_learn_s_own_checks_of_regressors(estimator: Any, check: Any) -> None:
    check_where_it_applies(check, estimator)


def test_a_regressor_predicts_in_the_unit_of_the_target() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    y = 1_000 + 50 * x @ [1.0, -2.0, 0.5]
    network = NetworkRegressor(hidden=(), epochs=60).fit(x, y)
    np.testing.assert_allclose(network.predict(x), y, rtol=0.05)
    assert network.score(x, y) > 0.999
    scaled = NetworkRegressor(hidden=(), epochs=60, eta=network.eta_).fit(x, 8 * y)
    np.testing.assert_allclose(scaled.predict(x), 8 * network.predict(x), rtol=1e-5)


@pytest.fixture(scope="module")
def fitted() -> NetworkClassifier:
    return small().fit(X, Y)


def test_it_learns(fitted: NetworkClassifier) -> None:
    assert fitted.score(X, Y) > 0.9
    assert fitted.run_.best_validation_accuracy > 0.9
    assert fitted.n_iter_ == len(fitted.run_.history)
    assert (fitted.eta_, fitted.eta_search_) == (1.0, None)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)


def test_eta_is_found_by_its_threshold() -> None:
    found = small(eta="auto", epochs=3).fit(X, Y)
    assert found.eta_search_ is not None
    assert found.eta_ == found.eta_search_.threshold / 2 == found.run_.settings.eta


def test_classes_may_weigh_differently() -> None:
    rare = np.concatenate([np.arange(50), np.arange(50, 100, 10), np.arange(100, 110)])
    x, y = X[rare], NAMES[Y[rare]]
    counts = dict(zip(*np.unique(y, return_counts=True), strict=True))
    even = small(class_weight="balanced").fit(x, y)
    mapped = small(class_weight={name: 50 / n for name, n in counts.items()}).fit(x, y)
    np.testing.assert_allclose(mapped.predict_proba(X), even.predict_proba(X), atol=1e-3)
    plain, none = small().fit(x, y), small(class_weight=None).fit(x, y)
    np.testing.assert_array_equal(none.predict_proba(X), plain.predict_proba(X))
    assert (even.predict_proba(X) != plain.predict_proba(X)).any()
    with pytest.raises(OptionError, match="class_weights must be 3 positive numbers"):
        small(class_weight={"setosa": 0}).fit(x, y)


def test_the_same_seed_gives_the_same_network(fitted: NetworkClassifier) -> None:
    again, other = small().fit(X, Y), small(seed=1).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert (other.predict_proba(X) != fitted.predict_proba(X)).any()


def test_the_kind_of_labels_makes_no_difference(fitted: NetworkClassifier) -> None:
    for labels in (NAMES[Y], NAMES[Y].astype(object), Y * 10 - 5):
        named = small().fit(X, labels)
        np.testing.assert_array_equal(
            named.predict(X), labels[np.unique(Y, return_index=True)[1]][fitted.predict(X)]
        )
        np.testing.assert_array_equal(named.predict_proba(X), fitted.predict_proba(X))


def frames() -> list[Any]:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    columns = load_iris().feature_names
    return [pd.DataFrame(X, columns=columns), pl.DataFrame(X, schema=columns)]


def test_tables_of_pandas_and_polars(fitted: NetworkClassifier) -> None:
    for frame in frames():
        of_frame = small().fit(frame, Y)
        assert list(of_frame.feature_names_in_) == list(frame.columns)
        assert of_frame.model_.preprocessing.column_names == tuple(frame.columns)
        np.testing.assert_array_equal(of_frame.predict_proba(frame), fitted.predict_proba(X))
        with pytest.raises(ValueError, match="feature names"):
            of_frame.predict(frame[list(frame.columns[::-1])])


def mixed() -> pd.DataFrame:
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame.loc[::7, "a"] = np.nan
    frame["size"] = pd.Series(np.where(X[:, 2] < 3, "small", "large"), dtype="category")
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(150) * 3 % 31, unit="D")
    frame["note"] = pd.array([None, "x", "y"] * 50, dtype="string")
    return frame


def test_columns_of_all_kinds(fitted: NetworkClassifier) -> None:
    frame = mixed()
    with pytest.warns(DataWarning) as caught:
        network = small().fit(frame, Y)
    said = " ".join(str(each.message) for each in caught)
    assert "'day' holds dates" in said
    assert "'a' (22), 'note' (50)" in said
    assert list(network.feature_names_in_) == list(frame.columns)
    assert network.score(frame, Y) > 0.9
    np.testing.assert_allclose(
        network.predict_proba(frame[:5]), network.predict_proba(frame)[:5], rtol=1e-12
    )
    with pytest.raises(ValueError, match="feature names"):
        network.predict(frame[list(frame.columns[::-1])])
    with pytest.raises(DataError, match="give a DataFrame"):
        network.predict(frame.to_numpy())


def test_columns_of_all_kinds_in_polars() -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = mixed().drop(columns="day")
    as_polars = pl.DataFrame(
        {
            "a": pl.Series([None if np.isnan(a) else a for a in frame["a"]]),
            **{name: frame[name].tolist() for name in "bcd"},
            "size": pl.Series(frame["size"].tolist(), dtype=pl.Categorical),
            "note": [None, "x", "y"] * 50,
        }
    )
    with pytest.warns(DataWarning, match="values are missing"):
        of_pandas = small().fit(frame, Y)
    with pytest.warns(DataWarning, match="values are missing"):
        of_polars = small().fit(as_polars, Y)
    np.testing.assert_array_equal(of_polars.predict(as_polars), of_pandas.predict(frame))


def test_missing_numbers_of_arrays() -> None:
    x = X.copy()
    x[::3, 1] = np.nan
    network = small().fit(x, Y)
    assert network.score(x, Y) > 0.85
    assert network.model_.preprocessing.feature_names[-1] == "x1=(missing)"


def test_labels_of_pandas_and_polars(fitted: NetworkClassifier) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    for labels in (pd.Series(NAMES[Y]), pl.Series(NAMES[Y])):
        assert small().fit(X, labels).score(X, labels) == fitted.score(X, Y)


def test_read_only_arrays_stay_as_they_are(fitted: NetworkClassifier) -> None:
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    np.testing.assert_array_equal(small().fit(x, y).predict_proba(x), fitted.predict_proba(X))
    np.testing.assert_array_equal(x, X)


def test_a_prediction_depends_on_its_row_alone(fitted: NetworkClassifier) -> None:
    order = np.random.default_rng(0).permutation(len(X))
    whole = fitted.predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X[order]), whole[order], rtol=1e-12)
    np.testing.assert_allclose(fitted.predict_proba(X[7:8]), whole[7:8], rtol=1e-12)


def test_pipeline_cross_validation_grid_search_and_clone(fitted: NetworkClassifier) -> None:
    assert cross_val_score(make_pipeline(StandardScaler(), small()), X, Y, cv=3).mean() > 0.85
    search = GridSearchCV(small(epochs=5), {"lambda_": [0.0, 1e4], "hidden": [(4,), 6]}, cv=2).fit(
        X, NAMES[Y]
    )
    assert search.best_params_["lambda_"] == 0
    assert search.predict(X[:1]).tolist() == ["setosa"]
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)
    received = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    np.testing.assert_array_equal(received.predict_proba(X), fitted.predict_proba(X))


def test_few_examples_are_enough_and_no_class_is_lost() -> None:
    x, y = np.r_[X[:60], X[-1:]], np.r_[Y[:60], [2]]
    assert small().fit(x, y).predict_proba(x).shape == (61, 3)
    assert small().fit(X[[0, 60, 120]], [0, 1, 2]).classes_.tolist() == [0, 1, 2]


def test_its_model_can_be_saved(fitted: NetworkClassifier, tmp_path: Any) -> None:
    save_model(fitted.model_, tmp_path / "model.safetensors")
    model = load_model(tmp_path / "model.safetensors")
    assert model.classes == ("0", "1", "2")
    assert model.data.n_test == 0
    assert model.validation_accuracy == fitted.run_.best_validation_accuracy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"eta": -1}, "eta must be a positive finite number but is -1"),
        ({"hidden": (0,)}, "hidden must be sizes of at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"validation_fraction": 0.9}, "validation_fraction must be from 0 to 0.5 but is 0.9"),
        ({"activation": "softplus"}, "activation"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        small(**change).fit(X, Y)


def test_an_eta_that_diverges_at_once_is_named() -> None:
    with pytest.raises(TunerError, match=r"eta is 1e\+30, which made the network diverge"):
        small(eta=1e30, activation="relu", lambda_=1).fit(X, Y)


def test_numpy_numbers_are_numbers(tmp_path: Path) -> None:
    grid = {"batch_size": np.arange(5, 20, 5), "lambda_": np.linspace(0, 0.1, 2)}
    found = GridSearchCV(small(epochs=2), grid, cv=2).fit(X, Y).best_estimator_
    save_model(found.model_, tmp_path / "grid.safetensors")
    assert load_model(tmp_path / "grid.safetensors").settings == found.model_.settings


@pytest.mark.parametrize(
    ("changes", "x", "y", "said"),
    [
        ({"seed": None}, X, Y, "seed must be a whole number"),
        ({"hidden": "30"}, X, Y, "hidden must be sizes"),
        ({}, X, np.zeros(150), "y holds one class only, 0.0"),
        ({}, X.astype("datetime64[D]"), Y, "holds times"),
        ({}, pd.DataFrame({"a": X[:, 0], "t": [[1]] * 150}), Y, "'t' holds neither numbers"),
    ],
)
def test_what_cannot_be_used_is_named(changes: Any, x: Any, y: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small(epochs=1, **changes).fit(x, y)


@pytest.mark.parametrize(("classes", "n"), [(10, 11), (30, 35), (10, 12)])
def test_many_classes_leave_the_test_part_apart(classes: int, n: int) -> None:
    x = numeric(np.arange(n, dtype=float)[:, None])
    y = np.r_[np.arange(classes), np.zeros(n - classes, int)]
    examples = Examples("arrays", x, y, tuple(map(str, range(classes))), "")
    data = dataset_of(examples, shares=(0.6, 0.2), seed=0)
    tested = {float(row[0]) for row in data.open_test().x}
    assert tested
    assert not tested & {float(row[0]) for part in (data.train, data.validation) for row in part.x}
