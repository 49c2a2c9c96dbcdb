"""Coded warnings about a reproduction of the article's experiments."""

from collections.abc import Iterator

from tuner.records import Agreement, ReproduceRecord
from tuner.report.checks.base import Checks, CodedWarning

REPRODUCE_CHECKS: Checks[ReproduceRecord] = Checks("reproduce")


def reproduce_warnings(record: ReproduceRecord) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a reproduction, the most severe first."""
    return REPRODUCE_CHECKS.run(record)


@REPRODUCE_CHECKS.add(
    "W701",
    "low",
    "Figures disagree",
    advice="See their intervals and curves on the page.",
)
def _disagree(record: ReproduceRecord) -> Iterator[str]:
    if names := _figures(record, Agreement.DISAGREES):
        yield f"Measured otherwise than published: {', '.join(names)}."


@REPRODUCE_CHECKS.add(
    "W702",
    "low",
    "Figures are unclear",
    advice="Their intervals reach to both sides of what is claimed: use the data of the article.",
)
def _unclear(record: ReproduceRecord) -> Iterator[str]:
    if names := _figures(record, Agreement.UNCLEAR):
        yield f"Neither confirmed nor refuted: {', '.join(names)}."


@REPRODUCE_CHECKS.add(
    "W703",
    "low",
    "Other data than published",
    advice="Compare with the published figures on MNIST (--data mnist).",
)
def _other_data(record: ReproduceRecord) -> Iterator[str]:
    if not record.published_data:
        yield f"The published figures are those of MNIST, not of {record.data.name}."


@REPRODUCE_CHECKS.add(
    "W704", "low", "Experiments left out", advice="Use data of images for all of them."
)
def _omitted(record: ReproduceRecord) -> Iterator[str]:
    if record.omitted:
        yield f"Left out, as they need images: {', '.join(record.omitted)}."


def _figures(record: ReproduceRecord, agreement: Agreement) -> list[str]:
    return [
        f"{experiment.name} {finding.name}"
        for experiment in record.experiments
        for finding in experiment.findings
        if finding.agreement == agreement
    ]
