"""Exit codes and error lines: 0 done, 1 failed, 2 bad usage or input, 130 Ctrl-C."""

import logging
import os
import re
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from tuner.errors import DataWarning, InputError, OptionError, SealWarning, TunerError

PROGRAM = "python -m tuner"
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def exit_code(argv: Sequence[str], command: Callable[[Sequence[str]], int]) -> int:
    """Run a command and return its exit code; whatever goes wrong is one line on stderr.

    Parameters
    ----------
    argv
        What was typed behind the program's name; with `--debug` a traceback stands above the line.
    command
        Does it, and returns the exit code of success.
    """
    with _safe_terminals():
        try:
            _print_anything()
            logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its cache is no user's affair
            _require_utf8(argv)
            with _warnings_in_one_line():
                code = command(argv)
            print(end="", flush=True)
        except BrokenPipeError:
            return DONE  # whoever read the results has seen enough
        except (Exception, KeyboardInterrupt) as error:
            if "--debug" in argv:
                traceback.print_exc()
            print(_line(error), file=sys.stderr)
            return _code(error)
        else:
            return code
        finally:
            _empty_stdout()


def command_line(argv: Sequence[str]) -> str:
    """Return what was typed behind the program's name as a line for a shell.

    Examples
    --------
    >>> command_line(["find-eta", "--data", "my data.csv"])
    "python -m tuner find-eta --data 'my data.csv'"
    """
    return shlex.join([*PROGRAM.split(), *argv])


class Terminal:
    """A terminal that shows what cannot be printed by its number, so that no text commands it.

    Names of classes, files and studies come from elsewhere.

    Attributes
    ----------
    unfiltered
        The stream itself, for what we draw ourselves: colors, a bar.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write a text whose lines may end."""
        return self.unfiltered.write(printable(text, keep="\n\t"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


def unfiltered(stream: Any) -> Any:
    """Return the stream behind a `Terminal`; any other as it is."""
    return stream.unfiltered if isinstance(stream, Terminal) else stream


@contextmanager
def _safe_terminals() -> Iterator[None]:
    before = sys.stdout, sys.stderr
    safe = (Terminal(s) if s and s.isatty() else s for s in before)
    sys.stdout, sys.stderr = safe
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _require_utf8(argv: Sequence[str]) -> None:
    """Raise `InputError` for a name that no record and no page could hold."""
    for word in argv:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InputError(f"{word}: the name is not UTF-8: rename the file.") from None


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print our own warnings as errors are printed; Python would name a line of our code."""
    show = warnings.showwarning

    def show_in_one_line(message: Warning | str, *where: Any, **more: Any) -> None:
        if isinstance(message, DataWarning | SealWarning):
            print(f"warning: {printable(str(message))}", file=sys.stderr)
        else:
            show(message, *where, **more)

    with warnings.catch_warnings():
        warnings.showwarning = show_in_one_line
        for kind in (DataWarning, SealWarning):
            warnings.simplefilter("always", kind)
        yield


def _print_anything() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # η on a terminal that knows only ASCII


def _empty_stdout() -> None:
    """Leave nothing that Python would fail to write once more when it ends."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return MISUSED if isinstance(error, InputError) or _is_usage(error) else FAILED


def _line(error: BaseException) -> str:
    """State in one line what went wrong, whatever characters a file's name may hold."""
    words = printable(_words(error))
    return words if isinstance(error, KeyboardInterrupt) else f"error: {words}"


def printable(text: str, keep: str = "") -> str:
    r"""Return a text that no terminal takes for a command, in one line unless `keep` says more.

    Examples
    --------
    >>> print(printable("a\x1b[31m\u202eb"))
    a\x1b[31m\u202eb
    """
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


def _words(error: BaseException) -> str:
    match error:
        case KeyboardInterrupt():
            return ": ".join(["interrupted", *getattr(error, "__notes__", ())])
        case OptionError():
            return _with_option(str(error))
        case TunerError():
            return str(error)
        case MemoryError():
            return "out of memory: choose a smaller --train-size, --hidden or --batch-size."
    if _is_usage(error):
        return _usage(error)
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said} (run it again with --debug to see where)"


def _with_option(message: str) -> str:
    """Call a setting by its option: an `OptionError` begins with the setting's name.

    >>> _with_option("batch_size must be at least 1 but is 0.")
    '--batch-size must be at least 1 but is 0.'
    """
    setting = re.match(r"[a-z_]+(?= (must|is) )", message)
    return "--" + setting[0].replace("_", "-") + message[setting.end() :] if setting else message


def _is_usage(error: BaseException) -> bool:
    """Return whether typer could not make sense of the command line."""
    import typer

    usage_error = typer.BadParameter.__mro__[1]  # typer gives no public name to the parent
    return isinstance(error, usage_error)


def _usage(error: Any) -> str:
    near = getattr(error, "possibilities", None)
    if near:
        return f"No such option: {error.option_name}: did you mean {_either(sorted(near))}?"
    message = error.format_message().rstrip(".")
    if message.endswith("?"):
        return str(message)
    path = error.ctx.command_path if error.ctx else PROGRAM
    known = getattr(error.ctx.command, "commands", ()) if error.ctx else ()
    use = f"use {_either(sorted(known))}, " if known and "command" in message else ""
    return f"{message}: {use}see {path} --help."


def _either(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
