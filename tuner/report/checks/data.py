"""Coded warnings about how data were read."""

from collections.abc import Iterator, Sequence
from functools import partial

from tuner.records import Note, NoteKind
from tuner.report.checks.base import Checks

DATA_CHECKS: Checks[Sequence[Note]] = Checks("data")
"""All are of low severity: the terminal shows the notes when the data are read, not once more."""


def _texts(notes: Sequence[Note], kind: NoteKind) -> Iterator[str]:
    for note in notes:
        if note.kind is kind:
            yield note.text[0].upper() + note.text[1:]


for code, kind, title, advice in (
    (
        "W801",
        NoteKind.DROPPED,
        "Column left out",
        "Remove it from the file; if it describes an example, write that as a number.",
    ),
    ("W802", NoteKind.READ_AS, "Values converted", "Check that the values are meant so."),
    (
        "W803",
        NoteKind.DOUBTFUL,
        "Doubtful values",
        "Look at the column, and correct the file if need be.",
    ),
    (
        "W804",
        NoteKind.UNSEEN,
        "Unseen categories",
        "Spell categories as in training, or train on data that hold them all.",
    ),
    (
        "W805",
        NoteKind.FILLED,
        "Missing values filled",
        "Fill in what is known; check that new data lack values for the same reasons.",
    ),
):
    DATA_CHECKS.add(code, "low", title, advice=advice)(partial(_texts, kind=kind))
