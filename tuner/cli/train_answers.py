"""What `train` shows: how it goes, and what came out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.cli.output import json_text, print_sentences, print_table, print_warnings, warnings_json
from tuner.records import ADVICE, Epoch, EtaSearch, Outcome, Run, TrainRecord, to_json
from tuner.records.training import divisions
from tuner.report.checks.training import train_cautions
from tuner.report.format import cost, duration, number, percent
from tuner.report.summaries.learning_rate import eta_phrase
from tuner.report.summaries.training import train_verdict
from tuner.stats import wilson

if TYPE_CHECKING:
    from tuner.results import Written
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
        The file of the best network.
    resume
        The command to go on with; None unless the run was interrupted.
    """

    record: TrainRecord
    written: "Written"
    model: Path
    resume: str | None = None


def progress(training: "Training[NativeLane]") -> str:
    """Return how far a run is and how good, in one line of a narrow terminal."""
    done, most = len(training.history), training.stopping.epochs
    if not training.history:
        return f"epoch 1/{most} η {number(training.schedule.eta, 2)}"
    now, best = training.history[-1], training.best_epoch
    peak = f" best {percent(best.validation_accuracy)} at {best.epoch}" if best else ""
    left = _left(training)
    countdown = duration(left) if left >= 10 else f"{left:.0f} s"
    return (
        f"epoch {done}/{most} η {number(now.eta, 2)} cost {cost(now.training_cost)} "
        f"valid {percent(now.validation_accuracy)}{peak}, ≤ {countdown} left"
    )


def _left(training: "Training[NativeLane]") -> float:
    """Return the seconds until training ends at the latest."""
    stopping, done = training.stopping, len(training.history)
    used = sum(epoch.seconds for epoch in training.history)
    left = (stopping.epochs - done) * used / done
    return left if stopping.seconds is None else max(0, min(left, stopping.seconds - used))


def document(trained: Trained) -> dict[str, object]:
    """Return what `--json` prints."""
    record, found = trained.record, trained.record.eta_search
    result = to_json(record.result)
    del result["settings"]
    ends = wilson(record.result.best_validation_accuracy, record.data.n_validation)
    return {
        "command": "train",
        **result,
        "interval": list(ends),
        "warnings": warnings_json(train_cautions(record)),
        "settings": to_json(record.settings),
        "strategy": to_json(record.strategy),
        "eta_search": found and _summary(found),
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        "test_openings": 0,
        **trained.written.document,
        "model": str(trained.model),
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
    print_warnings(train_cautions(trained.record))
    print(f"Report: {trained.written.report.html}")
    if trained.model is not None:
        print(f"Model: {trained.model}")


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


def _row(epoch: Epoch, marks: dict[int, str]) -> tuple[str, ...]:
    return (
        f"{epoch.epoch}",
        number(epoch.eta),
        cost(epoch.training_cost),
        percent(epoch.training_accuracy),
        cost(epoch.validation_cost),
        percent(epoch.validation_accuracy),
        marks.get(epoch.epoch, ""),
    )


def _sentences(trained: Trained) -> Iterator[str]:
    record = trained.record
    if record.eta_search is not None:
        yield f"Trained with {eta_phrase(record.eta_search)}."
        if record.eta_search.outcome is not Outcome.FOUND:
            yield ADVICE[record.eta_search.outcome]
    yield train_verdict(record).text
