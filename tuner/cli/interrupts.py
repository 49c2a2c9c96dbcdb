"""Ctrl-C: what is said when work is lost by it, and how a run ends at its next good moment."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tuner.cli.answers import Say


@contextmanager
def if_interrupted(words: str) -> Iterator[None]:
    """Say what a Ctrl-C within the block means for the user.

    Examples
    --------
    >>> @if_interrupted("nothing was written.")
    ... def search() -> None:
    ...     raise KeyboardInterrupt
    >>> try:
    ...     search()
    ... except KeyboardInterrupt as stop:
    ...     stop.__notes__
    ['nothing was written.']
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(words)
        raise


@contextmanager
def first_interrupt_asks(say: Say) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C in the block ask to stop, and the second one stop at once.

    Parameters
    ----------
    say
        Shows that the first one was heard.

    Yields
    ------
    callable
        Whether a stop was asked for. Where Ctrl-C is ignored, or outside the main thread, nothing
        is changed and none is ever asked for.
    """
    before = signal.getsignal(signal.SIGINT)
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        say("finishing this epoch; Ctrl-C once more stops at once")

    ours = threading.current_thread() is threading.main_thread() and before != signal.SIG_IGN
    if ours:
        signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
