"""`find-eta`: the learning rate by its threshold (article, section "Learning Rate")."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.console import command_line
from tuner.cli.eta import load_data, search_eta
from tuner.cli.folders import output_folder
from tuner.cli.options import AnswerOptions, DataOptions, NetworkOptions, Opt, WorkOptions, grouped
from tuner.cli.output import (
    json_text,
    narration,
    print_summary,
    print_table,
    warnings_json,
)
from tuner.records import ADVICE, EtaSearch, FindEtaRecord, Verdict, require, to_json
from tuner.report.checks.learning_rate import find_eta_cautions
from tuner.report.format import cost, duration, number
from tuner.report.summaries.learning_rate import find_eta_verdict
from tuner.settings import INTEGER, NUMBER

if TYPE_CHECKING:
    from tuner.results import Written
    from tuner.training.eta_finder import ProbePlan

MOST_SEEDS, MOST_EPOCHS = 50, 1_000

COLORS: dict[str, str] = {
    Verdict.DECREASING: "green",
    Verdict.SLOW: "cyan",
    Verdict.OSCILLATING: "yellow",
    Verdict.DIVERGED: "red",
    Verdict.DEAD: "magenta",
}


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How to search."""

    start: Annotated[float, Opt("The first η to probe.", NUMBER, "0.01")]
    seeds: Annotated[int, Opt("Networks to train at each η.", INTEGER, "3")]
    probe_epochs: Annotated[
        float | None,
        Opt("Passes over the data in a probe; else 3, but 100 to 1,200 steps.", NUMBER),
    ]

    def __post_init__(self) -> None:
        from tuner.strategies.threshold import HIGHEST, LOWEST

        start, epochs = self.start, self.probe_epochs
        require(LOWEST <= start <= HIGHEST, "start", start, f"from {LOWEST:g} to {HIGHEST:g}")
        require(1 <= self.seeds <= MOST_SEEDS, "seeds", self.seeds, f"from 1 to {MOST_SEEDS}")
        short = epochs is None or 0 < epochs <= MOST_EPOCHS
        require(short, "probe_epochs", epochs, f"above 0 and at most {MOST_EPOCHS}")

    @property
    def plan(self) -> "ProbePlan":
        """How long the probes are; whoever says how many epochs gets them."""
        from tuner.training.eta_finder import ProbePlan

        if self.probe_epochs is None:
            return ProbePlan(seeds=self.seeds)
        return ProbePlan(self.probe_epochs, least_steps=1, most_steps=sys.maxsize, seeds=self.seeds)


@grouped
def find_eta(
    *,
    context: typer.Context,
    data: DataOptions,
    network: NetworkOptions,
    search: SearchOptions,
    work: WorkOptions,
    answer: AnswerOptions,
) -> None:
    """Find the learning rate η by its threshold.

    The threshold is the largest η at which the training cost still goes down; half of it is the η
    to use. Short training runs find it, from --start by ×10 or ÷10 and then by bisection.

    Writes find-eta.html, its figures and records.json to --out (default: reports/find-eta-DATA).
    All networks are trained side by side in one process, whatever --workers says.
    """
    settings = network.hyperparameters(search.start)
    out = work.out or Path("reports", f"find-eta-{data.title}")
    with narration() as say:
        say(f"reading {data.data}")
        dataset = load_data(data, settings.seed)
        with output_folder(out):
            found = search_eta(dataset, settings, search.plan, command_line(context.obj), say)
            say("writing the report")
            written = found.write(out)
    if answer.json:
        print(json_text(_document(found.record, written)))
    else:
        _print_answer(found.record.result, written)


def _document(record: FindEtaRecord, written: "Written") -> dict[str, object]:
    """Return what `--json` prints; `epochs` are all training steps spent."""
    result = to_json(record.result)
    return {
        "command": "find-eta",
        "epochs": result.pop("spent"),
        **result,
        "advice": ADVICE[record.result.outcome],
        "warnings": warnings_json(find_eta_cautions(record.result)),
        "settings": to_json(record.settings),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
    }


def _print_answer(result: EtaSearch, written: "Written") -> None:
    rows = [(number(j.eta), j.verdict, cost(j.final_cost), j.reason) for j in result.judgements]
    print_table(("η", "verdict", "cost", "reason"), rows, right=("η", "cost"), colors=COLORS)
    print()
    print_summary(find_eta_verdict(result), find_eta_cautions(result))
    print(f"Spent {number(result.spent, 3)} epochs of training in {duration(result.seconds)}.")
    print(f"Report: {written.report.html}")
