"""A study file: what is searched, on which data, with which budget.

The keys of [network], [train] and [search] are those of `tuner.settings`; their kind, range,
choices and searchability are defined there.
"""

import hashlib
import itertools
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from tuner.errors import InputError, OptionError
from tuner.records import (
    Choices,
    DataSummary,
    Dimension,
    IntRange,
    Range,
    TaskName,
    layer_sizes,
    to_json,
)
from tuner.records.measures import key_of
from tuner.settings import (
    FIRST_ETA,
    INNER_SHARE,
    INTEGER,
    LAYERS,
    NAME,
    NUMBER,
    DataSettings,
    Hyperparameters,
    Strategy,
    Within,
    at_least,
    choice,
    documented,
    setting,
    settings_of,
    telling,
)
from tuner.strategies.plans import policies
from tuner.study.samplers import SAMPLERS
from tuner.study.space import (
    SEARCHED,
    dimension,
    extremes,
    list_of,
    own_dimensions,
    setting_value,
    settings_in,
    table,
    value_of,
    wrong,
)
from tuner.tasks import fitted_network, fitted_strategy

OF_CLASSES = ("cost", "label_smoothing", "class_weight")
"""Dimensions that have a meaning only where classes are predicted."""

COSTS = ("parameters", "seconds")
"""What can be an objective beside the validation metric, which is always the first."""

MAY_CHANGE = {"title", "trials", "data", "folds"}
"""Keys of a study file that may differ on resume; the data must have the same identity, to which
the folds belong."""

STUDY_NAME = re.compile(r"[^\W_][\w.-]*(?<!\.)")
"""Valid names of a study: the name is that of its folder too."""

MOST_POINTS = 100_000
"""Points of the largest grid."""

MOST_BYTES, MOST_DOTS = 1_000_000, 1_000
"""Size of the largest study file, and dots in its most dotted line: dotted keys take a time that
grows with the square of their number."""

LONGEST_NAME = 80
"""In bytes, as file systems count."""

A_NAME = Within(
    lambda name: bool(STUDY_NAME.fullmatch(name)) and len(name.encode()) <= LONGEST_NAME,
    "of letters, digits, - _ and . only, a letter or digit first and no . last (at most "
    f"{LONGEST_NAME} bytes)",
)

NETWORK, TRAIN = Hyperparameters(eta=FIRST_ETA), Strategy(epochs=20, patience=5)
"""The default settings of a trial."""

_TRAIN = {name: s for name, s in settings_of(Strategy).items() if name != "seconds"}
"""A budget of seconds would make the result of a study depend on the machine."""
_NETWORK = {
    name: s for name, s in settings_of(Hyperparameters).items() if name not in ("eta", "seed")
}


@dataclass(frozen=True, kw_only=True)
class DataPart(DataSettings):
    """Which data: a known name or a path, as `--data`, and how they are read and split."""

    source: str = field(default="mnist-5k", metadata=setting(NAME, "A known name or a path."))


DATA = DataPart()


