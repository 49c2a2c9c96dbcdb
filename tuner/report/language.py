"""What pages say in their own words, and of the article's experiments, in two languages."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class ExperimentText:
    """What is said of one experiment.

    Attributes
    ----------
    title
        Heading.
    text
        What the article says, and what was done.
    figures
        What each finding measures, by its name.
    """

    title: str
    text: str
    figures: Mapping[str, str]


@dataclass(frozen=True)
class Texts:
    """All that the page says: its own words by their names, and each experiment's text."""

    words: Mapping[str, str]
    experiments: Mapping[str, ExperimentText]

    def say(self, name: str, /, **values: object) -> str:
        """Return one of the page's sentences with its values in place."""
        return self.words[name].format(**values)


@cache
def texts(language: str) -> Texts:
    """Read the texts of a language: `en` or `zh`.

    Examples
    --------
    >>> texts("en").say("count", agree=3, judged=4, disagree=1, unclear=0)[:15]
    '3 of 4 figures '
    """
    source = files("tuner.report") / "texts" / f"{language}.toml"
    document: dict[str, Any] = tomllib.loads(source.read_text("utf-8"))
    return TypeAdapter(Texts).validate_python(document)
