"""`--settings FILE`: the options of `train` from a settings file, as if they had been typed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import OptionError
from tuner.settings import settings_of

if TYPE_CHECKING:
    from tuner.study.spec import StudySpec

OPTION = "--settings"


def with_settings(argv: Sequence[str]) -> list[str]:
    """Put what a settings file says before the other options of `train`, which then win.

    Parameters
    ----------
    argv
        What was typed behind the program's name.

    Raises
    ------
    InputError
        When the file is missing or wrong.

    Examples
    --------
    >>> with_settings(["train", "--epochs", "3"])
    ['train', '--epochs', '3']
    """
    file = _file(argv) if argv and argv[0] == "train" else None
    if file is None:
        return list(argv)
    from tuner.study.spec import read_spec

    return [argv[0], *_typed(read_spec(file)), *argv[1:]]


def _file(argv: Sequence[str]) -> Path | None:
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word == OPTION:
            if not following or following.startswith("--"):
                raise OptionError("settings must be a file, such as settings.toml.")
            return Path(following)
        if word.startswith(f"{OPTION}="):
            return Path(word.removeprefix(f"{OPTION}="))
    return None


def _typed(spec: "StudySpec") -> Iterator[str]:
    """Return the options that a file stands for."""
    data = {"data" if key == "source" else key: value for key, value in vars(spec.data).items()}
    for name, value in data.items():
        if value is not None:
            yield f"--{name.replace('_', '-')}={value}"
    yield f"--eta={spec.eta if isinstance(spec.eta, float) else 'auto'}"
    for values in (spec.network, spec.train):
        for name, each in settings_of(type(values)).items():
            value = getattr(values, name)
            if name != "eta" and (value is not None or name == "patience"):
                yield f"--{each.key.replace('_', '-')}={each.kind.text(value)}"
