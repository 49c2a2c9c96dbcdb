"""`study run`: an Optuna study, from its file to its best trials."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import NOTHING_WRITTEN
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import if_interrupted, interrupts
from tuner.cli.options import AnswerOptions, ExecutorOptions, grouped
from tuner.cli.output import announce_target
from tuner.cli.study_answers import print_answer
from tuner.cli.study_jobs import Job, Ran, RunOptions
from tuner.cli.study_places import Place, default_folder, redacted
from tuner.cli.study_progress import Bar, study_bar
from tuner.errors import InputError, OptionError

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.results import StudyResult


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
    ran, result = _run(job)
    record = result.record if result.trials else None
    written = result.write(job.place.folder) if record else None
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


def _run(job: Job) -> "tuple[Ran, StudyResult]":
    began = time.monotonic()
    with study_bar() as bar:
        dataset = _load(job, bar)
        with (
            _folder(job.place.folder),
            interrupts(bar.notice, "rung", f"go on with {job.resume}") as interrupted,
        ):
            result = tuner.search(
                dataset,
                job.spec,
                trials=job.options.trials,
                workers=job.work.scheduler or job.work.workers,
                folder=job.place.folder,
                storage=job.options.storage,
                watch=bar.watch,
                stop_asked=lambda: interrupted() or _late(began, job.options.timeout),
                command=job.command,
            )
    record = result.record
    ended = interrupted() and not record.complete
    seconds = time.monotonic() - began
    return Ran(job, dataset, record.result, record.complete, ended, seconds), result


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
    from tuner.study.optuna_storage import connected

    source = job.spec.data
    bar.say(f"reading {source.source}")
    try:
        data = tuner.load(
            source.source,
            target=source.target,
            train_size=source.train_size,
            seed=job.spec.seed if source.split_seed is None else source.split_seed,
        )
    except OptionError as error:
        raise InputError(f"{job.file}: data.{error}") from error
    announce_target(data.summary, source.target)
    if job.options.storage:
        bar.say("reaching the storage")
        with connected(job.options.storage):
            pass
    return data
