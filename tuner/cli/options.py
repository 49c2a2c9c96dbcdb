"""The options that commands share, and how dataclasses of options become commands.

A group of options is a frozen dataclass whose fields are `Annotated` with an `Opt`, or a class
whose `OPTIONS` are made from `tuner.settings`; `grouped` makes a command of a function that takes
such groups. Typer splits what was typed and prints the help; the text is converted here, and its
range is checked where the setting is used.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import typer

import tuner
from tuner.cli.interrupts import NOTHING_WRITTEN, if_interrupted
from tuner.cli.output import announce_target, note
from tuner.durations import seconds_of
from tuner.errors import OptionError, require
from tuner.folders import claimed, claimed_or_next
from tuner.settings import (
    COLUMNS,
    FLAG,
    INTEGER,
    NAME,
    DataSettings,
    Hyperparameters,
    Kind,
    Setting,
    not_empty,
    or_none,
    settings_of,
)

if TYPE_CHECKING:
    from tuner.data import Dataset

SEEDS = 2**32
"""As many as scikit-learn takes."""

LONGEST_TITLE = 60
"""Letters, of up to 4 bytes each, in the name of a folder, which may have 255 bytes."""

WIDEST_LAYER = 10_000
"""A typing mistake above this would fill the memory before anything could be said."""


def _path(text: str) -> Path:
    return Path(not_empty(text))


def _named(suffix: str) -> Kind:
    def convert(text: str) -> Path:
        path = Path(text)
        if path.suffix != suffix:
            raise ValueError(text)
        return path

    return Kind(convert, f"a file whose name ends in {suffix}", "FILE")


TEXT = Kind(not_empty, "a text that is not empty", "TEXT")
FOLDER = Kind(_path, "a folder", "DIR")
ADDRESS = Kind(not_empty, "an address such as tcp://127.0.0.1:8786", "ADDRESS")
FILE = Kind(_path, "a file", "FILE")
MODEL_FILE = _named(".safetensors")
CSV_FILE = _named(".csv")
ETA = Kind(or_none("auto", float), "a number or auto", "X|auto")
DURATION = Kind(seconds_of, "a time such as 60s, 10m or 2h", "TIME")


@dataclass(frozen=True)
class Opt:
    """One option: its help, the kind of its value and its default, as it would be typed.

    A flag has no kind, and is off by default; `also` are further spellings of its name. One of
    `many` may be given several times, and its value is a tuple.
    """

    help: str
    kind: Kind | None = None
    default: str | None = None
    also: tuple[str, ...] = ()
    many: bool = False


def option_of(setting: Setting) -> Opt:
    """Return the option of a setting; one of several names is given once for each."""
    if setting.kind is FLAG:
        return Opt(setting.described)
    if setting.kind is COLUMNS:
        return Opt(f"{setting.described.rstrip('.')}; give it once for each.", NAME, many=True)
    default = None if setting.default is None else setting.kind.text(setting.default)
    return Opt(setting.described, setting.kind, default, setting.also)


def options_of(kind: type) -> dict[str, Opt]:
    """Return the option of each setting of `Hyperparameters` or `Strategy` that has a default."""
    settings = settings_of(kind).items()
    return {name: option_of(each) for name, each in settings if each.default is not MISSING}


class DataOptions:
    """Which data, and how they are read and split."""

    OPTIONS: ClassVar[dict[str, Opt]] = {
        "data": Opt(
            "A data set by name (see `data list`) or the path of a file.", TEXT, "mnist-5k"
        ),
        **options_of(DataSettings),
    }

    def __init__(self, *, data: str, **settings: Any) -> None:
        self.data = data
        self.settings = DataSettings(**settings)

    @property
    def title(self) -> str:
        """What to call the data in a file's name."""
        return Path(self.data).name.strip(".").split(".")[0][:LONGEST_TITLE] or "data"

    def load(self, seed: int) -> "Dataset":
        """Read the data, split by the seed unless --split-seed says otherwise."""
        return load_data(self.data, self.settings, seed)


