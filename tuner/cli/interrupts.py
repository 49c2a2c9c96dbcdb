"""Ctrl-C: what is said when work is lost by it, and how a run ends at its next good moment."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tuner.cli.output import Say
from tuner.errors import StoppedError

NOTHING_WRITTEN = "nothing was written."


def interrupted(resume: str) -> KeyboardInterrupt:
    """Return what ends a command that was stopped, and names the one that goes on with it.

    Its line is printed when all else has left the terminal, unbroken: it is there to be copied.
    """
    stop = KeyboardInterrupt()
    stop.add_note(f"go on with {resume}")
    return stop


@contextmanager
def if_interrupted(words: str) -> Iterator[None]:
    """Describe what a Ctrl-C within the block means for the user.

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
def first_interrupt_asks(say: Say, piece: str = "epoch") -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C in the block ask to stop, and the second one stop at once.

    Parameters
    ----------
    say
        Shows that the first one was heard.
    piece
        What is finished before the stop, in words.

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
        say(f"finishing this {piece}; Ctrl-C once more stops at once")

    ours = threading.current_thread() is threading.main_thread() and before != signal.SIG_IGN
    if ours:
        signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


@contextmanager
def interrupts(say: Say, piece: str, words: str) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C ask to stop, and the second one end worker processes and stop.

    A `StoppedError` within the block becomes the interrupt that was asked for.

    Parameters
    ----------
    say, piece
        As for `first_interrupt_asks`.
    words
        What a stop means for the user.
    """
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before != signal.SIG_IGN
    if ours:
        signal.signal(signal.SIGINT, _at_once)
    try:
        with if_interrupted(words), first_interrupt_asks(say, piece) as asked:
            try:
                yield asked
            except StoppedError:
                raise KeyboardInterrupt from None
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


def _at_once(_number: int, _frame: FrameType | None) -> None:
    for worker in multiprocessing.active_children():
        worker.kill()
    raise KeyboardInterrupt
