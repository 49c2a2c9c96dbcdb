"""`evaluate`: a saved model on data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from tuner.cli.options import TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, narration, print_sentences
from tuner.records import require_choice, to_json
from tuner.report.format import confidence, cost, count, percent, whole
from tuner.settings import NAME
from tuner.stats import wilson

if TYPE_CHECKING:
    from tuner.evaluation import EvaluateRecord
    from tuner.storage.models import Model

Part = Literal["test", "validation", "all"]


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
        Part | None,
        Opt("test, validation or all; else test of the data of training, all of others.", NAME),
    ]

    def __post_init__(self) -> None:
        if self.part is not None:
            require_choice("part", self.part, get_args(Part))


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
    from tuner.evaluation import evaluate as measure
    from tuner.storage.models import load_model

    with narration() as say:
        say(f"evaluating {model}")
        loaded = load_model(model)
        found = measure(loaded, source.data, target=source.target, part=source.part)
    if answer.json:
        print(json_text(_document(model, loaded, found)))
    else:
        print_sentences(_sentences(loaded, found))


def _document(path: str, model: "Model", found: "EvaluateRecord") -> dict[str, object]:
    measured = ("n", "accuracy", "balanced_accuracy", "cost", "known_data", "part", "test_openings")
    return {
        "command": "evaluate",
        **{name: getattr(found, name) for name in measured},
        "interval": wilson(found.accuracy, found.n),
        "data": {"name": found.name, "sha256": found.sha256},
        "model": path,
        "settings": to_json(model.settings),
        "trained_on": to_json(model.data),
        "validation_accuracy": model.validation_accuracy,
    }


def _sentences(model: "Model", found: "EvaluateRecord") -> Iterator[str]:
    which = "all examples" if found.part == "all" else f"the {found.part} part"
    sure = confidence(*wilson(found.accuracy, found.n), over=count(found.n, "example"))
    yield f"Accuracy {percent(found.accuracy)} on {which} of {found.name} ({sure})."
    yield f"Balanced accuracy {percent(found.balanced_accuracy)}, cost {cost(found.cost)}."
    name = model.data.name
    if not found.known_data:
        yield f"The model was trained on other data ({name}), which may share examples."
        return
    if found.part == "all":
        yield (
            f"The model was trained on {whole(model.data.n_train)} of them, so this says little"
            " about new examples."
        )
    if not found.test_openings:
        yield f"The test part of {name} was not opened."
    elif found.test_openings == 1:
        yield f"The test part of {name} was opened once, by this command."
    else:
        yield f"The test part of {name} has been opened {found.test_openings} times."
