"""The whole order of work behind scikit-learn's interface: its own checks, and what is ours."""

import pickle
import re
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.support.estimators.applying import check_where_it_applies
from tuner.errors import InputError, OptionError
from tuner.estimators import NetworkClassifier, TunedClassifier, TunedRegressor
from tuner.records import to_json
from tuner.storage.models import load_model
from tuner.storage.run_store import RunStore
from tuner.tuning.tasks import Pace

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


@pytest.mark.long
@parametrize_with_checks([TunedClassifier(budget=1), TunedRegressor(budget=1)])
def test_scikit_learn_s_own_checks(
    estimator: Any, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the clock stopped, for what fits into a second differs from one fit to the next."""
    monkeypatch.setattr(Pace, "__call__", lambda *_: 0.03)
    monkeypatch.setattr(RunStore, "seconds", 0.1)
    check_where_it_applies(check, estimator)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def fitted(folder: Path) -> TunedClassifier:
    frame = pd.DataFrame(X, columns=load_iris().feature_names)
    return TunedClassifier("1s", folder=folder).fit(frame, NAMES)


def test_it_tunes_and_opens_the_test_part_once(fitted: TunedClassifier) -> None:
    frame = pd.DataFrame(X, columns=fitted.feature_names_in_)
    assert fitted.score(frame, NAMES) > 0.85
    assert fitted.record_.test.openings == 1
    assert fitted.test_score_ == fitted.record_.test.value
    assert 0.8 < fitted.best_score_ <= 1
    summary = fitted.record_.data
    assert (summary.n_train, summary.n_validation, summary.n_test) == (90, 30, 30)


def test_its_best_params_are_those_of_a_network(fitted: TunedClassifier) -> None:
    network = NetworkClassifier(**fitted.best_params_, epochs=3).fit(X, Y)
    assert network.eta_ == fitted.best_params_["eta"] == fitted.record_.settings.eta
    assert network.run_.settings.hidden == fitted.record_.settings.hidden


def test_its_folder_holds_model_settings_and_report(fitted: TunedClassifier, folder: Path) -> None:
    model = load_model(folder / "model.safetensors")
    assert model.classes == ("setosa", "versicolor", "virginica")
    assert (folder / "settings.toml").is_file()
    assert "TunedClassifier(budget=" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_folder_goes_on_with_its_tuning_and_no_other(
    fitted: TunedClassifier, folder: Path
) -> None:
    frame = pd.DataFrame(X, columns=fitted.feature_names_in_)
    again = clone(fitted).fit(frame, NAMES)
    np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(frame))
    assert again.record_.test.openings == 1
    with pytest.raises(InputError, match="holds another run"):
        clone(fitted).fit(frame[:-1], NAMES[:-1])


@pytest.mark.long
def test_its_report_opens(
    fitted: TunedClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    page = fitted.report_.open()
    assert opened == [page.as_uri()]
    written = fitted.report_.write(tmp_path)
    assert written.read_bytes() == page.read_bytes()
    assert "Test accuracy" in repr(fitted.report_)


def test_a_notebook_shows_diagram_and_verdict(fitted: TunedClassifier) -> None:
    html = fitted._repr_mimebundle_()["text/html"]
    assert _unnumbered(html) == _unnumbered(fitted._repr_html_())
    assert "sk-top-container" in html
    assert fitted.report_._repr_html_() in html
    assert fitted.report_._repr_html_() not in clone(fitted)._repr_html_()
    with config_context(display="text"):
        assert "text/html" not in fitted._repr_mimebundle_()


def _unnumbered(html: str) -> str:
    """A diagram without the number that scikit-learn gives each one it draws."""
    return re.sub(r"(container-id|estimator-id)-\d+", r"\1", html)


def test_before_fit_there_is_nothing_to_see() -> None:
    for name in ("best_params_", "best_score_", "test_score_", "report_"):
        assert not hasattr(TunedClassifier(), name)
    with pytest.raises(NotFittedError):
        TunedClassifier().predict(X)


@pytest.mark.long
def test_pipeline_grid_search_clone_and_pickle(fitted: TunedClassifier) -> None:
    pipeline = make_pipeline(StandardScaler(), TunedClassifier(1))
    search = GridSearchCV(pipeline, {"tunedclassifier__article": [True, False]}, cv=2).fit(X, Y)
    assert search.best_score_ > 0.8
    assert clone(fitted).get_params() == fitted.get_params()
    received = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    assert to_json(received.record_) == to_json(fitted.record_)
    np.testing.assert_array_equal(received.model_.outputs(X), fitted.model_.outputs(X))


@pytest.mark.parametrize(
    ("budget", "words"),
    [("soon", "a time must be such as 60s, 10m or 2h but is 'soon'"), (0.5, "budget must be")],
)
def test_a_budget_that_is_none_is_refused(budget: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        TunedClassifier(budget).fit(X, Y)


def test_a_regressor_predicts_in_the_unit_of_its_target(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(150, 3))
    target = 1000 + 50 * inputs[:, 0] + rng.normal(size=150)
    tuned = TunedRegressor("1s", folder=tmp_path, metric="mae").fit(inputs, target)
    assert tuned.score(inputs, target) > 0.8
    assert tuned.record_.test.metric == "mae"
    assert 0 < tuned.best_score_ < 20
    assert (tmp_path / "report.html").is_file()
    model = load_model(tmp_path / "model.safetensors")
    assert model.predict(inputs) == pytest.approx(tuned.predict(inputs), rel=1e-4)
