"""The settings of a network and of its training: one field each, with all that is known of it.

A setting is a field of `Hyperparameters` or `Strategy`; its metadata hold help, parser, range,
choices and whether a study can search it. Options of the command line, tables and dimensions of
study files, parameters of the estimators, keywords of the Python interface and labels of reports
are made from these fields, so a new setting is one field here and the place where it acts.
"""

import difflib
import math
import operator
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from numbers import Real
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from tuner.errors import OptionError, require, require_choice
from tuner.metrics import METRICS, SHARES
from tuner.network.activations import ACTIVATIONS
from tuner.network.initialization import INITIALIZATIONS
from tuner.network.losses import LOSSES
from tuner.network.optimizers import OPTIMIZERS
from tuner.network.regularization import REGULARIZERS
from tuner.serialization import KEYS, Record

FIRST_ETA = 0.01
"""Where the search for η begins (article, section "Learning Rate")."""

C = TypeVar("C", bound=type)


@dataclass(frozen=True)
class Kind:
    """What the values of a setting are.

    Attributes
    ----------
    convert
        From the text of an option; raises ValueError for one that will not do.
    needed
        What a text or value must be, in words.
    metavar
        How the help of the command line calls it.
    fits
        Whether a Python value is of this kind.
    text
        From a value to a text that `convert` takes.
    stated
        What a value of a study file must be; as `needed` where nothing is said.
    """

    convert: Callable[[str], Any]
    needed: str
    metavar: str
    fits: Callable[[Any], bool] = lambda value: isinstance(value, str)
    text: Callable[[Any], str] = str
    stated: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stated", self.stated or self.needed)


def _layers(text: str) -> tuple[int, ...]:
    return () if text.lower() in ("", "none") else tuple(int(size) for size in text.split(","))


def not_empty(text: str) -> str:
    """Return the text, or raise ValueError where it is empty."""
    if not text:
        raise ValueError(text)
    return text


