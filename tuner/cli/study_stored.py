"""`study list`, `show`, `export` and `delete`: what is stored."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from tuner.cli.console import PROGRAM
from tuner.cli.folders import output_folder
from tuner.cli.interrupts import if_interrupted
from tuner.cli.options import AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, print_sentences, print_table
from tuner.cli.study_places import HOME, Place, PlaceOptions, find, stored
from tuner.cli.study_tables import document, overview, print_trials
from tuner.errors import InputError, OptionError, OutputError
from tuner.files import write_file
from tuner.records import StudySummary, require_choice
from tuner.report.format import percent
from tuner.report.summaries.study import best_words, trials_words
from tuner.settings import NAME, Kind

Format = Literal["csv", "parquet"]
FILE = Kind(Path, "a file", "FILE")
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `study list` calls it.")]


@grouped
def show_list(options: PlaceOptions, answer: AnswerOptions) -> None:
    """List the studies under reports/, or in --out or --storage."""
    found = stored(options)
    if answer.json:
        studies = [_listed(place, study) for place, study in found]
        print(json_text({"command": "study list", "studies": studies}))
        return
    if not found:
        where = "there" if options.storage or options.out else f"under {HOME}"
        print(f"No study is stored {where}: {PROGRAM} study run FILE.toml makes one.")
        return
    numbers = ("trials", "complete", "pruned", "best")
    print_table(("name", *numbers, "where"), [_row(*each) for each in found], right=numbers)


def _listed(place: Place, study: StudySummary) -> dict[str, Any]:
    return {**overview(study), "trials": len(study.trials), "storage": place.shown}


def _row(place: Place, study: StudySummary) -> tuple[str, ...]:
    counts, best = study.counts, study.best
    return (
        study.study,
        *map(str, (len(study.trials), counts["complete"], counts["pruned"])),
        percent(best.accuracy) if best else "",
        place.shown,
    )


@grouped
def show(name: Name, options: PlaceOptions, answer: AnswerOptions) -> None:
    """Show all trials of a study, its best, and what its file says."""
    from tuner.study.studies import stored_spec

    place, study = find(name, options)
    spec = stored_spec(place.url, name)
    if answer.json:
        trials = [document(study, trial) for trial in study.trials]
        where = {"storage": place.shown, "folder": str(place.folder)}
        shown = {"command": "study show", **overview(study), "trials": trials, **where}
        print(json_text({**shown, "spec": spec}))
        return
    print_trials(study, study.trials)
    print()
    print_sentences(_sentences(place, study))
    print()
    print_sentences(f"{key} = {value}" for key, value in _stated(spec))


def _sentences(place: Place, study: StudySummary) -> Iterator[str]:
    if best := study.best:
        yield best_words(best)
    yield f"Study {study.study}: {trials_words(study)}."
    yield f"Stored: {place.shown}"


def _stated(spec: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the keys of a study file that are set, as TOML writes them."""
    import json

    for key, value in spec.items():
        if isinstance(value, dict):
            yield from _stated(value, f"{prefix}{key}.")
        elif value not in (None, "", []):
            yield f"{prefix}{key}", json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """In which form, and where to."""

    format: Annotated[
        Format | None, Opt("csv or parquet; else what the name of --file says, or csv.", NAME)
    ]
    file: Annotated[Path | None, Opt("The file to write; else stdout, for csv.", FILE)]

    def __post_init__(self) -> None:
        if self.format is not None:
            require_choice("format", self.format, get_args(Format))
        if self.file is None and self.form == "parquet":
            raise OptionError("file is missing: parquet is not for stdout.")
        if self.file is not None and (not self.file.name or self.file.is_dir()):
            raise OutputError(f"--file {self.file} is a folder: give the name of a file.")

    @property
    def form(self) -> Format:
        """The format that was asked for, by name or by file."""
        named = self.file is not None and self.file.suffix == ".parquet"
        return self.format or ("parquet" if named else "csv")


@grouped
def export(name: Name, export: ExportOptions, options: PlaceOptions, answer: AnswerOptions) -> None:
    """Return the trials of a study as CSV or Parquet.

    One row is one trial; its columns are the settings and what came of them.

    In CSV, a text that a spreadsheet would run as a formula stands behind an apostrophe.
    """
    from tuner.study.export import csv_bytes, parquet_bytes

    if answer.json and export.file is None:
        raise OptionError("file is missing: with --json the trials do not go to stdout.")
    _, study = find(name, options)
    content = csv_bytes(study) if export.form == "csv" else parquet_bytes(study)
    if export.file is None:
        print(content.decode(), end="")
        return
    with output_folder(export.file.parent, "--file"):
        write_file(export.file, content)
    rows = len(study.trials)
    if answer.json:
        written = {"file": str(export.file), "format": export.form, "trials": rows}
        print(json_text({"command": "study export", "study": name, **written}))
    else:
        print(f"Trials: {export.file} ({rows} rows)")


@dataclass(frozen=True, kw_only=True)
class DeleteOptions:
    """How sure the user is."""

    yes: Annotated[bool, Opt("Do not ask.")]


@grouped
def delete(name: Name, sure: DeleteOptions, options: PlaceOptions, answer: AnswerOptions) -> None:
    """Delete a study, and its own files in its folder."""
    from tuner.study.studies import delete_study

    place, study = find(name, options)
    if not sure.yes:
        _ask(f"Delete study {name} with its {len(study.trials)} trials in {place.shown}?")
    delete_study(place.url, name, place.folder)
    if answer.json:
        gone = {"study": name, "trials": len(study.trials), "storage": place.shown}
        print(json_text({"command": "study delete", **gone}))
    else:
        print(f"Deleted study {name} ({len(study.trials)} trials).")


@if_interrupted("nothing was deleted.")
def _ask(question: str) -> None:
    if not (sys.stdin and sys.stdin.isatty()):
        raise InputError(f"{question} Nobody can answer here: add --yes.")
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:  # so typer turns Ctrl-C
        raise KeyboardInterrupt from None
    if not agreed:
        raise InputError("nothing was deleted.")
