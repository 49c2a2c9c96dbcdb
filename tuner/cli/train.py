"""`train`: one network, with early stopping and the schedule of η."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import tuner
from tuner.cli.console import INTERRUPTED, PROGRAM, command_line
from tuner.cli.eta import NOTHING_WRITTEN, load_data
from tuner.cli.eta import progress as search_progress
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import first_interrupt_asks, if_interrupted
from tuner.cli.options import AnswerOptions, DataOptions, NetworkOptions, WorkOptions, grouped
from tuner.cli.output import Say, narration
from tuner.cli.train_answers import Trained, print_answer, progress
from tuner.cli.train_options import KeepOptions, StrategyOptions
from tuner.errors import OutputError
from tuner.records import StopReason
from tuner.storage import CHECKPOINT, MODEL

if TYPE_CHECKING:
    from tuner.trainers.native import NativeLane
    from tuner.training.loop import Training


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
    argv = [each for each in context.obj if each not in ("--resume", "--fresh")]
    go_on = f"go on with {command_line([*argv, '--resume'])}"
    if keep.save and (keep.save.is_dir() or keep.save.absolute() == (out / CHECKPOINT).absolute()):
        raise OutputError(f"--save {keep.save} is taken: choose another file.")
    with narration() as say:
        say(f"reading {data.data}")
        dataset = load_data(data, settings.seed)
        with _folders(out, keep.save):
            with _stopping(out, say, go_on) as stopping:
                result = tuner.train(
                    dataset,
                    settings,
                    strategy.strategy,
                    eta="auto" if strategy.eta is None else strategy.eta,
                    folder=out,
                    resume=keep.resume,
                    fresh=keep.fresh,
                    watch=stopping.watch,
                    watch_search=lambda now: say(search_progress(now)),
                    stop_asked=stopping.asked,
                    command=command_line(argv),
                )
            if keep.save is not None:
                tuner.save_model(result.model, keep.save)
            say("writing the report")
            with if_interrupted(f"the report is missing: write it with {PROGRAM} report {out}"):
                written = result.write(out)
    interrupted = result.record.result.stop_reason is StopReason.INTERRUPTED
    trained = Trained(
        result.record,
        written,
        keep.save or out / MODEL,
        command_line([*argv, "--resume"]) if interrupted else None,
    )
    print_answer(trained, as_json=answer.json)
    if interrupted:
        print(f"interrupted: {go_on}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _folders(out: Path, save: Path | None) -> Iterator[None]:
    with ExitStack() as stack:
        if save is not None:
            stack.enter_context(output_folder(save.parent, "--save"))
        stack.enter_context(output_folder(out))
        yield


class _Stopping:
    """Shows how training goes, and from its first epoch on lets Ctrl-C end it after the epoch."""

    def __init__(self, say: Say, stack: ExitStack) -> None:
        self._say, self._stack = say, stack
        self._asked: Callable[[], bool] | None = None

    @property
    def begun(self) -> bool:
        return self._asked is not None

    def watch(self, training: "Training[NativeLane]") -> None:
        if self._asked is None:
            self._asked = self._stack.enter_context(first_interrupt_asks(self._say))
        self._say(progress(training))

    def asked(self) -> bool:
        return self._asked is not None and self._asked()


@contextmanager
def _stopping(out: Path, say: Say, go_on: str) -> Iterator[_Stopping]:
    """Print how to go on after Ctrl-C, where there is a checkpoint to go on from."""
    with ExitStack() as stack:
        stopping = _Stopping(say, stack)
        try:
            yield stopping
        except KeyboardInterrupt as stop:
            kept = stopping.begun and (out / CHECKPOINT).is_file()
            stop.add_note(go_on if kept else NOTHING_WRITTEN)
            raise