def _is_whole(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def or_none(word: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Convert a text, but for the one word that stands for None."""
    return lambda text: None if text.lower() == word else convert(text)


NAME = Kind(not_empty, "a name", "NAME", stated="a text in quotes")
FILE_NAME = Kind(not_empty, "a file", "FILE", stated="a path in quotes")
INTEGER = Kind(int, "a whole number", "N", _is_whole)
NUMBER = Kind(float, "a number", "X", _is_number, lambda value: str(value).removesuffix(".0"))
LAYERS = Kind(
    _layers,
    "sizes such as 30 or 100,50, or none",
    "SIZES",
    lambda value: isinstance(value, tuple) and all(map(_is_whole, value)),
    lambda value: ",".join(map(str, value)) or "none",
    "a list in brackets",
)
FLAG = Kind(lambda text: text == "true", "true or false", "", lambda value: isinstance(value, bool))
COLUMNS = Kind(
    lambda text: (not_empty(text),),
    "names of columns",
    "NAME",
    lambda value: isinstance(value, list | tuple) and all(isinstance(n, str) and n for n in value),
    ", ".join,
    "a list of names in brackets",
)
CLIP = Kind(
    or_none("off", float),
    "a number or off",
    "X|off",
    lambda value: value is None or _is_number(value),
    lambda value: "off" if value is None else str(value).removesuffix(".0"),
    'a number or "off"',
)
PATIENCE = Kind(
    or_none("off", int),
    "a whole number or off",
    "N|off",
    lambda value: value is None or _is_whole(value),
    lambda value: "off" if value is None else str(value),
    'a whole number or "off"',
)


@dataclass(frozen=True)
class Within:
    """A range: whether a value lies in it, and what that asks of the value, in words."""

    holds: Callable[[Any], bool]
    needed: str


def at_least(low: int, more: str = "") -> Within:
    """Return the range from `low` on."""
    return Within(lambda value: value >= low, f"at least {low}{more}")


POSITIVE = Within(lambda value: 0 < value < math.inf, "a positive finite number")
NOT_NEGATIVE = Within(lambda value: 0 <= value < math.inf, "a finite number, at least 0")
SHARE = Within(lambda value: 0 <= value < 1, "at least 0 and below 1")
INNER_SHARE = Within(lambda value: 0 < value < 1, "above 0 and below 1")
ABOVE_ONE = Within(lambda value: 1 < value < math.inf, "a finite number above 1")
SIZES = Within(lambda value: all(size >= 1 for size in value), "sizes of at least 1")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is known of one setting.

    Attributes
    ----------
    name
        Of the field.
    default
        Its value where nothing is said; MISSING where something must be.
    kind, within, choices
        What its values are, their range, or the names to choose from: the keys of a table, so that
        an entry added to it is a choice at once.
    optional
        Whether None is a value.
    help
        One line for the command line.
    more
        What else a reader of the documentation should know.
    label
        What reports call it.
    also
        Further spellings that are accepted, of old.
    search
        Its place among the dimensions of a study, whose order is part of the reproducible result;
        None for what cannot be searched.
    """

    name: str = ""
    default: Any = None
    kind: Kind
    within: Within | None = None
    choices: Collection[str] = ()
    optional: bool = False
    help: str
    more: str = ""
    label: str = ""
    also: tuple[str, ...] = ()
    search: int | None = None

    @property
    def key(self) -> str:
        """Its name in messages, options and files: `lambda` for the field `lambda_`."""
        return self.name.rstrip("_")

    @property
    def stored(self) -> str:
        """Its key in JSON, which stays what it once was."""
        return KEYS.get(self.name, self.key)

    @property
    def described(self) -> str:
        """Its help with the choices, if there are any."""
        if not self.choices:
            return self.help
        *others, last = self.choices
        listed = f"{', '.join(others)} or {last}" if others else last
        return f"{self.help.rstrip('.')}: {listed}."

    def check(self, value: Any) -> None:
        """Raise `OptionError` unless the value is of the right kind and in range."""
        if value is None and self.optional:
            return
        if self.choices:
            require_choice(self.key, value, self.choices)
            return
        require(self.kind.fits(value), self.key, repr(value), self.kind.needed)
        if self.within:
            shown = repr(value) if isinstance(value, str) else value
            require(self.within.holds(value), self.key, shown, self.within.needed)


def setting(kind: Kind, text: str, more: str = "", **known: Any) -> dict[str, Setting]:
    """Return the metadata of a field; `text` and `more` are for its readers."""
    return {"setting": Setting(kind=kind, help=text, more=more, **known)}


def choice(table: Collection[str], text: str, more: str = "", **known: Any) -> dict[str, Setting]:
    """Return the metadata of a field whose values are the names of a table."""
    return setting(NAME, text, more, choices=table, **known)


def settings_of(kind: Any) -> dict[str, Setting]:
    """Return every setting of a dataclass by the name of its field."""
    return _settings_of(kind)


@cache
def _settings_of(kind: Any) -> dict[str, Setting]:
    return {
        f.name: replace(
            f.metadata["setting"],
            name=f.name,
            default=f.default,
            label=f.metadata["setting"].label or f.name.rstrip("_").replace("_", " "),
        )
        for f in fields(kind)
        if "setting" in f.metadata
    }


def described(text: str | None, settings: Iterable[Setting]) -> str:
    """Return a docstring with what is known of settings in place of its line `{settings}`."""
    before, indent, after = re.split(r"( *)\{settings\}", text or "{settings}")
    wrapper = textwrap.TextWrapper(
        width=92, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )
    lines = (f"{s.name}\n{wrapper.fill(f'{s.described} {s.more}')}" for s in settings)
    return before + textwrap.indent("\n".join(lines), indent) + after


def documented(kind: C) -> C:
    """Put the settings of a dataclass into its docstring, in place of the line `{settings}`."""
    kind.__doc__ = described(kind.__doc__, settings_of(kind).values())
    return kind


def plain(value: Any) -> Any:
    """Return a NumPy number or array as a Python number or a tuple of them, all else as it is.

    Examples
    --------
    >>> import numpy as np
    >>> plain(np.float32(0.5)), plain([np.int64(30), 10]), plain("off")
    (0.5, (30, 10), 'off')
    """
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


class _Checked(Record):
    def __post_init__(self) -> None:
        for name, each in settings_of(type(self)).items():
            value = plain(getattr(self, name))
            object.__setattr__(self, name, value)
            each.check(value)


class Own(Mapping[str, Any]):
    """What a model of one's own heeds beside our settings: a mapping that nothing changes.

    Parameters
    ----------
    values
        Finite numbers, texts, true or false, None, or lists of whole numbers, by names that are
        none of ours.

    Raises
    ------
    OptionError
        When a name is no name, or one of ours; or a value is of another kind.

    Examples
    --------
    >>> Own({"width": 32}) == {"width": 32}, Own({"width": 32}) == Own({"width": 64})
    (True, False)
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: plain(value) for name, value in values.items()}
        for name, value in self._values.items():
            check_own_name(name, "params")
            if not _is_plain(value):
                raise OptionError(
                    f"params.{name} must be a finite number, a text, true, false or None, or a list"
                    f" of whole numbers, but is {value!r}: let your function make it from these."
                )

    def __getitem__(self, name: str) -> Any:
        """Return the value of a name."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def check_own_name(name: Any, where: str) -> None:
    """Raise `OptionError` unless a setting of one's own can have this name."""
    if not isinstance(name, str) or not name.isidentifier():
        raise OptionError(f"{where}: {name!r} is no name: use letters, digits and _.")
    ours = settings_of(Hyperparameters) | settings_of(Strategy)
    if name in {"own", *ours, *(each.key for each in ours.values())}:
        raise OptionError(f"{where}.{name} is a setting of ours: call yours otherwise.")


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_whole, value))
    finite = not isinstance(value, float) or math.isfinite(value)
    return finite and (value is None or isinstance(value, bool | int | float | str))


