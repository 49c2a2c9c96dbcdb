"""What `tune` answers: what was chosen and why, how good it is, and how sure that is."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.cli.output import (
    json_text,
    print_sentences,
    print_summary,
    print_table,
    warnings_json,
)
from tuner.records import TuneRecord, to_json
from tuner.report.checks.tune import tune_cautions
from tuner.report.format import duration
from tuner.report.summaries.phrases import STEP_TITLES
from tuner.report.summaries.tune import tune_verdict
from tuner.report.summaries.tune_steps import conclusions, left_out_sentences
from tuner.stats import wilson

if TYPE_CHECKING:
    from tuner.results import Written


def document(record: TuneRecord, written: "Written", out: Path) -> dict[str, object]:
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
        "interval": list(wilson(record.test.accuracy, record.test.n)),
        "tied": len(final.tied),
        "settings": to_json(settings),
        "strategy": to_json(final.strategy),
        "steps": [
            {**to_json(step), "conclusion": said}
            for step, said in zip(record.steps, conclusions(record).values(), strict=True)
        ],
        "left_out": list(left_out_sentences(record)),
        "warnings": warnings_json(tune_cautions(record)),
        "budget": record.budget,
        "seconds": record.seconds,
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
        "model": str(out / record.files["model"]),
        "settings_file": str(out / record.files["settings"]),
    }


def print_answer(
    record: TuneRecord, written: "Written", out: Path, report_seconds: float, *, as_json: bool
) -> None:
    """Print the results on stdout: each step, then what was chosen and how good it is."""
    if as_json:
        print(json_text(document(record, written, out)))
        return
    said = conclusions(record)
    rows = [
        (duration(each.seconds), STEP_TITLES[each.name], said[each.name]) for each in record.steps
    ]
    print_table(("time", "step", "result"), rows, right=("time",))
    print()
    print_sentences(_sentences(record, report_seconds))
    print_summary(tune_verdict(record), tune_cautions(record))
    print(f"Model: {out / record.files['model']}")
    print(f"Settings: {out / record.files['settings']}")
    print(f"Report: {written.report.html}")


def _sentences(record: TuneRecord, report_seconds: float) -> Iterator[str]:
    if record.left_out:
        yield f"The budget was too short for some steps. {' '.join(left_out_sentences(record))}"
    yield (
        f"Took {duration(record.seconds)} of {duration(record.budget)}; the report took"
        f" {duration(report_seconds)} more."
    )
