"""The parameters of a batch of trials: a pure function of seed, batch and earlier trials.

Optuna's sampler is created anew for each batch and sees an in-memory copy of the trials of all
earlier batches, so a resumed study draws the same parameters.
"""

import copy
import heapq
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.metrics import METRICS
from tuner.network.blas import one_thread
from tuner.randomness import Purpose, stream
from tuner.records import Choices, Dimension, IntRange, Range
from tuner.study.samplers import SAMPLERS
from tuner.study.space import extremes, in_optuna
from tuner.study.spec import StudySpec

optuna.logging.set_verbosity(optuna.logging.CRITICAL)

ARTICLE_DECAY = 1e-4
"""λ/n of the article: λ = 5 for 50,000 examples, λ = 0.1 for 1,000."""

ARTICLE_HIDDEN = 30


def directions(spec: StudySpec) -> list[StudyDirection]:
    """Return Optuna's direction of each objective."""
    up, down = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
    first = up if METRICS[spec.metric].greater_is_better else down
    return [first, *[down] * (len(spec.objectives) - 1)]


MOST_TOLD, BEST_TOLD = 250, 25
"""How many trials a sampler learns from, and how many of them are the best.

From 250 trials on TPE's better group holds 25, however many there are (Optuna's default).
"""


def distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """Return Optuna's distribution of each searched dimension."""
    return {name: _distribution(name, d) for name, d in spec.search.items()}


def _distribution(name: str, dimension: Dimension) -> BaseDistribution:
    match dimension:
        case IntRange(low=low, high=high, log=log):
            return IntDistribution(low, high, log=log)
        case Range(low=low, high=high, log=log):
            return FloatDistribution(low, high, log=log)
        case Choices():
            return CategoricalDistribution(extremes(name, dimension))


def first_trial(spec: StudySpec, n_train: int) -> dict[str, Any]:
    """Return those of the article's settings that lie in the search space.

    Examples
    --------
    >>> spec = StudySpec(name="a", search={"lambda": {"low": 0.01, "high": 10, "log": True}})
    >>> first_trial(spec, n_train=3000)
    {'lambda': 0.3}
    """
    wanted = {"lambda": round(ARTICLE_DECAY * n_train, 10), "hidden": ARTICLE_HIDDEN}
    held: dict[str, Any] = {}
    for name, value in wanted.items():
        match spec.search.get(name):
            case Range(low=low, high=high) if low <= value <= high:
                held[name] = value
            case Choices() as dimension if in_optuna(name, value) in extremes(name, dimension):
                held[name] = in_optuna(name, value)
    return held


def first_trials(spec: StudySpec, size: int, n_train: int) -> list[dict[str, Any]]:
    """Return the fixed parameters of the first batch, before the sampler has learned.

    The article's own settings come first. Where the sampler learns, the others are spread evenly
    along each dimension (a Latin hypercube: McKay, Beckman, Conover 1979), so that each choice is
    tried: random points would repeat some choices and miss others.
    """
    own = first_trial(spec, n_train)
    known = [own] if own else []
    if not SAMPLERS[spec.sampler].learns:
        return known
    rng, more = stream(spec.seed, Purpose.SAMPLING), size - len(known)
    # In line: SciPy's own takes a second to import, in which workers would wait.
    cube = [(rng.permutation(more) + rng.random(more)) / more for _ in spec.search]
    searched = spec.search.items()
    return known + [
        {name: _at(float(share), name, d) for share, (name, d) in zip(point, searched, strict=True)}
        for point in zip(*cube, strict=True)
    ]


def _at(share: float, name: str, dimension: Dimension) -> Any:
    """Return the value at a share, 0 … 1, of the way along a dimension."""
    match dimension:
        case IntRange(low=low, high=high, log=log):
            return min(math.floor(_between(share, low, high + 1, log=log)), high)
        case Range(low=low, high=high, log=log):
            return min(_between(share, low, high, log=log), high)
        case Choices():
            values = extremes(name, dimension)
            return values[int(share * len(values))]


