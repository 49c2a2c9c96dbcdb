"""What our scikit-learn estimators share."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tuner.data import Dataset, Part, TuningData
from tuner.data.deciding import decided
from tuner.data.files import digest
from tuner.data.inputs import Examples, numeric
from tuner.data.loading import warn
from tuner.data.preprocessing import fit
from tuner.data.splits import strata, stratified_order
from tuner.data.tables import content_digest, frame_columns, recognize_frame
from tuner.errors import DataError
from tuner.network.initialization import Parameters
from tuner.randomness import Purpose, stream
from tuner.records import Note, NoteKind
from tuner.settings import Setting, described, meant
from tuner.storage.models import Model

K = TypeVar("K", bound=type)


def with_parameters(*parameters: Setting) -> Callable[[K], K]:
    """Return a decorator that makes a constructor which only stores these parameters.

    That is what scikit-learn's `clone` and `get_params` need. All are keywords, the first may be
    given by position; the signature holds each with its default, and the docstring of the class
    describes them in place of its line `{settings}`.
    """
    first, *others = (
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default)
        for each in parameters
    )
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.Signature([itself, first.replace(kind=itself.kind), *others])

    def decorate(kind: K) -> K:
        def init(self: Any, *args: Any, **keywords: Any) -> None:
            for name in keywords.keys() - signature.parameters.keys():
                hint = meant(name, (each.name for each in parameters))
                raise TypeError(f"{kind.__name__} has no parameter {name}: {hint}")
            given = signature.bind(self, *args, **keywords)
            given.apply_defaults()
            for each in parameters:
                setattr(self, each.name, given.arguments[each.name])

        init.__name__, init.__qualname__ = "__init__", f"{kind.__qualname__}.__init__"
        init.__signature__ = signature  # type: ignore[attr-defined]
        kind.__init__ = init  # type: ignore[misc]
        kind.__doc__ = described(kind.__doc__, parameters)
        return kind

    return decorate


class Predictor(BaseEstimator):  # type: ignore[misc]
    """What our estimators share: checked inputs, and those of a `Model`."""

    model_: Model

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")  # and not by any name that ends in _, as lambda_ does

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _rows(self, X: ArrayLike, model: Model) -> NDArray[np.float32]:  # noqa: N803
        """Return the inputs of a model for raw inputs X (n, d)."""
        check_is_fitted(self)
        preprocessing = model.preprocessing
        if preprocessing.columns:
            if not hasattr(X, "columns"):
                raise DataError("X had columns of several kinds in training: give a DataFrame.")
            validate_data(self, X, reset=False, skip_check_array=True)
            inputs, _ = frame_columns(X, preprocessing.columns, "X")
            warn([note for note in preprocessing.check_new(inputs) if _is_news(note)], "X")
        else:
            _require_no_dates(X)
            x = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
            inputs = numeric(x, preprocessing.column_names)
        return np.hstack([each.transform(inputs) for each in model.preprocessings])

    def _read(self, X: ArrayLike, y: ArrayLike, **checks: Any) -> tuple[Examples, NDArray[Any]]:  # noqa: N803
        """Return examples without a target, and the values of the target (n,)."""
        if _has_kinds(X):
            validate_data(self, X, skip_check_array=True)
            inputs, columns, notes = recognize_frame(X, "X")
            values = column_or_1d(y, warn=True)
            check_consistent_length(inputs.numbers, values)
            assert_all_finite(values, input_name="y")
        else:
            _require_no_dates(X)
            x, values = validate_data(self, X, y, ensure_all_finite="allow-nan", **checks)
            names = tuple(map(str, getattr(self, "feature_names_in_", ()))) or None
            inputs, columns, notes = numeric(x, names), [], []
        examples = Examples(
            "arrays",
            inputs,
            np.zeros(len(values), np.intp),
            (),
            "",
            columns=tuple(columns),
            notes=tuple(notes),
        )
        return examples, values


def _with_identity(examples: Examples, values: NDArray[Any]) -> Examples:
    """Return examples with the SHA-256 of their content."""
    if examples.columns:
        return replace(examples, sha256=content_digest(examples))
    texts = values.astype(str) if values.dtype.hasobject else values
    content = (np.ascontiguousarray(each).tobytes() for each in (examples.inputs.numbers, texts))
    return replace(examples, sha256=digest(*content))


class Regressor(RegressorMixin, Predictor):  # type: ignore[misc]
    """What our regressors share."""

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the predicted number (n,) for inputs X (n, d).

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X is neither a matrix of numbers, NaN where one is missing, nor a DataFrame whose
            columns are those of `fit`.
        """
        check_is_fitted(self)
        model = _in_float64(self.model_)
        return model.values(self._rows(X, model))

    def _checked(self, X: ArrayLike, y: ArrayLike) -> Examples:  # noqa: N803
        """Return inputs and numbers to predict; set what `fit` learns from them."""
        examples, values = self._read(X, y, y_numeric=True)
        numbers = values.astype(np.float64)
        return _with_identity(replace(examples, y=numbers), numbers)


