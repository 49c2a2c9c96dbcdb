"""`find-eta`: the learning rate by its threshold (article, section "Learning Rate")."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.answers import Say, json_text, narration, print_table
from tuner.cli.folders import output_folder
from tuner.cli.options import (
    INTEGER,
    NUMBER,
    AnswerOptions,
    DataOptions,
    NetworkOptions,
    Opt,
    WorkOptions,
    grouped,
)
from tuner.cli.running import PROGRAM
from tuner.records import (
    ADVICE,
    DataSummary,
    EtaSearch,
    FindEtaRecord,
    Hyperparameters,
    Judgement,
    Outcome,
    Verdict,
    require,
    to_json,
)

if TYPE_CHECKING:
    from tuner.find_eta import ProbePlan, Progress
    from tuner.report import ReportFiles
    from tuner.trainers.native import NativeTrainer

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
        from tuner.find_eta import ProbePlan

        if self.probe_epochs is None:
            return ProbePlan(seeds=self.seeds)
        return ProbePlan(self.probe_epochs, least_steps=1, most_steps=sys.maxsize, seeds=self.seeds)


@contextmanager
def _nothing_written() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note("nothing was written.")
        raise


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
        trainer, summary = _load(data, settings.seed)
        with output_folder(out):
            result = _search(trainer, settings, search.plan, say)
            say("writing the report")
            record = _record(context.obj, replace(settings, eta=result.eta), summary, result)
            files = _write(record, out)
    if answer.json:
        print(json_text(_document(record, out, files)))
    else:
        _print_answer(result, files)


@_nothing_written()
def _load(source: DataOptions, seed: int) -> "tuple[NativeTrainer, DataSummary]":
    from tuner.data import load
    from tuner.trainers.native import NativeTrainer

    data = load(source.data, target=source.target, train_size=source.train_size, seed=seed)
    return NativeTrainer(data.tuning), data.summary


@_nothing_written()
def _search(
    trainer: "NativeTrainer", settings: Hyperparameters, plan: "ProbePlan", say: Say
) -> EtaSearch:
    from tuner.find_eta import find_eta as search

    return search(trainer, settings, plan=plan, watch=lambda now: say(_progress(now)))


def _record(
    argv: Sequence[str], settings: Hyperparameters, data: DataSummary, result: EtaSearch
) -> FindEtaRecord:
    from tuner.environment import environment

    return FindEtaRecord(
        command=shlex.join([*PROGRAM.split(), *argv]),
        settings=settings,
        data=data,
        environment=environment(),
        result=result,
    )


def _write(record: FindEtaRecord, out: Path) -> "ReportFiles":
    from tuner.report import write_find_eta
    from tuner.report.files import write_files

    files = write_find_eta(record, out)
    records = json_text({"kind": "find-eta", **to_json(record)}, indent=1)
    write_files(out, {"records.json": f"{records}\n".encode()})
    return files


def _progress(now: "Progress") -> str:
    """Say in one line what is probed and what is known."""
    etas = ", ".join(f"{eta:g}" for eta in now.next_etas)
    tried = f" … {len(now.judgements)} η tried" if now.judgements else ""
    return f"probing η = {etas}{tried}{_bounds(now.judgements)}"


def _bounds(judgements: Sequence[Judgement]) -> str:
    below = [j.eta for j in judgements if j.verdict in (Verdict.DECREASING, Verdict.SLOW)]
    above = [j.eta for j in judgements if j.eta not in below and j.eta > min(below, default=0)]
    low = max((eta for eta in below if eta < min(above, default=float("inf"))), default=None)
    if low and above:
        return f", threshold between {low:g} and {min(above):g} so far"
    if low:
        return f", threshold above {low:g}"
    return f", threshold below {min(above):g}" if above else ""


def _document(record: FindEtaRecord, out: Path, files: "ReportFiles") -> dict[str, object]:
    """Give what `--json` prints; `epochs` are all training steps spent."""
    result = to_json(record.result)
    return {
        "command": "find-eta",
        "epochs": result.pop("spent"),
        **result,
        "advice": ADVICE[record.result.outcome],
        "settings": to_json(record.settings),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        "report": str(files.html),
        "figures": [str(figure) for figure in files.figures],
        "records": str(out / "records.json"),
    }


def _print_answer(result: EtaSearch, files: "ReportFiles") -> None:
    rows = [(f"{j.eta:g}", j.verdict, _cost(j.costs[-1]), j.reason) for j in result.judgements]
    print_table(("η", "verdict", "cost", "reason"), rows, right=("η", "cost"), colors=COLORS)
    print(f"\n{_conclusion(result)}")
    print(f"Spent {result.spent:.0f} epochs of training in {result.seconds:.1f} s.")
    print(f"Report: {files.html}")


def _cost(cost: float) -> str:
    return f"{cost:.3f}" if abs(cost) < 1e4 else f"{cost:.3g}"


def _conclusion(result: EtaSearch) -> str:
    low, high = result.bracket
    if result.outcome is Outcome.FOUND and low is not None and high is not None:
        return (
            f"Use η = {result.eta:g}: the cost still goes down at the threshold {low:g}, "
            f"no longer at {high:g}."
        )
    return ADVICE[result.outcome]
