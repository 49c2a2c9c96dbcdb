"""How studies and their trials are shown, as text and as JSON."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tuner.cli.output import print_table
from tuner.records import StudySummary, Trial, to_json

COLORS = {"best": "green", "front": "green", "pruned": "yellow", "diverged": "red"}
HEADINGS = {"validation_accuracy": "accuracy", "parameters": "weights", "seconds": "seconds"}


def percent(share: float) -> str:
    """Write an accuracy for a column of them.

    >>> percent(0.947)
    '94.70%'
    """
    return f"{100 * share:.2f}%"


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
    rows = [
        _row(trial, states.get(trial.number, trial.outcome), settings(summary, trial))
        for trial in trials
    ]
    print_table(columns, rows, right=("trial", *values, "η", "epochs"), colors=COLORS)


def _row(trial: Trial, word: str, settings: str) -> tuple[str, ...]:
    accuracy, *others = trial.values or (0.0,)
    return (
        str(trial.number),
        word,
        percent(accuracy),
        *(f"{value:,.0f}" if value >= 100 else f"{value:.2g}" for value in others),
        f"{trial.eta:.4g}" if math.isfinite(trial.eta) else "",
        ", ".join(map(str, trial.epochs)),
        settings,
    )


def settings(summary: StudySummary, trial: Trial) -> str:
    """Write the values that a trial was given, such as "λ 0.03162, hidden 100"."""
    params = summary.stored_params(trial)
    return ", ".join(f"{_name(name)} {_value(value)}" for name, value in params.items())


def _name(name: str) -> str:
    return {"lambda": "λ", "eta": "η"}.get(name, name.replace("_", " "))


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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


def counted(summary: StudySummary) -> str:
    """Describe how the trials ended.

    >>> counted(
    ...     StudySummary(study="a", objectives=("validation_accuracy",), space={}, trials=())
    ... )
    '0 complete, 0 pruned'
    """
    return ", ".join(_counts(summary))


def _counts(summary: StudySummary) -> Iterator[str]:
    for name, number in summary.counts.items():
        if number or name != "failed":
            yield f"{number} {name}"
    if lost := sum(trial.diverged for trial in summary.trials):
        yield f"{lost} diverged"
