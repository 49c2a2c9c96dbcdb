"""The options that commands share, and how dataclasses of options become commands.

A group of options is a frozen dataclass whose fields are `Annotated` with an `Opt`; `grouped`
makes a command of a function that takes such groups. Typer splits what was typed and prints the
help; the text is converted here, and its range is checked where the setting is used.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from tuner.errors import OptionError
from tuner.records import (
    Activation,
    Cost,
    Expansion,
    Hyperparameters,
    Init,
    Precision,
    Regularization,
    require,
)

if TYPE_CHECKING:
    from tuner.data import TuningData
    from tuner.execution.base import Executor

SEEDS = 2**32
"""As many as scikit-learn takes."""

WIDEST_LAYER = 10_000
"""A typing mistake above this would fill the memory before anything could be said."""


@dataclass(frozen=True)
class Kind:
    """What the text of an option is turned into.

    Attributes
    ----------
    convert
        Raises ValueError for a text that will not do.
    needed
        What the text must be, in words.
    metavar
        How the help calls it.
    """

    convert: Callable[[str], Any]
    needed: str
    metavar: str


def _layers(text: str) -> tuple[int, ...]:
    return () if text.lower() in ("", "none") else tuple(int(size) for size in text.split(","))


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _path(text: str) -> Path:
    return Path(_not_empty(text))


def _named(suffix: str) -> Kind:
    def convert(text: str) -> Path:
        path = Path(text)
        if path.suffix != suffix:
            raise ValueError(text)
        return path

    return Kind(convert, f"a file whose name ends in {suffix}", "FILE")


def _or_none(word: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Convert a text, but for the one word that stands for None."""
    return lambda text: None if text.lower() == word else convert(text)


TEXT = Kind(_not_empty, "a text that is not empty", "TEXT")
NAME = Kind(_not_empty, "a name", "NAME")
INTEGER = Kind(int, "a whole number", "N")
NUMBER = Kind(float, "a number", "X")
LAYERS = Kind(_layers, "sizes such as 30 or 100,50, or none", "SIZES")
FOLDER = Kind(_path, "a folder", "DIR")
ADDRESS = Kind(_not_empty, "an address such as tcp://127.0.0.1:8786", "ADDRESS")
FILE = Kind(_path, "a file", "FILE")
MODEL_FILE = _named(".safetensors")
CSV_FILE = _named(".csv")
ETA = Kind(_or_none("auto", float), "a number or auto", "X|auto")
PATIENCE = Kind(_or_none("off", int), "a whole number or off", "N|off")


@dataclass(frozen=True)
class Opt:
    """One option: its help, the kind of its value and its default, as it would be typed.

    A flag has no kind, and is off by default.
    """

    help: str
    kind: Kind | None = None
    default: str | None = None


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Which data."""

    data: Annotated[
        str, Opt("A data set by name (see `data list`) or the path of a file.", TEXT, "mnist-5k")
    ]
    target: Annotated[str | None, Opt("The column of a table to predict.", NAME)]
    train_size: Annotated[int | None, Opt("Train on so many examples only.", INTEGER)]
    split_seed: Annotated[int | None, Opt("Of the split into parts; else --seed.", INTEGER)]

    @property
    def title(self) -> str:
        """What to call the data in a file's name."""
        return Path(self.data).name.strip(".").split(".")[0] or "data"


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """The network, and everything about its training but η."""

    hidden: Annotated[
        tuple[int, ...],
        Opt("Neurons in each hidden layer: 30, or 100,50, or none.", LAYERS, "30"),
    ]
    activation: Annotated[
        Activation, Opt("Of the hidden layers: sigmoid, tanh or relu.", NAME, "sigmoid")
    ]
    cost: Annotated[
        Cost, Opt("cross-entropy, quadratic or log-likelihood (softmax).", NAME, "cross-entropy")
    ]
    init: Annotated[
        Init, Opt("First weights: scaled, N(0, 1/inputs), or large, N(0, 1).", NAME, "scaled")
    ]
    batch_size: Annotated[int, Opt("Examples in a mini-batch.", INTEGER, "10")]
    lambda_: Annotated[float, Opt("Regularization parameter λ.", NUMBER, "0")]
    regularization: Annotated[Regularization, Opt("l2 or l1.", NAME, "l2")]
    dropout: Annotated[
        float, Opt("Share of hidden neurons left out in each mini-batch.", NUMBER, "0")
    ]
    expansion: Annotated[
        Expansion,
        Opt("Change images anew each epoch: none, shift or distort.", NAME, "none"),
    ]
    precision: Annotated[Precision, Opt("float32 or float64.", NAME, "float32")]
    seed: Annotated[int, Opt("Of everything that is drawn at random.", INTEGER, "0")]

    def __post_init__(self) -> None:
        require(self.seed < SEEDS, "seed", self.seed, f"below {SEEDS}")
        small = all(size <= WIDEST_LAYER for size in self.hidden)
        require(small, "hidden", self.hidden, f"sizes of at most {WIDEST_LAYER}")

    def hyperparameters(self, eta: float) -> Hyperparameters:
        """Return the settings with this η, all of them in range."""
        return Hyperparameters(eta=eta, **vars(self))


