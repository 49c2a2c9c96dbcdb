"""What a tuning found, step by step, and where one stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tuner.errors import require
from tuner.records.commands import TrainRecord
from tuner.records.inspection import Inspection
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearch
from tuner.records.study import StudyRecord
from tuner.records.training import Run
from tuner.serialization import Record, Share
from tuner.settings import Hyperparameters, Strategy

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
        Of the step `final`: all candidates train, they are compared, or the winner trains alone.
    done, total
        Trials of the study, or epochs of the networks that train, so far and in the end; 0 of 0
        where nothing is counted.
    best
        The best validation accuracy of the step so far; None where there is none yet.
    """

    step: StepName
    phase: Literal["candidates", "comparison", "winner"] | None = None
    done: int = 0
    total: int = 0
    best: float | None = None


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
        Validation accuracy of always predicting the class that is most frequent in training.
    """

    run: Run
    n_train: int
    chance: float


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
    accuracy
        Mean validation accuracy of the last fifth of its epochs, by which regularizers are
        compared.
    gap
        Training minus validation accuracy over the same epochs.
    """

    name: str
    run: Run
    accuracy: float
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
    """Settings that were trained anew on paired seeds.

    Attributes
    ----------
    trial
        The number of the trial in the study that they come from.
    parameters
        Weights and biases of one network.
    runs
        One for each seed, in the order of the seeds; the same seeds for every candidate.
    compared
        The validation accuracy of each seed by which the candidates were compared: of the mean of
        the weights over half an epoch where they were compared in training, so that it differs
        from those in `runs`. Empty in records of the first version.
    """

    trial: int
    parameters: int
    runs: tuple[Run, ...]
    compared: tuple[Share, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PairedDifference(Record):
    """The difference between the best candidate and another, seed by seed.

    Attributes
    ----------
    candidate
        Index of the other one.
    difference, low, high
        Mean validation accuracy of the best minus that of the other, with its 95 % interval over
        validation examples and seeds.
    """

    candidate: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Confirmation(Record):
    """The candidates confirmed on paired seeds, and the winner.

    Attributes
    ----------
    strategy
        How each trains.
    compared_at
        Epoch at which the candidates were compared; those that lost stopped there.
    candidates
        The best of the study, the best first.
    best
        Index of the candidate with the highest mean validation accuracy.
    differences
        Between it and each other one.
    winner
        Index of the smallest candidate that is not clearly worse than the best.
    seed
        The seed of the winner's network that became the model: the best on validation data.
    """

    strategy: Strategy
    compared_at: int
    candidates: tuple[Candidate, ...]
    best: int
    differences: tuple[PairedDifference, ...]
    winner: int
    seed: int

    def __post_init__(self) -> None:
        _require_place("best", self.best, self.candidates)
        _require_place("winner", self.winner, self.candidates)
        for each in self.differences:
            _require_place("candidate of a difference", each.candidate, self.candidates)
        seeds = [run.settings.seed for run in self.candidates[self.winner].runs]
        require(self.seed in seeds, "seed", self.seed, f"one of the winner's, {seeds}")

    def compared(self, candidate: int) -> tuple[float, ...]:
        """Return the accuracies by which a candidate was compared, one for each seed."""
        chosen = self.candidates[candidate]
        reached = (run.best_score_until(self.compared_at) for run in chosen.runs)
        return chosen.compared or tuple(reached)

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
    accuracy
        Share classified right.
    balanced_accuracy
        Mean over the classes of the share classified right.
    over_seeds
        Accuracy of the winner's network of each seed, measured at the same opening.
    openings
        How often the test part was opened.
    """

    n: int
    accuracy: Share
    balanced_accuracy: Share
    over_seeds: tuple[Share, ...]
    openings: int


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
    def model_record(self) -> TrainRecord:
        """The training of the model as `train` would have recorded it."""
        return self.train_record(self.model_run)
