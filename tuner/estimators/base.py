"""What our scikit-learn estimators share."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tuner.data import Dataset, Part, TuningData
from tuner.data.files import digest
from tuner.data.inputs import Inputs, numeric
from tuner.data.preprocessing import fit
from tuner.data.splits import stratified_order
from tuner.errors import DataError
from tuner.network.initialization import Parameters
from tuner.randomness import Purpose, stream
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


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What our estimators share: checked inputs, and predictions of a `Model`."""

    model_: Model
    classes_: NDArray[Any]

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the class (n,) of the largest output for inputs X (n, d).

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X is no matrix of finite numbers, or has other columns than in `fit`.
        """
        places = self.predict_proba(X).argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[places]
        return predicted

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return a share (n, c) for each class in the order of `classes_`; errors as `predict`.

        For the costs with sigmoid outputs it is the outputs divided by their sum.
        """
        check_is_fitted(self)
        _require_no_dates(X)
        model = _in_float64(self.model_)
        inputs = numeric(validate_data(self, X, reset=False), model.preprocessing.column_names)
        rows = np.hstack([each.transform(inputs) for each in model.preprocessings])
        return model.probabilities(rows).astype(np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")  # and not by any name that ends in _, as lambda_ does

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[Inputs, NDArray[np.intp], str]:  # noqa: N803
        """Return inputs, class indices and the SHA-256 of both; set what `fit` learns from them."""
        _require_no_dates(X)
        x, labels = validate_data(self, X, y)
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(f"y holds one class only, {self.classes_[0]}: give two or more.")
        names = tuple(map(str, getattr(self, "feature_names_in_", ()))) or None
        texts = labels.astype(str) if labels.dtype.hasobject else labels
        sha256 = digest(np.ascontiguousarray(x).tobytes(), np.ascontiguousarray(texts).tobytes())
        return numeric(x, names), indices.astype(np.intp), sha256


def _require_no_dates(x: Any) -> None:
    """Raise `DataError` where a column holds times, whose unit as numbers nobody knows."""
    columns = x.dtypes.items() if hasattr(x, "iloc") else [("X", getattr(x, "dtype", None))]
    for name, dtype in columns:
        if getattr(dtype, "kind", "") in ("m", "M"):
            raise DataError(f"column {name!r} holds times ({dtype}): give numbers, such as days.")


def dataset_of(
    inputs: Inputs,
    y: NDArray[np.intp],
    classes: NDArray[Any],
    sha256: str,
    *,
    shares: tuple[float, ...],
    seed: int,
) -> Dataset:
    """Hold out examples: the first share trains, with every class, the next validates.

    What is left is the test part. The parts are disjoint, but for one case: where no example is
    left to validate on, the training examples validate.
    """
    order = stratified_order(y, stream(seed, Purpose.SPLIT))
    ends = np.round(np.array((*np.cumsum(shares), 1.0)[:2]) * len(y)).astype(int)
    rows = np.split(order, np.maximum(ends, len(classes)))
    preprocessing = fit(inputs.take(rows[0]))
    parts = [Part(preprocessing.transform(inputs.take(each)), y[each]) for each in rows]
    train, validation, test = parts
    return Dataset(
        TuningData(train, validation if validation.n else train, tuple(map(str, classes))),
        test,
        name="arrays",
        sha256=sha256,
        preprocessing=preprocessing,
        split_seed=seed,
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
