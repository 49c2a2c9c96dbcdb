"""A scikit-learn estimator with `partial_fit`, trained as our networks are."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Part, TuningData
from tuner.errors import OptionError
from tuner.network.arrays import Array
from tuner.network.blas import one_thread
from tuner.network.regularization import REGULARIZERS, penalty
from tuner.randomness import Purpose
from tuner.records import DataSummary, Hyperparameters
from tuner.trainers.base import (
    Measurement,
    Portion,
    Rates,
    constant_rates,
    summary_of,
    tuning_data,
)
from tuner.trainers.batches import steps_in
from tuner.trainers.custom import (
    Rows,
    Sendable,
    check_ours,
    derived_seed,
    global_generators,
    mini_batches,
    probe_rows,
)

RATES = ("learning_rate_init", "eta0")
"""What scikit-learn calls η, in `MLPClassifier` and in `SGDClassifier` and its kin."""

NO_RATE = 1e-300
"""An η so small that a step makes an estimator ready to predict and changes nothing."""

OURS: dict[str, Any] = {"learning_rate": "constant", "shuffle": False, "early_stopping": False}
"""Parameters in which an estimator would do by itself what the strategies do."""

OVERFLOW = ("under-/overflow", "non-finite")
"""What scikit-learn says, in a ValueError, where weights leave the finite numbers."""

Estimator = Any


@dataclass(frozen=True, eq=False)
class SklearnLane:
    """An estimator in training; see `tuner.trainers.base.Lane`.

    Attributes
    ----------
    estimator
        Fitted so far; nothing changes it.
    """

    settings: Hyperparameters
    estimator: Estimator
    steps: int = 0
    diverged: bool = False

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum(array.size for array in _arrays(self.estimator))

    def with_eta(self, eta: float) -> Self:
        """Return the same network with another learning rate from here on."""
        return replace(self, settings=replace(self.settings, eta=eta))


class SklearnTrainer(Sendable):
    """Train a scikit-learn classifier that has `partial_fit` and a learning rate.

    Of the settings the trainer itself heeds `eta`, `lambda_`, `regularization`, `batch_size`,
    `precision` and `seed`; a function that makes the estimator may heed the others. A step is one
    call of `partial_fit` on a mini-batch of m examples.

    λ becomes the `alpha` that shrinks the weights by ηλ/n in a step: λ/n where the estimator steps
    example by example (`SGDClassifier`), λm/n where it has a `batch_size` (`MLPClassifier`, which
    divides alpha by m). Measured is the mean of -log p of the right class or, without
    `predict_proba`, the hinge loss.

    Parameters
    ----------
    estimator
        Cloned for every network; or a function that makes one for given settings. The strategies
        do their work, so `learning_rate` becomes constant, `shuffle` and `early_stopping` False.
    data
        Training and validation part.
    eta
        The parameter that is the learning rate; by default `learning_rate_init` or `eta0`.

    Raises
    ------
    OptionError
        When the estimator has no `partial_fit` or no such parameter, or λ cannot be given to it.

    Examples
    --------
    >>> from sklearn.linear_model import SGDClassifier
    >>> from tuner.data import load
    >>> trainer = SklearnTrainer(SGDClassifier(loss="log_loss"), load("iris").tuning)
    >>> lane = trainer.start(Hyperparameters(eta=0.1))
    >>> trained, = trainer.advance([lane], steps=5 * trainer.steps_per_epoch(lane.settings))
    >>> trained.steps, trained.n_parameters, type(trained.estimator).__name__
    (45, 15, 'SGDClassifier')
    """

    def __init__(
        self,
        estimator: Estimator | Callable[[Hyperparameters], Estimator],
        data: Dataset | TuningData,
        *,
        eta: str | None = None,
    ) -> None:
        from sklearn.base import BaseEstimator, clone

        whole = isinstance(estimator, BaseEstimator)
        self._make = (lambda _: clone(estimator)) if whole else estimator
        self._eta = eta
        self._known = data.summary if isinstance(data, Dataset) else None
        self.data = data = tuning_data(data)
        self.n = data.train.n
        self._classes = np.arange(len(data.classes))
        chosen = probe_rows(self.n)
        self._parts = {
            "training": data.train,
            "probe": Part(data.train.x[chosen], data.train.y[chosen]),
            "validation": data.validation,
        }
        self._cast: dict[tuple[Portion, str], Array] = {}

    @property
    def summary(self) -> DataSummary:
        """Which data these are."""
        if self._known is not None:
            return self._known
        train, validation = self.data.train, self.data.validation
        return summary_of((train.x, train.y), (validation.x, validation.y), self.data.classes)

    def start(self, settings: Hyperparameters) -> SklearnLane:
        """Return a network before its first step."""
        check_ours(settings, ("optimizer", "clip", "label_smoothing"))
        with _apart(settings, 0):
            estimator = self._made(settings)
            self._fit(estimator, settings, [(np.arange(1), NO_RATE)])
        if hasattr(estimator, "_optimizer"):  # MLPClassifier's: it is made anew, with no memory
            del estimator._optimizer
        return SklearnLane(settings, estimator)

    def steps_per_epoch(self, settings: Hyperparameters) -> int:
        """Return the number of mini-batches in an epoch, whose sizes differ by one at most."""
        return steps_in(self.n, settings.batch_size)

    def decay(self, settings: Hyperparameters) -> float:
        """Return λ/n."""
        return settings.lambda_ / self.n

    def baseline(self, settings: Hyperparameters) -> float:
        """Return the least cost of a constant output: that of the class frequencies."""
        shares = np.bincount(self.data.train.y, minlength=len(self._classes)) / self.n
        if hasattr(self.start(settings).estimator, "predict_proba"):
            present = shares[shares > 0]
            return float(-(present * np.log(present)).sum())
        return float(min(1.0, 2 * (1 - shares.max())))

    def advance(self, lanes: Sequence[SklearnLane], steps: int) -> list[SklearnLane]:
        """Train each lane for `steps` more steps, in the data order of our own networks.

        A lane that has diverged comes back marked, and unchanged from then on.
        """
        return self.advance_at(lanes, constant_rates(lanes, steps))

    def advance_at(self, lanes: Sequence[SklearnLane], etas: Sequence[Rates]) -> list[SklearnLane]:
        """Train each lane as `advance` does, with a learning rate for each step (steps,)."""
        return [
            lane if lane.diverged else self._train(lane, rates)
            for lane, rates in zip(lanes, etas, strict=True)
        ]

    def measure(self, lanes: Sequence[SklearnLane], portion: Portion) -> list[Measurement]:
        """Return the regularized cost and the accuracy of each lane."""
        return [self._measure(lane, portion) for lane in lanes]

    def _made(self, settings: Hyperparameters) -> Estimator:
        estimator = copy.deepcopy(self._make(settings))
        name = type(estimator).__name__
        if not hasattr(estimator, "partial_fit"):
            raise OptionError(f"{name} has no partial_fit: use one that learns batch by batch.")
        known = estimator.get_params()
        wanted = {
            **OURS,
            "penalty": settings.regularization,
            "random_state": derived_seed(settings.seed, Purpose.INIT),
        }
        if settings.lambda_ and "alpha" not in known:
            raise OptionError(f"lambda is {settings.lambda_:g} but {name} has no alpha: use λ = 0.")
        if settings.lambda_ and settings.regularization != "l2" and "penalty" not in known:
            raise OptionError(
                f"regularization is {settings.regularization} but {name} has no penalty: use l2."
            )
        return estimator.set_params(**{k: v for k, v in wanted.items() if k in known})

    def _train(self, lane: SklearnLane, etas: Rates) -> SklearnLane:
        s, estimator, steps = lane.settings, copy.deepcopy(lane.estimator), len(etas)
        batches = mini_batches(s.seed, self.n, min(s.batch_size, self.n), lane.steps, steps)
        with _apart(s, lane.steps):
            rows_and_etas = zip((rows for _, rows in batches), etas.tolist(), strict=True)
            finite = self._fit(estimator, s, rows_and_etas)
        return replace(lane, estimator=estimator, steps=lane.steps + steps, diverged=not finite)

    def _fit(
        self, estimator: Estimator, s: Hyperparameters, batches: Iterable[tuple[Rows, float]]
    ) -> bool:
        """Train on each mini-batch with its η; return whether all weights are finite after them."""
        x, y, last = self._inputs("training", s.precision), self.data.train.y, None
        for rows, eta in batches:
            if (len(rows), eta) != last:
                last = len(rows), eta
                _adjust(estimator, self._eta, eta, self.decay(s), len(rows))
            try:
                estimator.partial_fit(x[rows], y[rows], classes=self._classes)
            except ValueError as error:
                if any(words in str(error) for words in OVERFLOW):
                    return False
                raise
        return all(bool(np.isfinite(array).all()) for array in _arrays(estimator))

    def _measure(self, lane: SklearnLane, portion: Portion) -> Measurement:
        if lane.diverged:
            return Measurement(np.nan, {"accuracy": 0.0})
        x, y = self._inputs(portion, lane.settings.precision), self._parts[portion].y
        with _apart(lane.settings, lane.steps):
            regularizer = REGULARIZERS[lane.settings.regularization]
            size = penalty(regularizer, self.decay(lane.settings), _weights(lane.estimator))
            right = lane.estimator.predict(x) == y
            cost = _cost(lane.estimator, x, y) + size
        return Measurement(cost, {"accuracy": float(right.mean())})

    def _inputs(self, portion: Portion, precision: str) -> Array:
        if (portion, precision) not in self._cast:
            self._cast[portion, precision] = self._parts[portion].x.astype(precision, copy=False)
        return self._cast[portion, precision]


@contextmanager
def _apart(settings: Hyperparameters, step: int) -> Iterator[None]:
    """Run the user's code on one thread, without a trace in any random generator outside."""
    seed = derived_seed(settings.seed, Purpose.INIT, step)
    with global_generators(seed), one_thread(), np.errstate(all="ignore"):
        yield