@documented
@dataclass(frozen=True, init=False)
class StudySpec:
    """The contents of a study file; its keys are the keywords of the constructor.

    Attributes
    ----------
    data
        Which data.
    network, train
        The settings of a trial that are not searched.
    search
        Each searched dimension by its key, in a fixed order; the last are those that only a model
        of one's own knows, which a file has in [search.own].
    eta
        "find": by the threshold, for each network shape; "search": a dimension; or a number.
    objectives
        What is optimized; the first is the validation metric, such as `validation_accuracy`.
    {settings}

    Raises
    ------
    InputError
        When a key is unknown, missing, mistyped or out of range; the message names it.

    Examples
    --------
    >>> spec = StudySpec(name="small", search={"lambda": {"low": 0.1, "high": 10, "log": True}})
    >>> spec.trials, list(spec.search)
    (16, ['lambda'])
    """

    name: str = field(metadata=setting(NAME, "Name of the study.", within=A_NAME))
    title: str = field(default="", metadata=setting(NAME, "Title of the report."))
    data: DataPart = DATA
    network: Hyperparameters = NETWORK
    train: Strategy = TRAIN
    search: Mapping[str, Dimension] = field(default_factory=dict)
    eta: str | float = "find"
    eta_seeds: int = field(
        default=1,
        metadata=setting(
            INTEGER,
            "Networks at each η of a threshold search.",
            within=Within(lambda n: 1 <= n <= 50, "from 1 to 50"),
        ),
    )
    trials: int = field(
        default=16, metadata=setting(INTEGER, "Number of trials.", within=at_least(1))
    )
    batch: int = field(
        default=8, metadata=setting(INTEGER, "Trials drawn together.", within=at_least(1))
    )
    seeds: int = field(
        default=1,
        metadata=setting(
            INTEGER, "Networks in each trial, whose mean is its value.", within=at_least(1)
        ),
    )
    folds: int | None = field(
        default=None,
        metadata=setting(
            INTEGER,
            "Folds of training and validation data, one network on each; else one validation part.",
            within=at_least(2),
            optional=True,
        ),
    )
    rungs: tuple[int, ...] = field(
        default=(),
        metadata=setting(LAYERS, "Epochs after which the weaker part of a batch is pruned."),
    )
    keep: float = field(
        default=0.5,
        metadata=setting(NUMBER, "Share of a batch that goes on at each rung.", within=INNER_SHARE),
    )
    sampler: str = field(default="tpe", metadata=choice(SAMPLERS, "What draws the trials."))
    objectives: tuple[str, ...] = ()
    seed: int = field(default=0, metadata=setting(INTEGER, "Random seed.", within=at_least(0)))

    def __init__(self, /, **content: Any) -> None:
        for name, value in _parsed(_plain(content)).items():
            object.__setattr__(self, name, value)
        _check_together(self)
        _check_trials(self)

    @property
    def metric(self) -> str:
        """The metric that ranks trials; accuracy where the file leaves it to the data."""
        return "accuracy" if self.train.metric == "auto" else self.train.metric

    @property
    def networks(self) -> int:
        """How many a trial trains: one for each seed and fold."""
        return self.seeds * (self.folds or 1)

    @property
    def last_epoch(self) -> int:
        """The last rung: the epoch at which every trial has ended."""
        return self.train.epochs

    def resolve(self, params: Mapping[str, Any]) -> tuple[Hyperparameters, Strategy]:
        """Return settings and strategy of a trial; η is 0.01 where the search for it begins.

        Parameters
        ----------
        params
            Values of the searched dimensions, as Optuna or a trial's record holds them.

        Raises
        ------
        OptionError
            When a value is out of its range.
        """
        network: dict[str, Any] = {}
        train: dict[str, Any] = {}
        ours = {key: value for key, value in params.items() if key in SEARCHED}
        if len(ours) < len(params):
            own = {key: value for key, value in params.items() if key not in ours}
            network["own"] = {**(self.network.own or {}), **own}
        for key, value in ours.items():
            name = SEARCHED[key].name
            if name == "hidden":
                network[name] = _layers(value)
            elif name in _TRAIN:
                train[name] = None if value == "off" else value
            elif name != "layers":
                network[name] = value
        if "layers" in params:
            network["hidden"] = network.get("hidden", self.network.hidden)[:1] * params["layers"]
        return replace(self.network, **network), replace(self.train, **train)

    def tables(self) -> dict[str, dict[str, Any]]:
        """Return the tables `data`, `network` and `train` with all defaults, by their keys."""
        return {
            "data": asdict(self.data),
            "network": {
                s.stored: getattr(self.network, s.name)
                for s in telling(self.network)
                if s.name in _NETWORK
            }
            | dict(self.network.own or {}),
            "train": {s.stored: getattr(self.train, s.name) for s in _TRAIN.values()},
        }

    def document(self) -> dict[str, Any]:
        """Return the contents of an equivalent file, defaults included, as JSON values.

        Examples
        --------
        >>> spec = StudySpec(name="small", search={"hidden": {"choices": [[15], [30]]}})
        >>> StudySpec(**spec.document()) == spec
        True
        """
        search: dict[str, Any] = {
            key: asdict(self.search[key]) if key in self.search else None for key in SEARCHED
        }
        if own := {key: asdict(each) for key, each in self.search.items() if key not in SEARCHED}:
            search["own"] = own
        tables = self.tables()
        if (fixed := self.network.own) is not None:
            ours = {key: each for key, each in tables["network"].items() if key not in fixed}
            tables["network"] = {**ours, "own": dict(fixed)}
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        document: dict[str, Any] = json.loads(json.dumps(values | tables | {"search": search}))
        return document


