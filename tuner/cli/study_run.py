"""`study run`: an Optuna study, from its file to its best trials."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.console import command_line
from tuner.cli.interrupts import interrupted, interrupts
from tuner.cli.options import DURATION, AnswerOptions, ExecutorOptions, Opt, grouped, load_data
from tuner.cli.output import (
    Bar,
    json_text,
    note,
    print_sentences,
    print_summary,
    progress_bar,
    warnings_json,
)
from tuner.cli.study_stored import (
    STORAGE,
    Place,
    check_storage,
    default_folder,
    overview,
    print_trials,
    rank,
    redacted,
)
from tuner.errors import InputError, OptionError
from tuner.folders import claimed, output_folder
from tuner.records import StudySummary, require, to_json
from tuner.report.checks.study import study_warnings
from tuner.report.format import count, duration, measured, whole
from tuner.report.summaries.study import study_summary, trials_words
from tuner.settings import INTEGER

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.results import StudyResult, Written
    from tuner.study.coordinator import StudyProgress
    from tuner.study.spec import StudySpec

ROWS = 8
WORTH_SAYING = 5
"""Seconds from which on it is said how long a study takes."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How long a study runs, and what it runs on."""

    trials: Annotated[
        int | None, Opt("How many trials the study shall have; else what FILE says.", INTEGER)
    ]
    timeout: Annotated[
        float | None, Opt("Stop after so long, and a first result: 60s, 10m, 2h.", DURATION)
    ]
    storage: Annotated[str | None, STORAGE]

    def __post_init__(self) -> None:
        require(self.trials is None or self.trials >= 1, "trials", self.trials, "at least 1")
        require(self.timeout is None or self.timeout > 0, "timeout", self.timeout, "above 0")
        if self.storage:
            check_storage(self.storage)


@dataclass(frozen=True)
class Job:
    """A study to run, and where.

    Attributes
    ----------
    file, spec
        The study file, and what it says.
    place
        Where the study lies.
    options, work
        How and where it runs.
    command
        What was typed, without anything secret: the same command goes on with the study.
    """

    file: Path
    spec: "StudySpec"
    place: Place
    options: RunOptions
    work: ExecutorOptions
    command: str

    @property
    def resume(self) -> str:
        """How to go on."""
        whole = not self.options.storage or self.options.storage in self.command
        return self.command if whole else f"{self.command} (with the whole URL of your storage)"

    @property
    def target(self) -> int:
        """How many trials are wanted; a grid has no more than its points."""
        from tuner.study.sampling import trials_of

        return trials_of(self.spec, self.options.trials or self.spec.trials)


