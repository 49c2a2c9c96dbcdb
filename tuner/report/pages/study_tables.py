"""The tables of a study's page."""

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from tuner.records import EtaSearch, StudyRecord
from tuner.report.charts.theme import STATE_SYMBOLS
from tuner.report.document import Column, Table, table
from tuner.report.format import number, percent
from tuner.report.frames.study import PARAMS, trial_table
from tuner.report.frames.study_ranking import ranking
from tuner.report.frames.study_space import as_number, dimensions, plain, symbol

LEADERS, MOST_LISTED = 12, 600
"""Trials in the table of the best and of those tied with it, and in that of all."""


def known(write: Callable[[float], str]) -> Callable[[float], str]:
    """Write a number, or a dash where there is none.

    Examples
    --------
    >>> known(percent)(0.5), known(percent)(float("nan"))
    ('50 %', '–')
    """
    return lambda value: write(value) if math.isfinite(value) else "–"


whole = known(partial(number, digits=9))
short = known(partial(number, digits=4))
share = known(percent)

TRIAL = Column("number", "trial", whole, numeric=True)
OUTCOME = Column("outcome", "outcome", symbols=STATE_SYMBOLS)


def _interval(row: pd.Series) -> str:
    if not math.isfinite(row["low"]):
        return "–"
    return f"{percent(max(0.0, row['low']), 1)} to {percent(min(1.0, row['high']), 1)}"


def _columns(record: StudyRecord, frame: pd.DataFrame) -> list[Column]:
    """Return the columns that tell the trials apart, and how each did."""
    columns = [Column("accuracy", "validation accuracy", share, numeric=True)]
    if (frame["seeds"] > 1).any():
        columns += [Column("interval", "95 % interval over seeds")]
    columns += [
        Column(f"objective_{name}", name, short, numeric=True)
        for name in record.result.objectives[1:]
    ]
    for dimension in dimensions(record):
        name = PARAMS + dimension.name
        column = partial(Column, name, symbol(dimension.name))
        numeric = all(not math.isnan(as_number(v)) or v is None for v in frame[name])
        columns.append(column(short, numeric=True) if numeric else column(plain))
    if "eta" not in {dimension.name for dimension in dimensions(record)}:
        columns.append(Column("eta", "η", short, numeric=True))
    if "parameters" not in record.result.objectives and frame["size"].min() < frame["size"].max():
        columns.append(Column("size", "weights and biases", whole, numeric=True))
    return columns


def _written(record: StudyRecord) -> pd.DataFrame:
    frame = trial_table(record)
    frame["interval"] = [_interval(row) for _, row in frame[["low", "high"]].iterrows()]
    for dimension in dimensions(record):
        name = PARAMS + dimension.name
        if all(not math.isnan(as_number(v)) or v is None for v in frame[name]):
            frame[name] = [as_number(value) for value in frame[name]]
    return frame


def all_trials(record: StudyRecord) -> Table:
    """Return every trial; of very many the best."""
    frame = _written(record)
    every = len(frame)
    caption = f"All {every} trials"
    if every > MOST_LISTED:
        frame = frame.nlargest(MOST_LISTED, "accuracy").sort_values("number")
        caption = f"The {MOST_LISTED} best of {every} trials; records.json holds all"
    columns = (
        TRIAL,
        OUTCOME,
        *_columns(record, frame),
        Column("best_epoch", "best epoch", short, numeric=True),
        Column("epochs", "epochs", whole, numeric=True),
        Column("seconds", "seconds", known(partial(number, digits=3)), numeric=True),
    )
    return table(frame, caption, columns, sortable=True)


def leaders(record: StudyRecord) -> Table | None:
    """Return the best trial and those tied with it; None when no trial was completed."""
    ranked = ranking(record)
    if ranked is None:
        return None
    places = {trial.number: k for k, trial in enumerate((ranked.best, *ranked.tied)) if k < LEADERS}
    places.setdefault(ranked.sensible.number, LEADERS)
    frame = _written(record)
    frame = frame[frame["number"].isin(places)]
    frame = frame.sort_values("number", key=lambda numbers: numbers.map(places))
    roles = {ranked.sensible.number: "smallest network of these"} if ranked.smaller else {}
    roles[ranked.best.number] = "best"
    frame["role"] = [roles.get(trial, "tied with the best") for trial in frame["number"]]
    more = len(ranked.tied) + 1 - len(frame)
    caption = "The best trial and those within its 95 % interval" if ranked.tied else "The best"
    caption += f" ({more} more are tied; see all trials)" if more > 0 else ""
    columns = (TRIAL, *_columns(record, frame), Column("role", "which it is"))
    return table(frame, caption, columns)


def eta_searches(record: StudyRecord) -> Table | None:
    """Return the threshold searches of a study; None where η was not searched by threshold."""
    if not record.eta_searches:
        return None
    rows = [(*_asked(name), *_found(search)) for name, search in record.eta_searches.items()]
    frame = pd.DataFrame(
        rows, columns=["network", "lambda", "eta", "threshold", "outcome", "spent"]
    )
    columns = (
        Column("network", "network"),
        Column("lambda", "λ", short, numeric=True),
        Column("eta", "η to use", short, numeric=True),
        Column("threshold", "threshold η*", short, numeric=True),
        Column("spent", "epochs spent", short, numeric=True),
        Column("outcome", "outcome"),
    )
    return table(frame, "A search for each network, and again where λ moves the threshold", columns)


def _sorting(values: pd.Series) -> pd.Series:
    """Sort networks by the size of their layers, numbers as they are."""
    if values.name != "network":
        return values
    first = values.str.extract(r"^([\d,]+), ")[0].fillna("")
    return first.map(lambda text: [int(size) for size in text.split(",") if size])


def _found(search: EtaSearch) -> tuple[float, float, str, float]:
    return search.eta, search.threshold, str(search.outcome), search.spent


def _asked(question: str) -> tuple[str, float]:
    """Read what a search was asked: the settings of a network as JSON, or any text."""
    try:
        asked = json.loads(question)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        return question, math.nan
    hidden: Any = asked.get("hidden")
    layers = ",".join(map(str, hidden)) if isinstance(hidden, list) else plain(hidden)
    more = [plain(asked[name]) for name in ("activation", "cost", "init") if name in asked]
    batch = f"m = {plain(asked['batch_size'])}" if "batch_size" in asked else ""
    words = ", ".join(filter(None, [layers or "no hidden layer", *more, batch]))
    return words, as_number(asked.get("lambda"))