class Classifier(ClassifierMixin, Predictor):  # type: ignore[misc]
    """What our classifiers share."""

    classes_: NDArray[Any]

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the class (n,) of the largest output for inputs X (n, d).

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X is neither a matrix of numbers, NaN where one is missing, nor a DataFrame whose
            columns are those of `fit`.
        """
        places = self.predict_proba(X).argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[places]
        return predicted

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return a share (n, c) for each class in the order of `classes_`; errors as `predict`.

        For the costs with sigmoid outputs it is the outputs divided by their sum.
        """
        check_is_fitted(self)
        model = _in_float64(self.model_)
        return model.probabilities(self._rows(X, model)).astype(np.float64)

    def _checked(self, X: ArrayLike, y: ArrayLike) -> Examples:  # noqa: N803
        """Return inputs and class indices; set what `fit` learns from them."""
        examples, labels = self._read(X, y)
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(f"y holds one class only, {self.classes_[0]}: give two or more.")
        names = tuple(map(str, self.classes_))
        return _with_identity(replace(examples, y=indices.astype(np.intp), classes=names), labels)


def _has_kinds(x: Any) -> bool:
    """Tell whether some column of a DataFrame has a type other than numbers and booleans."""
    if not hasattr(x, "columns"):
        return False
    numbers = pd.api.types.is_numeric_dtype  # also booleans
    if type(x).__module__.startswith("polars."):
        return not all(each.is_numeric() or str(each) == "Boolean" for each in x.dtypes)
    return not all(map(numbers, x.dtypes))


def _is_news(note: Note) -> bool:
    """Tell whether a note says more than that a value is missing, as in training."""
    return note.kind is not NoteKind.FILLED


def _require_no_dates(x: Any) -> None:
    """Raise `DataError` where a column holds times, whose unit as numbers nobody knows."""
    columns = x.dtypes.items() if hasattr(x, "iloc") else [("X", getattr(x, "dtype", None))]
    for name, dtype in columns:
        if getattr(dtype, "kind", "") in ("m", "M"):
            raise DataError(f"column {name!r} holds times ({dtype}): give numbers, such as days.")


def dataset_of(
    examples: Examples, *, shares: tuple[float, ...], seed: int, scaling: str = "standard"
) -> Dataset:
    """Hold out examples: the first share trains, with every class, the next validates.

    What is left is the test part. The parts are disjoint, but for one case: where no example is
    left to validate on, the training examples validate.
    """
    y = examples.y
    order = stratified_order(strata(y), stream(seed, Purpose.SPLIT))
    ends = np.round(np.array((*np.cumsum(shares), 1.0)[:2]) * len(y)).astype(int)
    rows = np.split(order, np.maximum(ends, len(examples.classes) or 1))
    examples = decided(examples, np.concatenate(rows[:2]))
    inputs = examples.inputs
    preprocessing = fit(inputs.take(rows[0]), examples.columns, scaling)
    parts = [Part(preprocessing.transform(inputs.take(each)), y[each]) for each in rows]
    train, validation, test = parts
    return Dataset(
        TuningData(train, validation if validation.n else train, examples.classes),
        test,
        name="arrays",
        sha256=examples.sha256,
        preprocessing=preprocessing,
        split_seed=seed,
        scaling=scaling,
        notes=examples.notes,
    )


def _in_float64(model: Model) -> Model:
    """Return the networks with float64 arithmetic: a prediction then depends on its row alone."""
    first, *others = (
        replace(
            member,
            settings=replace(member.settings, precision="float64"),
            parameters=Parameters(
                *(
                    tuple(array.astype(np.float64) for array in arrays)
                    for arrays in (member.parameters.weights, member.parameters.biases)
                )
            ),
        )
        for member in model.members
    )
    return replace(
        model, settings=first.settings, parameters=first.parameters, others=tuple(others)
    )