@dataclass(frozen=True)
class Ran:
    """What came of a run.

    Attributes
    ----------
    summary, complete
        All trials stored, and whether these are all that were wanted.
    interrupted
        Whether Ctrl-C ended it.
    """

    job: Job
    dataset: "Dataset"
    summary: StudySummary
    complete: bool
    interrupted: bool
    seconds: float


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

    The first Ctrl-C stops within seconds and says how to go on; a second one stops at once.
    """
    from tuner.study.spec import read_spec

    spec = read_spec(file)
    place = Place(work.out or default_folder(spec.name), options.storage)
    job = Job(file, spec, place, options, work, command_line(redacted(context.obj)))
    with progress_bar() as bar:
        dataset = _load(job, bar)
        with _folder(job.place.folder, job.command):
            ran, result = _run(job, dataset, bar)
            record = result.record if result.trials else None
            bar.say("writing the report")
            written = result.write(job.place.folder) if record else None
    warnings = study_warnings(record) if record else ()
    if answer.json:
        document = _document(ran) | {"warnings": warnings_json(warnings)}
        print(json_text(document | (written.document if written else {})))
    else:
        _print_trials(ran)
        if record:
            print_summary(study_summary(record), warnings)
        _print_ending(ran, written)
    if ran.interrupted:
        raise interrupted(job.resume)


def _run(job: Job, dataset: "Dataset", bar: Bar) -> "tuple[Ran, StudyResult]":
    began, narrator = time.monotonic(), _Narrator(job.spec, bar)
    with interrupts(bar.notice, "rung", f"go on with {job.resume}") as asked:
        result = tuner.search(
            dataset,
            job.spec,
            trials=job.options.trials,
            workers=job.work.scheduler or job.work.workers,
            folder=job.place.folder,
            storage=job.options.storage,
            watch=narrator.watch,
            stop_asked=lambda: asked() or (narrator.timed and _late(began, job.options.timeout)),
            command=job.command,
        )
    record = result.record
    ended = asked() and not record.complete
    seconds = time.monotonic() - began
    return Ran(job, dataset, record.result, record.complete, ended, seconds), result


def _load(job: Job, bar: Bar) -> "Dataset":
    """Read the data, and see that the storage can be reached."""
    from tuner.study.optuna_storage import connected

    bar.say(f"reading {job.spec.data.source}")
    try:
        data = load_data(job.spec.data.source, job.spec.data, job.spec.seed)
    except OptionError as error:
        raise InputError(f"{job.file}: data.{error}") from error
    if job.options.storage:
        bar.say("reaching the storage")
        with connected(job.options.storage):
            pass
    return data


@contextmanager
def _folder(folder: Path, command: str) -> Iterator[None]:
    """Make the folder of a study; a study that could not begin leaves none behind."""
    from tuner.study.optuna_storage import LOCK

    ours = not folder.exists()
    with output_folder(folder):
        try:
            with claimed(folder, command, replaceable=False):
                yield
        except BaseException:
            if ours and [path.name for path in folder.iterdir()] == [LOCK]:
                (folder / LOCK).unlink()
            raise


class _Narrator:
    """Tells what a study costs, as planned and by its measured pace, and shows its course.

    Attributes
    ----------
    timed
        Whether a first result has come, a search for η or some epochs: it is stored, so that a
        study goes on however often it is stopped from then on.
    """

    def __init__(self, spec: "StudySpec", bar: Bar) -> None:
        self._spec, self._bar = spec, bar
        self._planned = self.timed = False

    def watch(self, now: "StudyProgress") -> None:
        if not self._planned:
            note(plan_words(self._spec, now.target - len(now.trials)), "plan")
            self._planned = True
        if not self.timed and now.seconds_left is not None:
            if now.seconds_left >= WORTH_SAYING:
                note(f"about {duration(now.seconds_left)} at the pace of the first epochs.", "time")
            self.timed = True
        states = [trial.state.name for trial in now.trials]
        known = [f"{states.count('PRUNED')} pruned"] if "PRUNED" in states else []
        known += [f"best {measured(now.metric, now.best)}"] if now.best is not None else []
        self._bar.show(len(states), now.target, now.doing, known, now.seconds_left)


def plan_words(spec: "StudySpec", trials: int) -> str:
    """Return how much so many trials train at most."""
    networks = f" of {count(spec.networks, 'network')}" if spec.networks > 1 else ""
    epochs = count(spec.last_epoch, "epoch")
    most = whole(trials * spec.networks * spec.last_epoch)
    pruned = ", fewer where rungs end trials" if spec.rungs else ""
    return f"{count(trials, 'trial')}{networks}, {epochs} each: at most {most} epochs{pruned}."


def _late(began: float, timeout: float | None) -> bool:
    return timeout is not None and time.monotonic() - began >= timeout


def _document(ran: Ran) -> dict[str, object]:
    from tuner.environment import environment

    job = ran.job
    return {
        "command": "study run",
        **overview(ran.summary),
        "complete": ran.complete,
        "trials": len(ran.summary.trials),
        "target": job.target,
        "storage": job.place.shown,
        "folder": str(job.place.folder),
        "seconds": ran.seconds,
        "data": to_json(ran.dataset.summary),
        "environment": to_json(environment()),
        "test_openings": 0,
        "command_line": job.command,
        "resume": None if ran.complete else job.resume,
    }


def _print_trials(ran: Ran) -> None:
    summary = ran.summary
    if len(summary.objectives) > 1:
        shown = summary.pareto_front
    else:
        shown = tuple(sorted(summary.trials, key=partial(rank, summary))[:ROWS])
    if shown:
        print_trials(summary, shown)
        print()


def _print_ending(ran: Ran, written: "Written | None") -> None:
    summary, job = ran.summary, ran.job
    if len(summary.objectives) > 1:
        front = "Pareto front: no other trial is as good in every objective and better in one."
        print_sentences([front])
    trials = trials_words(summary, 0 if ran.complete else job.target)
    print_sentences([f"Study {summary.study}: {trials} after {duration(ran.seconds)}."])
    print_sentences([f"Stored: {job.place.shown}"])
    if not ran.complete and not ran.interrupted:
        print(f"The time is up; go on with {job.resume}")
    if written:
        print(f"Report: {written.report.html}")
