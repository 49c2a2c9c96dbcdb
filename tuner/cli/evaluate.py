"""`evaluate`: a saved model on data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from tuner.cli.options import TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import (
    interval,
    json_text,
    narration,
    print_sentences,
    sureness,
)
from tuner.errors import DataError, OptionError
from tuner.records import require_choice, to_json
from tuner.settings import NAME

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.data.inputs import Examples
    from tuner.storage.models import Evaluation, Model

Part = Literal["test", "validation", "all"]


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Which examples of which data."""

    data: Annotated[
        str | None, Opt("A data set by name or the path of a file; else that of training.", TEXT)
    ]
    target: Annotated[str | None, Opt("The column of a table that holds the classes.", NAME)]
    part: Annotated[
        Part | None,
        Opt("test, validation or all; else test of the data of training, all of others.", NAME),
    ]

    def __post_init__(self) -> None:
        if self.part is not None:
            require_choice("part", self.part, get_args(Part))


@dataclass(frozen=True)
class Judged:
    """A model on data.

    Attributes
    ----------
    model_file, source, sha256
        The model, and which data.
    part
        Which of their examples.
    result
        What it does on them.
    test_openings
        How often the test part of the data of training was opened.
    """

    model_file: str
    model: "Model"
    source: str
    sha256: str
    part: Part
    result: "Evaluation"
    test_openings: int


@grouped
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A file of `train --save`.")],
    source: SourceOptions,
    answer: AnswerOptions,
) -> None:
    """Measure a saved model on data.

    On the data it was trained on, these are the examples of the test part, which training never
    saw; that opens the test part, and the answer says so. On any other data they are all examples.
    """
    with narration() as say:
        say(f"evaluating {model}")
        judged = _judge(model, source)
    if answer.json:
        print(json_text(_document(judged)))
    else:
        print_sentences(_sentences(judged))


def _judge(path: str, asked: SourceOptions) -> Judged:
    from tuner.data import read
    from tuner.storage.models import evaluate as evaluate_all
    from tuner.storage.models import load_model

    model = load_model(path)
    source = asked.data or model.data.name
    examples = read(source, target=asked.target)
    known = examples.sha256 == model.data.sha256
    part: Part = asked.part or ("test" if known else "all")
    if part == "all":
        result, openings = evaluate_all(model, source, asked.target), int(known)
    elif known:
        dataset = _as_in_training(model, examples, source)
        result, openings = _on(model, dataset, part), dataset.test_openings
    else:
        raise OptionError(
            f"part is {part} but {source} is not what the model was trained on: leave it out to "
            "use all examples."
        )
    return Judged(path, model, source, examples.sha256, part, result, openings)


def _as_in_training(model: "Model", examples: "Examples", source: str) -> "Dataset":
    """Split the data as they were split for training."""
    from tuner.data.loading import assemble

    dataset = assemble(examples, train_size=model.data.n_train, seed=model.settings.seed)
    same = dataset.feature_names == model.preprocessing.feature_names
    if not same or dataset.classes != model.classes:
        raise DataError(
            f"{source}: has another target or other columns than in training: give the --target "
            "that the model was trained on."
        )
    return dataset


def _on(model: "Model", dataset: "Dataset", part: Part) -> "Evaluation":
    import numpy as np

    from tuner.storage.models import Evaluation

    chosen = dataset.open_test() if part == "test" else dataset.validation
    x, y = chosen.x, chosen.y
    of_class = [model.accuracy(x[y == place], y[y == place]) for place in np.unique(y)]
    return Evaluation(
        n=chosen.n,
        accuracy=model.accuracy(x, y),
        balanced_accuracy=float(np.mean(of_class)),
        cost=float(model.costs(x, y).mean()),
        known_data=True,
    )


def _document(judged: Judged) -> dict[str, object]:
    return {
        "command": "evaluate",
        **to_json(judged.result),
        "interval": interval(judged.result.accuracy, judged.result.n),
        "part": judged.part,
        "test_openings": judged.test_openings,
        "data": {"name": judged.source, "sha256": judged.sha256},
        "model": judged.model_file,
        "settings": to_json(judged.model.settings),
        "trained_on": to_json(judged.model.data),
        "validation_accuracy": judged.model.validation_accuracy,
    }


def _sentences(judged: Judged) -> Iterator[str]:
    result, trained_on = judged.result, judged.model.data
    which = "all examples" if judged.part == "all" else f"the {judged.part} part"
    sure = sureness(*interval(result.accuracy, result.n), result.n)
    yield f"Accuracy {100 * result.accuracy:.2f} % on {which} of {judged.source} ({sure})."
    yield f"Balanced accuracy {100 * result.balanced_accuracy:.2f} %, cost {result.cost:.4g}."
    if not result.known_data:
        yield f"The model was trained on other data ({trained_on.name}), which may share examples."
    elif judged.part == "all":
        yield f"{trained_on.n_train:,} of them trained the model: it says little of new examples."
    if result.known_data:
        opened = "opened once by this command" if judged.test_openings else "not opened"
        yield f"The test part of {trained_on.name} was {opened}."
