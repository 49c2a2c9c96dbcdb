"""What is measured of a network's outputs beside its cost: one entry for each metric.

Each does what the function of that name in `sklearn.metrics` does
(https://scikit-learn.org/stable/modules/model_evaluation.html).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tuner.network.arrays import np
from tuner.randomness import Purpose, stream
from tuner.stats import wilson

Needs = Literal["scores", "probabilities", "values"]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Y = NDArray[Any]
    Outputs = NDArray[np.floating[Any]]
else:
    Y = Outputs = Any

WORST_LOSS = 16.0
"""-log of the rounding of a 32-bit number: log-loss where the right class is given none at all."""

RESAMPLES = 400
"""Of a bootstrap: the ends of a 95 % interval then vary by about a tenth of its width."""


@dataclass(frozen=True)
class Metric:
    """A measure of how well outputs fit what they should be.

    Attributes
    ----------
    name
        What reports call it.
    unit
        `percent` for a share 0 … 1 that is written as a percentage, `number`, or `target` for the
        unit of the target itself.
    greater_is_better
        Whether more of it is better.
    needs
        What it is computed from: one score (n, c) a class, the larger the more likely;
        probabilities (n, c); or the predicted values (n,) of a quantity.
    compute
        `compute(y, outputs)` returns it for at least one example, whose class index or number
        is y (n,).
    bounds
        Between which it lies.
    """

    name: str
    unit: Literal["percent", "number", "target"]
    greater_is_better: bool
    needs: Needs
    compute: Callable[[Y, Outputs], float]
    bounds: tuple[float, float] = (0.0, math.inf)

    def score(self, value: float) -> float:
        """Return a value such that greater is better; what is no number is worst."""
        if math.isnan(value):
            return -math.inf
        return value if self.greater_is_better else -value

    def worst(self, y: Y) -> float:
        """Return what a network that diverged counts as: finite, and worse than any that learned.

        Parameters
        ----------
        y
            Class indices, or numbers, of the examples (n,).

        Examples
        --------
        >>> METRICS["accuracy"].worst(np.array([0, 1])), METRICS["mae"].worst(np.array([1.0, 3.0]))
        (0.0, 20.0)
        """
        if self.needs == "values":
            far = y.mean() + 10 * (float(np.ptp(y)) or 1.0)
            return self.compute(y, np.full(len(y), far))
        low, high = self.bounds
        return low if self.greater_is_better else min(high, WORST_LOSS)

    def interval(self, y: Y, outputs: Outputs) -> tuple[float, float]:
        """Return the 95 % interval over examples: Wilson's of accuracy, else by bootstrap.

        It speaks of the examples only; what another seed would give it does not know. The bootstrap
        (Efron 1979) takes the percentiles over examples drawn again with replacement.
        """
        value = self.compute(y, outputs)
        if self.compute is accuracy:
            return wilson(value, len(y))
        rng = stream(0, Purpose.BOOTSTRAP)
        drawn = (rng.integers(len(y), size=len(y)) for _ in range(RESAMPLES))
        values = np.array([self.compute(y[rows], outputs[rows]) for rows in drawn])
        low, high = np.nanquantile(values, [0.025, 0.975])
        return float(low), float(high)


def accuracy(y: Y, scores: Outputs) -> float:
    """Return the share of examples whose largest score is that of their class.

    Examples
    --------
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    return float((scores.argmax(axis=1) == y).mean())


def balanced_accuracy(y: Y, scores: Outputs) -> float:
    """Return the mean over classes of the share of their examples that are classified right.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([[0.9, 0.1]] * 4))
    0.5
    """
    counts = np.bincount(y)
    right = np.bincount(y[scores.argmax(axis=1) == y], minlength=len(counts))
    return float((right[counts > 0] / counts[counts > 0]).mean())


def f1(y: Y, scores: Outputs) -> float:
    """Return the mean over classes of 2·precision·recall / (precision + recall).

    A class that is neither there nor predicted is left out.

    Examples
    --------
    >>> f1(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    0.6666666666666666
    """
    predicted, classes = scores.argmax(axis=1), scores.shape[1]
    right = np.bincount(y[predicted == y], minlength=classes)
    total = np.bincount(y, minlength=classes) + np.bincount(predicted, minlength=classes)
    return float((2 * right[total > 0] / total[total > 0]).mean())


def auc(y: Y, probabilities: Outputs) -> float:
    """Return the area under the ROC curve: of several classes the mean of each against the rest.

    It is the share of pairs, one example of the class and one of the rest, in which the former has
    the greater probability; ties count half (Mann and Whitney 1947). A class that has no example,
    or all of them, is left out; NaN where every class is.

    Examples
    --------
    >>> p = np.array([0.1, 0.4, 0.35, 0.8])
    >>> auc(np.array([0, 0, 1, 1]), np.stack([1 - p, p], axis=1))
    0.75
    """
    classes = probabilities.shape[1]
    columns = [1] if classes == 2 else range(classes)
    areas = [_area(y == each, probabilities[:, each]) for each in columns]
    known = [area for area in areas if not np.isnan(area)]
    return float(np.mean(known)) if known else float("nan")


