"""`tune`: the article's whole workflow, unattended, to a report, a model and the settings."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import tuner
from tuner.cli.console import command_line
from tuner.cli.interrupts import if_interrupted, interrupts
from tuner.cli.options import (
    DURATION,
    SEEDS,
    AnswerOptions,
    DataOptions,
    ExecutorOptions,
    Opt,
    grouped,
    option_of,
)
from tuner.cli.output import (
    clock,
    json_text,
    narration,
    note,
    print_sentences,
    print_summary,
    print_table,
    warnings_json,
)
from tuner.folders import claimed
from tuner.records import Strategy, TuneProgress, TuneRecord, require, to_json
from tuner.records.measures import flat
from tuner.report.checks.tune import tune_warnings
from tuner.report.format import duration
from tuner.report.summaries.base import STEP_TITLES
from tuner.report.summaries.tune import (
    conclusions,
    left_out_sentences,
    progress_sentence,
    tune_summary,
)
from tuner.settings import INTEGER, settings_of

if TYPE_CHECKING:
    from tuner.results import Written

LEAST_SECONDS = 10
"""What each step needs at least, even on 150 examples, report included."""


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """The budget, and what it is spent on."""

    budget: Annotated[float, Opt("Time for everything: 60s, 10m, 1h30m.", DURATION, "60s")]
    article: Annotated[
        bool, Opt("Only the article's methods: sigmoid, cross-entropy, no augmentation.")
    ]
    metric: Annotated[str, option_of(settings_of(Strategy)["metric"])]
    seed: Annotated[int, Opt("Random seed.", INTEGER, "0")]
    fresh: Annotated[bool, Opt("Discard the existing tuning in --out and start over.")]

    def __post_init__(self) -> None:
        require(self.budget >= 1, "budget", f"{self.budget:g}", "at least 1 second")
        require(0 <= self.seed < SEEDS, "seed", self.seed, f"from 0 and below {SEEDS}")


@grouped
def tune(
    *,
    context: typer.Context,
    data: DataOptions,
    options: TuneOptions,
    work: ExecutorOptions,
    answer: AnswerOptions,
) -> None:
    """Tune a network in the article's order of work.

    A sanity check; η by its threshold; overfitting and regularizers; a study of λ and network
    size; η again; the best candidates trained on paired seeds, η halved to the end; then the
    test set, opened once.

    Writes report.html, its figures, model.safetensors, settings.toml and records.json to --out
    (default: reports/tune-DATA). After Ctrl-C or a kill, the same command resumes.
    """
    from tuner.tuning.request import TuneRequest

    began = time.monotonic()
    out = work.out or Path("reports", f"tune-{data.title}")
    request = TuneRequest(
        budget=options.budget,
        article=options.article,
        metric=options.metric,
        seed=options.seed,
        source=data.data,
        data=data.settings,
        command=command_line([each for each in context.obj if each != "--fresh"]),
        began=began,
    )
    if options.budget < LEAST_SECONDS:
        note(f"even the shortest tuning takes about {LEAST_SECONDS} s, whatever --budget says.")
    with narration() as say, claimed(out, request.command, replace=options.fresh):

        def watch(now: TuneProgress) -> None:
            sentence = progress_sentence(now)
            budget = clock(request.budget)
            say(lambda: f"{clock(time.monotonic() - began)} of {budget}  {sentence}")

        say(f"reading {data.data}")
        dataset = data.load(options.seed)
        with interrupts(say, "piece of work", f"go on with {request.command}") as asked:
            best = tuner.tune(
                dataset,
                workers=work.scheduler or work.workers,
                folder=out,
                fresh=options.fresh,
                watch=watch,
                stop_asked=asked,
                request=request,
            )
        began_report = time.monotonic()
        say("writing the report")
        with if_interrupted(f"the report is missing: go on with {request.command}"):
            written = best.write(out)
    if answer.json:
        print(json_text(_document(best.record, written, out)))
    else:
        _print_answer(best.record, written, out, time.monotonic() - began_report)


def _document(record: TuneRecord, written: "Written", out: Path) -> dict[str, object]:
    settings, final = record.settings, record.final
    alone = [run.best_value for run in final.candidates[final.winner].runs]
    test, committee = record.test, final.committee
    return {
        "command": "tune",
        "eta": settings.eta,
        "lambda": settings.lambda_,
        "hidden": list(settings.hidden),
        "metric": final.metric,
        "validation_score": record.validation_value,
        "validation_scores": alone,
        **_accuracies(record, alone),
        "test_score": test.value,
        "test_scores": list(test.over_seeds),
        "test_metrics": flat({"metrics": test.metrics}),
        "test_openings": test.openings,
        "interval": test.value_interval,
        "course": [
            {"step": point.step, "seconds": point.seconds, "validation_score": point.value}
            for point in record.course
        ],
        "committee": to_json(committee) if committee else None,
        "candidates": [
            {"trial": c.trial, "kind": c.kind or None, "weight": c.weight, "networks": len(c.runs)}
            for c in final.candidates
        ],
        "tied": len(final.tied),
        "settings": to_json(settings),
        "strategy": to_json(final.strategy),
        "steps": [
            {**to_json(step), "conclusion": said}
            for step, said in zip(record.steps, conclusions(record).values(), strict=True)
        ],
        "left_out": list(left_out_sentences(record)),
        "warnings": warnings_json(tune_warnings(record)),
        "budget": record.budget,
        "seconds": record.seconds,
        "data": to_json(record.data),
        "environment": to_json(record.environment),
        **written.document,
        "model": str(out / record.files["model"]),
        "settings_file": str(out / record.files["settings"]),
    }


def _accuracies(record: TuneRecord, alone: Sequence[float]) -> dict[str, object]:
    """Return the accuracies, where classes are predicted; of each network where they chose."""
    test, committee = record.test.metrics, record.final.committee
    if "accuracy" not in test:
        return {}
    of_model = committee.metrics if committee else record.model_run.best_measures
    found: dict[str, object] = {
        "validation_accuracy": of_model.get("accuracy"),
        "test_accuracy": test["accuracy"],
        "balanced_accuracy": test["balanced-accuracy"],
    }
    if record.final.metric == "accuracy":
        found["validation_accuracies"] = list(alone)
        found["test_accuracies"] = list(record.test.over_seeds)
    return found


def _print_answer(record: TuneRecord, written: "Written", out: Path, report_seconds: float) -> None:
    """Print each step, then what was chosen and how good it is."""
    said = conclusions(record)
    rows = [
        (duration(each.seconds), STEP_TITLES[each.name], said[each.name]) for each in record.steps
    ]
    print_table(("time", "step", "result"), rows, right=("time",))
    print()
    print_sentences(_sentences(record, report_seconds))
    print_summary(tune_summary(record), tune_warnings(record))
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
