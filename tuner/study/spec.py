"""A study file: what is searched, on which data, with which budget."""

import difflib
import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from tuner.errors import InputError, OptionError
from tuner.records import (
    Activation,
    Cost,
    DataSummary,
    Expansion,
    Hyperparameters,
    Init,
    Precision,
    Regularization,
    ScheduleName,
    Strategy,
    layer_sizes,
    layers_text,
)
from tuner.strategies.plans import policies

Objective = Literal["validation_accuracy", "parameters", "seconds"]
Sampler = Literal["tpe", "gp", "random", "grid"]
Layers = tuple[int, ...]


MAY_CHANGE = {"title", "trials"}
"""Keys of a study file that may differ when a study goes on."""

NAME = re.compile(r"[^\W_][\w.-]*(?<!\.)")
"""What a study may be called: the name is a folder's too."""

LONGEST_NAME = 80
"""In bytes, as file systems count."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


class Range(_Part):
    """Numbers from `low` to `high`, evenly or evenly in the logarithm."""

    low: float
    high: float
    log: bool = False

    def extremes(self, _name: str) -> tuple[float, float]:
        """Return the ends of the range."""
        return self.low, self.high

    def holds(self, _name: str, value: Any) -> bool:
        """Whether a value lies within."""
        return bool(self.low <= value <= self.high)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must be below high but they are {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low must be above 0 where log is true but is {self.low:g}")
        return self


class WholeRange(_Part):
    """Whole numbers from `low` to `high`, both included."""

    low: int
    high: int
    log: bool = False

    def extremes(self, _name: str) -> tuple[int, int]:
        """Return the ends of the range."""
        return self.low, self.high

    def holds(self, _name: str, value: Any) -> bool:
        """Whether a value lies within."""
        return bool(self.low <= value <= self.high)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 1 <= self.low < self.high:
            raise ValueError(f"1 ≤ low < high must hold but they are {self.low} and {self.high}")
        return self


class Choices(_Part):
    """A list to choose from."""

    choices: tuple[Any, ...] = Field(min_length=2)

    def extremes(self, name: str) -> tuple[Any, ...]:
        """Return every choice as Optuna holds it."""
        return tuple(in_optuna(name, choice) for choice in self.choices)

    def holds(self, name: str, value: Any) -> bool:
        """Whether a value is one of them."""
        return in_optuna(name, value) in self.extremes(name)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        held = self.extremes("hidden" if isinstance(self, Shapes) else "")
        if len(set(held)) < len(held):
            raise ValueError(f"choices must differ but are {list(self.choices)}")
        return self


class Numbers(Choices):
    """Numbers to choose from."""

    choices: tuple[float, ...] = Field(min_length=2)


class Wholes(Choices):
    """Whole numbers to choose from."""

    choices: tuple[int, ...] = Field(min_length=2)


class Patiences(Choices):
    """Whole numbers to choose from, or `off`."""

    choices: tuple[int | Literal["off"], ...] = Field(min_length=2)


class Words(Choices):
    """Words to choose from."""

    choices: tuple[str, ...] = Field(min_length=2)


class Shapes(Choices):
    """Hidden layers to choose from: the size of one, or a list of sizes."""

    choices: tuple[int | Layers, ...] = Field(min_length=2)


RANGE, CHOICES = "a range", "a list of choices"


def _kind(dimension: Any) -> str:
    given = isinstance(dimension, Choices) or (
        isinstance(dimension, Mapping) and "choices" in dimension
    )
    return CHOICES if given else RANGE


NumberDimension = Annotated[
    Annotated[Range, Tag(RANGE)] | Annotated[Numbers, Tag(CHOICES)], Discriminator(_kind)
]
WholeDimension = Annotated[
    Annotated[WholeRange, Tag(RANGE)] | Annotated[Wholes, Tag(CHOICES)], Discriminator(_kind)
]
PatienceDimension = Annotated[
    Annotated[WholeRange, Tag(RANGE)] | Annotated[Patiences, Tag(CHOICES)], Discriminator(_kind)
]
HiddenDimension = Annotated[
    Annotated[WholeRange, Tag(RANGE)] | Annotated[Shapes, Tag(CHOICES)], Discriminator(_kind)
]


class DataPart(_Part):
    """Which data: a known name or a path, as `--data`."""

    source: str = "mnist-5k"
    target: str | None = None
    train_size: int | None = None
    split_seed: int | None = None
    """Of the split into training, validation and test part; else the study's seed."""


