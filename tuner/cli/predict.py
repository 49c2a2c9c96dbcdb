"""`predict`: the classes that a saved model sees in examples."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tuner
from tuner.cli.interrupts import NOTHING_WRITTEN, if_interrupted
from tuner.cli.options import CSV_FILE, TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, narration, warnings_json
from tuner.errors import OptionError, OutputError
from tuner.files import write_file
from tuner.report.checks.data import DATA_CHECKS
from tuner.study.export import harmless

if TYPE_CHECKING:
    from tuner.results import Predictions


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """For which examples, and where to write."""

    data: Annotated[
        str | None,
        Opt("A file or a data set by name; columns as in training, no target needed.", TEXT),
    ]
    out: Annotated[Path | None, Opt("Write to this *.csv instead of stdout.", CSV_FILE)]
    probabilities: Annotated[bool, Opt("Add a column for each class.")]

    def __post_init__(self) -> None:
        if self.data is None:
            raise OptionError("data is missing: give the examples to predict for.")
        if self.out is not None and self.out.resolve() == Path(self.data).resolve():
            raise OutputError(f"--out {self.out} would replace the data: choose another file.")


@grouped
def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A file of `train --save`.")],
    options: PredictOptions,
    answer: AnswerOptions,
) -> None:
    """Predict the class, or the number, of each example of a file.

    Writes CSV: the row, counted from 1, the class, and the network's share for it; or the row and
    the prediction where numbers are predicted. A class whose name a spreadsheet would run as a
    formula stands behind an apostrophe.
    """
    with narration() as say:
        say(f"predicting with {model}")
        predicted = _predict(model, str(options.data))
    if options.out is not None:
        write_file(options.out, csv_text(predicted, every=options.probabilities).encode())
    if answer.json:
        print(json_text(_document(predicted, model, options)))
    elif options.out is not None:
        print(f"Predictions: {options.out} ({len(predicted.probabilities):,} rows)")
    else:
        print(csv_text(predicted, every=options.probabilities), end="")


@if_interrupted(NOTHING_WRITTEN)
def _predict(path: str, source: str) -> "Predictions":
    return tuner.predict(path, source)


def csv_text(predicted: "Predictions", *, every: bool) -> str:
    """Return the predictions as CSV, with the shares of every class or the largest alone."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if predicted.values is not None:
        writer.writerow(["row", "prediction"])
        writer.writerows(enumerate(map(_short, predicted.values), 1))
        return out.getvalue()
    names = [f"p({name})" for name in predicted.classes] if every else []
    writer.writerow(["row", "class", "probability", *map(harmless, names)])
    for (row, name, share), shares in zip(_best(predicted), predicted.probabilities, strict=True):
        writer.writerow([row, harmless(name), share, *(_shorts(shares) if every else ())])
    return out.getvalue()


def _best(predicted: "Predictions") -> list[tuple[int, str, float]]:
    """Return row number from 1, class and probability of each example."""
    largest = predicted.probabilities.max(axis=1)
    return [
        (row, name, _short(share))
        for row, (name, share) in enumerate(zip(predicted.labels, largest, strict=True), 1)
    ]


def _short(share: Any) -> float:
    return float(f"{share:.6g}")


def _shorts(shares: Sequence[Any]) -> list[float]:
    return [_short(share) for share in shares]


def _document(predicted: "Predictions", model: str, options: PredictOptions) -> dict[str, object]:
    rows: Iterable[dict[str, object]]
    every = ({"probabilities": _shorts(shares)} for shares in predicted.probabilities)
    if predicted.values is not None:
        rows = (
            {"row": row, "prediction": _short(value)}
            for row, value in enumerate(predicted.values, 1)
        )
    else:
        rows = (
            {"row": row, "class": name, "probability": share}
            for row, name, share in _best(predicted)
        )
    return {
        "command": "predict",
        "model": model,
        "data": options.data,
        "classes": predicted.classes,
        "predictions": [
            row | shares if options.probabilities and predicted.classes else row
            for row, shares in zip(rows, every, strict=True)
        ],
        "warnings": warnings_json(DATA_CHECKS.run(predicted.notes)),
        "out": options.out and str(options.out),
    }