_OwnValues = Annotated[
    Any,
    BeforeValidator(lambda values: None if values is None else Own(values)),
    PlainSerializer(lambda own: None if own is None else dict(own)),
]


@documented
@dataclass(frozen=True, kw_only=True)
class Hyperparameters(_Checked):
    """Everything that determines how one network is built and trained, seed included.

    Each is also found by its name, as in a mapping, and so is each of `own`.

    Attributes
    ----------
    {settings}
    own
        What a model of one's own heeds beside these; None for one of our networks.

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

    eta: float = field(
        metadata=setting(NUMBER, "Learning rate η.", within=POSITIVE, label="η", search=11)
    )
    hidden: tuple[int, ...] = field(
        default=(30,),
        metadata=setting(
            LAYERS,
            "Neurons in each hidden layer: 30, or 100,50, or none.",
            within=SIZES,
            label="hidden layers",
            search=2,
        ),
    )
    activation: str = field(
        default="sigmoid",
        metadata=choice(ACTIVATIONS, "Activation of the hidden layers.", search=6),
    )
    cost: str = field(
        default="cross-entropy",
        metadata=choice(
            LOSSES,
            "Cost function.",
            "log-likelihood has a softmax output layer, the others have sigmoid outputs (article, "
            "sections 'Cost Function' and 'Softmax').",
            search=7,
        ),
    )
    init: str = field(
        default="scaled",
        metadata=choice(
            INITIALIZATIONS,
            "Initial weights, N(0, 1/inputs), N(0, 1) or, for ReLU, N(0, 2/inputs).",
            "Biases are N(0, 1) in all of them (article, section on weight initialization).",
            label="initialization",
            search=8,
        ),
    )
    optimizer: str = field(
        default="sgd",
        metadata=choice(
            OPTIMIZERS,
            "How weights follow the gradient.",
            "sgd is the article's; momentum and nesterov keep a velocity (the book, 'Other "
            "techniques'), adamw means of the gradient and of its square.",
            search=15,
        ),
    )
    momentum: float = field(
        default=0.9,
        metadata=setting(
            NUMBER,
            "Momentum coefficient μ of --optimizer momentum and nesterov.",
            within=SHARE,
            label="μ",
            search=16,
        ),
    )
    beta1: float = field(
        default=0.9,
        metadata=setting(
            NUMBER,
            "Decay of the mean gradient of --optimizer adamw.",
            within=SHARE,
            label="β₁",
            search=17,
        ),
    )
    beta2: float = field(
        default=0.999,
        metadata=setting(
            NUMBER,
            "Decay of the mean square gradient of --optimizer adamw.",
            within=SHARE,
            label="β₂",
            search=18,
        ),
    )
    clip: float | None = field(
        default=None,
        metadata=setting(
            CLIP,
            "Scale the gradient of a mini-batch down to this norm where it is longer.",
            "The norm is over all weights and biases; the regularization term is left out.",
            within=Within(POSITIVE.holds, "a positive number (or off)"),
            optional=True,
            label="gradient clipping",
            search=19,
        ),
    )
    label_smoothing: float = field(
        default=0.0,
        metadata=setting(
            NUMBER,
            "Share of each label that is spread over all classes in training.",
            "Costs are measured on the labels as they are.",
            within=SHARE,
            search=20,
        ),
    )
    class_weight: str = field(
        default="none",
        metadata=choice(
            ("none", "balanced"),
            "How much an example counts by its class.",
            "none: every example counts alike; balanced: every class does, so an example of a "
            "class half as large counts twice as much in cost and gradient.",
            search=22,
        ),
    )
    averaging: float = field(
        default=0.0,
        metadata=setting(
            NUMBER,
            "Decay of an exponential mean of the weights, measured in their place; 0: off.",
            "The mean is kept beside the weights that train, and saved as the network. Over the "
            "first steps t it decays by (1 + t)/(10 + t) where that is less.",
            within=SHARE,
            label="weight averaging",
            search=21,
        ),
    )
    batch_size: int = field(
        default=10,
        metadata=setting(
            INTEGER,
            "Examples in a mini-batch.",
            "The mini-batches of an epoch differ in size by one at most.",
            within=at_least(1),
            label="mini-batch size",
            search=5,
        ),
    )
    lambda_: float = field(
        default=0.0,
        metadata=setting(
            NUMBER,
            "Regularization parameter λ.",
            "The cost grows by λ/2n Σw² (L2) or λ/n Σ|w| (L1), n the number of training examples; "
            "biases are never regularized.",
            within=NOT_NEGATIVE,
            label="λ",
            search=1,
        ),
    )
    regularization: str = field(
        default="l2", metadata=choice(REGULARIZERS, "Kind of regularization.", search=9)
    )
    dropout: float = field(
        default=0.0,
        metadata=setting(
            NUMBER,
            "Share of hidden neurons left out in each mini-batch.",
            within=SHARE,
            search=4,
        ),
    )
    expansion: str = field(
        default="none",
        metadata=choice(
            ("none", "shift", "distort"),
            "Data augmentation: change images anew each epoch.",
            "By a shift of up to a pixel, or by small turns, stretches and bends.",
            label="data augmentation",
            search=10,
        ),
    )
    precision: str = field(
        default="float32",
        metadata=choice(("float32", "float64"), "Precision of weights and arithmetic."),
    )
    seed: int = field(
        default=0,
        metadata=setting(
            INTEGER,
            "Random seed.",
            "Of initial weights, data order and dropout.",
            within=at_least(0),
        ),
    )
    own: _OwnValues = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.own is not None:
            object.__setattr__(self, "own", Own(self.own))

    def keys(self) -> tuple[str, ...]:
        """Return the names of all settings, one's own last, so that `dict(settings)` works."""
        return (*settings_of(Hyperparameters), *(self.own or ()))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of all settings."""
        return iter(self.keys())

    def __getitem__(self, name: str) -> Any:
        """Return the setting of that name; raise `OptionError` when there is none."""
        if self.own is not None and name in self.own:
            return self.own[name]
        ours = {
            other: s.name
            for s in settings_of(Hyperparameters).values()
            for other in (s.name, s.key)
        }
        if name not in ours:
            raise OptionError(
                f"settings hold no {name!r}: give it in params, or search it;"
                f" {meant(name, self.keys())}"
            )
        return getattr(self, ours[name])

    @model_serializer(mode="wrap")
    def _without_own_of_ours(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        stored: dict[str, Any] = handler(self)
        if self.own is None:
            del stored["own"]
        return stored


OF_OUR_NETWORKS = (
    *("hidden", "activation", "cost", "init", "label_smoothing", "class_weight", "averaging"),
    *("dropout", "expansion", "precision"),
)
"""What shapes our networks; a model of one's own may heed some of it, or none."""


