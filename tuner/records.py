"""The values that pass between the rooms of the house, and their JSON.

Every record is frozen, compares by value and holds plain Python numbers, so that a report can be
rebuilt from its JSON alone. `to_json` and `from_json` are the only way in and out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, TypeAdapter, ValidationError

from tuner.errors import InputError, OptionError

SCHEMA = 1

Activation = Literal["sigmoid", "tanh", "relu"]
Cost = Literal["cross-entropy", "quadratic", "log-likelihood"]
Init = Literal["scaled", "large"]
Regularization = Literal["l2", "l1"]
Precision = Literal["float32", "float64"]
ScheduleName = Literal["constant", "halving"]

R = TypeVar("R")

Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    PlainSerializer(lambda value: value if math.isfinite(value) else None),
]
"""A float that may have left the finite numbers; JSON has no such number, so it becomes null."""


class Record:
    """The base of all records: how each is turned into JSON and back."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", alias_generator=lambda name: name.rstrip("_"), validate_by_alias=True
    )


@dataclass(frozen=True, kw_only=True)
class Hyperparameters(Record):
    """Everything that determines how one network is built and trained, seed included.

    Attributes
    ----------
    eta
        Learning rate η > 0.
    hidden
        Neurons in each hidden layer; empty for none.
    activation
        Of the hidden layers.
    cost
        Decides the output layer too: sigmoid for `cross-entropy` and `quadratic`, softmax for
        `log-likelihood` (article, sections "Cost Function" and "Softmax").
    init
        Weights N(0, 1/n_in) (`scaled`) or N(0, 1) (`large`); biases N(0, 1) in both
        (article, section on weight initialisation; book chapter 3).
    batch_size
        Examples in a mini-batch, m ≥ 1.
    lambda_
        Regularization parameter λ ≥ 0 of λ/2n Σw² (L2) or λ/n Σ|w| (L1), n the number of
        training examples; biases are never regularised.
    dropout
        Share of hidden neurons left out in each mini-batch, 0 ≤ dropout < 1.
    precision
        Of weights and arithmetic.
    seed
        Of initial weights, data order and dropout.

    Raises
    ------
    OptionError
        When a value is unknown or out of its range.

    Examples
    --------
    >>> Hyperparameters(eta=0.5, lambda_=5).hidden
    (30,)
    >>> Hyperparameters(eta=-1)
    Traceback (most recent call last):
        ...
    tuner.errors.OptionError: eta must be a positive finite number but is -1.
    """

    eta: float
    hidden: tuple[int, ...] = (30,)
    activation: Activation = "sigmoid"
    cost: Cost = "cross-entropy"
    init: Init = "scaled"
    batch_size: int = 10
    lambda_: float = 0.0
    regularization: Regularization = "l2"
    dropout: float = 0.0
    precision: Precision = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        require(0 < self.eta < math.inf, "eta", self.eta, "a positive finite number")
        require(all(h >= 1 for h in self.hidden), "hidden", self.hidden, "sizes of at least 1")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "at least 1")
        require(0 <= self.lambda_ < math.inf, "lambda", self.lambda_, "a finite number, at least 0")
        require(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        require(self.seed >= 0, "seed", self.seed, "at least 0")
        for name, choices in _CHOICES.items():
            require_choice(name, getattr(self, name), choices)


_CHOICES: dict[str, tuple[str, ...]] = {
    "activation": get_args(Activation),
    "cost": get_args(Cost),
    "init": get_args(Init),
    "regularization": get_args(Regularization),
    "precision": get_args(Precision),
}


def require(holds: bool, name: str, value: object, needed: str) -> None:
    """Raise `OptionError`, quoting the value, unless the condition holds."""
    if not holds:
        raise OptionError(f"{name} must be {needed} but is {value}.")


def require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `OptionError` unless `value` is one of `choices`."""
    require(value in choices, name, repr(value), f"one of {', '.join(choices)}")


class Verdict(StrEnum):
    """What the training cost did at one learning rate (article, section "Learning Rate").

    `decreasing` and `slow` lie below the threshold; `oscillating`, `diverged` and `dead` (a network
    whose neurons are saturated, and whose cost therefore stays flat) do not count as learning.
    """

    DECREASING = "decreasing"
    SLOW = "slow"
    OSCILLATING = "oscillating"
    DIVERGED = "diverged"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class Probe(Record):
    """One short training run at one η with one seed.

    Attributes
    ----------
    eta, seed
        What was probed.
    verdict, reason
        What the cost did, and why we say so in words.
    epochs
        When the cost was measured, in epochs of the training data since the start; the first is 0.
    costs
        The regularised training cost at those moments; not finite where the network diverged.
    """

    eta: float
    seed: int
    verdict: Verdict
    reason: str
    epochs: tuple[float, ...]
    costs: tuple[Number, ...]


@dataclass(frozen=True, kw_only=True)
class Judgement(Record):
    """The verdict on one η, from the median cost curve of all its probes."""

    eta: float
    verdict: Verdict
    reason: str
    epochs: tuple[float, ...]
    costs: tuple[Number, ...]


class Outcome(StrEnum):
    """How a threshold search ended, and with it what to try next (`ADVICE`)."""

    FOUND = "found"
    NO_UPPER_LIMIT = "no-upper-limit"
    NO_LEARNING = "no-learning"


ADVICE: Mapping[Outcome, str] = {
    Outcome.FOUND: "Use this η; find it again after batch size, λ, init, cost or size change.",
    Outcome.NO_UPPER_LIMIT: "The cost went down at every η tried, up to the hard limit: check that"
    " the data hold something to learn, and set η by hand.",
    Outcome.NO_LEARNING: "The cost went down at no η tried: check labels and scaling, use"
    " --init scaled, another --cost, or a smaller --lambda.",
}


@dataclass(frozen=True, kw_only=True)
class EtaSearch(Record):
    """The answer of the η threshold search with its evidence (article, section "Learning Rate").

    Attributes
    ----------
    eta
        The learning rate to use, threshold / 2.
    threshold
        η*, the largest η found at which the training cost still goes down.
    bracket
        Largest η that went down and smallest above it that did not; an open end is None.
    outcome
        How the search ended.
    baseline
        Cost of the best constant prediction, B: a network that learned nothing costs this much.
    judgements
        One verdict for each η, ascending.
    probes
        Every probe, by η and then seed.
    spent
        All training steps spent, in epochs of the training data.
    seconds
        Wall-clock time of the whole search.
    """

    eta: float
    threshold: float
    bracket: tuple[float | None, float | None]
    outcome: Outcome
    baseline: float
    judgements: tuple[Judgement, ...]
    probes: tuple[Probe, ...]
    spent: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Epoch(Record):
    """One pass over the training data: what was used, and what the network could do after it.

    Attributes
    ----------
    epoch
        Counted from 1.
    eta
        Learning rate used in this epoch.
    training_cost, validation_cost
        Regularised cost per example; not finite after divergence.
    training_accuracy, validation_accuracy
        Shares of the examples classified right, 0 … 1.
    seconds
        Wall-clock time of the epoch; of networks trained together each takes an equal share.
    """

    epoch: int
    eta: float
    training_cost: Number
    training_accuracy: float
    validation_cost: Number
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Strategy(Record):
    """How long a network trains and how its η changes.

    Attributes
    ----------
    epochs
        Most epochs.
    patience
        N of "no improvement in N": epochs in a row without a better validation accuracy. With the
        constant schedule training stops then; with the halving schedule η is divided. None: never
        stop early.
    min_delta
        What an accuracy must exceed the best by to count, in shares.
    warm_up
        First epochs in which none is counted.
    seconds
        Most wall-clock seconds; None for no limit.
    schedule
        Keep η (`constant`) or divide it at each plateau (`halving`).
    factor
        What η is divided by.
    until
        Share of its start at which η has come down far enough and training ends.

    Raises
    ------
    OptionError
        When the halving schedule has no patience to wait for.
    """

    epochs: int = 30
    patience: int | None = 10
    min_delta: float = 0.0
    warm_up: int = 0
    seconds: float | None = None
    schedule: ScheduleName = "constant"
    factor: float = 2.0
    until: float = 0.001

    def __post_init__(self) -> None:
        require_choice("schedule", self.schedule, get_args(ScheduleName))
        if self.schedule == "halving" and self.patience is None:
            raise OptionError(
                "patience is off, but --schedule halving waits for a plateau: give --patience N."
            )


class StopReason(StrEnum):
    """Why a run ended."""

    NO_IMPROVEMENT = "no-improvement"
    ETA_AT_END = "eta-at-end"
    EPOCHS = "epochs"
    TIME = "time"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class Run(Record):
    """A network's training from start to stop; the weights kept are those of `best_epoch`.

    Attributes
    ----------
    settings
        Its hyperparameters, with the η it began with.
    history
        One record an epoch.
    best_epoch
        The first epoch with the highest validation accuracy; 0 when no epoch was finished.
    best_validation_accuracy
        The validation accuracy of that epoch.
    stop_reason, stop_words
        Why it ended, as a code and in words.
    """

    settings: Hyperparameters
    history: tuple[Epoch, ...]
    best_epoch: int
    best_validation_accuracy: float
    stop_reason: StopReason
    stop_words: str


@dataclass(frozen=True, kw_only=True)
class DataSummary(Record):
    """Which data a result was made from; says nothing of the test examples but their number."""

    name: str
    sha256: str
    n_train: int
    n_validation: int
    n_test: int
    n_features: int
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Environment(Record):
    """The versions and the numerical library that a result was made with."""

    tuner: str
    python: str
    platform: str
    packages: Mapping[str, str]
    blas: str
    blas_threads: int


@dataclass(frozen=True, kw_only=True)
class FindEtaRecord(Record):
    """All that the report of `find-eta` is rebuilt from."""

    command: str
    settings: Hyperparameters
    data: DataSummary
    environment: Environment
    result: EtaSearch


@dataclass(frozen=True, kw_only=True)
class Mistake(Record):
    """One validation example that a network takes for another class.

    Attributes
    ----------
    row
        Its place in the validation part, from 0.
    label, prediction
        Indices of the class it has and of the one the network gives.
    probability
        The share of the network's outputs that the wrong class got, 0 … 1.
    pixels
        Base64 of its grey values, one byte each, row by row; empty where the data are no images.
    """

    row: int
    label: int
    prediction: int
    probability: float
    pixels: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerWeights(Record):
    """How the weights of one layer are spread, in bins that can be added up three by three.

    Attributes
    ----------
    n_in, n_out
        Its neurons before and after.
    width
        Of one bin: 0.001 times a power of three, so the bins of two networks fit together.
    counts
        Weights in each bin; the bin in the middle is centred on 0.
    near_zero
        Weights below 0.01 in size.
    """

    n_in: int
    n_out: int
    width: float
    counts: tuple[int, ...]
    near_zero: int


@dataclass(frozen=True, kw_only=True)
class Inspection(Record):
    """What a trained network gets wrong on the validation data, and its weights.

    Attributes
    ----------
    training_counts
        Training examples of each class.
    confusion
        Label, prediction and how often, for each pair that occurs, by label and then prediction.
    image_size
        Height and width of the images in `mistakes`; None where the data are no images.
    mistakes
        The examples it is surest to have right and has wrong, the surest first.
    layers
        Weights from the first hidden layer to the output.
    """

    training_counts: tuple[int, ...]
    confusion: tuple[tuple[int, int, int], ...]
    image_size: tuple[int, int] | None
    mistakes: tuple[Mistake, ...]
    layers: tuple[LayerWeights, ...]


@dataclass(frozen=True, kw_only=True)
class TrainRecord(Record):
    """All that the report of `train` is rebuilt from.

    `eta_search` is there where η was found, not given; `inspection` where the network gives
    numbers on all validation data (older records have none).
    """

    command: str
    settings: Hyperparameters
    strategy: Strategy
    data: DataSummary
    environment: Environment
    eta_search: EtaSearch | None
    result: Run
    inspection: Inspection | None = None


@dataclass(frozen=True, kw_only=True)
class TrialRecord(Record):
    """One finished trial of a study.

    Attributes
    ----------
    number
        From 0, in the order in which the trials were drawn.
    state
        `complete`, or `pruned` where it was ended at a rung.
    values
        One for each objective; the first is the validation accuracy, 0 … 1.
    params
        The value of each searched dimension.
    rungs
        The validation accuracy at each rung it reached, by epoch.
    attributes
        What else is known: batch, eta, best_epoch, accuracies, epochs, stop_reason, diverged,
        seconds, and curves, the validation accuracy of each epoch. Lists hold one entry a seed.
    """

    number: int
    state: str
    values: tuple[float, ...]
    params: Mapping[str, Any]
    rungs: Mapping[int, float]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StudySummary(Record):
    """A study with all its finished trials.

    Attributes
    ----------
    study
        Its name.
    objectives
        What each value of a trial is; the first, validation accuracy, is to be high, others low.
    trials
        In the order of their numbers.
    """

    study: str
    objectives: tuple[str, ...]
    trials: tuple[TrialRecord, ...]

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial with the highest validation accuracy, the first of equals."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.values[0], default=None)

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended in each way."""
        states = [trial.state for trial in self.trials]
        return {state: states.count(state) for state in ("complete", "pruned", "failed")}


@dataclass(frozen=True, kw_only=True)
class StudyRecord(Record):
    """All that the report of a study is rebuilt from.

    Attributes
    ----------
    command
        Without anything secret of the storage.
    spec
        What the study file says, with its defaults filled in.
    eta_searches
        The threshold searches that set η, one for each network, by what they were asked.
    importances
        The share of each searched dimension in the differences between complete trials; None where
        they are too few.
    complete
        Whether the study has all the trials it was asked for.
    """

    command: str
    spec: Mapping[str, Any]
    data: DataSummary
    environment: Environment
    eta_searches: Mapping[str, EtaSearch]
    result: StudySummary
    importances: Mapping[str, float] | None
    complete: bool


def to_json(record: Record) -> Any:
    """Turn a record into what `json` can hold.

    A trailing underscore leaves a field's name (`lambda_` becomes `lambda`), and a cost that is not
    finite becomes None.

    Examples
    --------
    >>> curve = {"epochs": (0.0, 1.0), "costs": (2.5, math.inf)}
    >>> to_json(Judgement(eta=9.0, verdict=Verdict.DIVERGED, reason="", **curve))
    {'eta': 9.0, 'verdict': 'diverged', 'reason': '', 'epochs': [0.0, 1.0], 'costs': [2.5, None]}
    """
    return TypeAdapter(type(record)).dump_python(record, mode="json", by_alias=True)


def from_json(kind: type[R], text: str | bytes) -> R:
    """Rebuild the record of type `kind` from JSON text; a cost of null returns as NaN.

    Raises
    ------
    InputError
        When the text is no JSON, or a key is missing, unknown or holds another type.
    """
    try:
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (kind.__name__, *first["loc"]))
        raise InputError(f"{where}: {first['msg']}.") from error
