"""`study list`, `show`, `export` and `delete`: what is stored, and where."""

import difflib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from tuner.cli.console import PROGRAM
from tuner.cli.interrupts import if_interrupted
from tuner.cli.options import FILE, FOLDER, TEXT, AnswerOptions, Opt, grouped
from tuner.cli.output import json_text, note, print_sentences, print_table
from tuner.errors import InputError, OptionError, OutputError
from tuner.files import write_file
from tuner.folders import output_folder
from tuner.records import StudySummary, Trial, require_choice, to_json
from tuner.report.format import measured, metric_name, number, whole
from tuner.report.frames.study_space import in_words
from tuner.report.summaries.study import best_words, trials_words
from tuner.settings import NAME, Kind

Format = Literal["csv", "parquet"]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `study list` calls it.")]

HOME, PREFIX = Path("reports"), "study-"
COLORS = {"best": "green", "front": "green", "pruned": "yellow", "diverged": "red"}
HEADINGS = {"parameters": "weights", "seconds": "seconds"}
STORAGE = Opt(
    "An Optuna storage; else SQLite in the study's folder.",
    Kind(TEXT.convert, "the URL of a database", "URL"),
)


@dataclass(frozen=True)
class Place:
    """Where one or more studies lie.

    Attributes
    ----------
    folder
        Of the study: batch under way, and the SQLite file unless `storage` is given.
    storage
        As `--storage` gives it.
    """

    folder: Path
    storage: str | None = None

    @property
    def url(self) -> str:
        """The storage URL, which may hold a password: never print it."""
        from tuner.study.optuna_storage import default_url

        return self.storage or default_url(self.folder)

    @property
    def shown(self) -> str:
        """Where the trials are, without anything secret."""
        from tuner.study.optuna_storage import shown

        return shown(self.storage) if self.storage else str(self.folder)


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """Where the studies lie."""

    storage: Annotated[str | None, STORAGE]
    out: Annotated[Path | None, Opt("The folder of the study.", FOLDER)]

    def __post_init__(self) -> None:
        if self.storage:
            check_storage(self.storage)


def default_folder(name: str) -> Path:
    """Return the folder that a study has unless --out names one."""
    return HOME / f"{PREFIX}{name}"


def check_storage(url: str) -> None:
    """Raise unless a storage URL can be understood and names something that lasts."""
    from sqlalchemy.engine import make_url

    from tuner.study.optuna_storage import shown

    shown(url)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise OptionError("storage must name a file, such as sqlite:///studies.db.")


def find(name: str, options: PlaceOptions) -> tuple[Place, StudySummary]:
    """Return the study of a name, and where it lies.

    Raises
    ------
    InputError
        When there is none of that name, or several.
    """
    known = stored(options)
    found = [(place, study) for place, study in known if study.study == name]
    if len(found) > 1:
        at_home = [each for each in found if each[0].folder == default_folder(name)]
        folders = ", ".join(str(place.folder) for place, _ in found)
        if not at_home:
            raise InputError(f"study {name}: is in {folders}: say which by --out.")
        found = at_home
    if not found:
        raise InputError(_unknown(name, [study.study for _, study in known], options))
    place, study = found[0]
    if place.storage and not options.out:
        place = Place(default_folder(name), place.storage)
    return place, study


def stored(options: PlaceOptions) -> list[tuple[Place, StudySummary]]:
    """Return every study there is, by name; of a storage among many that cannot be read, warn."""
    from tuner.study.studies import stored_studies

    found = []
    for place in (there := places(options)):
        try:
            studies = stored_studies(place.url, damaged=lambda each: note(str(each), "warning"))
            found += [(place, study) for study in studies]
        except InputError as error:
            if len(there) == 1:
                raise
            note(str(error), "warning")
    return sorted(found, key=lambda each: each[1].study)


def places(options: PlaceOptions) -> list[Place]:
    """Return every place to look at.

    Raises
    ------
    InputError
        When the one that was asked for is not there; looking would make an empty one.
    """
    from tuner.study.optuna_storage import FILE

    if options.storage:
        _check_there(options.storage)
        return [Place(options.out or Path(), options.storage)]
    if options.out:
        if not (options.out / FILE).is_file():
            raise InputError(f"--out {options.out}: holds no {FILE}: give the folder of a study.")
        return [Place(options.out)]
    return [Place(file.parent) for file in sorted(HOME.glob(f"{PREFIX}*/{FILE}"))]


