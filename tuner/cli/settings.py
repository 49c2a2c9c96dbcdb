"""`--settings FILE`: the options of `train` from a settings file, as if they had been typed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import OptionError

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
    eta = spec.eta if isinstance(spec.eta, float) else "auto"
    data = spec.data.model_dump()
    given = {
        "data": data.pop("source"),
        **data,
        **spec.network.model_dump(),
        **spec.train.model_dump(),
        "eta": eta,
        "seed": spec.seed,
    }
    for name, value in given.items():
        if value is not None or name == "patience":
            yield f"--{name.rstrip('_').replace('_', '-')}={_text(name, value)}"


def _text(name: str, value: Any) -> str:
    if name == "patience":
        return "off" if value is None else str(value)
    return ",".join(map(str, value)) or "none" if name == "hidden" else str(value)