def _area(positive: Y, probability: Outputs) -> float:
    ones = int(positive.sum())
    zeros = len(positive) - ones
    if not ones or not zeros:
        return float("nan")
    ordered = np.sort(probability)
    below = np.searchsorted(ordered, probability[positive], "left")
    up_to = np.searchsorted(ordered, probability[positive], "right")
    ranks = (below + up_to + 1).sum() / 2  # of equals the mean
    return float((ranks - ones * (ones + 1) / 2) / (ones * zeros))


def log_loss(y: Y, probabilities: Outputs) -> float:
    """Return the mean of -log of the probability of each example's class, cut at rounding.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.2, 0.8]])), 3)
    0.458
    """
    least = np.finfo(probabilities.dtype).eps
    of_class = probabilities[np.arange(len(y)), y].astype(np.float64)
    return float(-np.log(np.clip(of_class, least, 1 - least)).mean())


def brier(y: Y, probabilities: Outputs) -> float:
    """Return the mean squared distance of the probabilities from the class (Brier 1950).

    Of several classes it is summed over them; of two it is that of one of them, from 0 to 1.

    Examples
    --------
    >>> brier(np.array([0, 1]), np.array([[0.5, 0.5], [0.2, 0.8]])).__round__(3)
    0.145
    """
    away = probabilities.astype(np.float64)
    away[np.arange(len(y)), y] -= 1
    total = np.square(away).sum(axis=1).mean()
    return float(total / 2 if probabilities.shape[1] == 2 else total)


def rmse(y: Y, predicted: Outputs) -> float:
    """Return the root of the mean squared error.

    Examples
    --------
    >>> rmse(np.array([1.0, 2.0]), np.array([4.0, 6.0])).__round__(3)
    3.536
    """
    return float(np.sqrt(np.square(predicted - y).mean()))


def mae(y: Y, predicted: Outputs) -> float:
    """Return the mean absolute error.

    Examples
    --------
    >>> mae(np.array([1.0, 2.0]), np.array([4.0, 6.0]))
    3.5
    """
    return float(np.abs(predicted - y).mean())


def r2(y: Y, predicted: Outputs) -> float:
    """Return the share of the variance that is explained; NaN where there is none.

    Examples
    --------
    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]))
    0.5
    """
    around = np.square(y - y.mean()).sum()
    return float(1 - np.square(predicted - y).sum() / around) if around else float("nan")


SHARES = 0.0, 1.0

CLASSIFICATION: Mapping[str, Metric] = {
    "accuracy": Metric("accuracy", "percent", True, "scores", accuracy, SHARES),
    "balanced-accuracy": Metric(
        "balanced accuracy", "percent", True, "scores", balanced_accuracy, SHARES
    ),
    "f1": Metric("F1 (macro)", "percent", True, "scores", f1, SHARES),
    "auc": Metric("AUC", "percent", True, "probabilities", auc, SHARES),
    "log-loss": Metric("log-loss", "number", False, "probabilities", log_loss),
    "brier": Metric("Brier score", "number", False, "probabilities", brier),
}
REGRESSION: Mapping[str, Metric] = {
    "rmse": Metric("RMSE", "target", False, "values", rmse),
    "mae": Metric("MAE", "target", False, "values", mae),
    "r2": Metric("R²", "percent", True, "values", r2, (-math.inf, 1.0)),
}
METRICS: Mapping[str, Metric] = {**CLASSIFICATION, **REGRESSION}
"""Each metric by the name that measurements, records and options have for it."""

OF_TASK: Mapping[str, Mapping[str, Metric]] = {
    "classification": CLASSIFICATION,
    "regression": REGRESSION,
}
"""The metrics of each task; the first is the default."""


def default_metric(task: str) -> str:
    """Return the metric that chooses where none is named: accuracy, or RMSE of a quantity."""
    return next(iter(OF_TASK[task]))


class Measured(Mapping[str, float]):
    """The metrics of some examples, each computed when it is first asked for.

    Parameters
    ----------
    y
        Class indices, or numbers, of shape (n,).
    outputs
        For what metrics need, a function that returns it; which tells the task.

    Examples
    --------
    >>> measured = Measured(np.array([1.0, 3.0]), {"values": lambda: np.array([2.0, 4.0])})
    >>> list(measured), measured["mae"]
    (['rmse', 'mae', 'r2'], 1.0)
    """

    def __init__(self, y: Y, outputs: Mapping[Needs, Callable[[], Outputs]]) -> None:
        self._y, self._outputs = y, outputs
        self._known: dict[str, float] = {}

    def outputs(self, metric: Metric) -> Outputs:
        """Return what a metric is computed from."""
        return self._outputs[metric.needs]()

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of a metric over the examples."""
        return METRICS[name].interval(self._y, self.outputs(METRICS[name]))

    def __getitem__(self, name: str) -> float:
        """Return the metric of that name."""
        if name not in self._known:
            metric = METRICS[name]
            self._known[name] = metric.compute(self._y, self.outputs(metric))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the metrics that can be computed."""
        return (name for name, metric in METRICS.items() if metric.needs in self._outputs)

    def __len__(self) -> int:
        """Return how many metrics can be computed."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def of_classes(y: Y, scores: Outputs, probabilities: Callable[[], Outputs]) -> Measured:
    """Return the metrics of a classifier."""
    return Measured(y, {"scores": lambda: scores, "probabilities": probabilities})


def of_numbers(y: Y, predicted: Outputs) -> Measured:
    """Return the metrics of predicted numbers."""
    return Measured(y, {"values": lambda: predicted})
