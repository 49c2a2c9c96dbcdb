"""What `tune` answers: what was chosen and why, how good it is, and how sure that is."""

from collections.abc import Iterator
from pathlib import Path

from tuner.cli.output import interval, json_text, print_sentences, print_table
from tuner.cli.reporting import Written
from tuner.records import Hyperparameters, TuneRecord, to_json


def document(record: TuneRecord, written: Written, out: Path) -> dict[str, object]:
    """Return what `--json` prints."""
    from tuner.report.summaries.tune_steps import conclusions, left_out_sentences

    settings, final = record.settings, record.final
    accuracies = [run.best_validation_accuracy for run in final.candidates[final.winner].runs]
    return {
        "command": "tune",
        "eta": settings.eta,
        "lambda": settings.lambda_,
        "hidden": list(settings.hidden),
        "validation_accuracy": max(accuracies),
        "validation_accuracies": accuracies,
        "test_accuracy": record.test.accuracy,
        "test_accuracies": list(record.test.over_seeds),
        "balanced_accuracy": record.test.balanced_accuracy,
        "test_openings": record.test.openings,
        "interval": list(interval(record.test.accuracy, record.test.n)),
        "tied": len(final.tied),
        "settings": to_json(settings),
        "strategy": to_json(final.strategy),
        "steps": [
            {**to_json(step), "conclusion": said}
            for step, said in zip(record.steps, conclusions(record).values(), strict=True)
        ],
        "left_out": list(left_out_sentences(record)),
        "budget": record.budget,
        "seconds": record.seconds,
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
        "model": str(out / record.files["model"]),
        "settings_file": str(out / record.files["settings"]),
    }


def print_answer(
    record: TuneRecord, written: Written, out: Path, report_seconds: float, *, as_json: bool
) -> None:
    """Print the results on stdout; the last line says what was chosen and how good it is."""
    if as_json:
        print(json_text(document(record, written, out)))
        return
    from tuner.report.frames.tune import STEPS
    from tuner.report.summaries.tune_steps import conclusions

    said = conclusions(record)
    rows = [(f"{each.seconds:.1f} s", STEPS[each.name], said[each.name]) for each in record.steps]
    print_table(("time", "step", "result"), rows, right=("time",))
    print()
    print_sentences(_sentences(record, out, report_seconds))
    print_sentences([verdict(record, written)])


def _sentences(record: TuneRecord, out: Path, report_seconds: float) -> Iterator[str]:
    from tuner.report.summaries.tune_steps import left_out_sentences

    if record.left_out:
        yield f"Left out for lack of time: {' '.join(left_out_sentences(record))}"
    yield (
        f"Took {record.seconds:.1f} s of {record.budget:g} s; "
        f"the report took {report_seconds:.1f} s more."
    )
    yield f"Model: {out / record.files['model']}"
    yield f"Settings: {out / record.files['settings']}"


def verdict(record: TuneRecord, written: Written) -> str:
    """Say in one sentence what was chosen, how good it is, how sure, and where the report is."""
    low, high = interval(record.test.accuracy, record.test.n)
    opened = record.test.openings
    return (
        f"Chosen: {named(record.settings)}; {100 * record.test.accuracy:.2f} % of "
        f"{record.test.n:,} test examples right (95 % interval {100 * low:.2f} to "
        f"{100 * high:.2f} %; test set opened {'once' if opened == 1 else f'{opened} times'}): "
        f"see {written.report.html}"
    )


def named(settings: Hyperparameters) -> str:
    """Name a network by what tuning chooses.

    >>> named(Hyperparameters(eta=0.3245, hidden=(300,), lambda_=2.0, expansion="shift"))
    '300 sigmoid neurons, η 0.3245, λ 2, images changed by shift'
    """
    sizes = "-".join(map(str, settings.hidden))
    said = f"{sizes} {settings.activation} neurons, η {settings.eta:.4g}, λ {settings.lambda_:.3g}"
    extras = {
        "L1": settings.regularization == "l1",
        f"dropout {settings.dropout:g}": settings.dropout > 0,
        f"images changed by {settings.expansion}": settings.expansion != "none",
    }
    return ", ".join([said, *(name for name, holds in extras.items() if holds)])
