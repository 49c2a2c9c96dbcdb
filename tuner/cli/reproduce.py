"""`reproduce`: the article's experiments, the published figures beside ours."""

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import load_data
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import interrupts
from tuner.cli.options import AnswerOptions, DataOptions, ExecutorOptions, Opt, grouped
from tuner.cli.reporting import made_with, write
from tuner.cli.reproduce_answers import Narrator, narrator, print_answer
from tuner.errors import InputError, OptionError
from tuner.records import LANGUAGES, ReproduceRecord, require, require_choice
from tuner.settings import INTEGER, NAME

if TYPE_CHECKING:
    from tuner.article.context import Experiment
    from tuner.article.reproduce import Reproduced
    from tuner.article.training import Store
    from tuner.data import Dataset
    from tuner.execution.base import Executor


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """In which language, from which seed, and how to begin."""

    lang: Annotated[str, Opt("Language of the page: en or zh.", NAME, "en")]
    seed: Annotated[int, Opt("Of everything that is drawn at random.", INTEGER, "0")]
    fresh: Annotated[bool, Opt("Start over where an earlier call was interrupted.")]

    def __post_init__(self) -> None:
        require_choice("lang", self.lang, LANGUAGES)
        require(0 <= self.seed < 2**31, "seed", self.seed, "at least 0 and below 2147483648")


@dataclass(frozen=True)
class Job:
    """What is to be reproduced, on what, and where."""

    experiments: "tuple[Experiment, ...]"
    omitted: tuple[str, ...]
    dataset: "Dataset"
    out: Path
    page: PageOptions
    work: ExecutorOptions
    argv: tuple[str, ...]

    @property
    def command(self) -> str:
        """How to go on."""
        return command_line(self.argv)

    @property
    def store(self) -> "Store":
        """Where unfinished training is kept."""
        from tuner.article.training import Store

        return Store(self.out, self.dataset.summary)


@grouped
def reproduce(
    *,
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME…]", help="Which experiments; all of them if none is named."),
    ] = None,
    data: DataOptions,
    page: PageOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Run the article's experiments, and show its published figures beside ours.

    The published figures are those of MNIST: --data mnist. Networks are trained in --workers
    processes (default: all cores), each kind once, whatever number of experiments need it. The test
    part is opened once for each experiment that measures on it, after the training.

    Writes reproduce.html (for zh: reproduce-zh.html), its figures and records.json to --out
    (default: reports/reproduce-DATA). Stopped at any moment, the same command goes on.
    """
    with narrator() as say:
        say.tell(f"reading {data.data}")
        job = _job(context.obj, names or [], data, page, work)
        with output_folder(job.out), closing(_open_executor(job)) as executor:
            done = _reproduced(job, executor, say)
            if done.complete:
                say.tell("writing the report")
                record = _record(job, done)
                written = write(record, job.out, page.lang)
                job.store.forget()
    if not done.complete:
        print(f"interrupted: go on with {job.command}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    print_answer(record, written, as_json=answer.json)


def _job(
    argv: tuple[str, ...],
    names: list[str],
    data: DataOptions,
    page: PageOptions,
    work: ExecutorOptions,
) -> Job:
    from tuner.article.experiments import check_names, chosen

    check_names(names)
    _, dataset = load_data(data, page.seed)
    try:
        experiments, omitted = chosen(names, images=dataset.image_shape is not None)
    except OptionError as error:
        raise InputError(str(error)) from error
    begun = tuple(each for each in argv if each != "--fresh")
    out = work.out or Path("reports", f"reproduce-{data.title}")
    return Job(experiments, omitted, dataset, out, page, work, begun)


def _open_executor(job: Job) -> "Executor":
    from tuner.article.reproduce import trains
    from tuner.execution.opening import open_executor

    data = job.dataset.tuning
    return job.work.open(data) if trains(job.experiments, data.train.n) else open_executor(data)


def _reproduced(job: Job, executor: "Executor", say: "Narrator") -> "Reproduced":
    from tuner.article.reproduce import reproduce as run

    if job.page.fresh:
        job.store.forget()
    with interrupts(say.notice, "round of training", f"go on with {job.command}") as asked:
        return run(
            job.experiments,
            job.dataset,
            job.store,
            seed=job.page.seed,
            workers=executor,
            watch=say.watch,
            stop_asked=asked,
        )


def _record(job: Job, done: "Reproduced") -> ReproduceRecord:
    from tuner.article.reproduce import is_published

    return ReproduceRecord(
        seed=job.page.seed,
        published_data=is_published(job.dataset),
        experiments=done.experiments,
        omitted=job.omitted,
        test_openings=job.dataset.test_openings,
        seconds=done.seconds,
        **made_with(job.argv, job.dataset.summary),
    )
