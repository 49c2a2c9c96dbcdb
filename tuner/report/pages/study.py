"""The report of a study."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from tuner.records import Hyperparameters, StudyRecord, layers_text
from tuner.records.measures import key_of
from tuner.report.charts.study_course import curves_figure, history_figure
from tuner.report.charts.study_map import map_figure
from tuner.report.charts.study_slices import (
    importances_figure,
    slice_figure,
)
from tuner.report.charts.study_tradeoffs import front_figure, strategies_figure
from tuner.report.charts.theme import STATE_SYMBOLS
from tuner.report.charts.trials import MOST_IN_ONE, best_of
from tuner.report.checks.study import study_warnings
from tuner.report.document import (
    Column,
    Columns,
    Figure,
    Part,
    Report,
    ReportFiles,
    Section,
    Table,
    Text,
    csv_download,
    numbers,
    record_download,
    whole,
    write_report,
)
from tuner.report.format import listing
from tuner.report.frames.study import PARAMS, curve_table, trial_table
from tuner.report.frames.study_space import (
    Dimension,
    as_number,
    dimensions,
    in_words,
    plain,
    symbol,
)
from tuner.report.measure import Measure
from tuner.report.provenance import provenance
from tuner.report.summaries.study import study_summary

LEADERS, MOST_LISTED = 12, 600
"""Trials in the table of the best and of those tied with it, and in that of all."""

MOST_SLICES, MOST_POINTS = 8, 2000
"""Slices on a page, and points in all of them together: more make it large."""


def write_study(record: StudyRecord, folder: Path) -> ReportFiles:
    """Write `study.html` and its figures.

    These are `study-history.png` and others, as far as search space and objectives have something
    to show.

    Parameters
    ----------
    record
        What was searched, and all trials.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    trials = trial_table(record)
    report = Report(
        name="study",
        title=f"tuner study {record.result.study}",
        data_name=record.data.name,
        summary=study_summary(record),
        warnings=study_warnings(record),
        sections=(
            Section("leaders", "The best trials", leaders(record, trials)),
            Section("evidence", "Evidence", study_evidence(record)),
            Section("etas", "How η was found", eta_searches(record)),
            Section("trials", "All trials", (all_trials(record, trials),)),
        ),
        provenance=provenance(record),
        downloads=(
            csv_download("study-trials.csv", with_metric(trials, record)),
            record_download(record),
            csv_download("study-curves.csv", with_metric(curve_table(record), record)),
        ),
    )
    return write_report(report, folder)


def with_metric(frame: pd.DataFrame, record: StudyRecord) -> pd.DataFrame:
    """Return a table whose values stand under the name of the metric."""
    return frame.rename(columns={"value": key_of(record.result.metric)})


def study_evidence(record: StudyRecord) -> tuple[Part, ...]:
    """Return the figures of a study, and which dimensions are not drawn."""
    searched = by_importance(record)
    left = listing([each.long for each in searched[MOST_SLICES:]])
    without = f"Not drawn, so that the page stays small: {left}. The table of trials holds their"
    return (*_figures(record, searched), *((Text(f"{without} values."),) if left else ()))


def _columns(record: StudyRecord, frame: pd.DataFrame) -> dict[str, str | Column]:
    """Return the columns that tell the trials apart, and how each did."""
    measure = Measure(record.result.metric)
    columns: dict[str, str | Column] = {"value": Column(f"validation {measure.name}", measure.text)}
    objectives = record.result.objectives[1:]
    if (frame["seeds"] > 1).any():
        columns["interval"] = f"95 % CI over {'folds' if record.data.folds else 'seeds'}"
    columns |= {f"objective_{name}": name for name in objectives}
    columns |= {PARAMS + name: symbol(name) for name in record.result.space}
    if "eta" not in record.result.space:
        columns["eta"] = "η"
    if "parameters" not in objectives and frame["size"].min() < frame["size"].max():
        columns["size"] = whole("weights and biases")
    return columns