def telling(settings: Hyperparameters) -> tuple[Setting, ...]:
    """Return the settings that tell of a network: of a model of one's own no default of ours.

    Examples
    --------
    >>> [each.name for each in telling(Hyperparameters(eta=0.1, dropout=0.5, own={}))][-3:]
    ['regularization', 'dropout', 'seed']
    """
    every = settings_of(Hyperparameters).values()
    if settings.own is None:
        return tuple(every)
    return tuple(
        each
        for each in every
        if each.name not in OF_OUR_NETWORKS or getattr(settings, each.name) != each.default
    )


TASKS = ("auto", "classification", "regression")

SCALINGS = ("standard", "robust", "quantile")
"""How columns of numbers can be scaled; see `tuner.data.preprocessing.fit`."""


@documented
@dataclass(frozen=True, kw_only=True)
class DataSettings(_Checked):
    """How a data set is read, prepared and split, as the command line and study files state it.

    Attributes
    ----------
    {settings}

    Raises
    ------
    OptionError
        When a value is unknown or out of its range.
    """

    target: str | None = field(
        default=None, metadata=setting(NAME, "The column of a table to predict.", optional=True)
    )
    task: Literal["auto", "classification", "regression"] = field(
        default="auto", metadata=choice(TASKS, "Predict classes or numbers.")
    )
    drop: tuple[str, ...] = field(
        default=(), metadata=setting(COLUMNS, "Leave out these columns of a table.")
    )
    drop_rare: bool = field(
        default=False, metadata=setting(FLAG, "Leave out classes of fewer than five examples.")
    )
    scaling: str = field(
        default="standard",
        metadata=choice(
            SCALINGS,
            "How columns of numbers are scaled.",
            "By mean and standard deviation; by median and quartiles, which far values do not "
            "move; or by their rank among the training values, to a normal distribution.",
        ),
    )
    test_data: str | None = field(
        default=None,
        metadata=setting(FILE_NAME, "Another table, which is the test part.", optional=True),
    )
    test_size: float | None = field(
        default=None,
        metadata=setting(
            NUMBER,
            "Share of the examples that test, 0 … 0.5; else a fifth.",
            "With 0 nothing is sealed, and folds must judge.",
            within=Within(lambda share: 0 <= share <= 0.5, "from 0 to 0.5"),
            optional=True,
        ),
    )
    groups: str | None = field(
        default=None,
        metadata=setting(
            NAME,
            "A column whose groups are each in one part and one fold; it is no input.",
            optional=True,
        ),
    )
    time: str | None = field(
        default=None,
        metadata=setting(
            NAME,
            "A column of numbers or dates: the latest rows test, those before validate.",
            "It stays an input unless it is dropped.",
            optional=True,
        ),
    )
    train_size: int | None = field(
        default=None, metadata=setting(INTEGER, "Train on so many examples only.", optional=True)
    )
    split_seed: int | None = field(
        default=None,
        metadata=setting(INTEGER, "Of the split into parts; else --seed.", optional=True),
    )

    @property
    def keywords(self) -> dict[str, Any]:
        """What `tuner.load` takes, the seed of the split apart."""
        names = settings_of(DataSettings).keys() - {"split_seed"}
        return {name: getattr(self, name) for name in names}