@dataclass(frozen=True, kw_only=True)
class WorkOptions:
    """Where to work and how to answer."""

    out: Annotated[Path | None, Opt("The folder to write to.", FOLDER)]
    workers: Annotated[int | None, Opt("Processes to work in.", INTEGER)]

    def __post_init__(self) -> None:
        require(self.workers is None or self.workers >= 1, "workers", self.workers, "at least 1")


@dataclass(frozen=True, kw_only=True)
class ExecutorOptions(WorkOptions):
    """Where many networks train."""

    scheduler: Annotated[
        str | None, Opt("Train on the Dask cluster whose scheduler is at ADDRESS.", ADDRESS)
    ]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scheduler and self.workers:
            raise OptionError("workers is for processes of this machine, not for --scheduler.")

    def open(self, data: "TuningData") -> "Executor":
        """Open what trains networks on these data: by default a process for each core."""
        from tuner.execution.opening import open_executor

        return open_executor(data, self.workers, self.scheduler)


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """How to answer."""

    json: Annotated[bool, Opt("Print one JSON object on stdout instead of text.")]
    debug: Annotated[bool, Opt("Show the traceback of an error.")]


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that typer can parse: each option of a group is a parameter of its own."""
    given = inspect.signature(function, eval_str=True).parameters
    groups = {name: p.annotation for name, p in given.items() if is_dataclass(p.annotation)}
    plain = [p for name, p in given.items() if name not in groups]
    options = [option for group in groups.values() for option in _parameters(group)]

    @wraps(function)
    def flat(**values: Any) -> None:
        made = {name: _make(group, values) for name, group in groups.items()}
        function(**{p.name: values[p.name] for p in plain}, **made)

    keyword = [p.replace(kind=p.KEYWORD_ONLY) for p in (*plain, *options)]
    flat.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    flat.__annotations__ = {p.name: p.annotation for p in keyword}
    return flat


def _options(group: Any) -> dict[str, Opt]:
    hints = get_type_hints(group, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in fields(group)}


def _parameters(group: Any) -> list[inspect.Parameter]:
    return [_parameter(name, option) for name, option in _options(group).items()]


def _parameter(name: str, option: Opt) -> inspect.Parameter:
    flag = "--" + name.rstrip("_").replace("_", "-")
    metavar = option.kind.metavar if option.kind else None
    text = str | None if option.kind else bool
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default if option.kind else False,
        annotation=Annotated[text, typer.Option(flag, help=option.help, metavar=metavar)],
    )


def _make(group: Any, values: dict[str, Any]) -> Any:
    return group(**{name: _convert(name, o, values[name]) for name, o in _options(group).items()})


def _convert(name: str, option: Opt, value: Any) -> Any:
    if option.kind is None or value is None:
        return value
    setting = name.rstrip("_")
    if value.startswith("--"):
        raise OptionError(f"{setting} must be {option.kind.needed} but {value} follows it.")
    try:
        return option.kind.convert(value)
    except ValueError:
        raise OptionError(f"{setting} must be {option.kind.needed} but is {value!r}.") from None
