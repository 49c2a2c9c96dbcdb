"""What a network is built and trained with."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from tuner.errors import OptionError
from tuner.records.base import Record, require, require_choice

Activation = Literal["sigmoid", "tanh", "relu"]
Cost = Literal["cross-entropy", "quadratic", "log-likelihood"]
Init = Literal["scaled", "large"]
Regularization = Literal["l2", "l1"]
Precision = Literal["float32", "float64"]
Expansion = Literal["none", "shift", "distort"]
ScheduleName = Literal["constant", "halving", "planned"]


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
        Most examples in a mini-batch, m ≥ 1; those of an epoch differ in size by one at most.
    lambda_
        Regularization parameter λ ≥ 0 of λ/2n Σw² (L2) or λ/n Σ|w| (L1), n the number of
        training examples; biases are never regularised.
    dropout
        Share of hidden neurons left out in each mini-batch, 0 ≤ dropout < 1.
    expansion
        How training images are changed anew in every epoch: not at all, by a shift of up to a
        pixel, or by small turns, stretches and bends; see `tuner.data.fresh`.
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
    expansion: Expansion = "none"
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
    "expansion": get_args(Expansion),
    "precision": get_args(Precision),
}


@dataclass(frozen=True, kw_only=True)
class Strategy(Record):
    """How long a network trains and how its η changes.

    Attributes
    ----------
    epochs
        Most epochs.
    patience
        N of "no improvement in N": epochs in a row without a better validation accuracy. Training
        stops then; with the halving schedule η is divided instead. None: never
        stop early.
    min_delta
        What an accuracy must exceed the best by to count, in shares.
    warm_up
        First epochs in which none is counted.
    seconds
        Most wall-clock seconds; None for no limit.
    schedule
        Keep η (`constant`), divide it at each plateau (`halving`), or keep it for `hold` epochs and
        then divide it at even distances up to the last epoch (`planned`).
    factor
        What η is divided by.
    until
        Share of its start at which η has come down far enough and training ends.
    hold
        Epochs before the first division of the planned schedule; None for half of them.

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
    hold: int | None = None

    def __post_init__(self) -> None:
        require_choice("schedule", self.schedule, get_args(ScheduleName))
        if self.schedule == "halving" and self.patience is None:
            raise OptionError(
                "patience is off, but --schedule halving waits for a plateau: give --patience N."
            )
