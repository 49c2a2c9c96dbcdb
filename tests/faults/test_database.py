"""A database of SQLite, damaged in many ways: one clear line, or the same study."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.support.study.small import run, spec_of, trials_of, undisturbed
from tuner.errors import InputError, TunerError
from tuner.records import StudySummary
from tuner.study import optuna_storage
from tuner.study.optuna_storage import FILE, default_url
from tuner.study.studies import stored_studies, stored_study

SHORT = spec_of(trials=6, eta=0.5)
"""One batch of three."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    run(SHORT, folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def damages(sound: bytes, number: int) -> Iterator[bytes]:
    """Yield what the file could hold instead: bits flipped, cut, pages of zeros, a text."""
    rng = np.random.default_rng(0)
    for _ in range(number):
        content = bytearray(sound)
        match rng.integers(4):
            case 0:
                for at in rng.integers(len(sound), size=rng.integers(1, 40)):
                    content[at] ^= 1 << int(rng.integers(8))
            case 1:
                del content[int(rng.integers(len(sound))) :]
            case 2:
                page = int(rng.integers(len(sound) // 4096)) * 4096
                content[page : page + 4096] = bytes(4096)
            case _:
                at = int(rng.integers(len(sound) - 100))
                content[at : at + 100] = rng.bytes(100)
        yield bytes(content)
    yield b"no database"


def outcome(read: Callable[[], StudySummary], expected: StudySummary) -> str:
    """Return "refused" for an error of one line, "same" for the study as it was."""
    try:
        return "same" if read() == expected else "another study"
    except TunerError as error:
        return "refused" if "\n" not in str(error) else str(error)


@pytest.mark.parametrize("number", [20, pytest.param(1_000, marks=pytest.mark.exhaustive)])
def test_no_damage_is_taken_for_a_study(
    number: int, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url, file, counts = default_url(folder), folder / FILE, Counter[str]()
    expected, sound = stored_study(url, "small"), file.read_bytes()
    for at, content in enumerate(damages(sound, number)):
        file.write_bytes(content)
        for read in (lambda: stored_study(url, "small"), lambda: run(SHORT, folder)):
            came = outcome(read, expected)
            assert came in ("refused", "same"), f"damage {at}"
            counts[came] += 1
            file.write_bytes(content)
    assert capfd.readouterr() == ("", "")
    assert min(counts["refused"], counts["same"]) > number // 4
    print(f"{counts.total()} readings of damaged files: {dict(counts)}")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE trial_values SET value = 0.99 WHERE trial_id = 3", "trial 2"),
        ("UPDATE trial_params SET param_value = 0.5 WHERE trial_id = 4", "trial 3"),
        ("UPDATE trials SET state = 'FAIL' WHERE number = 1", "trial 1"),
        ("UPDATE trial_intermediate_values SET intermediate_value = 1", "trial 0"),
        ("UPDATE trial_user_attributes SET value_json = '0.25' WHERE key = 'eta'", "trial 0"),
        ("DELETE FROM trials WHERE number = 2", "trial 2 is missing"),
        ("UPDATE trials SET number = 3 WHERE number = 4", "trial 3 is there twice"),
        ("DELETE FROM trial_user_attributes WHERE trial_id = 2", "trial 1"),
        (
            "UPDATE study_user_attributes SET value_json = '1' WHERE key = 'tuner:spec'",
            "what its file says",
        ),
    ],
)
def test_altered_values_are_told(folder: Path, change: str, what: str) -> None:
    alter(folder / FILE, change)
    with pytest.raises(InputError, match=rf"study\.db: study small: .*{what}.*restore"):
        stored_study(default_url(folder), "small")
    with pytest.raises(InputError, match=rf"study\.db: study small: .*{what}.*restore"):
        run(SHORT, folder)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("DELETE FROM trials WHERE number = 2", "trial 2 is missing"),
        ("DELETE FROM trials WHERE number = 0", "trial 0 is missing"),
        ("UPDATE trials SET number = 3 WHERE number = 4", "trial 3 is there twice"),
        ("UPDATE trials SET number = 4 WHERE number = 5", "trial 4 is there twice"),
        ("UPDATE trials SET number = 7 WHERE number = 4", "trial 4 is missing"),
        ("UPDATE trials SET state = 'RUNNING' WHERE number = 5", "trial 5 is running"),
        ("UPDATE trials SET state = 'FAIL' WHERE number = 1", "trial 1 is fail"),
        ("DELETE FROM trial_params WHERE trial_id = 3", "trial 2 has values that are not those"),
        ("DELETE FROM trial_values WHERE trial_id = 4", "trial 3 has values that are not those"),
    ],
)
def test_trials_of_any_edition_are_0_to_n_each_once_and_finished(
    folder: Path, change: str, what: str
) -> None:
    alter(folder / FILE, *WITHOUT_CHECKSUMS, change)
    with pytest.raises(InputError, match=rf"study\.db: study small: {what}.*: restore"):
        stored_study(default_url(folder), "small")
    with pytest.raises(InputError, match=rf"study\.db: study small: {what}.*: restore"):
        run(SHORT, folder)