def _written(record: StudyRecord, trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with their intervals and the values of their dimensions as text."""
    frame = trials.copy()
    ends = Measure(record.result.metric).ends
    frame["interval"] = list(map(ends, frame["low"], frame["high"]))
    for name in record.result.space:
        values = frame[PARAMS + name]
        numeric = is_numeric_dtype(values)
        frame[PARAMS + name] = [
            as_number(v) if numeric else "–" if missing else plain(v)
            for v, missing in zip(values, values.isna(), strict=True)
        ]
    return frame


def all_trials(record: StudyRecord, trials: pd.DataFrame) -> Table:
    """Return every trial; of very many the best."""
    frame = _written(record, trials)
    every = len(frame)
    caption = f"All {every} trials"
    if every > MOST_LISTED:
        best = best_of(frame, MOST_LISTED, Measure(record.result.metric))
        frame = best.sort_values("number")
        caption = f"The {MOST_LISTED} best of {every} trials; records.json holds all"
    columns: Columns = {
        "number": whole("trial"),
        "outcome": Column("outcome", symbols=STATE_SYMBOLS),
        **_columns(record, frame),
        "best_epoch": "best epoch",
        "epochs": whole("epochs"),
        "seconds": numbers("seconds", 3),
    }
    return Table(caption, frame, columns, sortable=True)


def leaders(record: StudyRecord, trials: pd.DataFrame) -> tuple[Table, ...]:
    """Return the best trial and those tied with it; nothing when no trial was completed."""
    ranked = record.ranking
    if ranked is None:
        return ()
    places = {trial.number: k for k, trial in enumerate((ranked.best, *ranked.tied)) if k < LEADERS}
    places.setdefault(ranked.sensible.number, LEADERS)
    frame = _written(record, trials)
    frame = frame[frame["number"].isin(places)]
    frame = frame.sort_values("number", key=lambda numbers: numbers.map(places))
    roles = {ranked.sensible.number: "smallest network of these"} if ranked.smaller else {}
    roles[ranked.best.number] = "best"
    frame["role"] = [roles.get(trial, "tied with the best") for trial in frame["number"]]
    more = len(ranked.tied) + 1 - len(frame)
    caption = "The best trial and those within its 95 % CI" if ranked.tied else "The best"
    caption += f" ({more} more are tied; see all trials)" if more > 0 else ""
    columns: Columns = {
        "number": whole("trial"),
        **_columns(record, frame),
        "role": "status",
    }
    return (Table(caption, frame, columns),)


def eta_searches(record: StudyRecord) -> tuple[Table, ...]:
    """Return the threshold searches of a study; nothing where η was not searched by threshold."""
    if not record.eta_searches:
        return ()
    rows = [
        (
            _network(settings),
            settings.lambda_,
            search.eta,
            search.threshold,
            search.spent,
            str(search.outcome),
        )
        for settings, search in record.eta_searches.items()
    ]
    columns: Columns = {
        "network": "network",
        "lambda": "λ",
        "eta": "η to use",
        "threshold": "threshold η*",
        "spent": "epochs spent",
        "outcome": "outcome",
    }
    frame = pd.DataFrame(rows, columns=list(columns))
    caption = "A search for each network, and again where λ moves the threshold"
    return (Table(caption, frame, columns, sortable=True),)


def _network(settings: Hyperparameters) -> str:
    if settings.own is not None:
        return ", ".join((*filter(None, [in_words(settings.own)]), f"m = {settings.batch_size}"))
    layers = layers_text(settings.hidden) or "no hidden layer"
    words = (layers, settings.activation, settings.cost, settings.init)
    return ", ".join((*words, f"m = {settings.batch_size}"))


def _figures(record: StudyRecord, searched: Sequence[Dimension]) -> Iterator[Figure]:
    """Yield the figures that a study has something to show in, of its first dimensions."""
    yield from map_figure(record)
    yield from importances_figure(record)
    points = min(MOST_IN_ONE, MOST_POINTS // max(1, min(MOST_SLICES, len(searched))))
    for index, dimension in enumerate(searched[:MOST_SLICES]):
        yield slice_figure(record, dimension, index, points)
    yield from strategies_figure(record)
    yield history_figure(record)
    yield from curves_figure(record)
    for index in range(1, len(record.result.objectives)):
        yield front_figure(record, index)


def by_importance(record: StudyRecord) -> list[Dimension]:
    """Return λ and the network's size first, then what matters most."""
    importance = record.importances or {}
    first = {"lambda": 0, "hidden": 1, "layers": 2}
    return sorted(
        dimensions(record),
        key=lambda each: (first.get(each.name, 3), -importance.get(each.name, 0.0)),
    )
