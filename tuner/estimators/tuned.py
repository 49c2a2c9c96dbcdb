"""The article's whole workflow as a scikit-learn estimator."""

import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from tuner.data import Dataset
from tuner.data.loading import assemble, warn
from tuner.durations import seconds_of
from tuner.errors import DataError, TunerError
from tuner.estimators.base import Classifier, Predictor, Regressor
from tuner.estimators.network import NETWORK_PARAMETERS
from tuner.execution.opening import open_executor
from tuner.records import TuneRecord
from tuner.settings import DataSettings, plain
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import tune
from tuner.tuning.request import TuneRequest


@dataclass(frozen=True)
class TunedReport:
    """The report of a tuning; in a notebook it shows the verdict and the training curves.

    Attributes
    ----------
    record
        What the report is made from.
    """

    record: TuneRecord

    def write(self, folder: str | Path) -> Path:
        """Write the page and its figures to a folder; return the path of the page.

        Raises
        ------
        OutputError
            When the folder cannot be written to.
        """
        from tuner.report import write_tune

        return write_tune(self.record, Path(folder)).html

    def open(self) -> Path:
        """Open the page in a browser, from a folder for temporary files; return its path."""
        page = self.write(tempfile.mkdtemp(prefix="tuner-")).absolute()
        webbrowser.open(page.as_uri())
        return page

    def __repr__(self) -> str:
        from tuner.report import show

        return repr(show(self.record))

    def _repr_html_(self) -> str:
        from tuner.report import show

        return show(self.record).html


class _Tuned(Predictor):
    """What classifier and regressor share: the tuning, and what comes of it."""

    record_: TuneRecord

    def __init__(
        self,
        budget: str | float = "60s",
        *,
        article: bool = False,
        metric: str = "auto",
        workers: int | str | None = 1,
        scheduler: str | None = None,
        folder: str | Path | None = None,
        scaling: str = "standard",
        seed: int = 0,
    ) -> None:
        self.budget = budget
        self.article = article
        self.metric = metric
        self.workers = workers
        self.scheduler = scheduler
        self.folder = folder
        self.scaling = scaling
        self.seed = seed

    def _tune(self, data: Dataset) -> None:
        """Tune on data, open their test part, and write what is asked for."""
        request = TuneRequest(
            budget=seconds_of(self.budget) if isinstance(self.budget, str) else plain(self.budget),
            article=self.article,
            metric=self.metric,
            seed=plain(self.seed),
            data=DataSettings(scaling=self.scaling),
            command=f"{self!r}.fit(X, y)",
        )
        executor = open_executor(trainer_of(data), self.workers, self.scheduler)
        with self._place() as place, closing(executor):
            tuned = tune(data, request, place, executor=executor)
        if tuned is None:
            raise TunerError("the tuning was stopped before its end.")
        self.record_, self.model_ = tuned.record, tuned.model
        if self.folder is not None:
            self.report_.write(self.folder)

    @property
    def best_params_(self) -> dict[str, Any]:
        """The settings of the best network alone, by the names of the network estimators."""
        check_is_fitted(self)
        return {name: getattr(self.record_.settings, name) for name in NETWORK_PARAMETERS}

    @property
    def best_score_(self) -> float:
        """The metric on the validation data that chose; out of fold where there are folds."""
        check_is_fitted(self)
        return self.record_.validation_value

    @property
    def test_score_(self) -> float:
        """The metric on the test part, which was opened once."""
        check_is_fitted(self)
        return self.record_.test.value

    @property
    def report_(self) -> TunedReport:
        """The report, to write or to open."""
        check_is_fitted(self)
        return TunedReport(self.record_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # its budget is a time
        return tags

    def _html_repr(self) -> str:
        """Show scikit-learn's own diagram and, once fitted, the verdict under it."""
        diagram = str(super()._html_repr())
        return diagram + self.report_._repr_html_() if self.__sklearn_is_fitted__() else diagram

    @contextmanager
    def _place(self) -> Iterator[Path]:
        if self.folder is not None:
            yield Path(self.folder)
            return
        with tempfile.TemporaryDirectory(prefix="tuner-") as place:
            yield Path(place)


class TunedClassifier(Classifier, _Tuned):
    """A network tuned within a budget of time, as a scikit-learn classifier.

    `fit` does the article's whole workflow: a sanity check, η by its threshold, overfitting and
    regularizers, a study of λ and network size, η again, candidates on paired seeds or folds, their
    committee, and one opening of a test part that was held out of the examples, a fifth of them.

    Parameters
    ----------
    budget
        Time for one `fit`, such as "60s", "10m" or a number of seconds; at least one second.
    article
        Whether to use the article's methods only: sigmoid neurons and cross-entropy.
    metric
        What chooses: "auto" is accuracy; or "balanced-accuracy", "f1", "auc", "log-loss", "brier".
    workers
        Processes that train; None is one for each core.
    scheduler
        Address of a Dask scheduler to train with instead, such as tcp://127.0.0.1:8786.
    folder
        Where to write model, settings and report; an interrupted `fit` resumes there. By default
        nothing is kept but what the estimator holds.
    scaling
        How columns of numbers are scaled: "standard", "robust" or "quantile".
    seed
        Random seed. What fits into the budget depends on the machine too, so two fits may differ.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_
        As in scikit-learn.
    best_params_
        The settings of the best network alone; `NetworkClassifier(**best_params_)` takes them.
    best_score_, test_score_
        The metric on the data that chose, out of fold where there are folds, and on the test part.
    report_
        The report, to `write` or to `open`.
    record_
        What the report is made from.
    model_
        The network or committee: a `tuner.Model`, to save by `tuner.save_model`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> tuned = TunedClassifier(budget="1s").fit(X, y)
    >>> tuned.score(X, y) > 0.8, {"hidden", "lambda_"} <= tuned.best_params_.keys()
    (True, True)
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Tune on inputs X (n, d) and classes y (n,), numbers or texts.

        X may be a DataFrame with texts, categories, dates and missing values.

        Raises
        ------
        ValueError
            When X is neither a matrix of numbers nor a DataFrame, y holds one class only, or a
            parameter is out of its range.
        InputError
            When the folder holds another tuning, or cannot be written.
        """
        examples = self._checked(X, y)
        data = assemble(examples, scaling=self.scaling, seed=self.seed, small_classes=True)
        warn(data.summary.notes, "X")
        if not (data.validation.n and data.summary.n_test):
            raise DataError(
                f"X has {len(examples.y)} examples of {len(self.classes_)} classes, too few to "
                "validate and to test on: give five or more of each class."
            )
        self._tune(data)
        return self


class TunedRegressor(Regressor, _Tuned):
    """A network that predicts numbers, tuned within a budget of time, as a scikit-learn regressor.

    `fit` does what that of `TunedClassifier` does; parameters and attributes are the same but for
    the metrics: "auto" is RMSE, others are "mae" and "r2". `score` is R², as in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(200, 4, n_informative=4, noise=5.0, random_state=0)
    >>> tuned = TunedRegressor(budget="1s").fit(X, y)
    >>> tuned.score(X, y) > 0.8, tuned.record_.test.metric
    (True, 'rmse')
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Tune on inputs X (n, d) and numbers y (n,); X and errors as `TunedClassifier.fit`."""
        examples = self._checked(X, y)
        data = assemble(examples, scaling=self.scaling, seed=self.seed)
        warn(data.summary.notes, "X")
        if not (data.validation.n and data.summary.n_test):
            raise DataError(
                f"X has {len(examples.y)} examples, too few to validate and to test on: give five "
                "or more."
            )
        self._tune(data)
        return self
