"""The trials of a study as a table: one row a trial, as CSV or Parquet."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from tuner.errors import MissingExtraError
from tuner.records import StudySummary, Trial
from tuner.records.measures import key_of

Cell = str | int | float | bool | None

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First characters of a cell that a spreadsheet may run as a formula."""

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)

OF_EACH_SEED = {
    "best_epoch": "best_epoch",
    "epochs": "epochs",
    "network_values": "value",
    "stop_reason": "stop_reason",
}
"""Fields with one entry for each seed, and their columns; that of the value is its metric."""


def columns(summary: StudySummary) -> dict[str, list[Cell]]:
    """Return the table, column by column.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    dict
        number, state, each objective, `params_` and `rung_` columns as far as any trial has them,
        η, and what is known of each network; where a trial has several seeds their columns are
        numbered from 1. Each column holds one type: where values differ they become text.

    Examples
    --------
    >>> trial = Trial(number=0, state="complete", values=(0.9,), params={"lambda": 0.1},
    ...     rungs={2: 0.9}, eta=0.5, epochs=(4,))
    >>> study = StudySummary(
    ...     study="s", objectives=("validation_accuracy",), space={}, trials=(trial,)
    ... )
    >>> list(columns(study))[2:7]
    ['validation_accuracy', 'params_lambda', 'eta', 'epochs', 'diverged']
    """
    rows = [dict(_cells(trial, summary)) for trial in summary.trials]
    names = sorted({name: None for row in rows for name in row}, key=_order(summary))
    return {name: _one_type([row.get(name) for row in rows]) for name in names}


def csv_bytes(summary: StudySummary) -> bytes:
    """Return the trials as CSV (UTF-8), safe against formula injection in spreadsheets."""
    table = columns(summary)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(name) for name in table])
    for row in zip(*table.values(), strict=True):
        writer.writerow([harmless(c) if isinstance(c, str) else c for c in row])
    return out.getvalue().encode()


def parquet_bytes(summary: StudySummary) -> bytes:
    """Return the trials as Parquet; texts are unchanged, as no program runs them.

    Raises
    ------
    MissingExtraError
        When pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError(
            "Parquet needs pyarrow: pip install 'eta-tuner[parquet]', or use --format csv."
        ) from None
    out = io.BytesIO()
    pq.write_table(pa.table(columns(summary)), out)
    return out.getvalue()


def harmless(cell: str) -> str:
    r"""Put an apostrophe before what a spreadsheet would run as a formula; keep it on one line.

    >>> harmless("=1+1"), harmless("-1"), harmless("30,20"), harmless("a\r=1")
    ("'=1+1", '-1', '30,20', 'a =1')
    """
    formula = cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)
    line = cell.replace("\r", " ").replace("\n", " ")
    return f"'{line}" if formula else line


def _cells(trial: Trial, summary: StudySummary) -> Iterator[tuple[str, Cell]]:
    yield "number", trial.number
    yield "state", trial.state
    yield from zip(summary.objectives, trial.values, strict=False)
    for name, value in summary.stored_params(trial).items():
        yield f"params_{name}", value
    for name in ("eta", "diverged", "seconds", "batch"):
        yield name, getattr(trial, name)
    for name, column in OF_EACH_SEED.items():
        entries = getattr(trial, name)
        name = key_of(summary.metric) if column == "value" else column
        for i, entry in enumerate(entries, 1):
            yield name if len(entries) == 1 else f"{name}_{i}", entry
    for epoch, value in trial.rungs.items():
        yield f"rung_{epoch}", value


def _order(summary: StudySummary) -> Any:
    """Return the sort key of a column: trial, settings, results, rungs."""
    known = ("number", "state", *summary.objectives, "params_", "eta", "best_epoch", "epochs")
    groups = (
        *known,
        key_of(summary.metric),
        "stop_reason",
        "diverged",
        "seconds",
        "batch",
        "rung_",
    )

    def key(name: str) -> tuple[int, int]:
        stem, _, number = name.rpartition("_")
        whole = name if name in groups else "params_" if name.startswith("params_") else ""
        if whole:
            return groups.index(whole), 0
        return groups.index(stem if stem in groups else f"{stem}_"), int(number)

    return key


def _one_type(cells: list[Cell]) -> list[Cell]:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        return [None if cell is None else float(cell) for cell in cells]
    if len(kinds) > 1:
        return [None if cell is None else str(cell) for cell in cells]
    return cells