@documented
@dataclass(frozen=True, kw_only=True)
class Strategy(_Checked):
    """How long a network trains and how its η changes.

    Attributes
    ----------
    {settings}

    Raises
    ------
    OptionError
        When a value is unknown or out of its range, or the halving schedule has no patience to
        wait for.
    """

    epochs: int = field(
        default=30, metadata=setting(INTEGER, "Most epochs to train.", within=at_least(1))
    )
    patience: int | None = field(
        default=10,
        metadata=setting(
            PATIENCE,
            "No better validation metric in N epochs in a row: stop, or with --schedule halving "
            "divide η. off: never.",
            within=at_least(1, " (or off)"),
            optional=True,
            search=13,
        ),
    )
    min_delta: float = field(
        default=0.0,
        metadata=setting(
            NUMBER,
            "Count a metric as better by more than X alone; 0.001 is a tenth of a %.",
            within=NOT_NEGATIVE,
        ),
    )
    start_from_epoch: int = field(
        default=0,
        metadata=setting(
            INTEGER,
            "First epochs that --patience does not count.",
            "The best of them is kept.",
            within=at_least(0),
            also=("warm_up",),
        ),
    )
    seconds: float | None = field(
        default=None,
        metadata=setting(
            NUMBER,
            "Stop after so many seconds of training.",
            within=Within(POSITIVE.holds, "a positive number"),
            optional=True,
        ),
    )
    schedule: str = field(
        default="constant",
        metadata=choice(
            ("constant", "halving", "planned", "one-cycle", "cosine", "warm-restarts"),
            "Learning rate schedule.",
            "Keep η; divide it at each plateau; keep it for `hold` epochs and then divide it at "
            "even distances up to the last epoch; raise it for the first fifth of all steps and "
            "then lower it to 0; lower it along half a cosine, once or in cycles of 1, 2, 4 … "
            "epochs.",
            search=12,
        ),
    )
    factor: float = field(
        default=2.0,
        metadata=setting(
            NUMBER, "What --schedule halving divides η by.", within=ABOVE_ONE, search=14
        ),
    )
    until: float = field(
        default=0.001,
        metadata=setting(
            NUMBER, "Share of its start at which a halving η ends training.", within=INNER_SHARE
        ),
    )
    rise: float = field(
        default=0.2,
        metadata=setting(
            NUMBER, "Share of the steps in which --schedule one-cycle raises η.", within=SHARE
        ),
    )
    hold: int | None = field(
        default=None,
        metadata=setting(
            INTEGER,
            "Epochs before --schedule planned first divides η; else half of them.",
            within=at_least(1),
            optional=True,
        ),
    )
    metric: str = field(
        default="auto",
        metadata=choice(
            ("auto", *METRICS),
            "What of the validation data chooses.",
            "It stops training, halves η, and picks the best epoch, trial and network. auto is "
            "accuracy, or RMSE where numbers are predicted.",
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.metric != "auto" and METRICS[self.metric].bounds == SHARES:
            require(self.min_delta < 1, "min_delta", self.min_delta, "at least 0 and below 1")
        if self.schedule == "halving" and self.patience is None:
            raise OptionError(
                "patience is off, but --schedule halving waits for a plateau: give --patience N."
            )


MOST_SEEDS = 1_000


def check_seeds(seeds: int) -> None:
    """Raise `OptionError` unless so many networks can be trained side by side."""
    require(1 <= seeds <= MOST_SEEDS, "seeds", seeds, f"from 1 to {MOST_SEEDS}")


def check_refit(strategy: Strategy) -> None:
    """Raise `OptionError` unless validation chooses for how many epochs a network trains."""
    if strategy.patience is None:
        raise OptionError(
            "refit must be left out where patience is off: it trains for as many epochs as"
            " validation chose: give --patience N."
        )


def check_strategy(**values: Any) -> None:
    """Raise `OptionError` unless each value is in the range that `Strategy` has for its name."""
    for name, value in values.items():
        settings_of(Strategy)[name].check(value)


class Given(NamedTuple):
    """Settings as keywords give them.

    Attributes
    ----------
    hyperparameters, strategy
        With the defaults of what was not given.
    find_eta
        Whether η is to be found, from `hyperparameters.eta` on: it was "auto", or not given.
    """

    hyperparameters: Hyperparameters
    strategy: Strategy
    find_eta: bool


def split_settings(keywords: Mapping[str, Any]) -> Given:
    """Return what keywords say of the network and of its training.

    A whole number or a list will do for `hidden`, "off" for no patience, "auto" for η.

    Raises
    ------
    OptionError
        When a keyword is unknown (the message names the nearest), or a value is out of range.

    Examples
    --------
    >>> given = split_settings({"hidden": 30, "lambda_": 0.1, "patience": 5})
    >>> given.hyperparameters.hidden, given.strategy.patience, given.find_eta
    ((30,), 5, True)
    >>> split_settings({"lamda": 0.1})
    Traceback (most recent call last):
        ...
    tuner.errors.OptionError: lamda is not a setting: do you mean lambda_?
    """
    known = settings_of(Hyperparameters) | settings_of(Strategy)
    names = {other: s.name for s in known.values() for other in (s.name, s.key, *s.also)}
    values = {_known(name, names): value for name, value in keywords.items()}
    find = values.get("eta", "auto") == "auto"
    if find:
        values["eta"] = FIRST_ETA
    if "hidden" in values:
        values["hidden"] = as_layers(values["hidden"])
    if values.get("patience") == "off":
        values["patience"] = None
    network, training = (
        {name: value for name, value in values.items() if name in settings_of(kind)}
        for kind in (Hyperparameters, Strategy)
    )
    return Given(Hyperparameters(**network), Strategy(**training), find)


def _known(name: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise OptionError(f"{name} is not a setting: {meant(name, sorted({*names.values()}))}")
    return names[name]


def meant(name: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown name: the nearest known one, or all of them.

    Examples
    --------
    >>> meant("trails", ["trials", "seed"]), meant("x", ["trials", "seed"])
    ('do you mean trials?', 'the known ones are trials, seed.')
    """
    near = difflib.get_close_matches(name, names := list(known), n=1)
    return f"do you mean {near[0]}?" if near else f"the known ones are {', '.join(names)}."


def as_layers(value: Any) -> Any:
    """Return the sizes of hidden layers as a tuple; one size may stand for itself."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return (operator.index(value),) if _is_whole(value) else value
