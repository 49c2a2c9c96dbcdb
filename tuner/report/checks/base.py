"""What a coded warning is, and how the checks of one kind of record are collected and run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

R = TypeVar("R")

Severity = Literal["high", "medium", "low"]
"""`high`: the result may be wrong; `medium`: it may mislead; `low`: good to know."""

SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")

ENOUGH_SEEDS = 3
"""Seeds from which an interval over seeds is of use."""


@dataclass(frozen=True)
class CodedWarning:
    """A coded warning that holds for a record.

    Attributes
    ----------
    code
        Such as W101; a code keeps its meaning for ever.
    severity, title
        Of its check.
    text
        What was found.
    advice
        What to do about it.
    """

    code: str
    severity: Severity
    title: str
    text: str
    advice: str

    @property
    def document(self) -> dict[str, str]:
        """The warning as `--json` prints it."""
        return {"code": self.code, "title": self.title, "text": self.text, "advice": self.advice}


@dataclass(frozen=True)
class Check(Generic[R]):
    """One thing that a careful reader would look for before trusting a record.

    Attributes
    ----------
    code, severity, title
        What the warning is called.
    advice
        What to do about it; a function of the record where that decides.
    find
        Yields a text each time the warning holds.
    """

    code: str
    severity: Severity
    title: str
    advice: str | Callable[[R], str]
    find: Callable[[R], Iterable[str]]

    def run(self, record: R) -> Iterator[CodedWarning]:
        """Yield the warnings that hold for a record."""
        for text in self.find(record):
            advice = self.advice if isinstance(self.advice, str) else self.advice(record)
            yield CodedWarning(self.code, self.severity, self.title, text, advice)


class Checks(Generic[R]):
    """The checks of one kind of record, in the order of their codes.

    Examples
    --------
    >>> checks: Checks[int] = Checks("numbers")
    >>> @checks.add("W999", "low", "Small number", advice="Take a larger one.")
    ... def small(number: int) -> Iterator[str]:
    ...     if number < 3:
    ...         yield f"{number} is small."
    >>> [warning.text for warning in checks.run(2)], checks.run(5)
    (['2 is small.'], ())
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.checks: dict[str, Check[R]] = {}

    def add(
        self, code: str, severity: Severity, title: str, *, advice: str | Callable[[R], str]
    ) -> Callable[[Callable[[R], Iterable[str]]], Callable[[R], Iterable[str]]]:
        """Return a decorator that makes a check of a function from a record to texts."""

        def added(find: Callable[[R], Iterable[str]]) -> Callable[[R], Iterable[str]]:
            self.checks[code] = Check(code, severity, title, advice, find)
            return find

        return added

    def run(self, record: R) -> tuple[CodedWarning, ...]:
        """Return the warnings that hold for a record, the most severe first."""
        return by_severity(each for check in self.checks.values() for each in check.run(record))


def by_severity(warnings: Iterable[CodedWarning]) -> tuple[CodedWarning, ...]:
    """Sort warnings: the most severe first, then by code."""
    return tuple(sorted(warnings, key=lambda each: (SEVERITIES.index(each.severity), each.code)))


def table_of_codes(kinds: Iterable[Checks[Any]]) -> str:
    """Return the codes of some kinds of checks as a Markdown table.

    Examples
    --------
    >>> print(table_of_codes([]))
    | code | of | severity | warning | what to do |
    |---|---|---|---|---|
    """
    rows = [
        f"| {check.code} | {checks.kind} | {check.severity} | {check.title} |"
        f" {check.advice if isinstance(check.advice, str) else 'depends on the result'} |"
        for checks in kinds
        for check in checks.checks.values()
    ]
    head = ["| code | of | severity | warning | what to do |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])
