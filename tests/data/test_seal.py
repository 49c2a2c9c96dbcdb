"""The ledger of openings: it outlives data set and process, and its loss loses no result."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tuner.data import Dataset, from_arrays, load, seal
from tuner.errors import InputError, SealWarning
from tuner.records import DataIdentity

IDENTITY = DataIdentity(
    sha256="ab", target="kind", split_seed=0, n_train=6, n_validation=2, n_test=2
)


def counted(seed: int = 0, train_size: int | None = None) -> Dataset:
    return from_arrays(
        np.arange(50).reshape(-1, 1), np.arange(50) % 2, seed=seed, train_size=train_size
    )


def test_openings_outlive_the_data_set() -> None:
    first = counted()
    first.open_test()
    assert (first.test_openings, counted().test_openings) == (1, 1)
    again = counted()
    again.open_test()
    assert (again.test_openings, counted().test_openings) == (2, 2)


def test_they_belong_to_the_test_part_and_to_no_other() -> None:
    counted().open_test()
    assert counted(train_size=10).test_openings == 1, "a smaller training part, the same test part"
    assert counted(seed=1).test_openings == 0
    assert load("iris").test_openings == 0


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"n_train": 3}, True),
        ({"dropped": ("id",)}, True),
        ({"sha256": "cd"}, False),
        ({"target": "size"}, False),
        ({"split_seed": 1}, False),
        ({"n_test": 3}, False),
        ({"groups": "who"}, False),
        ({"time": "when"}, False),
        ({"test_sha256": "ef"}, False),
    ],
)
def test_what_makes_another_test_part(change: dict[str, object], same: bool) -> None:
    assert seal.count_opening(IDENTITY) == 1
    other = replace(IDENTITY, **change)  # type: ignore[arg-type]
    assert seal.openings(other) == int(same)
    assert seal.count_opening(other) == 1 + same
    assert seal.openings(IDENTITY) == 1 + same


def test_nobody_is_missed_where_many_count_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(seal.count_opening, [IDENTITY] * 24))
    assert sorted(counts) == list(range(1, 25))


def test_the_ledger_is_a_file_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(seal.VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    seal.count_opening(IDENTITY)
    assert seal.ledger_path().is_relative_to(tmp_path)
    (opened,) = json.loads(seal.ledger_path().read_bytes())["opened"]
    assert opened == {
        "sha256": "ab",
        "target": "kind",
        "split_seed": 0,
        "n_test": 2,
        "openings": 1,
        "groups": None,
        "time": None,
    }


def test_where_it_cannot_be_written_the_part_is_opened_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(seal.VARIABLE, str(tmp_path / "file"))
    data = counted()
    for openings in (1, 2):
        with pytest.warns(SealWarning, match=r"openings\.json: .*not counted.*TUNER_STATE_DIR"):
            assert data.open_test().n == 10
        assert data.test_openings == openings


def test_a_damaged_ledger_is_named_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(seal.VARIABLE, str(tmp_path))
    seal.ledger_path().write_text("{")
    with pytest.raises(InputError, match=r"openings\.json: is damaged .*: remove it"):
        seal.openings(IDENTITY)
    with pytest.warns(SealWarning, match="is damaged"):
        assert seal.count_opening(IDENTITY) == 1
    assert seal.ledger_path().read_text() == "{"