def _between(share: float, low: float, high: float, *, log: bool) -> float:
    return low * (high / low) ** share if log else low + share * (high - low)


def sample_batch(
    spec: StudySpec, past: Sequence[FrozenTrial], batch: int, size: int, n_train: int
) -> list[dict[str, Any]]:
    """Draw the parameters of one batch of trials.

    Parameters
    ----------
    past
        The trials of all earlier batches, finished, in order.
    batch, size
        Its number, from 0, and how many trials it has.
    n_train
        Training examples, for the article's λ.

    Raises
    ------
    MissingExtraError
        When the sampler is `gp` and PyTorch is missing.
    """
    if SAMPLERS[spec.sampler].exhaustive:
        return _grid(spec)[len(past) : len(past) + size]
    study, space = _study_in_memory(spec, _told(spec, past), batch), distributions(spec)
    if batch == 0:
        for known in first_trials(spec, size, n_train):
            study.enqueue_trial(known)
    with _alike_everywhere(spec):
        return [dict(study.ask(space).params) for _ in range(size)]


def trials_of(spec: StudySpec, wanted: int) -> int:
    """Return how many of the wanted trials are possible: a grid ends with its last point."""
    return min(wanted, len(_grid(spec))) if SAMPLERS[spec.sampler].exhaustive else wanted


def _grid(spec: StudySpec) -> list[dict[str, Any]]:
    """Return every combination of choices, in an order drawn from the seed."""
    dimensions = spec.search
    values = [extremes(name, d) for name, d in dimensions.items()]
    points = [dict(zip(dimensions, point, strict=True)) for point in itertools.product(*values)]
    order = stream(spec.seed, Purpose.SAMPLING).permutation(len(points))
    return [points[i] for i in order]


def _told(spec: StudySpec, past: Sequence[FrozenTrial]) -> Sequence[FrozenTrial]:
    """Return the trials that a sampler learns from: of many the best and the latest.

    So the time for a trial does not grow with their number. Of several objectives it learns from
    all trials.
    """
    if len(past) <= MOST_TOLD or len(spec.objectives) > 1:
        return past
    best = {trial.number for trial in heapq.nlargest(BEST_TOLD, past, key=partial(_goodness, spec))}
    others = [trial.number for trial in past if trial.number not in best]
    told = best.union(others[BEST_TOLD - MOST_TOLD :])
    return [trial for trial in past if trial.number in told]


def _goodness(spec: StudySpec, trial: FrozenTrial) -> tuple[bool, int, float]:
    """Return by what TPE ranks trials: pruned ones by how far they came."""
    complete = trial.state is TrialState.COMPLETE
    reached = 0 if complete else max(trial.intermediate_values, default=0)
    return complete, reached, METRICS[spec.metric].score(trial.values[0])


def _study_in_memory(
    spec: StudySpec, past: Sequence[FrozenTrial], batch: int
) -> optuna.study.Study:
    make = SAMPLERS[spec.sampler].make
    seed = int(stream(spec.seed, Purpose.SAMPLING, batch).integers(2**32))
    sampler = make(seed) if make else None
    study = optuna.create_study(sampler=sampler, directions=directions(spec))
    study.add_trials(_known(trial) for trial in past)
    return study


class _Known(FrozenTrial):
    """A trial that belongs to one study alone, so that Optuna need not copy it."""

    def __deepcopy__(self, _memo: object) -> "_Known":
        return self


def _known(trial: FrozenTrial) -> FrozenTrial:
    """Return a copy without attributes, which no sampler reads."""
    known = copy.copy(trial)
    known.__class__ = _Known
    known.user_attrs = {}
    return known


@contextmanager
def _alike_everywhere(spec: StudySpec) -> Iterator[None]:
    """Limit samplers to one thread, so that they do not depend on the number of cores."""
    apart = SAMPLERS[spec.sampler].on_one_thread or nullcontext
    with one_thread(), apart(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
