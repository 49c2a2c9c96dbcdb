"""`train`: one network, with early stopping and the schedule of η."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import typer

import tuner
from tuner.cli.console import PROGRAM, command_line
from tuner.cli.find_eta import progress as search_progress
from tuner.cli.interrupts import (
    NOTHING_WRITTEN,
    first_interrupt_asks,
    if_interrupted,
    interrupted,
)
from tuner.cli.options import (
    ETA,
    FILE,
    MODEL_FILE,
    AnswerOptions,
    DataOptions,
    NetworkOptions,
    Opt,
    WorkOptions,
    grouped,
    options_of,
)
from tuner.cli.output import (
    Say,
    json_text,
    narration,
    print_sentences,
    print_table,
    print_warnings,
    warnings_json,
)
from tuner.errors import OptionError, OutputError, require
from tuner.folders import numbered, output_folder
from tuner.records import (
    ADVICE,
    Calibration,
    Committee,
    Epoch,
    EtaSearch,
    Outcome,
    Run,
    StopReason,
    TrainRecord,
    to_json,
)
from tuner.records.measures import flat
from tuner.records.training import divisions
from tuner.report.checks.training import train_warnings
from tuner.report.format import cost, duration, measured, metric_name, number
from tuner.report.summaries.learning_rate import eta_phrase
from tuner.report.summaries.training import train_summary
from tuner.settings import (
    COLUMNS,
    FIRST_ETA,
    FLAG,
    INTEGER,
    DataSettings,
    Kind,
    Strategy,
    check_refit,
    check_seeds,
    settings_of,
)
from tuner.stats import mean_interval
from tuner.storage import CHECKPOINT, MODEL

if TYPE_CHECKING:
    from tuner.results import Written
    from tuner.study.spec import StudySpec
    from tuner.trainers.native import NativeLane
    from tuner.training.loop import Training

MOST_EPOCHS = 1_000_000
ROWS = 12
COLORS = {"best": "green", "best, η divided": "green", "η divided": "cyan"}


FOLDS = Kind(lambda text: text if text == "auto" else int(text), "a whole number or auto", "K|auto")


class StrategyOptions:
    """How long to train, and with which η.

    Attributes
    ----------
    eta
        None where it is to be found.
    strategy
        All of these but η, which belongs to the settings.
    """

    OPTIONS: ClassVar[dict[str, Opt]] = {
        "settings": Opt("Take all from a file that tune wrote; other options win over it.", FILE),
        "eta": Opt("Learning rate; auto finds it by its threshold, as find-eta does.", ETA, "auto"),
        **options_of(Strategy),
    }

    def __init__(self, *, settings: Path | None, eta: float | None, **strategy: Any) -> None:
        del settings  # its content was put before the other options
        self.eta = eta
        self.strategy = Strategy(**strategy)  # before what takes long to import
        from tuner.strategies.plans import policies

        epochs = self.strategy.epochs
        require(epochs <= MOST_EPOCHS, "epochs", epochs, f"at most {MOST_EPOCHS}")
        policies(self.first_eta, self.strategy)

    @property
    def first_eta(self) -> float:
        """The η that was given, or the first one to probe."""
        return FIRST_ETA if self.eta is None else self.eta


@dataclass(frozen=True, kw_only=True)
class SeveralOptions:
    """How many networks, which end in a committee."""

    seeds: Annotated[
        int, Opt("Train so many networks, seeds counted up: a committee.", INTEGER, "1")
    ]
    folds: Annotated[
        int | Literal["auto"] | None,
        Opt("Train on K folds of training + validation data: a committee.", FOLDS),
    ]
    refit: Annotated[
        bool, Opt("Train again on training + validation data, as long as validation chose.")
    ]

    def __post_init__(self) -> None:
        check_seeds(self.seeds)
        many = not isinstance(self.folds, int) or self.folds >= 2
        require(many, "folds", self.folds, "at least 2, or auto")


@dataclass(frozen=True, kw_only=True)
class KeepOptions:
    """What to keep beside the report, and what to go on from."""

    save: Annotated[Path | None, Opt("Write the best network to FILE, *.safetensors.", MODEL_FILE)]
    resume: Annotated[
        bool, Opt("Go on from the checkpoint in the output folder; may raise --epochs, --seconds.")
    ]
    fresh: Annotated[bool, Opt("Start over where a checkpoint or another run is, and lose it.")]

    def __post_init__(self) -> None:
        if self.resume and self.fresh:
            raise OptionError("fresh is the opposite of --resume: give one of them.")


@grouped
def train(
    *,
    context: typer.Context,
    data: DataOptions,
    network: NetworkOptions,
    strategy: StrategyOptions,
    several: SeveralOptions,
    keep: KeepOptions,
    work: WorkOptions,
    answer: AnswerOptions,
) -> None:
    """Train one network, or a committee of several, and keep the best weights.

    The best epoch is the one with the highest validation accuracy; the test data stay sealed. With
    --seeds 5 five networks train side by side, and the model is their committee: the mean of their
    probabilities. With --folds 5 each of them validates on another fifth of training and validation
    data together, and trains on the rest.

    Writes train.html, its figures and records.json to --out (default: reports/train-DATA). While
    it trains, checkpoint.safetensors is kept there; it goes when the run ends by itself. Where
    there is one, nothing is trained without --resume or --fresh. Ctrl-C ends the run after the
    epoch, with all results, to be resumed. All is done in one process, whatever --workers says.
    """
    settings = network.hyperparameters(strategy.first_eta)
    if several.refit:
        check_refit(strategy.strategy)
    argv = [each for each in context.obj if each not in ("--resume", "--fresh")]
    command = command_line(argv)
    default = Path("reports", f"train-{data.title}")
    if keep.resume:
        default = with_checkpoint(default)
    if keep.save and (keep.save.is_dir() or keep.save.name == CHECKPOINT):
        raise OutputError(f"--save {keep.save} is taken: choose another file.")
    with narration() as say:
        say(f"reading {data.data}")
        dataset = data.load(settings.seed)
        with ExitStack() as folders:
            if keep.save is not None:
                folders.enter_context(output_folder(keep.save.parent, "--save"))
            held = work.folder(default, command, replace=keep.fresh or keep.resume)
            out = folders.enter_context(held)
            elsewhere = [] if out in (work.out, default) else ["--out", str(out)]
            resume = command_line([*argv, *elsewhere, "--resume"])
            with _stopping(out, say, resume) as stopping:
                result = tuner.train(
                    dataset,
                    settings,
                    strategy.strategy,
                    eta="auto" if strategy.eta is None else strategy.eta,
                    seeds=several.seeds,
                    folds=several.folds,
                    refit=several.refit,
                    folder=out,
                    resume=keep.resume,
                    fresh=keep.fresh,
                    watch=stopping.watch,
                    watch_search=lambda now: say(search_progress(now)),
                    stop_asked=stopping.asked,
                    command=command,
                )
            if keep.save is not None:
                tuner.save_model(result.model, keep.save)
            say("writing the report")
            with if_interrupted(f"the report is missing: write it with {PROGRAM} report {out}"):
                written = result.write(out)
    stopped = any(r.stop_reason is StopReason.INTERRUPTED for r in result.record.runs)
    model = keep.save or out / MODEL
    if answer.json:
        document = _document(result.record, written, model, resume if stopped else None)
        print(json_text(document))
    else:
        _print_answer(result.record, written, model)
    if stopped:
        raise interrupted(resume)


def with_checkpoint(default: Path) -> Path:
    """Return the default folder, or the numbered one beside it, that holds a checkpoint."""
    folders = (numbered(default, n) for n in count(1))
    there = takewhile(lambda folder: folder == default or folder.is_dir(), folders)
    return next((folder for folder in there if (folder / CHECKPOINT).is_file()), default)


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
def _stopping(out: Path, say: Say, resume: str) -> Iterator[_Stopping]:
    """Print how to go on after Ctrl-C, where there is a checkpoint to go on from."""
    with ExitStack() as stack:
        stopping = _Stopping(say, stack)
        try:
            yield stopping
        except KeyboardInterrupt as stop:
            kept = stopping.begun and (out / CHECKPOINT).is_file()
            stop.add_note(f"go on with {resume}" if kept else NOTHING_WRITTEN)
            raise


def progress(training: "Training[NativeLane]") -> str:
    """Return how far a run is and how good, in one line of a narrow terminal."""
    done, most = len(training.history), training.stopping.epochs
    if not training.history:
        return f"epoch 1/{most} η {number(training.schedule.eta, 2)}"
    now, best = training.history[-1], training.best_epoch
    metric = training.stopping.metric
    peak = (
        f" best {measured(metric, best.validation_metrics[metric])} at {best.epoch}" if best else ""
    )
    left = _left(training)
    countdown = duration(left) if left >= 10 else f"{left:.0f} s"
    return (
        f"epoch {done}/{most} η {number(now.eta, 2)} cost {cost(now.training_cost)} "
        f"valid {measured(metric, now.validation_metrics[metric])}{peak}, ≤ {countdown} left"
    )


def _left(training: "Training[NativeLane]") -> float:
    """Return the seconds until training ends at the latest."""
    stopping, done = training.stopping, len(training.history)
    used = sum(epoch.seconds for epoch in training.history)
    left = (stopping.epochs - done) * used / done
    return left if stopping.seconds is None else max(0, min(left, stopping.seconds - used))


def _document(
    record: TrainRecord, written: "Written", model: Path, resume: str | None
) -> dict[str, object]:
    """Return what `--json` prints; `resume` is the command to go on with, if there is one."""
    found = record.eta_search
    result = to_json(record.result)
    del result["settings"]
    result["history"] = [flat(epoch) for epoch in result["history"]]
    best = record.result.best
    result |= flat({"best_validation_metrics": best.validation_metrics if best else {}})
    return {
        "command": "train",
        **result,
        "validation_score": record.validation_value,
        "interval": record.validation_interval,
        "committee": record.committee and _committee(record, record.committee),
        "refit": record.refit and to_json(record.refit),
        "calibration": record.calibration and _calibration(record.calibration),
        "warnings": warnings_json(train_warnings(record)),
        "settings": to_json(record.settings),
        "strategy": to_json(record.strategy),
        "eta_search": found and _summary(found),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        "test_openings": 0,
        **written.document,
        "model": str(model),
        "resume": resume,
    }


def _committee(record: TrainRecord, committee: Committee) -> dict[str, object]:
    alone = record.alone
    whole: dict[str, object] = flat(to_json(committee))
    return whole | {
        "interval": record.validation_interval,
        "mean": fmean(alone),
        "mean_interval": mean_interval(alone, committee.folds),
        "networks": [
            {
                "seed": run.settings.seed,
                "epochs": len(run.history),
                "best_epoch": run.best_epoch,
                **flat(
                    {"best_validation_metrics": run.best.validation_metrics if run.best else {}}
                ),
                "stop_reason": run.stop_reason.value,
            }
            for run in record.runs
        ],
    }


def _calibration(found: Calibration) -> dict[str, object]:
    return {
        "temperature": found.temperature,
        **{
            f"{name}_{when}": getattr(each, name)
            for name in ("expected_error", "log_loss")
            for when, each in (("before", found.before), ("after", found.after))
        },
    }


def _summary(search: EtaSearch) -> dict[str, object]:
    whole = to_json(search)
    names = ("eta", "threshold", "bracket", "outcome", "seconds")
    spent = {"epochs": search.spent, "advice": ADVICE[search.outcome]}
    return {name: whole[name] for name in names} | spent


def _print_answer(record: TrainRecord, written: "Written", model: Path) -> None:
    marks = _marks(record.result)
    rows = [
        (
            f"{epoch.epoch}",
            number(epoch.eta),
            cost(epoch.training_cost),
            measured(record.metric, epoch.training_metrics[record.metric]),
            cost(epoch.validation_cost),
            measured(record.metric, epoch.validation_metrics[record.metric]),
            marks.get(epoch.epoch, ""),
        )
        for epoch in shown(record.result)
    ]
    name = "acc." if record.metric == "accuracy" else metric_name(record.metric)
    names = ("epoch", "η", "train cost", f"train {name}", "valid. cost", f"valid. {name}")
    print_table((*names, "note"), rows, right=names, colors=COLORS)
    print()
    print_sentences(_sentences(record))
    print_warnings(train_warnings(record))
    print(f"Report: {written.report.html}")
    print(f"Model: {model}")


def shown(run: Run, most: int = ROWS) -> list[Epoch]:
    """Choose the epochs that tell the story: first, best, last, each new η, and some between."""
    marks = {run.history[0].epoch, run.best_epoch, run.history[-1].epoch}
    chosen = marks | set(_spread(sorted(_changes(run) - marks), most - len(marks)))
    others = [epoch.epoch for epoch in run.history if epoch.epoch not in chosen]
    chosen |= set(_spread(others, most - len(chosen)))
    return [epoch for epoch in run.history if epoch.epoch in chosen]


def _changes(run: Run) -> set[int]:
    """Return the first epoch at each new η."""
    return {each.epoch for each in divisions(run.history)}


def _spread(numbers: Sequence[int], most: int) -> list[int]:
    """Choose at most so many, evenly.

    >>> _spread(range(10), 3)
    [1, 5, 8]
    """
    few = min(len(numbers), most)
    return [numbers[(2 * i + 1) * len(numbers) // (2 * few)] for i in range(few)]


def _marks(run: Run) -> dict[int, str]:
    marks = dict.fromkeys(_changes(run), "η divided")
    best = marks.get(run.best_epoch)
    return marks | {run.best_epoch: f"best, {best}" if best else "best"}


def _sentences(record: TrainRecord) -> Iterator[str]:
    if record.eta_search is not None:
        yield f"Trained with {eta_phrase(record.eta_search)}."
        if record.eta_search.outcome is not Outcome.FOUND:
            yield ADVICE[record.eta_search.outcome]
    yield train_summary(record).text


def with_settings(argv: Sequence[str]) -> list[str]:
    """Put what `--settings FILE` says before the other options of `train`, which then win.

    Parameters
    ----------
    argv
        What was typed behind the program's name.

    Raises
    ------
    InputError
        When the file is missing or wrong.

    Examples
    --------
    >>> with_settings(["train", "--epochs", "3"])
    ['train', '--epochs', '3']
    """
    file = _settings_file(argv) if argv and argv[0] == "train" else None
    if file is None:
        return list(argv)
    from tuner.study.spec import read_spec

    return [argv[0], *_typed(read_spec(file)), *argv[1:]]


def _settings_file(argv: Sequence[str]) -> Path | None:
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word == "--settings":
            if not following or following.startswith("--"):
                raise OptionError("settings must be a file, such as settings.toml.")
            return Path(following)
        if word.startswith("--settings="):
            return Path(word.removeprefix("--settings="))
    return None


def _typed(spec: "StudySpec") -> Iterator[str]:
    """Return the options that a file stands for."""
    yield f"--data={spec.data.source}"
    for name, each in settings_of(DataSettings).items():
        value, option = getattr(spec.data, name), f"--{name.replace('_', '-')}"
        if each.kind is FLAG:
            yield from [option] * value
        elif each.kind is COLUMNS:
            yield from (f"{option}={column}" for column in value)
        elif value is not None:
            yield f"{option}={value}"
    if spec.folds is not None:
        yield f"--folds={spec.folds}"
    if spec.seeds > 1:
        yield f"--seeds={spec.seeds}"
    yield f"--eta={spec.eta if isinstance(spec.eta, float) else 'auto'}"
    for values in (spec.network, spec.train):
        for name, each in settings_of(type(values)).items():
            value = getattr(values, name)
            if name != "eta" and (value is not None or name == "patience"):
                yield f"--{each.key.replace('_', '-')}={each.kind.text(value)}"
