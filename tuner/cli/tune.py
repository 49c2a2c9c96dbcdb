"""`tune`: the article's whole workflow, unattended, to a report, a model and the settings."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import NOTHING_WRITTEN
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import if_interrupted, interrupts
from tuner.cli.options import SEEDS, AnswerOptions, DataOptions, ExecutorOptions, Opt, grouped
from tuner.cli.output import Say, announce_target, narration
from tuner.cli.study_jobs import DURATION
from tuner.cli.tune_answers import print_answer
from tuner.errors import StoppedError
from tuner.records import TuneProgress, require
from tuner.settings import INTEGER

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.results import TuneResult
    from tuner.tuning.request import TuneRequest


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """The budget, and what it is spent on."""

    budget: Annotated[float, Opt("Time for everything: 60s, 10m, 1h30m.", DURATION, "60s")]
    article: Annotated[
        bool, Opt("Only the article's methods: sigmoid, cross-entropy, no augmentation.")
    ]
    seed: Annotated[int, Opt("Random seed.", INTEGER, "0")]
    fresh: Annotated[bool, Opt("Discard the existing tuning in --out and start over.")]

    def __post_init__(self) -> None:
        require(self.budget >= 1, "budget", f"{self.budget:g}", "at least 1 second")
        require(0 <= self.seed < SEEDS, "seed", self.seed, f"from 0 and below {SEEDS}")


@grouped
def tune(
    *,
    context: typer.Context,
    data: DataOptions,
    options: TuneOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Tune a network from data to report, in the article's order of work.

    A sanity check; η by its threshold; overfitting and regularizers; a study of λ and network
    size; η again; the best candidates trained on paired seeds, η halved to the end; then the
    test set, opened once.

    Writes report.html, its figures, model.safetensors, settings.toml and records.json to --out
    (default: reports/tune-DATA). After Ctrl-C or a kill, the same command resumes.
    """
    began = time.monotonic()
    out = work.out or Path("reports", f"tune-{data.title}")
    argv = tuple(each for each in context.obj if each != "--fresh")
    with narration() as say, output_folder(out):
        say(f"reading {data.data}")
        request = _request(data, options, argv, began)
        dataset = _load(request)
        try:
            best = _tuned(dataset, request, out, work, say, fresh=options.fresh)
        except StoppedError:
            print(f"interrupted: go on with {request.command}", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        began = time.monotonic()
        say("writing the report")
        with if_interrupted(f"the report is missing: go on with {request.command}"):
            written = best.write(out)
    print_answer(best.record, written, out, time.monotonic() - began, as_json=answer.json)


def _request(
    data: DataOptions, options: TuneOptions, argv: tuple[str, ...], began: float
) -> "TuneRequest":
    from tuner.tuning.request import TuneRequest

    return TuneRequest(
        budget=options.budget,
        article=options.article,
        seed=options.seed,
        source=data.data,
        target=data.target,
        train_size=data.train_size,
        split_seed=options.seed if data.split_seed is None else data.split_seed,
        command=command_line(argv),
        began=began,
    )


@if_interrupted(NOTHING_WRITTEN)
def _load(request: "TuneRequest") -> "Dataset":
    data = tuner.load(
        request.source,
        target=request.target,
        train_size=request.train_size,
        seed=request.split_seed,
    )
    announce_target(data.summary, request.target)
    return data


def _tuned(
    dataset: "Dataset",
    request: "TuneRequest",
    out: Path,
    work: ExecutorOptions,
    say: Say,
    *,
    fresh: bool,
) -> "TuneResult":
    from tuner.report.summaries.tune_steps import progress_sentence

    def watch(now: TuneProgress) -> None:
        clock = f"{_clock(time.monotonic() - (request.began or 0))} of {_clock(request.budget)}"
        say(f"{clock}  {progress_sentence(now)}")

    with interrupts(say, "piece of work", f"go on with {request.command}") as asked:
        return tuner.tune(
            dataset,
            workers=work.scheduler or work.workers,
            folder=out,
            fresh=fresh,
            watch=watch,
            stop_asked=asked,
            request=request,
        )


def _clock(seconds: float) -> str:
    """Write a time as minutes and seconds.

    >>> _clock(83.2)
    '1:23'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