def _parsed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each field of a study from the keys of its file."""
    known = fields(StudySpec)
    _check_places(content)
    table("", content, [each.name for each in known])
    for name in ("name", "search"):
        if name not in content:
            raise InputError(f"{name} is missing: a study must have it.")
    values = {each.name: each.default for each in known if each.default is not MISSING} | dict(
        content
    )
    for name, each in settings_of(StudySpec).items():
        values[name] = setting_value(each, name, values[name])
    values["eta"] = _eta(values["eta"])
    if not isinstance(values["data"], DataPart):
        values["data"] = DataPart(**settings_in("data", values["data"], settings_of(DataPart)))
    if not isinstance(values["network"], Hyperparameters):
        values["network"] = _network(values["network"])
    if not isinstance(values["train"], Strategy):
        values["train"] = replace(TRAIN, **settings_in("train", values["train"], _TRAIN))
    first = _objective_of(values["train"])
    if "objectives" in content:
        one_of = partial(_one_of, (first, *COSTS))
        values["objectives"] = list_of("objectives", values["objectives"], one_of, least=1)
    else:
        values["objectives"] = (first,)
    eta = FIRST_ETA if isinstance(values["eta"], str) else values["eta"]
    values["network"] = replace(values["network"], eta=eta, seed=values["seed"])
    values["search"] = _search(values["search"])
    return values


def _check_places(content: Mapping[str, Any]) -> None:
    """Raise `InputError` for a key that belongs in another table of the file."""
    known = {
        "": {each.name for each in fields(StudySpec)},
        "data": {s.key for s in settings_of(DataPart).values()},
        "network": {s.key for s in _NETWORK.values()},
        "train": {s.key for s in _TRAIN.values()},
    }
    tables = {name: value for name, value in content.items() if isinstance(value, Mapping)}
    for name, stated in ({"": content} | tables).items():
        for key in stated.keys() - known.get(name, stated.keys()):
            for home in (home for home, keys in known.items() if key in keys):
                where = f"{name}.{key}".lstrip(".")
                place = f"in [{home}]" if home else "above all tables"
                raise InputError(f"{where} is not a key of a study: {key} belongs {place}.")


def _eta(value: Any) -> str | float:
    if value in ("find", "search"):
        return str(value)
    if not NUMBER.fits(value):
        raise wrong("eta", '"find", "search" or a number', value)
    return float(value_of(NUMBER, "eta", value))


def _one_of(known: Sequence[str], key: str, value: Any) -> str:
    if value not in known:
        raise wrong(key, f"one of {', '.join(known)}", value)
    return str(value)


def _network(content: Any) -> Hyperparameters:
    if not isinstance(content, Mapping) or "own" not in content:
        return replace(NETWORK, **settings_in("network", content, _NETWORK))
    ours = {key: value for key, value in content.items() if key != "own"}
    try:
        return replace(NETWORK, **settings_in("network", ours, _NETWORK), own=content["own"])
    except OptionError as error:
        raise InputError(f"network.own: {error}") from error


def _objective_of(train: Strategy) -> str:
    """Return the name of the first objective: the metric by which training chooses."""
    return f"validation_{key_of('accuracy' if train.metric == 'auto' else train.metric)}"


def _search(content: Any) -> dict[str, Dimension]:
    names = {other: key for key, each in SEARCHED.items() for other in (key, each.name)}
    stated = table("search", content, list(SEARCHED), also=(*names, "own"))
    given = {names[name]: v for name, v in stated.items() if v is not None and name != "own"}
    ours = {key: dimension(SEARCHED[key], given[key]) for key in SEARCHED if key in given}
    return ours | own_dimensions(stated.get("own", {}))


def _check_together(spec: StudySpec) -> None:
    """Raise `InputError` where keys contradict each other."""
    searched, rungs, objectives = spec.search, spec.rungs, spec.objectives
    if not searched:
        raise InputError("search must name what to search, such as [search.lambda].")
    if (spec.eta == "search") != ("eta" in searched):
        raise InputError('eta = "search" and [search.eta] go together.')
    if list(rungs) != sorted(set(rungs)) or any(rung < 1 for rung in rungs):
        raise InputError(f"rungs must rise from at least 1 but are {list(rungs)}.")
    if rungs and rungs[-1] >= spec.train.epochs:
        raise InputError(f"rungs must lie below train.epochs, {spec.train.epochs}.")
    if len(objectives) > 1 and rungs:
        raise InputError("rungs need a single objective: leave them out or name one objective.")
    if objectives[0] in COSTS:
        raise InputError(f"the first of objectives must be {_objective_of(spec.train)}.")
    if len(set(objectives)) < len(objectives):
        raise InputError(f"objectives must differ but are {', '.join(objectives)}.")
    if SAMPLERS[spec.sampler].exhaustive:
        _check_grid(spec)
    hidden = searched.get("hidden")
    shapes = hidden.choices if isinstance(hidden, Choices) else ()
    several = any(isinstance(shape, tuple) and len(shape) != 1 for shape in shapes)
    if "layers" in searched and (several or (not hidden and len(spec.network.hidden) != 1)):
        raise InputError("search.layers repeats one hidden layer: give hidden a single size.")


def _check_grid(spec: StudySpec) -> None:
    """Raise `InputError` if a grid has ranges or too many points."""
    if any(isinstance(each, Range) for each in spec.search.values()):
        raise InputError(f"sampler = {spec.sampler} needs choices for every dimension of search.")
    points = math.prod(len(extremes(name, each)) for name, each in spec.search.items())
    if points > MOST_POINTS:
        raise InputError(
            f"search has {points} points, more than a grid may have ({MOST_POINTS}): give fewer"
            " choices, or another sampler."
        )


def _check_trials(spec: StudySpec) -> None:
    """Raise `InputError` if a trial could draw invalid settings."""
    values = {name: extremes(name, each) for name, each in spec.search.items()}
    plain = {name: ends[0] for name, ends in values.items()}
    trials = [("", plain)]
    trials += [
        (f"search.{name}: ", {**plain, name: end}) for name, ends in values.items() for end in ends
    ]
    together = [name for name in ("schedule", "patience") if name in values]
    where = " and ".join(f"search.{name}" for name in together) + ": "
    trials += [
        (where, plain | dict(zip(together, chosen, strict=True)))
        for chosen in itertools.product(*(values[name] for name in together))
    ]
    for place, params in trials:
        try:
            settings, strategy = spec.resolve(params)
            policies(settings.eta, strategy)
        except OptionError as error:
            raise InputError(f"{place}{error}") from error


def _layers(value: Any) -> tuple[int, ...]:
    try:
        return layer_sizes(value)
    except (TypeError, ValueError):
        raise OptionError(f"hidden must be sizes of layers but is {value!r}.") from None


def first_settings(spec: StudySpec) -> Hyperparameters:
    """Return the settings of a trial at the first value of each dimension."""
    params = {name: extremes(name, each)[0] for name, each in spec.search.items()}
    return spec.resolve(params)[0]


def fitted_study(spec: StudySpec, task: TaskName) -> StudySpec:
    """Return a study of our networks, whose settings and metric are those of the task.

    Raises
    ------
    InputError
        When a setting, or the metric, is one of the other task; or one that no network of ours has.
    """
    if own := [name for name in spec.search if name not in SEARCHED]:
        raise InputError(f"search.own.{own[0]} is for a model of your own: leave it out.")
    for name in OF_CLASSES if task == "regression" else ():
        if name in spec.search:
            raise InputError(
                f"search.{name} is of classes, but numbers are predicted: leave it out."
            )
    try:
        network, train = fitted_network(spec.network, task), fitted_strategy(spec.train, task)
    except OptionError as error:
        raise InputError(str(error)) from error
    objectives = (_objective_of(train), *spec.objectives[1:])
    changed = {"network": network, "train": train, "objectives": objectives}
    return StudySpec(**{**{f.name: getattr(spec, f.name) for f in fields(spec)}, **changed})


def fingerprint(spec: StudySpec, data: DataSummary) -> str:
    """Return a hash of everything that the trials depend on."""
    content = {k: v for k, v in spec.document().items() if k not in MAY_CHANGE}
    return hashlib.sha256(json.dumps([content, to_json(data.identity)]).encode()).hexdigest()


def read_spec(path: str | Path) -> StudySpec:
    """Read a study file (TOML); the study is named after the file unless it has a `name`.

    Raises
    ------
    InputError
        When there is no such file, it is not valid TOML, or a key is unknown, mistyped or out of
        range; the message names the key, and the nearest known one.
    """
    path = Path(path)
    try:
        content = tomllib.loads(_text_of(path))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file: give the path of a study file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from error
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply: no study file is.") from error
    except ValueError as error:
        raise InputError(f"{path}: is not valid TOML: {error}.") from error
    return parse_spec({"name": path.stem, **content}, str(path))


def _text_of(path: Path) -> str:
    """Return the text of a study file, unless it is too large to be one."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    text = content.decode("utf-8")
    if (
        len(content) > MOST_BYTES
        or max((line.count(".") for line in text.splitlines()), default=0) > MOST_DOTS
    ):
        raise InputError(f"{path}: is too large for a study file.")
    return text


def _plain(value: Any, *, own: bool = False) -> Any:
    """Return the content of a study as a file holds it: no dimensions, tuples or NumPy values."""
    if isinstance(value, Mapping):
        return {key: _plain(each, own=own or key == "own") for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if own and isinstance(value, Range) and not isinstance(value, IntRange):
        value = replace(value, low=float(value.low), high=float(value.high))
    if isinstance(value, Range | Choices):
        return _plain(asdict(value))
    return value.tolist() if hasattr(value, "dtype") and hasattr(value, "tolist") else value


def parse_spec(content: Mapping[str, Any], where: str) -> StudySpec:
    """Return the study of a file's content; `where` is the file's name for messages."""
    try:
        return StudySpec(**content)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