def printable(url: str) -> str:
    """Return a storage URL that may be printed: as it is, unless it may hold a password.

    Examples
    --------
    >>> printable("sqlite:///studies.db"), printable("postgresql+psycopg://me@db/tuning")
    ('sqlite:///studies.db', 'postgresql+psycopg://me@db/tuning')
    >>> printable("postgresql+psycopg://me:secret@db/tuning")
    'postgresql+psycopg://db/tuning'
    """
    from tuner.study.optuna_storage import shown

    user = url.partition("://")[2].rpartition("@")[0]
    return shown(url) if ":" in user or "?" in url else url


def redacted(argv: Sequence[str]) -> list[str]:
    """Return what was typed, with nothing secret in the storage URL.

    Examples
    --------
    >>> redacted(["study", "list", "--storage=postgresql+psycopg://me:secret@db/tuning", "--json"])
    ['study', 'list', '--storage=postgresql+psycopg://db/tuning', '--json']
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] == "--storage":
            words.append(printable(word))
        elif word.startswith("--storage="):
            words.append(f"--storage={printable(word.removeprefix('--storage='))}")
        else:
            words.append(word)
    return words


def _check_there(url: str) -> None:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise InputError(f"--storage {parsed.database}: no such file: check the path.")


def _unknown(name: str, known: Sequence[str], options: PlaceOptions) -> str:
    where = f"under {HOME}" if not (options.storage or options.out) else "there"
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"study {name}: is not stored {where}: did you mean {near[0]}?"
    there = f"those that are: {', '.join(known)}" if known else "none is"
    return f"study {name}: is not stored {where}: {there}."


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
        measured(study.metric, best.value) if best else "",
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
        yield best_words(best, study.metric)
    yield f"Study {study.study}: {trials_words(study)}."
    yield f"Stored: {place.shown}"


def _stated(spec: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return the keys of a study file that are set, as TOML writes them."""
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


def rank(summary: StudySummary, trial: Trial) -> tuple[bool, float, int]:
    """Order trials: complete ones first, then by the metric, then by number."""
    return trial.state != "complete", -summary.score(trial) if trial.values else 0.0, trial.number


def print_trials(summary: StudySummary, trials: Sequence[Trial]) -> None:
    """Print trials as a table, the best marked."""
    states = {summary.best.number: "best"} if summary.best else {}
    if len(summary.objectives) > 1:
        states = {trial.number: "front" for trial in summary.pareto_front}
    values = [metric_name(summary.metric), *(HEADINGS[name] for name in summary.objectives[1:])]
    eta = () if "eta" in summary.space else ("η",)  # else it is one of the settings
    columns = ("trial", "state", *values, *eta, "epochs", "settings")
    rows = [
        _trial_row(
            trial, summary.metric, states.get(trial.number, trial.outcome), with_eta=bool(eta)
        )
        for trial in trials
    ]
    print_table(columns, rows, right=("trial", *values, "η", "epochs"), colors=COLORS)


def _trial_row(trial: Trial, metric: str, word: str, *, with_eta: bool) -> tuple[str, ...]:
    value, *others = trial.values or (math.nan,)
    eta = number(trial.eta) if math.isfinite(trial.eta) else ""
    return (
        str(trial.number),
        word,
        measured(metric, value) if trial.values else "",
        *(whole(value) if value >= 100 else number(value, 2) for value in others),
        *([eta] if with_eta else []),
        ", ".join(map(str, trial.epochs)),
        in_words(trial.params),
    )


def document(summary: StudySummary, trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON holds it; `value` is its validation metric."""
    whole = to_json(trial) | {"params": summary.stored_params(trial)}
    del whole["curves"]
    value = trial.values[0] if trial.values else None
    return {"number": whole.pop("number"), "value": value, **whole}


def overview(summary: StudySummary) -> dict[str, Any]:
    """Return a study as JSON holds it: its best trial, its front, and how its trials ended."""
    best, several = summary.best, len(summary.objectives) > 1
    return {
        "study": summary.study,
        "objectives": list(summary.objectives),
        "best": document(summary, best) if best else None,
        "pareto": [document(summary, t) for t in summary.pareto_front] if several else None,
        "counts": summary.counts,
        "diverged": sum(trial.diverged for trial in summary.trials),
    }
