import csv
import io
import sys
from typing import Any

import pytest

from tuner.errors import MissingExtraError
from tuner.records import StudySummary, Trial, Value
from tuner.study.export import columns, csv_bytes, harmless, parquet_bytes


def _trial(number: int, params: dict[str, Value], **fields: Any) -> Trial:
    return Trial(
        number=number,
        state="complete",
        values=(0.5,),
        params=params,
        rungs={2: 0.25, 10: 0.5},
        **fields,
    )


def _study(*trials: Trial) -> StudySummary:
    return StudySummary(study="s", objectives=("validation_accuracy",), space={}, trials=trials)


def test_one_row_a_trial_with_a_column_for_each_seed() -> None:
    study = _study(
        _trial(0, {"hidden": (30, 20)}, eta=0.5, epochs=(3, 4)),
        _trial(1, {"hidden": (30,), "patience": 5}, eta=0.25, epochs=(5, 6), diverged=True),
    )
    assert columns(study) == {
        "number": [0, 1],
        "state": ["complete", "complete"],
        "validation_accuracy": [0.5, 0.5],
        "params_hidden": ["30,20", "30"],
        "params_patience": [None, 5],
        "eta": [0.5, 0.25],
        "epochs_1": [3, 5],
        "epochs_2": [4, 6],
        "diverged": [False, True],
        "seconds": [0.0, 0.0],
        "batch": [0, 0],
        "rung_2": [0.25, 0.25],
        "rung_10": [0.5, 0.5],
    }


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ((5, "off"), ["5", "off"]),
        ((1, 0.5), [1.0, 0.5]),
        (((1,), "x"), ["1", "x"]),
    ],
)
def test_a_column_holds_one_type(values: tuple[Value, ...], column: list[object]) -> None:
    study = _study(*(_trial(i, {"patience": value}) for i, value in enumerate(values)))
    assert columns(study)["params_patience"] == column


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+cmd",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "－x",
        "=",
        "-",
        "-1e5x",
        "-inf",
        "+1_0",
    ],
)
def test_what_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    study = _study(_trial(0, {"cost": cell, f"{cell}x": 1.0}, stop_reason=(cell,)))
    header, row = csv.reader(io.StringIO(csv_bytes(study).decode(), newline=""))
    found = dict(zip(header, row, strict=True))
    line = cell.replace("\r", " ").replace("\n", " ")
    assert found["params_cost"] == found["stop_reason"] == f"'{line}"
    assert all(not each.startswith(tuple("=+-@\t\r\n")) for each in (*header, *row))


@pytest.mark.parametrize("cell", ["-1", "+2.5e-3", "30,20", "a=b", "", "off", ".5"])
def test_other_texts_are_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_negative_number_stays_a_number() -> None:
    assert b"\n0,complete,0.5,-3," in csv_bytes(_study(_trial(0, {"x": -3})))


def test_an_empty_study_has_no_rows() -> None:
    assert columns(_study()) == {}
    assert csv_bytes(_study()) == b"\n"


def test_parquet_comes_back_whole() -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    study = _study(_trial(0, {"cost": "=1"}, eta=0.5), _trial(1, {"cost": "x"}, eta=1.0))
    assert pq.read_table(io.BytesIO(parquet_bytes(study))).to_pydict() == columns(study)


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"tuner\[parquet\]"):
        parquet_bytes(_study())
