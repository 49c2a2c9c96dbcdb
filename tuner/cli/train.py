"""`train`: one network, with early stopping and the schedule of η."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tuner.cli.checkpoint import CHECKPOINT, Keeper
from tuner.cli.console import INTERRUPTED, command_line
from tuner.cli.eta import NOTHING_WRITTEN, load_data, search_eta
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import first_interrupt_asks, if_interrupted
from tuner.cli.options import AnswerOptions, DataOptions, NetworkOptions, WorkOptions, grouped
from tuner.cli.output import Say, narration
from tuner.cli.reporting import made_with, write
from tuner.cli.train_answers import Trained, print_answer, progress
from tuner.cli.train_options import KeepOptions, StrategyOptions
from tuner.errors import DataError, InputError, OutputError, TunerError
from tuner.records import (
    EtaSearch,
    FindEtaRecord,
    Hyperparameters,
    Inspection,
    StopReason,
    TrainRecord,
)

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.storage.models import Model
    from tuner.trainers.native import NativeLane, NativeTrainer
    from tuner.training.loop import Training


@dataclass(frozen=True)
class Job:
    """What is to be trained, from what, and where it is kept.

    Attributes
    ----------
    argv
        What was typed, but for how to begin (`--resume`, `--fresh`).
    settings
        With the η that was given, or the first one to probe.
    """

    argv: tuple[str, ...]
    settings: Hyperparameters
    strategy: StrategyOptions
    keep: KeepOptions
    out: Path
    trainer: "NativeTrainer"
    dataset: "Dataset"
    say: Say

    @property
    def resume(self) -> str:
        """The command that goes on with this job."""
        return command_line([*self.argv, "--resume"])


@grouped
def train(
    *,
    context: typer.Context,
    data: DataOptions,
    network: NetworkOptions,
    strategy: StrategyOptions,
    keep: KeepOptions,
    work: WorkOptions,
    answer: AnswerOptions,
) -> None:
    """Train one network, and keep its best weights.

    The best epoch is the one with the highest validation accuracy; the test data stay sealed.

    Writes train.html, its figures and records.json to --out (default: reports/train-DATA). While
    it trains, checkpoint.safetensors is kept there; it goes when the run ends by itself. Where
    there is one, nothing is trained without --resume or --fresh. Ctrl-C ends the run after the
    epoch, with all results, to be resumed. All is done in one process, whatever --workers says.
    """
    settings = network.hyperparameters(strategy.first_eta)
    out = work.out or Path("reports", f"train-{data.title}")
    _check_paths(keep, out)
    with narration() as say:
        say(f"reading {data.data}")
        trainer, dataset = load_data(data, settings.seed)
        argv = tuple(each for each in context.obj if each not in ("--resume", "--fresh"))
        with _folders(out, keep.save):
            job = Job(argv, settings, strategy, keep, out, trainer, dataset, say)
            trained = _trained(job)
    print_answer(trained, as_json=answer.json)
    if trained.resume:
        print(f"interrupted: go on with {trained.resume}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


def _check_paths(keep: KeepOptions, out: Path) -> None:
    checkpoint, save = out / CHECKPOINT, keep.save
    there = checkpoint.is_file()
    if keep.resume and not there:
        raise InputError(f"{checkpoint}: no such file to --resume from: leave the option out.")
    if there and not (keep.resume or keep.fresh):
        raise InputError(
            f"{checkpoint}: is of a run that was interrupted: go on with --resume, start over with "
            "--fresh, or choose another --out."
        )
    if save and (save.is_dir() or save.absolute() == checkpoint.absolute()):
        raise OutputError(f"--save {save} is taken: choose another file.")


@contextmanager
def _folders(out: Path, save: Path | None) -> Iterator[None]:
    with ExitStack() as stack:
        if save is not None:
            stack.enter_context(output_folder(save.parent, "--save"))
        stack.enter_context(output_folder(out))
        yield


def _trained(job: Job) -> Trained:
    keeper = Keeper(job.out, job.dataset.summary)
    if job.keep.resume:
        training, search = keeper.resume(lambda eta: _begin(job, eta), job.strategy.eta)
    else:
        training, search = _start(job, keeper)
    training = _train(job, keeper, training)
    if not training.best_epoch:
        keeper.forget()
        raise TunerError(_useless(training, found=search is not None))
    return _finish(job, keeper, training, search)


def _begin(job: Job, eta: float) -> "Training[NativeLane]":
    from tuner.strategies.plans import policies
    from tuner.training.loop import begin

    settings = replace(job.settings, eta=eta)
    return begin(job.trainer, settings, *policies(eta, job.strategy.strategy))


def _start(job: Job, keeper: Keeper) -> "tuple[Training[NativeLane], EtaSearch | None]":
    from tuner.training.eta_finder import ProbePlan

    if job.strategy.eta is not None:
        keeper.forget()
        return _begin(job, job.strategy.eta), None
    search = search_eta(job.trainer, job.settings, ProbePlan(), job.say)
    keeper.forget()
    settings = replace(job.settings, eta=search.eta)
    keeper.begun_with = FindEtaRecord(
        settings=settings, result=search, **made_with(job.argv, job.dataset.summary)
    )
    return _begin(job, search.eta), search


def _train(job: Job, keeper: Keeper, training: "Training[NativeLane]") -> "Training[NativeLane]":
    """Train until the end or the first Ctrl-C; at the second, keep what there is."""
    from tuner.training.loop import train as run

    def watch(trainings: "Sequence[Training[NativeLane]]") -> None:
        job.say(progress(trainings[0]))
        keeper.watch(trainings)

    job.say(progress(training))
    try:
        with first_interrupt_asks(job.say) as asked:
            (training,) = run(
                job.trainer,
                [training],
                watch=watch,
                stop_asked=lambda: asked() and keeper.latest is not None,
            )
    except KeyboardInterrupt as stop:
        keeper.keep()
        kept = keeper.checkpoint.is_file()
        stop.add_note(f"go on with {job.resume}" if kept else NOTHING_WRITTEN)
        raise
    return training


def _useless(training: "Training[NativeLane]", *, found: bool) -> str:
    eta, epoch = training.settings.eta, len(training.history)
    instead = "" if found else ", or --eta auto"
    return f"η = {eta:g} made the network diverge in epoch {epoch}: give a smaller --eta{instead}."


def _finish(
    job: Job, keeper: Keeper, training: "Training[NativeLane]", search: EtaSearch | None
) -> Trained:
    """Write model, report and records; the checkpoint stays if the run was interrupted."""
    keeper.keep()
    interrupted = training.reason is StopReason.INTERRUPTED
    with if_interrupted(f"the report is missing: go on with {job.resume}"):
        job.say("writing the report")
        trained = _write(job, training, search)
        if interrupted:
            return replace(trained, resume=job.resume)
        keeper.forget()
    return trained


def _write(job: Job, training: "Training[NativeLane]", search: EtaSearch | None) -> Trained:
    from tuner.storage.models import model_of, save_model

    model = model_of(training, job.dataset)
    if job.keep.save is not None:
        save_model(model, job.keep.save)
    record = TrainRecord(
        settings=training.settings,
        strategy=job.strategy.strategy,
        eta_search=search,
        result=training.record,
        inspection=_seen(model, job.dataset),
        **made_with(job.argv, job.dataset.summary),
    )
    return Trained(record, write(record, job.out), job.keep.save)


def _seen(model: "Model", dataset: "Dataset") -> Inspection | None:
    """Look into the network; there is nothing to see where its outputs left the numbers."""
    from tuner.inspection import inspect

    try:
        return inspect(model, dataset.tuning)
    except DataError:
        return None
