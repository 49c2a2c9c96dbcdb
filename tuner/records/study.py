"""What a study searched and found."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, repeat
from statistics import fmean
from typing import Annotated, Literal

from pydantic import Field

from tuner.errors import require
from tuner.metrics import METRICS
from tuner.records.measures import check_metric
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearches
from tuner.records.space import Range, SearchSpace, Stored, Value, layers_text
from tuner.serialization import Number, Record
from tuner.stats import mean_interval, wilson

TrialState = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True)
class Trial(Record):
    """One finished trial of a study; tuples with one entry a seed are in the order of the seeds.

    Attributes
    ----------
    number
        From 0, in the order in which the trials were drawn.
    state
        How it ended: `pruned` where it was stopped at a rung.
    values
        One for each objective; the first is the validation metric, the mean of the seeds or folds.
    params
        The value of each searched dimension.
    rungs
        The validation metric at each rung it reached, by epoch.
    batch, batch_size
        The batch it was drawn in, from 0, and how many trials that has.
    eta
        Learning rate it began with; NaN of a trial that failed.
    network_values
        Best validation metric, one entry a seed.
    best_epoch, epochs
        Epoch of the best metric, and epochs trained, one entry a seed.
    stop_reason
        Why training ended, or `pruned`, one entry a seed.
    diverged
        Whether one of its networks diverged; its metric then counts as the worst there is.
    seconds
        Wall-clock time of its training.
    curves
        The validation metric of each epoch, one curve a seed.
    parameters
        Number of weights and biases of its network; None of older trials.
    """

    number: Annotated[int, Field(ge=0)]
    state: TrialState
    values: tuple[float, ...]
    params: Mapping[str, Value]
    rungs: Mapping[int, float]
    batch: int = 0
    batch_size: int = 1
    eta: Number = math.nan
    network_values: tuple[float, ...] = ()
    best_epoch: tuple[int, ...] = ()
    epochs: tuple[int, ...] = ()
    stop_reason: tuple[str, ...] = ()
    diverged: bool = False
    seconds: float = 0.0
    curves: tuple[tuple[Number, ...], ...] = ()
    parameters: int | None = None

    @property
    def value(self) -> float:
        """Validation metric, the mean of its seeds; NaN where it failed without one."""
        return self.objective(0)

    def objective(self, index: int) -> float:
        """Return the value of one objective; NaN where the trial failed without any."""
        return self.values[index] if self.values else math.nan

    @property
    def outcome(self) -> str:
        """How it ended in a word: `diverged` before `complete`, `pruned` or `failed`."""
        return "diverged" if self.diverged else self.state

    @property
    def mean_curve(self) -> tuple[float, ...]:
        """Validation metric after each epoch; a seed that has stopped keeps its last.

        Examples
        --------
        >>> curves = ((0.5, 0.75, 1.0), (0.25,))
        >>> trial = Trial(number=0, state="pruned", values=(), params={}, rungs={}, curves=curves)
        >>> trial.mean_curve
        (0.375, 0.5, 0.625)
        """
        longest = max(map(len, self.curves), default=0)
        filled = [[*c, *repeat(c[-1], longest - len(c))] for c in self.curves if c]
        return tuple(map(fmean, zip(*filled, strict=True)))


@dataclass(frozen=True, kw_only=True)
class StudySummary(Record):
    """A study with all its finished trials.

    Attributes
    ----------
    study
        Its name.
    objectives
        What each value of a trial is; the first is `validation_` and the metric, others are to be
        low.
    space
        What was searched.
    trials
        In the order of their numbers.
    """

    study: str
    objectives: Annotated[tuple[str, ...], Field(min_length=1)]
    space: SearchSpace
    trials: tuple[Trial, ...]

    def __post_init__(self) -> None:
        check_metric(self.metric)
        low, high = METRICS[self.metric].bounds
        numbers = [trial.number for trial in self.trials]
        require(numbers == sorted(set(numbers)), "trials", numbers, "in the order of their numbers")
        for trial in self.trials:
            where, values = f"values of trial {trial.number}", trial.values
            if values or trial.state != "failed":
                amount = len(self.objectives)
                require(len(values) == amount, where, values, f"{amount}, one for each objective")
            measured = {"values": values[:1], "accuracies": trial.network_values}
            measured["rungs"] = tuple(trial.rungs.values())
            for name, those in measured.items():
                inside = all(low <= value <= high for value in those)
                wanted = f"from {low:g} to {high:g}"
                require(inside, f"{name} of trial {trial.number}", those, wanted)

    @property
    def metric(self) -> str:
        """The name of the metric that ranks the trials, as in `tuner.metrics.METRICS`."""
        return self.objectives[0].removeprefix("validation_").replace("_", "-")

    def score(self, trial: Trial) -> float:
        """Return the metric of a trial such that greater is better."""
        return METRICS[self.metric].score(trial.value)

    @property
    def best(self) -> Trial | None:
        """The complete trial with the best validation metric, the first of equals.

        Trials that diverged do not count.
        """
        complete = [trial for trial in self.trials if trial.outcome == "complete"]
        return max(complete, key=self.score, default=None)

    @property
    def pareto_front(self) -> tuple[Trial, ...]:
        """The complete trials that no other one beats, the best metric first.

        A trial is beaten by one that is at least as good in every objective and better in one; all
        but the first are to be low. With one objective these are the best and its
        equals. Trials that diverged do not count.
        """
        complete = [t for t in self.trials if t.outcome == "complete"]
        front = [t for t in complete if not any(self._beats(other, t) for other in complete)]
        return tuple(sorted(front, key=lambda t: (-self.score(t), t.number)))

    def _beats(self, one: Trial, other: Trial) -> bool:
        costs = [(-self.score(t), *t.values[1:]) for t in (one, other)]
        return costs[0] != costs[1] and all(a <= b for a, b in zip(*costs, strict=True))

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended in each way."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in ("complete", "pruned", "failed")}

    def stored_params(self, trial: Trial) -> dict[str, Stored]:
        """Return the values of a trial as Optuna holds them, and JSON and tables show them.

        Examples
        --------
        >>> params = {"hidden": (9,)}
        >>> trial = Trial(number=0, state="pruned", values=(0.9,), params=params, rungs={})
        >>> from tuner.records import Choices
        >>> space = {"hidden": Choices((9,), (30, 20))}
        >>> StudySummary(
        ...     study="s", objectives=("validation_accuracy",), space=space, trials=(trial,)
        ... ).stored_params(trial)
        {'hidden': '9'}
        """
        return {
            name: _stored(value, drawn=isinstance(self.space.get(name), Range))
            for name, value in trial.params.items()
        }


def _stored(value: Value, *, drawn: bool) -> Stored:
    if not isinstance(value, tuple):
        return value
    return value[0] if drawn else layers_text(value)


@dataclass(frozen=True, kw_only=True)
class StudyPlan(Record):
    """What a study file asks for beside its search space, the defaults filled in.

    Attributes
    ----------
    title
        Of the report; may be empty.
    data
        Where the data come from: source, target, train_size and split_seed.
    network, train
        Settings and strategy that the trials share where nothing is searched, by name.
    eta
        A number, or `find` (by its threshold, for each network) or `search` (a dimension).
    eta_seeds
        Networks at each η of a threshold search.
    trials
        How many were asked for.
    batch
        Trials drawn together.
    seeds
        Networks in each trial, their seeds counted up from `seed`; with folds, on each fold.
    rungs
        Epochs after which the weaker part of a batch is pruned.
    keep
        The share of a batch that survives each rung.
    sampler
        Optuna's `tpe`, `gp`, `random`, or `grid`.
    seed
        Of sampling, of the networks, and of the split unless `data` holds another.
    folds
        Of training and validation data; None for one validation part.
    """

    title: str
    data: Mapping[str, Value | None]
    network: Mapping[str, Value | None]
    train: Mapping[str, Value | None]
    eta: float | str
    eta_seeds: int
    trials: int
    batch: int
    seeds: int
    rungs: tuple[int, ...]
    keep: float
    sampler: str
    seed: int
    folds: int | None = None


def _within(bounds: tuple[float, float], ends: tuple[float, float]) -> tuple[float, float]:
    return max(bounds[0], ends[0]), min(bounds[1], ends[1])


@dataclass(frozen=True)
class Ranking:
    """The best trial and those tied with it.

    Attributes
    ----------
    best
        The complete trial with the best validation metric, the first of equals; never one that
        diverged.
    over_examples
        Its 95 % interval over validation examples; None of another metric than accuracy, which
        would need the predictions.
    over_seeds
        Its 95 % interval over seeds, or over folds; None with a single seed.
    tied
        The other complete trials that reach the worse end of the wider of both intervals, from the
        best down.
    sensible
        Of the best and the tied the smallest network, of equal ones the better.
    smaller
        Whether that network is smaller than the best trial's.
    """

    best: Trial
    over_examples: tuple[float, float] | None
    over_seeds: tuple[float, float] | None
    tied: tuple[Trial, ...]
    sensible: Trial
    smaller: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The span of both intervals; infinite where neither is known."""
        known = [ends for ends in (self.over_examples, self.over_seeds) if ends]
        lows, highs = zip(*known, strict=True) if known else ((-math.inf,), (math.inf,))
        return min(lows), max(highs)


