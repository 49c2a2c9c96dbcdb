"""`reproduce`: the article's experiments, the published figures beside ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tuner
from tuner.cli.console import command_line
from tuner.cli.interrupts import interrupts
from tuner.cli.options import AnswerOptions, DataOptions, ExecutorOptions, Opt, grouped
from tuner.cli.output import json_text, print_summary, print_table, progress_bar, warnings_json
from tuner.records import (
    LANGUAGES,
    ExperimentRecord,
    Finding,
    ReproduceRecord,
    require,
    require_choice,
    to_json,
)
from tuner.report.checks.reproduce import reproduce_warnings
from tuner.report.language import texts
from tuner.report.summaries.reproduce import (
    interval_text,
    measured_text,
    published_text,
    reproduce_summary,
)
from tuner.settings import INTEGER, NAME

if TYPE_CHECKING:
    from tuner.results import Written

COLORS = {"agrees": "green", "disagrees": "red", "unclear": "yellow"}


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """In which language, from which seed, and how to begin."""

    lang: Annotated[str, Opt("Language of the page: en or zh.", NAME, "en")]
    seed: Annotated[int, Opt("Random seed.", INTEGER, "0")]
    fresh: Annotated[bool, Opt("Start over, and replace what --out holds of an earlier call.")]

    def __post_init__(self) -> None:
        require_choice("lang", self.lang, LANGUAGES)
        require(0 <= self.seed < 2**31, "seed", self.seed, "at least 0 and below 2147483648")


@grouped
def reproduce(
    *,
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Which experiments; all of them if none is named."),
    ] = None,
    data: DataOptions,
    page: PageOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Run the article's experiments beside its own figures.

    The published figures are those of MNIST: --data mnist. Networks are trained in --workers
    processes (default: all cores), each kind once, whatever number of experiments need it. The test
    part is opened once for each experiment that measures on it, after the training.

    Writes reproduce.html (for zh: reproduce-zh.html), its figures and records.json to --out
    (default: reports/reproduce-DATA). Stopped at any moment, the same command goes on.
    """
    from tuner.article.experiments import check_names

    check_names(names or [])
    default = Path("reports", f"reproduce-{data.title}")
    command = command_line([each for each in context.obj if each != "--fresh"])
    with progress_bar(percent=True) as bar:
        bar.say(f"reading {data.data}")
        dataset = data.load(page.seed)
        with work.folder(default, command, replace=page.fresh) as out:
            with interrupts(bar.notice, "round of training", f"go on with {command}") as asked:
                result = tuner.reproduce(
                    dataset,
                    names or [],
                    seed=page.seed,
                    workers=work.scheduler or work.workers,
                    folder=out,
                    fresh=page.fresh,
                    watch=lambda now: bar.show(now.done, now.total, now.doing),
                    stop_asked=asked,
                    command=command,
                )
            bar.say("writing the report")
            written = result.write(out, lang=page.lang)
    if answer.json:
        print(json_text(_document(result.record, written)))
    else:
        _print_answer(result.record, written)


def _print_answer(record: ReproduceRecord, written: "Written") -> None:
    rows = [row for experiment in record.experiments for row in _rows(experiment)]
    columns = ("figure", "published", "measured", "verdict", "95 % interval")
    print_table(columns, rows, right=columns[1:3], colors=COLORS)
    print()
    print_summary(reproduce_summary(record), reproduce_warnings(record))
    print(f"Report: {written.report.html}")


def _rows(experiment: ExperimentRecord) -> Iterator[tuple[str, ...]]:
    words = texts("en")
    yield (experiment.name, "", "", "", "")
    for finding in experiment.findings:
        yield (
            f"  {finding.name}",
            published_text(finding, words),
            measured_text(finding, words),
            words.words[f"verdict_{finding.agreement}"],
            interval_text(finding, words),
        )


def _document(record: ReproduceRecord, written: "Written") -> dict[str, object]:
    return {
        "command": "reproduce",
        "experiments": [_experiment(each) for each in record.experiments],
        "omitted": list(record.omitted),
        "published_data": record.published_data,
        "test_openings": record.test_openings,
        "warnings": warnings_json(reproduce_warnings(record)),
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
