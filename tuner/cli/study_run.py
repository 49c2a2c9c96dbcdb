"""`study run`: an Optuna study, from its file to its best trials."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import NOTHING_WRITTEN
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import if_interrupted, interrupts
from tuner.cli.options import AnswerOptions, ExecutorOptions, grouped
from tuner.cli.reporting import write
from tuner.cli.study_answers import print_answer
from tuner.cli.study_jobs import Job, Ran, RunOptions
from tuner.cli.study_places import Place, default_folder, redacted
from tuner.cli.study_progress import Bar, study_bar
from tuner.errors import InputError, OptionError
from tuner.records import StudyRecord

if TYPE_CHECKING:
    from tuner.data import Dataset


@grouped
def run(
    *,
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What to search, such as studies/lambda.toml.")
    ],
    options: RunOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Run a study, or go on with it.

    The same FILE and seed give the same trials, whatever --workers says (default: all cores), and
    however often the study is stopped in between. All of it lies in --out (default:
    reports/study-NAME) unless --storage names a database for the trials.

    The first Ctrl-C finishes the rung and says how to go on; a second one stops at once.
    """
    job = _job(context.obj, file, options, work)
    ran = _run(job)
    record = _record(ran)
    written = write(record, job.place.folder) if record else None
    print_answer(ran, record, written, as_json=answer.json)
    if ran.interrupted:  # on a line of its own, unbroken: it is there to be copied
        print(f"interrupted: go on with {job.resume}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


def _job(argv: tuple[str, ...], file: Path, options: RunOptions, work: ExecutorOptions) -> Job:
    from tuner.study.spec import read_spec

    spec = read_spec(file)
    place = Place(work.out or default_folder(spec.name), options.storage)
    command = command_line(redacted(argv))
    return Job(file, spec, place, options, work, command)


def _run(job: Job) -> Ran:
    from tuner.study.progress import StudyCallbacks
    from tuner.study.studies import run_study

    began = time.monotonic()
    with study_bar() as bar:
        dataset = _load(job, bar)
        with (
            _folder(job.place.folder),
            interrupts(bar.notice, "rung", f"go on with {job.resume}") as interrupted,
        ):
            summary, complete = run_study(
                job.spec,
                dataset,
                job.place.folder,
                storage=job.options.storage,
                workers=job.work.workers,
                scheduler=job.work.scheduler,
                trials=job.options.trials,
                callbacks=StudyCallbacks(
                    watch=bar.watch,
                    stop_asked=lambda: interrupted() or _late(began, job.options.timeout),
                ),
            )
    ended = interrupted() and not complete
    return Ran(job, dataset, summary, complete, ended, time.monotonic() - began)


def _record(ran: Ran) -> StudyRecord | None:
    """Return what the report is made from; there is none before the first trial."""
    if not ran.summary.trials:
        return None
    from tuner.environment import environment
    from tuner.study.findings import eta_searches, importances
    from tuner.study.summary import plan_of

    job = ran.job
    return StudyRecord(
        command=job.command,
        plan=plan_of(job.spec),
        data=ran.dataset.summary,
        environment=environment(),
        eta_searches=eta_searches(job.spec, ran.dataset, job.place.folder),
        result=ran.summary,
        importances=importances(job.place.url, job.spec.name),
        complete=ran.complete,
    )


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Make the folder of a study; a study that could not begin leaves none behind."""
    from tuner.study.optuna_storage import LOCK

    ours = not folder.exists()
    with output_folder(folder):
        try:
            yield
        except BaseException:
            if ours and [path.name for path in folder.iterdir()] == [LOCK]:
                (folder / LOCK).unlink()
            raise


def _late(began: float, timeout: float | None) -> bool:
    return timeout is not None and time.monotonic() - began >= timeout


@if_interrupted(NOTHING_WRITTEN)
def _load(job: Job, bar: Bar) -> "Dataset":
    """Read the data, and see that the storage can be reached."""
    from tuner.data import load
    from tuner.study.optuna_storage import connected

    source = job.spec.data
    bar.say(f"reading {source.source}")
    try:
        data = load(
            source.source,
            target=source.target,
            train_size=source.train_size,
            seed=job.spec.seed if source.split_seed is None else source.split_seed,
        )
    except OptionError as error:
        raise InputError(f"{job.file}: data.{error}") from error
    if job.options.storage:
        bar.say("reaching the storage")
        with connected(job.options.storage):
            pass
    return data
