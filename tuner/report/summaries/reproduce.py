"""The summary of `reproduce`, in English or Chinese, and its figures as text."""

import math

from tuner.records import Agreement, Claim, Finding, ReproduceRecord
from tuner.report.format import number
from tuner.report.language import Texts, texts
from tuner.report.summaries.base import Summary


def reproduce_summary(record: ReproduceRecord, language: str = "en") -> Summary:
    """Describe how many figures agree; the facts are the first figure of each experiment."""
    words = texts(language)
    every = [f.agreement for each in record.experiments for f in each.findings]
    agree, disagree, unclear = (
        every.count(each) for each in (Agreement.AGREES, Agreement.DISAGREES, Agreement.UNCLEAR)
    )
    amounts = {"agree": agree, "disagree": disagree, "unclear": unclear}
    advice = [words.say("sealed", openings=record.test_openings, data=record.data.name)]
    if not record.published_data:
        advice.insert(0, words.say("other_data", data=record.data.name))
    if record.omitted:
        advice.append(words.say("omitted", names=", ".join(record.omitted)))
    first = [(each.name, each.findings[0]) for each in record.experiments]
    return Summary(
        good=not disagree,
        headline=words.say("count", judged=agree + disagree + unclear, **amounts),
        sentence=words.words["rules"],
        advice=" ".join(advice),
        facts=tuple(
            (name, f"{measured_text(finding, words)} ({published_text(finding, words)})")
            for name, finding in first
        ),
    )


def measured_text(finding: Finding, words: Texts) -> str:
    """Return a measured figure with its unit."""
    return f"{_value(finding.measured, finding)}{words.words[f'unit_{finding.unit}']}"


def interval_text(finding: Finding, words: Texts) -> str:
    """Return the interval of a measured figure, or a dash."""
    if finding.interval is None:
        return "–"
    low, high = (_value(each, finding) for each in finding.interval)
    return words.say("interval", low=low, high=high)


def _value(value: float, finding: Finding) -> str:
    """Write a figure: percentages to two decimals, epochs to one."""
    if not math.isfinite(value):
        return "–"
    if finding.unit == "number":
        return number(value, 3)
    return f"{value:.1f}" if finding.unit == "epochs" else f"{value:.2f}"


def published_text(finding: Finding, words: Texts) -> str:
    """Return what the article says: a figure with our tolerance, a limit, or both."""
    stated = "" if finding.published is None else number(finding.published)
    limit = number(finding.limit)
    if finding.claim is Claim.NEAR:
        return f"{stated} ± {limit}"
    if finding.claim is Claim.NONE:
        return "–"
    claimed = words.say(f"claim_{finding.claim}", limit=limit)
    return words.say("stated", figure=stated, claim=claimed) if stated else claimed
