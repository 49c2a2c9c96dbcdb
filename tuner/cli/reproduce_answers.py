"""What `reproduce` answers: every figure of the article beside the measured one."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tuner.cli.output import json_text, print_sentences, print_table
from tuner.cli.study_progress import time_left
from tuner.records import Agreement, ExperimentRecord, Finding, ReproduceRecord, to_json

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from tuner.article.training import Progress
    from tuner.results import Written

STEPS = 10_000
"""The bar's length."""

COLORS: dict[str, str] = {
    Agreement.AGREES: "green",
    Agreement.DISAGREES: "red",
    Agreement.UNCLEAR: "yellow",
}


class Narrator:
    """Shows on stderr how far the training is, where that is a terminal."""

    def __init__(self, bars: "Bars | None") -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None, said="") if bars else None
        self._told: list[tuple[float, int]] = []
        self._notice = ""

    def tell(self, words: str) -> None:
        """Show what is done before and after the training."""
        self._draw(None, words)

    def notice(self, words: str) -> None:
        """Show this from now on in place of what is done."""
        self._notice = words
        self._draw(None, words)

    def watch(self, progress: "Progress") -> None:
        """Show how far it is."""
        done = round(STEPS * progress.done / progress.total) if progress.total else STEPS
        now = time.monotonic()
        self._told.append((now, done))
        left = time_left(self._told, STEPS, now)
        minutes, seconds = divmod(round(left or 0), 60)
        ending = "" if left is None else f"  {minutes}:{seconds:02} left"
        self._draw(done, self._notice or f"{progress.doing}{ending}")

    def _draw(self, done: int | None, words: str) -> None:
        if self._bars is not None and self._task is not None:
            total = None if done is None else STEPS
            self._bars.update(self._task, completed=done, total=total, said=words)


@contextmanager
def narrator() -> Iterator[Narrator]:
    """Return a bar that vanishes at the end."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield Narrator(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (BarColumn(14), TaskProgressColumn(), TextColumn("{task.fields[said]}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Narrator(bars)


def print_answer(record: ReproduceRecord, written: "Written", *, as_json: bool) -> None:
    """Print the results on stdout."""
    if as_json:
        print(json_text(_document(record, written)))
        return
    rows = [row for experiment in record.experiments for row in _rows(experiment)]
    columns = ("figure", "published", "measured", "verdict", "95 % interval")
    print_table(columns, rows, right=columns[1:3], colors=COLORS)
    print()
    print_sentences(_sentences(record))
    print(f"Report: {written.report.html}")


def _rows(experiment: ExperimentRecord) -> Iterator[tuple[str, ...]]:
    yield (experiment.name, "", "", "", "")
    yield from map(_row, experiment.findings)


def _row(finding: Finding) -> tuple[str, ...]:
    low_high = finding.interval
    interval = "" if low_high is None else " to ".join(_figure(x, finding) for x in low_high)
    measured = _figure(finding.measured, finding)
    return (f"  {finding.name}", _published(finding), measured, finding.agreement, interval)


def _figure(value: float, finding: Finding) -> str:
    """Write a figure: percentages to two decimals, epochs to one."""
    if finding.unit == "number" or not math.isfinite(value):
        return f"{value:.4g}"
    return f"{value:.1f}" if finding.unit == "epochs" else f"{value:.2f}"


def _published(finding: Finding) -> str:
    """Write what the article says: a figure with our tolerance, or a limit."""
    stated = "" if finding.published is None else f"{finding.published:g}"
    if finding.claim == "near":
        return f"{stated} ± {finding.limit:g}"
    sign = {"above": ">", "below": "<", "none": ""}[finding.claim]
    limit = f"{sign} {finding.limit:g}" if sign else ""
    return f"{stated} ({limit})" if stated else limit


def _sentences(record: ReproduceRecord) -> Iterator[str]:
    every = [finding.agreement for each in record.experiments for finding in each.findings]
    judged = [each for each in every if each in COLORS]
    agreeing = judged.count(Agreement.AGREES)
    yield (
        f"{agreeing} of {len(judged)} figures agree, {judged.count(Agreement.DISAGREES)} disagree,"
        f" {judged.count(Agreement.UNCLEAR)} are unclear."
    )
    if Agreement.OTHER_DATA in every:
        yield "Published figures are those of MNIST: on other data no agreement is claimed."
    if record.omitted:
        yield f"Left out, as they need images: {', '.join(record.omitted)}."
    yield (
        f"Test part of {record.data.name}: opened once for each experiment that measures on it,"
        f" after the training ({record.test_openings} × in all). Done in {record.seconds:.0f} s."
    )


def _document(record: ReproduceRecord, written: "Written") -> dict[str, object]:
    return {
        "command": "reproduce",
        "experiments": [_experiment(each) for each in record.experiments],
        "omitted": list(record.omitted),
        "published_data": record.published_data,
        "test_openings": record.test_openings,
        "seconds": record.seconds,
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
    }


def _experiment(record: ExperimentRecord) -> dict[str, Any]:
    """Return an experiment with the figure it is known for, and all of its figures."""
    findings = [_finding(each) for each in record.findings]
    return {
        **findings[0],
        "name": record.name,
        "figure": record.findings[0].name,
        "figures": findings,
        "trained": [to_json(each) for each in record.trained],
        "test_openings": record.test_openings,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**to_json(finding), "agrees": finding.agrees}
