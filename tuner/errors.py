"""The errors that tuner raises.

::

    TunerError                 the base class
    ├── InputError             bad input or usage: exit code 2
    │   ├── OptionError        an option or setting is out of its range
    │   ├── DataError          a data set, or the file that holds it, is unusable
    │   │   ├── TargetError    a table lacks the column that is to be predicted
    │   │   └── DownloadError  no mirror delivered the published file
    │   ├── OutputError        the output cannot be written
    │   └── MissingExtraError  an optional dependency is not installed
    ├── SealError              the test set was requested where it must stay sealed
    └── StoppedError           the work was stopped, as `stop_asked` wanted; it can be resumed

    DataWarning (UserWarning)  what must be known of how data were read
    SealWarning (UserWarning)  an opening of the test set could not be counted

Each message is one line that names the file, key or option, says what is wrong and what to do.
"""

from collections.abc import Iterable


class TunerError(Exception):
    """The base class of the errors that tuner raises."""


class InputError(TunerError):
    """The input cannot be used; the command line exits with code 2."""


class OptionError(InputError, ValueError):
    """An option or setting is unknown or out of its range."""


class DataError(InputError, ValueError):
    """A data set, or the file that holds it, cannot be used."""


class TargetError(DataError):
    """A table lacks the column that is to be predicted.

    Attributes
    ----------
    columns
        Those that it has, as a text.
    """

    def __init__(self, where: str, problem: str, columns: str) -> None:
        super().__init__(f"{where}: {problem}: use --target with one of {columns}.")
        self.columns = columns


class DownloadError(DataError):
    """No mirror delivered the published file."""


class OutputError(InputError, OSError):
    """The output cannot be written to the given place."""


class MissingExtraError(InputError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class SealError(TunerError):
    """The test set was requested where it must stay sealed."""


class StoppedError(TunerError):
    """The work was stopped before its end, as `stop_asked` wanted; the same call goes on."""


class DataWarning(UserWarning):
    """What must be known of how data were read; the result stands all the same."""


class SealWarning(UserWarning):
    """An opening of the test set could not be counted; the result stands all the same."""


def require(holds: bool, name: str, value: object, needed: str) -> None:
    """Raise `OptionError`, quoting the value, unless the condition holds.

    Examples
    --------
    >>> require(False, "patience", -3, "at least 1")
    Traceback (most recent call last):
        ...
    tuner.errors.OptionError: patience must be at least 1 but is -3.
    """
    if not holds:
        raise OptionError(f"{name} must be {needed} but is {value}.")


def require_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raise `OptionError` unless `value` is one of `choices`."""
    known = tuple(choices)
    require(value in known, name, repr(value), f"one of {', '.join(known)}")