WITHOUT_CHECKSUMS = [
    f"DELETE FROM {table} WHERE key = 'tuner:sha256'"  # noqa: S608
    for table in ("trial_user_attributes", "study_user_attributes")
]
"""What makes a database as an older edition left it."""


def alter(file: Path, *changes: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for change in changes:
            connection.execute(change)
        connection.commit()


def test_trials_without_checksum_are_read(folder: Path) -> None:
    alter(folder / FILE, *WITHOUT_CHECKSUMS)
    assert trials_of(run(spec_of(eta=0.5), folder)) == undisturbed(eta=0.5)


def test_a_broken_study_does_not_hide_the_others(tmp_path: Path) -> None:
    url, told = f"sqlite:///{tmp_path / 'all.db'}", list[InputError]()
    for name in ("broken", "sound"):
        run(spec_of(name=name, trials=1, eta=0.5), tmp_path / name, storage=url)
    alter(
        tmp_path / "all.db",
        "UPDATE study_user_attributes SET value_json = '{' WHERE study_id = 1",
    )
    assert [study.study for study in stored_studies(url, told.append)] == ["sound"]
    assert ["study broken" in str(error) for error in told] == [True]
    assert stored_study(url, "sound").study == "sound"


def test_a_newer_schema_is_refused_by_its_version(folder: Path) -> None:
    alter(folder / FILE, "UPDATE version_info SET schema_version = 99")
    with pytest.raises(InputError, match=r"newer Optuna, with schema 99 .*pip install -U optuna"):
        stored_studies(default_url(folder))


def test_tables_of_another_optuna_are_refused_by_their_version(folder: Path) -> None:
    alter(folder / FILE, "UPDATE alembic_version SET version_num = 'v1.3.0.a'")
    with pytest.raises(InputError, match=r"Optuna v1\.3\.0\.a .*optuna storage upgrade"):
        stored_studies(default_url(folder))


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nodir' / 'x.db'}"
    with pytest.raises(InputError, match=r"x\.db: cannot be opened: see that its folder exists"):
        run(SHORT, tmp_path / "o", storage=url)


def test_a_file_that_another_program_holds_is_told_and_goes_on_once_free(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna_storage, "BUSY_PATIENCE", 0.5)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match=r"study\.db: another program holds it: wait"):
            run(spec_of(eta=0.5), folder)
    assert trials_of(run(spec_of(eta=0.5), folder)) == undisturbed(eta=0.5)


@pytest.mark.long
def test_a_file_that_is_held_for_longer_than_a_moment_is_waited_for(folder: Path) -> None:
    other = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(7, other.rollback)
    release.start()
    assert stored_study(default_url(folder), "small").study == "small"
    release.join()
    other.close()


def test_a_full_disk_is_told_and_nothing_stored_is_lost(folder: Path) -> None:
    """The limit on the size of files stands for the disk."""
    room = (folder / FILE).stat().st_size + 2_000
    program = (
        f"import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
        "from pathlib import Path; from tests.support.study.small import run, spec_of; "
        f"run(spec_of(eta=0.5), Path({str(folder)!r}))"
    )
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert re.search(r"study\.db: (no space is left|cannot be read or written)", ended.stderr)
    assert trials_of(run(spec_of(eta=0.5), folder)) == undisturbed(eta=0.5)
