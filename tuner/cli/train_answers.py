"""What `train` shows: how it goes, and what came out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.cli.eta import conclusion
from tuner.cli.output import (
    cost,
    interval,
    json_text,
    print_sentences,
    print_table,
    sureness,
)
from tuner.cli.reporting import Written
from tuner.records import ADVICE, Epoch, EtaSearch, Outcome, Run, TrainRecord, to_json

if TYPE_CHECKING:
    from tuner.trainers.native import NativeLane
    from tuner.training.loop import Training

ROWS = 12
COLORS = {"best": "green", "best, η divided": "green", "η divided": "cyan"}


@dataclass(frozen=True)
class Trained:
    """A run that ended, and where all of it lies.

    Attributes
    ----------
    record
        The run.
    written
        Its report and records.
    model
        The best network; None unless it was asked for.
    resume
        The command to go on with; None unless the run was interrupted.
    """

    record: TrainRecord
    written: Written
    model: Path | None
    resume: str | None = None


def progress(training: "Training[NativeLane]") -> str:
    """Say in one line of a narrow terminal how far a run is and how good."""
    done, most = len(training.history), training.stopping.epochs
    if not training.history:
        return f"epoch 1/{most} η {training.schedule.eta:.2g}"
    now, best = training.history[-1], training.best_epoch
    peak = f" best {_percent(best.validation_accuracy)} at {best.epoch}" if best else ""
    return (
        f"epoch {done}/{most} η {now.eta:.2g} cost {cost(now.training_cost)} "
        f"valid {_percent(now.validation_accuracy)}{peak}, ≤ {_duration(_left(training))} left"
    )


def _left(training: "Training[NativeLane]") -> float:
    """Return the seconds until training ends at the latest."""
    stopping, done = training.stopping, len(training.history)
    used = sum(epoch.seconds for epoch in training.history)
    left = (stopping.epochs - done) * used / done
    return left if stopping.seconds is None else max(0, min(left, stopping.seconds - used))


def _duration(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def document(trained: Trained) -> dict[str, object]:
    """Return what `--json` prints."""
    record, found = trained.record, trained.record.eta_search
    result = to_json(record.result)
    del result["settings"]
    low, high = _interval(record)
    return {
        "command": "train",
        **result,
        "interval": [low, high],
        "settings": to_json(record.settings),
        "strategy": to_json(record.strategy),
        "eta_search": found and _summary(found),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        "test_openings": 0,
        **trained.written.document,
        "model": trained.model and str(trained.model),
        "resume": trained.resume,
    }


def _summary(search: EtaSearch) -> dict[str, object]:
    whole = to_json(search)
    names = ("eta", "threshold", "bracket", "outcome", "seconds")
    spent = {"epochs": search.spent, "advice": ADVICE[search.outcome]}
    return {name: whole[name] for name in names} | spent


def print_answer(trained: Trained, *, as_json: bool) -> None:
    """Print the results on stdout."""
    if as_json:
        print(json_text(document(trained)))
        return
    run = trained.record.result
    marks = _marks(run)
    rows = [_row(epoch, marks) for epoch in shown(run)]
    names = ("epoch", "η", "train cost", "train acc.", "valid. cost", "valid. acc.")
    print_table((*names, "note"), rows, right=names, colors=COLORS)
    print()
    print_sentences(_sentences(trained))


def shown(run: Run, most: int = ROWS) -> list[Epoch]:
    """Choose the epochs that tell the story: first, best, last, each new η, and some between."""
    marks = {run.history[0].epoch, run.best_epoch, run.history[-1].epoch}
    chosen = marks | set(_spread(sorted(_changes(run) - marks), most - len(marks)))
    others = [epoch.epoch for epoch in run.history if epoch.epoch not in chosen]
    chosen |= set(_spread(others, most - len(chosen)))
    return [epoch for epoch in run.history if epoch.epoch in chosen]


def _changes(run: Run) -> set[int]:
    """Return the first epoch at each new η."""
    return {after.epoch for before, after in pairwise(run.history) if after.eta != before.eta}


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


def _row(epoch: Epoch, marks: dict[int, str]) -> tuple[str, ...]:
    return (
        f"{epoch.epoch}",
        f"{epoch.eta:.4g}",
        cost(epoch.training_cost),
        _percent(epoch.training_accuracy),
        cost(epoch.validation_cost),
        _percent(epoch.validation_accuracy),
        marks.get(epoch.epoch, ""),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _interval(record: TrainRecord) -> tuple[float, float]:
    return interval(record.result.best_validation_accuracy, record.data.n_validation)


def _sentences(trained: Trained) -> Iterator[str]:
    from tuner.report.format import count

    record, run = trained.record, trained.record.result
    if record.eta_search is not None:
        found = record.eta_search.outcome is Outcome.FOUND
        yield ("" if found else f"Trained with η = {record.settings.eta:g}, which is a guess. ") + (
            conclusion(record.eta_search, "Found")
        )
    seconds = sum(epoch.seconds for epoch in run.history)
    yield (
        f"Best validation accuracy {100 * run.best_validation_accuracy:.2f} % in epoch "
        f"{run.best_epoch} ({sureness(*_interval(record), record.data.n_validation)}); training "
        f"ended after {count(len(run.history), 'epoch')} in {seconds:.1f} s: {run.stop_words}."
    )
    yield f"Report: {trained.written.report.html}"
    if trained.model is not None:
        yield f"Model: {trained.model}"
