"""What a tuning found, step by step, and where one stands."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from tuner.errors import require
from tuner.metrics import METRICS
from tuner.records.commands import TrainRecord
from tuner.records.inspection import Inspection
from tuner.records.measures import Measures, check_measures, check_metric
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearch
from tuner.records.study import StudyRecord
from tuner.records.training import Committee, Run
from tuner.serialization import Number, Record, Share
from tuner.settings import Hyperparameters, Strategy
from tuner.stats import wilson

StepName = Literal["signal", "eta", "overfitting", "study", "eta-again", "final", "test"]
"""The steps of a tuning, in their order."""

LeftOut = Literal[
    "overfitting-examples",
    "dropout",
    "distort",
    "small-sizes",
    "eta-for-each-size",
    "trial-examples",
    "trial-epochs",
    "comparison-epochs",
    "seeds",
]
"""What a budget may be too short for."""


@dataclass(frozen=True, kw_only=True)
class TuneProgress(Record):
    """The progress of a tuning.

    Attributes
    ----------
    step
        The step it is at.
    phase
        Of the step `final`: all candidates train, they are compared, or the winner trains alone;
        or kinds of networks train on folds, one after the other.
    done, total
        Trials of the study, or epochs of the networks that train, so far and in the end; 0 of 0
        where nothing is counted.
    best
        The best validation metric of the step so far; None where there is none yet.
    metric
        Which metric that is.
    """

    step: StepName
    phase: Literal["candidates", "comparison", "winner", "kinds"] | None = None
    done: int = 0
    total: int = 0
    best: float | None = None
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        check_metric(self.metric)


@dataclass(frozen=True, kw_only=True)
class FinishedStep(Record):
    """One step of a tuning.

    Attributes
    ----------
    name
        Which step.
    seconds
        Wall-clock time since the step before ended; that of the first includes reading the data.
    """

    name: StepName
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Shortfall(Record):
    """Something that the budget was too short for.

    Attributes
    ----------
    what
        Which thing.
    had, wanted
        How much of it there was, and how much a longer budget gives; 0 and 0 where it is not
        counted.
    """

    what: LeftOut
    had: int = 0
    wanted: int = 0


@dataclass(frozen=True, kw_only=True)
class SanityCheck(Record):
    """Whether a small network on little data beats chance.

    Attributes
    ----------
    run
        Its training.
    n_train
        Examples it was trained on.
    chance
        The metric that chooses, of always predicting the same: the frequencies of the classes in
        training, or the mean.
    judged_by
        The metric that tells whether it has learned. Of classes it is AUC, which sees what accuracy
        hides where one class is frequent.
    reached, interval
        That metric on validation data, with its 95 % interval; None in records of the first
        version.
    constant
        That metric of always predicting the same.
    """

    run: Run
    n_train: int
    chance: float
    judged_by: str = "accuracy"
    reached: Number = math.nan
    interval: tuple[float, float] | None = None
    constant: Number = math.nan

    def has_signal(self, n_validation: int) -> bool:
        """Return whether the network is clearly better than a constant prediction."""
        if self.interval is None:
            return wilson(self.run.best_validation_accuracy, n_validation)[0] > self.chance
        score = METRICS[self.judged_by].score
        return min(map(score, self.interval)) > score(self.constant)


REGULARIZER_NAMES = ("none", "l2", "l1", "dropout", "shift", "distort")
"""What a network is trained with against overfitting."""


@dataclass(frozen=True, kw_only=True)
class Regularizer(Record):
    """A network trained without early stopping, to see what a regularizer does.

    Attributes
    ----------
    name
        One of `REGULARIZER_NAMES`.
    run
        Its training; the settings say with what.
    value
        Mean validation metric of the last fifth of its epochs, by which regularizers are compared.
    gap
        By how much the training data are better over the same epochs.
    """

    name: str
    run: Run
    value: Annotated[
        float,
        Field(validation_alias=AliasChoices("value", "accuracy"), serialization_alias="value"),
    ]
    gap: float


@dataclass(frozen=True, kw_only=True)
class Overfitting(Record):
    """What overfitting looks like on these data, and which regularizers help against it.

    Attributes
    ----------
    n_train
        Examples the networks were trained on.
    tried
        One network for each kind of neurons and each regularizer, with early stopping off.
    chosen
        Index into `tried` of what the search continues with.
    """

    n_train: int
    tried: tuple[Regularizer, ...]
    chosen: int

    def __post_init__(self) -> None:
        _require_place("chosen", self.chosen, self.tried)
        for each in self.tried:
            known = each.name in REGULARIZER_NAMES
            require(known, "name", each.name, f"one of {', '.join(REGULARIZER_NAMES)}")
        kind = self.tried[self.chosen].run.settings.activation
        plain = {each.run.settings.activation for each in self.tried if each.name == "none"}
        require(kind in plain, "activation", kind, "one that was tried without regularization")


def _require_place(name: str, place: int, among: tuple[object, ...]) -> None:
    require(0 <= place < len(among), name, place, f"one of the {len(among)} from 0")


@dataclass(frozen=True, kw_only=True)
class Candidate(Record):
    """Settings that were trained anew on paired seeds, or on folds.

    Attributes
    ----------
    trial
        The number of the trial in the study that they come from; None of a kind of network that
        the study did not search.
    parameters
        Weights and biases of one network.
    runs
        One for each seed, in the order of the seeds; the same seeds for every candidate. On folds
        one for each fold of the first seed, then of the next.
    compared
        The validation metric of each seed by which the candidates were compared: of the mean of
        the weights over half an epoch where they were compared in training, so that it differs
        from those in `runs`; on folds that of each fold. Empty in records of the first version.
    weight
        Its share in the committee of candidates.
    kind
        What it is called, where the study did not search it.
    """

    trial: int | None
    parameters: int
    runs: tuple[Run, ...]
    compared: tuple[float, ...] = ()
    weight: Share = 0.0
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class PairedDifference(Record):
    """The difference between the best candidate and another, seed by seed.

    Attributes
    ----------
    candidate
        Index of the other one.
    difference, low, high
        By how much the validation metric of the best is better, with its 95 % interval over
        validation examples and seeds.
    """

    candidate: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Confirmation(Record):
    """The candidates confirmed on paired seeds or folds, and the winner.

    Attributes
    ----------
    strategy
        How each trains.
    compared_at
        Epoch at which the candidates were compared; those that lost stopped there.
    candidates
        The best of the study, the best first.
    best
        Index of the candidate with the best mean validation metric.
    differences
        Between it and each other one.
    winner
        Index of the smallest candidate that is not clearly worse than the best.
    seed
        The seed of the winner's network that is the best on validation data.
    metric
        What compared them.
    committee
        The model, where it is several networks: those of the winner, or on folds those of all
        candidates that have a weight.
    """

    strategy: Strategy
    compared_at: int
    candidates: tuple[Candidate, ...]
    best: int
    differences: tuple[PairedDifference, ...]
    winner: int
    seed: int
    metric: str = "accuracy"
    committee: Committee | None = None

    def __post_init__(self) -> None:
        check_metric(self.metric)
        _require_place("best", self.best, self.candidates)
        _require_place("winner", self.winner, self.candidates)
        for each in self.differences:
            _require_place("candidate of a difference", each.candidate, self.candidates)
        seeds = [run.settings.seed for run in self.candidates[self.winner].runs]
        require(self.seed in seeds, "seed", self.seed, f"one of the winner's, {seeds}")

    def compared(self, candidate: int) -> tuple[float, ...]:
        """Return the metrics by which a candidate was compared, one for each seed or fold."""
        chosen = self.candidates[candidate]
        reached = (run.best_score_until(self.compared_at) for run in chosen.runs)
        return chosen.compared or tuple(reached)

    @property
    def folds(self) -> int | None:
        """On how many folds they were trained; None where there was one validation part."""
        return self.committee.folds if self.committee else None

    @property
    def tied(self) -> tuple[int, ...]:
        """Indices of the candidates that are not clearly worse than the best, itself included."""
        alike = (d.candidate for d in self.differences if d.low <= 0)
        return tuple(sorted({self.best, *alike}))


@dataclass(frozen=True, kw_only=True)
class Evaluation(Record):
    """The model on the test part.

    Attributes
    ----------
    n
        Test examples.
    metrics
        All metrics of the task.
    over_seeds
        The metric that chose, of the winner's network of each seed or fold, measured at the same
        opening.
    openings
        How often the test part was opened.
    metric
        The one that chose.
    interval
        Its 95 % interval over the test examples; None for Wilson's, of accuracy.
    """

    n: int
    metrics: Measures
    over_seeds: tuple[float, ...]
    openings: int
    metric: str = "accuracy"
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_measures(self.metrics)
        check_metric(self.metric)

    @property
    def value(self) -> float:
        """The metric that chose."""
        return self.metrics[self.metric]

    @property
    def value_interval(self) -> tuple[float, float]:
        """The 95 % interval of the metric over the test examples."""
        return self.interval or wilson(self.value, self.n)


@dataclass(frozen=True, kw_only=True)
class CoursePoint:
    """Where a tuning stood at the end of a step.

    Attributes
    ----------
    step
        Which step.
    seconds
        Since the tuning began.
    value
        The best validation metric of any network so far.
    """

    step: StepName
    seconds: float
    value: float


@dataclass(frozen=True, kw_only=True)
class TuneRecord(Record):
    """All that the report of `tune` is rebuilt from.

    Attributes
    ----------
    budget, seconds
        Seconds that were given and used.
    article
        Whether only the article's own methods were allowed.
    steps
        In their order.
    left_out
        What the budget was too short for.
    study
        The search over λ and size.
    eta_again
        η for the winner's settings, where it was found again.
    inspection
        Of the model, on validation data.
    files
        The model, settings and other files beside the report, by what they are.
    """

    command: str
    data: DataSummary
    environment: Environment
    budget: float
    seconds: float
    article: bool
    steps: tuple[FinishedStep, ...]
    left_out: tuple[Shortfall, ...]
    signal: SanityCheck
    eta_searches: Mapping[str, EtaSearch]
    overfitting: Overfitting
    study: StudyRecord
    eta_again: EtaSearch
    final: Confirmation
    inspection: Inspection | None
    test: Evaluation
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.inspection is not None:
            self.inspection.require_classes(len(self.data.classes))

    @property
    def settings(self) -> Hyperparameters:
        """The hyperparameters of the model."""
        return self.model_run.settings

    @property
    def model_run(self) -> Run:
        """The training of the model."""
        runs = self.final.candidates[self.final.winner].runs
        return next(run for run in runs if run.settings.seed == self.final.seed)

    def train_record(self, run: Run) -> TrainRecord:
        """Return one of its runs as `train` would have recorded it."""
        return TrainRecord(
            command=self.command,
            settings=run.settings,
            strategy=self.final.strategy,
            data=self.data,
            environment=self.environment,
            eta_search=self.eta_again,
            result=run,
            inspection=self.inspection,
        )

    @property
    def course(self) -> tuple[CoursePoint, ...]:
        """The best validation metric so far at the end of each step, from the first network on."""
        score = METRICS[self.final.metric].score
        best = self.study.result.best
        reached: dict[StepName, float] = {
            "signal": self.signal.run.best_value,
            "overfitting": self.overfitting.tried[self.overfitting.chosen].value,
            "study": best.value if best else math.nan,
            "final": self.validation_value,
        }
        points: list[CoursePoint] = []
        seconds, value = 0.0, math.nan
        for step in self.steps:
            seconds += step.seconds
            value = max(value, reached.get(step.name, math.nan), key=score)
            points.append(CoursePoint(step=step.name, seconds=seconds, value=value))
        return tuple(points)

    @property
    def validation_value(self) -> float:
        """The validation metric of the model: out of fold where there were folds."""
        if self.final.committee:
            return self.final.committee.metrics[self.final.metric]
        return self.model_run.best_value

    @property
    def model_record(self) -> TrainRecord:
        """The training of the model as `train` would have recorded it."""
        return self.train_record(self.model_run)
