"""What is stored of a run, and what is said where it is another's or damaged."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuner.errors import InputError
from tuner.records import Environment, Strategy
from tuner.storage.run_store import LOCK, open_store

ENTRY = Strategy(epochs=30)
IDENTITY = {"data": "abc", "budget": 60.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one entry."""
    with open_store(tmp_path / "work", IDENTITY) as store:
        store.save("entry", ENTRY)
    return tmp_path / "work"


def test_work_is_done_once(tmp_path: Path) -> None:
    calls = []

    def work() -> Strategy:
        calls.append(1)
        return ENTRY

    for _ in range(2):
        with open_store(tmp_path, IDENTITY) as store:
            assert store.once("entry", Strategy, work) == ENTRY
    assert len(calls) == 1


def test_another_run_is_refused_by_what_differs(folder: Path) -> None:
    with (
        pytest.raises(InputError, match=r"budget was 60.0 and is 30.0.*--fresh.*--out") as error,
        open_store(folder, {**IDENTITY, "budget": 30.0}),
    ):
        pass
    assert "data" not in str(error.value)


def test_time_adds_up_over_processes_but_not_between_them(tmp_path: Path) -> None:
    with open_store(tmp_path, IDENTITY, began=time.monotonic() - 10) as store:
        store.save("entry", ENTRY)
    with open_store(tmp_path, IDENTITY) as store:
        assert 10 <= store.seconds < 11


def damage(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.parametrize("file", ["entry.json", "identity.json", "progress.json"])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"text"',
        "[" * 100_000,
        '{"schema": 1, "sha256": "", "content": null}',
        '{"schema": 1, "sha256": "", "content": {}}',
        '{"schema": 9, "sha256": "", "content": {}}',
        '{"content": {}}',
        "\x00",
    ],
    ids=range(12),
)
def test_a_damaged_file_is_named_with_the_way_out(folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=rf"{file}: .*--fresh") as error:
        reread(folder)
    assert "\n" not in str(error.value)


def reread(folder: Path) -> Strategy | None:
    with open_store(folder, IDENTITY) as store:
        return store.load("entry", Strategy)


@pytest.mark.parametrize(
    "change",
    [
        lambda stamp: {**stamp, "content": {**stamp["content"], "epochs": 31}},
        lambda stamp: {**stamp, "sha256": "0" * 64},
        lambda stamp: {**stamp, "content": None},
    ],
    ids=["another value", "another checksum", "nothing"],
)
def test_an_altered_entry_is_refused(folder: Path, change: Callable[[Any], Any]) -> None:
    damage(folder / "entry.json", change)
    with pytest.raises(InputError, match=r"entry\.json: was altered or damaged .*--fresh"):
        reread(folder)


def test_an_entry_under_another_name_or_of_another_type_is_refused(folder: Path) -> None:
    (folder / "other.json").write_bytes((folder / "entry.json").read_bytes())
    with open_store(folder, IDENTITY) as store:
        with pytest.raises(InputError, match=r"other\.json: was altered"):
            store.load("other", Strategy)
        store.save("other", ENTRY)
        with pytest.raises(InputError, match=r"other\.json: cannot be read .*--fresh"):
            store.load("other", Environment)


def test_a_deleted_entry_is_missed_and_one_not_noted_yet_is_taken(folder: Path) -> None:
    (folder / "progress.json").unlink()
    assert reread(folder) == ENTRY
    with open_store(folder, IDENTITY) as store:
        store.save("entry", ENTRY)
    (folder / "entry.json").unlink()
    with pytest.raises(InputError, match=r"entry\.json: is missing: .*--fresh"):
        reread(folder)


def test_a_store_of_the_first_edition_is_refused_but_for_fresh(tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text("{}")
    with pytest.raises(InputError, match=r"of an earlier version: .*--fresh"):
        reread(tmp_path)
    with open_store(tmp_path, IDENTITY, fresh=True):
        assert not (tmp_path / "asked.json").exists()


def test_two_processes_cannot_work_in_one_folder_even_with_fresh(folder: Path) -> None:
    with open_store(folder, IDENTITY) as store:
        for fresh in (False, True):
            with (
                pytest.raises(InputError, match="another process works there"),
                open_store(folder, IDENTITY, fresh=fresh),
            ):
                pass
        assert store.load("entry", Strategy) == ENTRY


def test_fresh_discards_a_store_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (folder / "study").mkdir()
    (folder / "study" / "study.db").touch()
    with open_store(folder, {}, fresh=True) as store:
        assert not store.has("entry")
    assert {path.name for path in folder.iterdir()} == {LOCK, "identity.json"}
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.tex").touch()
    with open_store(tmp_path / "own", {}, fresh=True):
        assert (tmp_path / "own" / "thesis.tex").exists()


def test_a_killed_write_leaves_the_entry_and_its_part_is_cleared(folder: Path) -> None:
    (folder / ".entry.json.99999999-ab.part").write_text("{")
    assert reread(folder) == ENTRY
    assert {path.name for path in folder.iterdir()} == {
        *(LOCK, "identity.json", "progress.json", "entry.json")
    }
