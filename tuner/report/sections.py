"""What a page says between verdict and provenance: sections, each of a few kinds of part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuner.report.checks.base import Caution
from tuner.report.document import Download, Picture, Table
from tuner.report.pages.provenance import Provenance
from tuner.report.summaries.learning_rate import PlainVerdict


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    content: str


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar[str] = "heading"
    content: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    kind: ClassVar[str] = "points"
    content: tuple[str, ...]


@dataclass(frozen=True)
class Folded:
    """A table that is shown when asked for."""

    kind: ClassVar[str] = "folded"
    summary: str
    content: Table


Part = Text | Heading | Points | Folded | Picture | Table


@dataclass(frozen=True)
class Section:
    """A part of the evidence under a heading of its own.

    Attributes
    ----------
    id
        By which a link finds it.
    heading
        For the reader.
    parts
        In their order; figures are numbered through all sections.
    """

    id: str
    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of a page.

    Attributes
    ----------
    kind
        Name of the file, and of the command.
    title
        What kind of report it is, in words.
    data_name
        Name of the data.
    verdict, cautions, sections, provenance, downloads
        In the order of the page; a section without parts is left out.
    whole
        Whether a `records.json` with all of it lies beside the page.
    """

    kind: str
    title: str
    data_name: str
    verdict: PlainVerdict
    cautions: tuple[Caution, ...]
    sections: tuple[Section, ...]
    provenance: Provenance
    downloads: tuple[Download, ...]
    whole: bool = True

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The figures in the order of the page."""
        return pictures_of(self.sections)


def pictures_of(sections: Sequence[Section]) -> tuple[Picture, ...]:
    """Return the figures of sections in their order."""
    return tuple(part for each in sections for part in each.parts if isinstance(part, Picture))


def weight(sections: Sequence[Section]) -> int:
    """Return about how many bytes the figures and tables of sections add to a page."""
    parts = [part for each in sections for part in each.parts]
    tables = [part.content if isinstance(part, Folded) else part for part in parts]
    return sum(part.weight for part in tables if isinstance(part, Picture | Table))
