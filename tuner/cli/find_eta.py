"""`find-eta`: the learning rate by its threshold (article, section "Learning Rate")."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.console import command_line
from tuner.cli.interrupts import NOTHING_WRITTEN, if_interrupted
from tuner.cli.options import (
    AnswerOptions,
    DataOptions,
    NetworkOptions,
    Opt,
    WorkOptions,
    grouped,
    option_of,
)
from tuner.cli.output import json_text, narration, print_summary, print_table, warnings_json
from tuner.records import ADVICE, FindEtaRecord, Judgement, Verdict, require, to_json
from tuner.report.checks.learning_rate import find_eta_warnings
from tuner.report.format import cost, duration, number
from tuner.report.summaries.learning_rate import find_eta_summary
from tuner.settings import INTEGER, NUMBER, Strategy, settings_of

if TYPE_CHECKING:
    from tuner.results import Written
    from tuner.training.eta_finder import ProbePlan, Progress

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
    schedule: Annotated[str, option_of(settings_of(Strategy)["schedule"])]
    seeds: Annotated[int, Opt("Networks to train at each η.", INTEGER, "3")]
    fresh: Annotated[bool, Opt("Replace the results of another run in --out.")]
    probe_epochs: Annotated[
        float | None,
        Opt("Passes over the data in a probe; else 3, but 100 to 1,200 steps.", NUMBER),
    ]

    def __post_init__(self) -> None:
        from tuner.strategies.threshold import HIGHEST, LOWEST

        settings_of(Strategy)["schedule"].check(self.schedule)
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
    to use, or another share by optimizer and --schedule, whose highest η it is. Short training runs
    find it, from --start by ×10 or ÷10 and then by bisection.

    Writes find-eta.html, its figures and records.json to --out (default: reports/find-eta-DATA).
    All networks are trained side by side in one process, whatever --workers says.
    """
    settings = network.hyperparameters(search.start)
    default, command = Path("reports", f"find-eta-{data.title}"), command_line(context.obj)
    with narration() as say:
        say(f"reading {data.data}")
        dataset = data.load(settings.seed)
        with work.folder(default, command, replace=search.fresh) as out:
            with if_interrupted(NOTHING_WRITTEN):
                found = tuner.find_eta(
                    dataset,
                    settings,
                    schedule=search.schedule,
                    plan=search.plan,
                    command=command,
                    watch=lambda now: say(progress(now)),
                )
            say("writing the report")
            written = found.write(out)
    if answer.json:
        print(json_text(_document(found.record, written)))
    else:
        _print_answer(found.record, written)


def progress(now: "Progress") -> str:
    """Return what is probed and what is known, in one line."""
    etas = ", ".join(map(number, now.next_etas))
    tried = f" … {len(now.judgements)} η tried" if now.judgements else ""
    return f"probing η = {etas}{tried}{bounds(now.judgements)}"


def bounds(judgements: Sequence[Judgement]) -> str:
    """Return between which η the threshold lies, as far as it is known."""
    below = [j.eta for j in judgements if j.verdict.learning]
    above = [j.eta for j in judgements if j.eta not in below and j.eta > min(below, default=0)]
    low = max((eta for eta in below if eta < min(above, default=float("inf"))), default=None)
    if low and above:
        return f", threshold between {number(low)} and {number(min(above))} so far"
    if low:
        return f", threshold above {number(low)}"
    return f", threshold below {number(min(above))}" if above else ""


def _document(record: FindEtaRecord, written: "Written") -> dict[str, object]:
    """Return what `--json` prints; `epochs` are all training steps spent."""
    result = to_json(record.result)
    return {
        "command": "find-eta",
        "epochs": result.pop("spent"),
        **result,
        "advice": ADVICE[record.result.outcome],
        "warnings": warnings_json(find_eta_warnings(record)),
        "settings": to_json(record.settings),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
    }


def _print_answer(record: FindEtaRecord, written: "Written") -> None:
    result = record.result
    rows = [(number(j.eta), j.verdict, cost(j.final_cost), j.reason) for j in result.judgements]
    print_table(("η", "verdict", "cost", "reason"), rows, right=("η", "cost"), colors=COLORS)
    print()
    print_summary(find_eta_summary(result), find_eta_warnings(record))
    print(f"Spent {number(result.spent, 3)} epochs of training in {duration(result.seconds)}.")
    print(f"Report: {written.report.html}")
