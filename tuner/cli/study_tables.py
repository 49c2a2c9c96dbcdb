"""How studies and their trials are shown, as text and as JSON."""

import math
from collections.abc import Sequence
from typing import Any

from tuner.cli.output import print_table
from tuner.records import StudySummary, Trial, to_json
from tuner.report.format import number, percent, whole
from tuner.report.frames.study_space import in_words

COLORS = {"best": "green", "front": "green", "pruned": "yellow", "diverged": "red"}
HEADINGS = {"validation_accuracy": "accuracy", "parameters": "weights", "seconds": "seconds"}


def rank(trial: Trial) -> tuple[bool, float, int]:
    """Order trials: complete ones first, then by accuracy, then by number."""
    return trial.state != "complete", -trial.values[0] if trial.values else 0.0, trial.number


def print_trials(summary: StudySummary, trials: Sequence[Trial]) -> None:
    """Print trials as a table, the best marked."""
    states = {summary.best.number: "best"} if summary.best else {}
    if len(summary.objectives) > 1:
        states = {trial.number: "front" for trial in summary.pareto_front}
    values = [HEADINGS.get(name, name) for name in summary.objectives]
    columns = ("trial", "state", *values, "η", "epochs", "settings")
    rows = [_row(trial, states.get(trial.number, trial.outcome)) for trial in trials]
    print_table(columns, rows, right=("trial", *values, "η", "epochs"), colors=COLORS)


def _row(trial: Trial, word: str) -> tuple[str, ...]:
    accuracy, *others = trial.values or (0.0,)
    return (
        str(trial.number),
        word,
        percent(accuracy),
        *(whole(value) if value >= 100 else number(value, 2) for value in others),
        number(trial.eta) if math.isfinite(trial.eta) else "",
        ", ".join(map(str, trial.epochs)),
        in_words(trial.params),
    )


def document(summary: StudySummary, trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON holds it; `value` is its accuracy."""
    whole = to_json(trial) | {"params": summary.stored_params(trial)}
    del whole["curves"]
    value = trial.values[0] if trial.values else None
    return {"number": whole.pop("number"), "value": value, **whole}


def overview(summary: StudySummary) -> dict[str, Any]:
    """Return a study as JSON holds it: its best trial, its front, and how its trials ended."""
    best, several = summary.best, len(summary.objectives) > 1
    return {
        "study": summary.study,
        "objectives": list(summary.objectives),
        "best": document(summary, best) if best else None,
        "pareto": [document(summary, t) for t in summary.pareto_front] if several else None,
        "counts": summary.counts,
        "diverged": sum(trial.diverged for trial in summary.trials),
    }