@dataclass(frozen=True, kw_only=True)
class StudyRecord(Record):
    """All that the report of a study is rebuilt from.

    Attributes
    ----------
    command
        Without anything secret of the storage.
    plan
        What the study file asks for.
    eta_searches
        The threshold searches that set η, by the settings of each network (their own η is no more
        than a placeholder).
    importances
        The share of each searched dimension in the differences between complete trials; None where
        they are too few.
    complete
        Whether the study has all the trials it was asked for.
    """

    command: str
    plan: StudyPlan
    data: DataSummary
    environment: Environment
    eta_searches: EtaSearches
    result: StudySummary
    importances: Mapping[str, float] | None
    complete: bool

    def parameters(self, trial: Trial) -> int:
        """Return the number of weights and biases of a trial's network."""
        if trial.parameters is not None:
            return trial.parameters
        hidden = trial.params.get("hidden", self.plan.network["hidden"])
        layers = trial.params.get("layers")
        sizes = hidden if isinstance(hidden, tuple) else ()
        sizes = sizes[:1] * layers if isinstance(layers, int) else sizes
        every = (self.data.n_features, *sizes, len(self.data.classes) or 1)
        return sum((a + 1) * b for a, b in pairwise(every))

    @cached_property
    def ranking(self) -> Ranking | None:
        """The best trial and those tied with it; None when none was completed, or all diverged."""
        score, metric = self.result.score, METRICS[self.result.metric]
        complete = [trial for trial in self.result.trials if trial.outcome == "complete"]
        complete.sort(key=lambda trial: (-score(trial), trial.number))
        if not complete:
            return None
        best, *others = complete
        alone = self.data.over_folds(best.network_values)
        over_seeds = _within(metric.bounds, mean_interval(alone)) if len(alone) > 1 else None
        counted = self.result.metric == "accuracy"
        over_examples = wilson(best.value, self.data.n_validating) if counted else None
        ends = (*(over_examples or ()), *(over_seeds or ()), best.value)
        least = min(map(metric.score, ends))
        tied = tuple(trial for trial in others if score(trial) >= least)
        sizes = {trial.number: self.parameters(trial) for trial in (best, *tied)}
        smallest = min((best, *tied), key=lambda trial: sizes[trial.number])
        smaller = sizes[smallest.number] < sizes[best.number]
        sensible = smallest if smaller else best
        return Ranking(best, over_examples, over_seeds, tied, sensible, smaller)