@if_interrupted(NOTHING_WRITTEN)
def load_data(source: str, settings: DataSettings, seed: int) -> "Dataset":
    """Read data as `tuner.load` does, and say which target was guessed."""
    split_seed = seed if settings.split_seed is None else settings.split_seed
    data = tuner.load(source, **settings.keywords, seed=split_seed)
    announce_target(data.summary, settings.target)
    return data


class NetworkOptions:
    """The network, and everything about its training but η: an option for each setting."""

    OPTIONS = options_of(Hyperparameters)

    def __init__(self, *, seed: int, hidden: tuple[int, ...], **others: Any) -> None:
        require(seed < SEEDS, "seed", seed, f"below {SEEDS}")
        small = all(size <= WIDEST_LAYER for size in hidden)
        require(small, "hidden", hidden, f"sizes of at most {WIDEST_LAYER}")
        self.settings = {"seed": seed, "hidden": hidden, **others}

    def hyperparameters(self, eta: float) -> Hyperparameters:
        """Return the settings with this η, all of them in range."""
        return Hyperparameters(eta=eta, **self.settings)


@dataclass(frozen=True, kw_only=True)
class WorkOptions:
    """Where to work and how to answer."""

    out: Annotated[Path | None, Opt("The folder to write to.", FOLDER)]
    workers: Annotated[int | None, Opt("Processes to work in.", INTEGER)]

    def __post_init__(self) -> None:
        require(self.workers is None or self.workers >= 1, "workers", self.workers, "at least 1")

    @contextmanager
    def folder(self, default: Path, command: str, *, replace: bool = False) -> Iterator[Path]:
        """Hold the folder that was asked for, or else the default one, or its next number."""
        if self.out is not None:
            with claimed(self.out, command, replace=replace):
                yield self.out
            return
        with claimed_or_next(default, command, replace=replace) as folder:
            if folder != default:
                note(f"{default} belongs to another run: writing to {folder}.")
            yield folder


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


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """How to answer."""

    json: Annotated[bool, Opt("Print one JSON object on stdout instead of text.")]
    debug: Annotated[bool, Opt("Show the traceback of an error.")]


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that typer can parse: each option of a group is a parameter of its own."""
    given = inspect.signature(function, eval_str=True).parameters
    groups = {name: p.annotation for name, p in given.items() if _is_group(p.annotation)}
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


def _is_group(kind: Any) -> bool:
    return is_dataclass(kind) or hasattr(kind, "OPTIONS")


def _options(group: Any) -> dict[str, Opt]:
    """Return the options that a group lists, or those its fields are annotated with."""
    if hasattr(group, "OPTIONS"):
        return dict(group.OPTIONS)
    hints = get_type_hints(group, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in fields(group)}


def _parameters(group: Any) -> list[inspect.Parameter]:
    return [_parameter(name, option) for name, option in _options(group).items()]


def _parameter(name: str, option: Opt) -> inspect.Parameter:
    flags = ["--" + each.rstrip("_").replace("_", "-") for each in (name, *option.also)]
    metavar = option.kind.metavar if option.kind else None
    text: Any = str | None if option.kind else bool
    default: Any = option.default if option.kind else False
    if option.many:
        text, default = list[str], []
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[text, typer.Option(*flags, help=option.help, metavar=metavar)],
    )


def _make(group: Any, values: dict[str, Any]) -> Any:
    return group(**{name: _convert(name, o, values[name]) for name, o in _options(group).items()})


def _convert(name: str, option: Opt, value: Any) -> Any:
    if option.kind is None or value is None:
        return value
    if option.many:
        one = replace(option, many=False)
        return tuple(_convert(name, one, each) for each in value)
    setting = name.rstrip("_")
    if value.startswith("--"):
        raise OptionError(f"{setting} must be {option.kind.needed} but {value} follows it.")
    try:
        return option.kind.convert(value)
    except ValueError:
        raise OptionError(f"{setting} must be {option.kind.needed} but is {value!r}.") from None
