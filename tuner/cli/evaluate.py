"""`evaluate`: a saved model on data."""

from dataclasses import dataclass
from typing import Annotated, get_args

import typer

import tuner
from tuner.cli.options import TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, narration, print_summary, warnings_json
from tuner.records import EvaluateRecord, PartName, require_choice, to_json
from tuner.records.measures import flat
from tuner.report.checks.evaluation import evaluate_warnings
from tuner.report.summaries.evaluation import evaluate_summary
from tuner.settings import NAME


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Which examples of which data."""

    data: Annotated[
        str | None, Opt("A data set by name or the path of a file; else that of training.", TEXT)
    ]
    target: Annotated[
        str | None, Opt("The column that holds the classes; else that of training.", NAME)
    ]
    part: Annotated[
        PartName | None,
        Opt("test, validation or all; else test of the data of training, all of others.", NAME),
    ]
    metric: Annotated[str | None, Opt("What to judge by; else what chose the model.", NAME)]

    def __post_init__(self) -> None:
        if self.part is not None:
            require_choice("part", self.part, get_args(PartName))


@grouped
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A file of `train --save`.")],
    source: SourceOptions,
    answer: AnswerOptions,
) -> None:
    """Measure a saved model on data.

    On the data it was trained on, these are the examples of the test part, which training never
    saw; each opening of it is counted, and the count is printed. On other data they are all
    examples.
    """
    with narration() as say:
        say(f"evaluating {model}")
        loaded = tuner.load_model(model)
        found = tuner.evaluate(
            loaded, source.data, target=source.target, part=source.part, metric=source.metric
        )
    warnings = evaluate_warnings(found)
    if answer.json:
        document = {
            **_document(found),
            "model": model,
            "settings": to_json(loaded.settings),
            **flat({"validation_metrics": loaded.validation_metrics}),
            "warnings": warnings_json(warnings),
        }
        print(json_text(document))
    else:
        print_summary(evaluate_summary(found), warnings)


def _document(found: EvaluateRecord) -> dict[str, object]:
    measured = ("n", "metric", "cost", "known_data", "part", "test_openings")
    return {
        "command": "evaluate",
        **flat({"metrics": found.metrics}),
        **{name: getattr(found, name) for name in measured},
        "interval": found.value_interval,
        "data": {"name": found.name, "sha256": found.sha256},
        "trained_on": to_json(found.trained_on),
    }