def _adjust(estimator: Estimator, rate: str | None, eta: float, decay: float, m: int) -> None:
    """Set η, and the alpha that shrinks the weights by η · `decay` in a step on m examples."""
    known = estimator.get_params()
    alpha = decay * m if "batch_size" in known else decay
    wanted = {_rate(estimator, rate): eta, "alpha": alpha, "batch_size": m}
    estimator.set_params(**{name: value for name, value in wanted.items() if name in known})
    if hasattr(estimator, "_optimizer"):  # MLPClassifier's, which took η when it was made
        estimator._optimizer.learning_rate_init = estimator._optimizer.learning_rate = eta


def _rate(estimator: Estimator, name: str | None) -> str:
    """Return the name of the parameter that is the learning rate."""
    known = estimator.get_params()
    found = next((rate for rate in ([name] if name else RATES) if rate in known), None)
    if found is None:
        raise OptionError(
            f"eta: {type(estimator).__name__} has no parameter {name or ' or '.join(RATES)}: name"
            " the one that is its learning rate, or use an estimator that has one."
        )
    return found


def _cost(estimator: Estimator, x: Array, y: NDArray[np.intp]) -> float:
    if hasattr(estimator, "predict_proba"):
        of_right = estimator.predict_proba(x)[np.arange(len(y)), y]
        return float(-np.log(np.clip(of_right, np.finfo(of_right.dtype).eps, None)).mean())
    from sklearn.metrics import hinge_loss

    return float(hinge_loss(y, estimator.decision_function(x), labels=estimator.classes_))


def _weights(estimator: Estimator) -> tuple[Array, ...]:
    return tuple(getattr(estimator, "coefs_", None) or [estimator.coef_])


def _arrays(estimator: Estimator) -> tuple[Array, ...]:
    biases = getattr(estimator, "intercepts_", None) or [estimator.intercept_]
    return (*_weights(estimator), *biases)
