"""`predict`: the classes that a saved model sees in examples."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

import tuner
from tuner.cli.interrupts import NOTHING_WRITTEN, if_interrupted
from tuner.cli.options import CSV_FILE, TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, narration, warnings_json
from tuner.errors import OptionError, OutputError
from tuner.files import write_file
from tuner.report.checks.data import DATA_CHECKS
from tuner.settings import NAME
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
    id: Annotated[str | None, Opt("A column of the table to copy beside each prediction.", NAME)]

    def __post_init__(self) -> None:
        if self.data is None:
            raise OptionError("data is missing: give the examples to predict for.")
        if self.out is not None and self.out.resolve() == Path(self.data).resolve():
            raise OutputError(f"--out {self.out} would replace the data: choose another file.")
        if self.id is None:
            return
        from tuner.data.loading import is_table

        if not is_table(self.data):
            raise OptionError(f"id is {self.id!r} but {self.data} has no columns: leave it out.")


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
        predicted = _predict(model, options)
        columns = _columns(predicted, options)
    text = csv_text(columns)
    if options.out is not None:
        write_file(options.out, text.encode())
    if answer.json:
        print(json_text(_document(predicted, columns, model, options)))
    elif options.out is not None:
        print(f"Predictions: {options.out} ({len(predicted.probabilities):,} rows)")
    else:
        print(text, end="")


@if_interrupted(NOTHING_WRITTEN)
def _predict(path: str, options: PredictOptions) -> "Predictions":
    return tuner.predict(path, str(options.data), known=[options.id] if options.id else [])


class Column(NamedTuple):
    """One entry for each example: its key in JSON, its heading in CSV, and the values (n,)."""

    key: str
    heading: str
    values: Sequence[Any]


def _columns(predicted: "Predictions", options: PredictOptions) -> list[Column]:
    """Return what is printed of each example."""
    numbers = range(1, len(predicted.labels) + 1)
    columns = [Column("row", "row", numbers)]
    if options.id is not None:
        from tuner.data.tables import read_texts

        cells = read_texts(Path(str(options.data)), options.id)
        columns.append(Column("id", options.id, cells))
    if predicted.values is not None:
        return [*columns, Column("prediction", "prediction", _shorts(predicted.values))]
    shares = predicted.probabilities
    largest = _shorts(shares.max(axis=1))
    columns.append(Column("class", "class", list(predicted.labels)))
    columns.append(Column("probability", "probability", largest))
    if options.probabilities:
        named = zip(predicted.classes, shares.T, strict=True)
        columns += [Column("", f"p({name})", _shorts(each)) for name, each in named]
    return columns


def csv_text(columns: Sequence[Column]) -> str:
    """Return columns as CSV; texts that a spreadsheet would run stand behind an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(column.heading) for column in columns])
    for row in zip(*(column.values for column in columns), strict=True):
        writer.writerow([harmless(each) if isinstance(each, str) else each for each in row])
    return out.getvalue()


def _shorts(values: Iterable[Any]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _document(
    predicted: "Predictions", columns: Sequence[Column], model: str, options: PredictOptions
) -> dict[str, object]:
    named = [column for column in columns if column.key]
    rows: list[dict[str, Any]] = [
        dict(zip([column.key for column in named], row, strict=True))
        for row in zip(*(column.values for column in named), strict=True)
    ]
    if options.probabilities and predicted.classes:
        for row, shares in zip(rows, predicted.probabilities, strict=True):
            row["probabilities"] = _shorts(shares)
    return {
        "command": "predict",
        "model": model,
        "data": options.data,
        "classes": predicted.classes,
        "predictions": rows,
        "warnings": warnings_json(DATA_CHECKS.run(predicted.notes)),
        "out": options.out and str(options.out),
    }
