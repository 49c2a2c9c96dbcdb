"""Coded warnings about how data were read."""

from collections.abc import Iterator, Sequence

from tuner.records import Note, NoteKind
from tuner.report.checks.base import Checks

DATA_CHECKS: Checks[Sequence[Note]] = Checks("data")
"""All are of low severity: the terminal shows the notes when the data are read, not once more."""


def _texts(notes: Sequence[Note], kind: NoteKind) -> Iterator[str]:
    for note in notes:
        if note.kind is kind:
            yield note.text[0].upper() + note.text[1:]


@DATA_CHECKS.add(
    "W801",
    "low",
    "Column left out",
    advice="Remove it from the file; if it says something of an example, write that as a number.",
)
def _dropped(notes: Sequence[Note]) -> Iterator[str]:
    yield from _texts(notes, NoteKind.DROPPED)


@DATA_CHECKS.add("W802", "low", "Values converted", advice="Check that the values are meant so.")
def _read_as(notes: Sequence[Note]) -> Iterator[str]:
    yield from _texts(notes, NoteKind.READ_AS)


@DATA_CHECKS.add(
    "W803", "low", "Doubtful values", advice="Look at the column, and correct the file if need be."
)
def _doubtful(notes: Sequence[Note]) -> Iterator[str]:
    yield from _texts(notes, NoteKind.DOUBTFUL)


@DATA_CHECKS.add(
    "W804",
    "low",
    "Unseen categories",
    advice="Spell categories as in training, or train on data that hold them all.",
)
def _unseen(notes: Sequence[Note]) -> Iterator[str]:
    yield from _texts(notes, NoteKind.UNSEEN)


@DATA_CHECKS.add(
    "W805",
    "low",
    "Missing values filled",
    advice="Fill in what is known; check that new data lack values for the same reasons.",
)
def _filled(notes: Sequence[Note]) -> Iterator[str]:
    yield from _texts(notes, NoteKind.FILLED)