class NetworkPart(_Part):
    """What stays the same in every trial."""

    hidden: Layers = (30,)
    activation: Activation = "sigmoid"
    cost: Cost = "cross-entropy"
    init: Init = "scaled"
    batch_size: int = 10
    lambda_: Annotated[float, Field(alias="lambda")] = 0.0
    regularization: Regularization = "l2"
    dropout: float = 0.0
    expansion: Expansion = "none"
    precision: Precision = "float32"


class TrainPart(_Part):
    """How every trial trains."""

    epochs: int = 20
    patience: int | None = 5
    min_delta: float = 0.0
    warm_up: int = 0
    schedule: ScheduleName = "constant"
    factor: float = 2.0
    until: float = 0.001
    hold: int | None = None

    @field_validator("patience", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return None if value == "off" else value


class SearchPart(_Part):
    """What is searched; each key is one dimension."""

    lambda_: Annotated[NumberDimension | None, Field(alias="lambda")] = None
    hidden: HiddenDimension | None = None
    layers: WholeDimension | None = None
    dropout: NumberDimension | None = None
    batch_size: WholeDimension | None = None
    activation: Words | None = None
    cost: Words | None = None
    init: Words | None = None
    regularization: Words | None = None
    expansion: Words | None = None
    eta: NumberDimension | None = None
    schedule: Words | None = None
    patience: PatienceDimension | None = None
    factor: NumberDimension | None = None

    @property
    def dimensions(self) -> dict[str, Range | WholeRange | Choices]:
        """Each searched dimension by its name in the file, in a fixed order."""
        every = {name.rstrip("_"): getattr(self, name) for name in type(self).model_fields}
        return {name: dimension for name, dimension in every.items() if dimension is not None}


class StudySpec(_Part):
    """A study as its file states it.

    Examples
    --------
    >>> spec = StudySpec(name="small", search={"lambda": {"low": 0.1, "high": 10, "log": True}})
    >>> spec.trials, list(spec.search.dimensions)
    (16, ['lambda'])
    """

    name: str
    title: str = ""
    data: DataPart = DataPart()
    network: NetworkPart = NetworkPart()
    train: TrainPart = TrainPart()
    search: SearchPart
    eta: Literal["find", "search"] | float = "find"
    """find: by the threshold, for each network shape; search: a dimension; or a number."""
    eta_seeds: int = Field(default=1, ge=1, le=50)
    """Networks at each η of a threshold search."""
    trials: int = Field(default=16, ge=1)
    batch: int = Field(default=8, ge=1)
    """Trials drawn together."""
    seeds: int = Field(default=1, ge=1)
    """Networks in each trial; its value is their mean."""
    rungs: tuple[int, ...] = ()
    """Epochs after which the weaker part of a batch is pruned."""
    keep: float = Field(default=0.5, gt=0, lt=1)
    """The part of a batch that goes on at each rung."""
    sampler: Sampler = "tpe"
    objectives: tuple[Objective, ...] = Field(default=("validation_accuracy",), min_length=1)
    seed: int = Field(default=0, ge=0)

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not NAME.fullmatch(name) or len(name.encode()) > LONGEST_NAME:
            raise ValueError(
                "name must begin with a letter or digit and hold only letters, digits, - _ and ."
                f" (at most {LONGEST_NAME} bytes) but is {name!r}"
            )
        return name

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.search.dimensions:
            raise ValueError("search must name what to search, such as [search.lambda]")
        if (self.eta == "search") != (self.search.eta is not None):
            raise ValueError('eta = "search" and [search.eta] go together')
        if list(self.rungs) != sorted(set(self.rungs)) or any(r < 1 for r in self.rungs):
            raise ValueError(f"rungs must rise from at least 1 but are {list(self.rungs)}")
        if self.rungs and self.rungs[-1] >= self.train.epochs:
            raise ValueError(f"rungs must lie below train.epochs, {self.train.epochs}")
        if len(self.objectives) > 1 and self.rungs:
            raise ValueError("rungs need a single objective: leave them out or name one objective")
        if self.objectives[0] != "validation_accuracy":
            raise ValueError("the first of objectives must be validation_accuracy")
        if len(set(self.objectives)) < len(self.objectives):
            raise ValueError(f"objectives must differ but are {', '.join(self.objectives)}")
        if self.sampler == "grid" and not all(
            isinstance(d, Choices) for d in self.search.dimensions.values()
        ):
            raise ValueError("sampler = grid needs choices for every dimension of search")
        self._check_layers()
        self._check_settings()
        return self

    @property
    def last_epoch(self) -> int:
        """The last rung: the epoch at which every trial has ended."""
        return self.train.epochs

    def _check_layers(self) -> None:
        searched = self.search
        shapes = searched.hidden.choices if isinstance(searched.hidden, Shapes) else ()
        several = any(isinstance(shape, tuple) and len(shape) != 1 for shape in shapes)
        if searched.layers and (several or (not searched.hidden and len(self.network.hidden) != 1)):
            raise ValueError("search.layers repeats one hidden layer: give hidden a single size")

    def _check_settings(self) -> None:
        """Raise `ValueError` where a trial could draw settings that cannot be trained."""
        values = {name: d.extremes(name) for name, d in self.search.dimensions.items()}
        plain = {name: ends[0] for name, ends in values.items()}
        self._check_trial(plain, "")
        for name, ends in values.items():
            for end in ends:
                self._check_trial({**plain, name: end}, f"search.{name}: ")
        together = [name for name in ("schedule", "patience") if name in values]
        for chosen in itertools.product(*(values[name] for name in together)):
            trial = plain | dict(zip(together, chosen, strict=True))
            self._check_trial(trial, " and ".join(f"search.{n}" for n in together) + ": ")

    def _check_trial(self, params: Mapping[str, Any], where: str) -> None:
        try:
            settings, strategy = self.resolve(params)
            policies(settings.eta, strategy)
        except OptionError as error:
            raise ValueError(f"{where}{error}") from error

    def resolve(self, params: Mapping[str, Any]) -> tuple[Hyperparameters, Strategy]:
        """Return settings and strategy of a trial; η is 0.01, where the search for it begins.

        Parameters
        ----------
        params
            Values of the searched dimensions, as Optuna or a trial's record holds them.

        Raises
        ------
        OptionError
            When a value is out of its range.
        """
        network = {f: getattr(self.network, f) for f in type(self.network).model_fields}
        train = {f: getattr(self.train, f) for f in type(self.train).model_fields}
        settings = {"eta": 0.01 if isinstance(self.eta, str) else self.eta}
        for name, value in params.items():
            if name in ("schedule", "patience", "factor"):
                train[name] = None if value == "off" else value
            elif name == "hidden":
                network["hidden"] = _layers(value)
            elif name != "layers":
                settings[{"lambda": "lambda_"}.get(name, name)] = value
        if "layers" in params:
            network["hidden"] = network["hidden"][:1] * params["layers"]
        return Hyperparameters(**{**network, "seed": self.seed, **settings}), Strategy(**train)


def in_optuna(name: str, choice: Any) -> Any:
    """Return a choice of the file as Optuna holds it: layers become a text, such as "30,20"."""
    if name != "hidden":
        return choice
    return layers_text(choice) if isinstance(choice, list | tuple) else str(choice)


def _layers(value: Any) -> Layers:
    try:
        return layer_sizes(value)
    except (TypeError, ValueError):
        raise OptionError(f"hidden must be sizes of layers but is {value!r}.") from None


def fingerprint(spec: StudySpec, data: DataSummary) -> str:
    """Return a text that differs where anything differs that trials rest on."""
    content = spec.model_dump_json(by_alias=True, exclude=MAY_CHANGE)
    return hashlib.sha256(json.dumps([content, *data_identity(data).items()]).encode()).hexdigest()


def data_identity(data: DataSummary) -> dict[str, Any]:
    """Return what tells data apart: their content, and how many train and validate."""
    return {"sha256": data.sha256, "n_train": data.n_train, "n_validation": data.n_validation}


def read_spec(path: str | Path) -> StudySpec:
    """Read a study file (TOML); its name is the study's unless it gives one.

    Raises
    ------
    InputError
        When there is no such file, it is no TOML, or a key is unknown, mistyped or out of range;
        the message names the key, and the nearest right one.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file: give the path of a study file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is no TOML: {error}.") from error
    return parse_spec({"name": path.stem, **content}, str(path))


def parse_spec(content: Mapping[str, Any], where: str) -> StudySpec:
    """Check what a study file holds; `where` is the file's name for messages."""
    try:
        # From JSON, strictness lets a list stand for a tuple, and still no text for a number.
        return StudySpec.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise InputError(f"{where}: {_in_words(error)}") from error


def _in_words(error: ValidationError) -> str:
    errors = error.errors()
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    loc = [str(part) for part in first["loc"] if str(part) not in {RANGE, CHOICES}]
    while loc and ("[" in loc[-1] or loc[-1] in {"int", "float"}):
        loc.pop()  # pydantic names the types that a value may have as if they were keys
    key = ".".join(loc)
    if first["type"] == "extra_forbidden":
        return _unknown(key, loc)
    if first["type"] == "value_error":
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        where = f"{key}: " if key and not message.startswith(f"{loc[-1]} ") else ""
        return f"{where}{message}."
    if first["type"] == "missing":
        return f"{key} is missing: a study must have it."
    given = "" if isinstance(first["input"], dict | list) else f" but is {first['input']!r}"
    return f"{key} must be {_needed(loc, first)}{given}."


def _unknown(key: str, loc: Sequence[str]) -> str:
    known = _keys_at(loc[:-1])
    if loc[-1] in known:
        return f"{key}: give low and high, or choices, not both."
    near = difflib.get_close_matches(loc[-1], known, n=1)
    hint = f"do you mean {near[0]}?" if near else f"the keys there are {', '.join(known)}."
    return f"{key} is no key of a study: {hint}"


def _needed(loc: Sequence[str], error: ErrorDetails) -> str:
    """Describe what a value must be, in the words of a study file."""
    if loc == ["eta"]:
        return '"find", "search" or a number'
    if list(loc[-1:]) == ["patience"] or ("patience" in loc and "choices" in loc):
        return 'a whole number or "off"'
    context = error.get("ctx", {})
    return {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "string_type": "a text in quotes",
        "bool_type": "true or false",
        "tuple_type": "a list in brackets",
        "model_type": f"a table: [{'.'.join(loc)}]",
        "literal_error": f"one of {context.get('expected')}",
        "greater_than_equal": f"at least {context.get('ge')}",
        "less_than_equal": f"at most {context.get('le')}",
        "greater_than": f"above {context.get('gt')}",
        "less_than": f"below {context.get('lt')}",
        "too_short": f"a list of at least {context.get('min_length')}",
    }.get(error["type"], error["msg"])


def _keys_at(loc: Sequence[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "data": DataPart,
        "network": NetworkPart,
        "train": TrainPart,
        "search": SearchPart,
    }
    if not loc:
        return list(StudySpec.model_fields)
    if len(loc) > 1:
        words = (
            SearchPart.model_fields[loc[1].replace("lambda", "lambda_")].annotation == Words | None
        )
        return ["choices"] if words else ["low", "high", "log", "choices"]
    return [name.rstrip("_") for name in models[loc[0]].model_fields]
