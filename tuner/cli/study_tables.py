"""How studies and their trials are shown, as text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner.cli.output import print_table
from tuner.records import StudySummary, TrialRecord, to_json

COLORS = {"best": "green", "front": "green", "pruned": "yellow", "diverged": "red"}
HEADINGS = {"validation_accuracy": "accuracy", "parameters": "weights", "seconds": "seconds"}


def percent(share: float) -> str:
    """Write an accuracy for a column of them.

    >>> percent(0.947)
    '94.70%'
    """
    return f"{100 * share:.2f}%"


def front(summary: StudySummary) -> list[TrialRecord]:
    """Return the complete trials that no other one beats: the Pareto front, best accuracy first.

    A trial is beaten by one that is at least as good in every objective and better in one; the
    accuracy is to be high, the others low. With one objective these are the best and its equals.

    Parameters
    ----------
    summary
        A study.
    """
    complete = [t for t in summary.trials if t.state == "complete" and not diverged(t)]
    best = [t for t in complete if not any(_beats(other, t) for other in complete)]
    return sorted(best, key=rank)


def _beats(one: TrialRecord, other: TrialRecord) -> bool:
    costs = [(-t.values[0], *t.values[1:]) for t in (one, other)]
    return costs[0] != costs[1] and all(a <= b for a, b in zip(*costs, strict=True))


def rank(trial: TrialRecord) -> tuple[bool, float, int]:
    """Order trials: complete ones first, then by accuracy, then by number."""
    return trial.state != "complete", -(trial.values or (0.0,))[0], trial.number


def diverged(trial: TrialRecord) -> bool:
    """Whether one of its networks diverged, so that its accuracy is told as 0."""
    return bool(trial.attributes.get("diverged"))


def print_trials(summary: StudySummary, trials: Sequence[TrialRecord]) -> None:
    """Print trials as a table, the best marked."""
    best = summary.best
    marked = front(summary) if len(summary.objectives) > 1 else [best] if best else []
    mark = "front" if len(summary.objectives) > 1 else "best"
    states = {t.number: mark for t in marked}
    values = [HEADINGS.get(name, name) for name in summary.objectives]
    columns = ("trial", "state", *values, "η", "epochs", "settings")
    rows = [_row(trial, states.get(trial.number, state(trial))) for trial in trials]
    print_table(columns, rows, right=("trial", *values, "η", "epochs"), colors=COLORS)


def state(trial: TrialRecord) -> str:
    """Return the state of a trial in a word."""
    return "diverged" if diverged(trial) else trial.state


def _row(trial: TrialRecord, word: str) -> tuple[str, ...]:
    accuracy, *others = trial.values or (0.0,)
    eta = trial.attributes.get("eta")
    epochs = ", ".join(str(each) for each in trial.attributes.get("epochs", ()))
    return (
        str(trial.number),
        word,
        percent(accuracy),
        *(f"{value:,.0f}" if value >= 100 else f"{value:.2g}" for value in others),
        "" if eta is None else f"{eta:.4g}",
        epochs,
        settings(trial.params),
    )


def settings(params: Mapping[str, Any]) -> str:
    """Write the values that a trial was given.

    >>> settings({"lambda": 0.0316227, "hidden": "100"})
    'λ 0.03162, hidden 100'
    """
    return ", ".join(f"{_name(name)} {_value(value)}" for name, value in params.items())


def _name(name: str) -> str:
    return {"lambda": "λ", "eta": "η"}.get(name, name.replace("_", " "))


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def document(trial: TrialRecord) -> dict[str, Any]:
    """Return a trial as JSON holds it; `value` is its accuracy."""
    whole = to_json(trial)
    attributes = {k: v for k, v in whole.pop("attributes").items() if k != "curves"}
    value = trial.values[0] if trial.values else None
    return {"number": whole.pop("number"), "value": value, **whole, **attributes}


def overview(summary: StudySummary) -> dict[str, Any]:
    """Return a study as JSON holds it: its best trial, its front, and how its trials ended."""
    best = summary.best
    return {
        "study": summary.study,
        "objectives": list(summary.objectives),
        "best": document(best) if best else None,
        "pareto": [document(t) for t in front(summary)] if len(summary.objectives) > 1 else None,
        "counts": summary.counts,
        "diverged": sum(map(diverged, summary.trials)),
    }


def counted(summary: StudySummary) -> str:
    """Describe how the trials ended.

    >>> counted(StudySummary(study="a", objectives=("validation_accuracy",), trials=()))
    '0 complete, 0 pruned'
    """
    return ", ".join(_counts(summary))


def _counts(summary: StudySummary) -> Iterator[str]:
    for name, number in summary.counts.items():
        if number or name != "failed":
            yield f"{number} {name}"
    if lost := sum(map(diverged, summary.trials)):
        yield f"{lost} diverged"
