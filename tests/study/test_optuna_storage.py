import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy

from tests.support.study.small import data_of, run, spec_of, trials_of, undisturbed
from tuner.errors import InputError, MissingExtraError, OutputError
from tuner.study import optuna_storage as storage
from tuner.study.optuna_storage import connected, default_url, only_coordinator, open_study, shown
from tuner.study.spec import fitted_study
from tuner.study.studies import delete_study, stored_studies, stored_study

SECRET = "s3cr3t"  # noqa: S105


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("sqlite:///study.db", "sqlite:///study.db"),
        ("sqlite:////tmp/a@b/study.db", "sqlite:////tmp/a@b/study.db"),
        ("sqlite://", "sqlite:///"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://me@h:5432/d", "postgresql+psycopg://h:5432/d"),
        (f"postgresql+psycopg://me:{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://:{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://h/d?password={SECRET}", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://h/d?user=me&password={SECRET}", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg:///d?host=h&password={SECRET}", "postgresql+psycopg:///d"),
        (f"postgresql+psycopg://me:x%40{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://me:x/{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://me:x:{SECRET}@h/d", "postgresql+psycopg://h/d"),
        (f"postgresql+psycopg://me:x@{SECRET}@h/d", "postgresql+psycopg://…"),
        (f"postgresql+psycopg://me:x@y/{SECRET}@h/d", "postgresql+psycopg://…"),
        (f"postgresql+psycopg://me:x@{SECRET}/y@h/d", "postgresql+psycopg://…"),
        (f"mysql+pymysql://me:{SECRET}@h:3306/d", "mysql+pymysql://h:3306/d"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, safe: str) -> None:
    assert shown(url) == safe


def test_the_file_of_sqlite_is_shown_as_sqlalchemy_opens_it() -> None:
    """SQLAlchemy 2.1 decodes %20 in it, 2.0 does not."""
    url = "sqlite:////tmp/a%20%CE%BB.db"
    assert shown(url) == f"sqlite:///{sqlalchemy.make_url(url).database}"


@pytest.mark.parametrize(
    "url",
    [
        *("", "study.db", SECRET, f"me:{SECRET}@h/d", f"redis://:{SECRET}@h/0"),
        *(f"postgresql+psycopg://me:{SECRET}", f"postgresql+psycopg://h:{SECRET}/d"),
        f"nonsense+{SECRET}://h/d",
    ],
)
def test_what_is_no_database_url_is_told_without_repeating_it(tmp_path: Path, url: str) -> None:
    message = (
        "--storage must be a database URL such as sqlite:///study.db or"
        " postgresql+psycopg://user@host/database."
    )
    with pytest.raises(InputError) as error:
        shown(url)
    assert str(error.value) == message
    if url:
        with pytest.raises(InputError) as error:
            run(spec_of(), tmp_path, storage=url)
        assert str(error.value) == message


def test_a_missing_driver_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("psycopg2", "psycopg"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    for driver in ("psycopg", "psycopg2"):
        with pytest.raises(MissingExtraError) as error:
            run(spec_of(), tmp_path, storage=f"postgresql+{driver}://me:{SECRET}@127.0.0.1/d")
        assert str(error.value) == (
            f"postgresql+{driver}://127.0.0.1/d: the database driver is missing: for PostgreSQL"
            " pip install 'eta-tuner[postgres]' and write postgresql+psycopg://."
        )


def test_trials_are_kept_in_the_folder_by_default(tmp_path: Path) -> None:
    summary = run(spec_of(), tmp_path / "new" / "folder")
    kept = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    assert kept == {"study.db", "study.lock", "etas.json"}
    assert trials_of(summary) == undisturbed()


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "a%20b", "{a}", "a@b", "λ"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    run(spec_of(trials=1), tmp_path / name)
    assert (tmp_path / name / "study.db").exists()
    assert [study.study for study in stored_studies(default_url(tmp_path / name))] == ["small"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_another_file_can_be_given(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    summary = run(spec_of(trials=2, eta=0.5), tmp_path / "folder", storage=url)
    assert stored_study(url, "small") == summary
    assert not (tmp_path / "folder" / "study.db").exists()


def test_one_storage_holds_several_studies(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    for name in ("two", "one"):
        run(spec_of(name=name, trials=2), tmp_path / name, storage=url)
    optuna.create_study(study_name="foreign", storage=f"sqlite:///{tmp_path / 'all.db'}")
    assert [study.study for study in stored_studies(url)] == ["one", "two"]
    with pytest.raises(InputError) as error:
        stored_study(url, "three")
    assert str(error.value) == "study three: is not stored there: those that are: one, two."


def test_a_deleted_study_can_be_run_again(tmp_path: Path) -> None:
    first = run(spec_of(eta=0.5), tmp_path)
    delete_study(default_url(tmp_path), "small", tmp_path)
    assert not tmp_path.exists() or not list(tmp_path.glob("*.json"))
    again = run(spec_of(eta=0.5, seed=1), tmp_path)
    assert trials_of(again) != trials_of(first)
    with pytest.raises(InputError, match="study none: is not stored there"):
        delete_study(default_url(tmp_path), "none", tmp_path)


def test_the_study_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with connected(default_url(tmp_path)) as connection:
        study = optuna.create_study(study_name="small", storage=connection)
        study.add_trial(optuna.create_trial(value=0.5))
    with pytest.raises(InputError) as error:
        run(spec_of(), tmp_path)
    assert str(error.value) == (
        "study small: was made by another program: choose another name or --storage."
    )


# What differs


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"seed": 1}, ["seed was 0 and is 1"]),
        ({"batch": 5, "keep": 0.25}, ["batch was 6 and is 5", "keep was 0.5 and is 0.25"]),
        ({"network": {"hidden": [9]}}, ["network.hidden was [8] and is [9]"]),
        (
            {"search": {"lambda": {"low": 0.001, "high": 20, "log": True}}},
            [
                "search.hidden was null and is null",
                "search.lambda.high was 30.0 and is 20.0",
            ],
        ),
        ({"eta": 0.5}, ['eta was "find" and is 0.5']),
    ],
)
def test_the_study_of_another_file_says_what_differs(
    tmp_path: Path, changes: dict[str, Any], differs: list[str]
) -> None:
    run(spec_of(trials=1), tmp_path)
    with pytest.raises(InputError) as error:
        run(spec_of(**changes), tmp_path)
    said = str(error.value)
    assert said.startswith("study small: what is stored differs: ")
    assert said.endswith(": restore it, choose another --out, or give the study another name.")
    assert len(said) < 400
    for each in differs:
        if "null and is null" not in each:
            assert each in said
    if "search" not in changes:
        assert "; ".join(differs) in said


def test_the_study_of_other_data_or_version_says_what_differs(tmp_path: Path) -> None:
    run(spec_of(trials=1), tmp_path)
    data = data_of("iris").summary
    spec = fitted_study(spec_of(), data.task)
    with connected(default_url(tmp_path)) as connection:
        for summary, version, said in (
            (replace(data, sha256="ff"), None, f'data.sha256 was "{data.sha256}" and is "ff"'),
            (replace(data, n_train=80), None, "data.n_train was 90 and is 80"),
            (replace(data, split_seed=7), None, "differs: data.split_seed was 0 and is 7: restore"),
            (replace(data, target="x"), None, 'differs: data.target was null and is "x": restore'),
            (data, "99.0", 'and is "99.0"'),
        ):
            now = version or storage_version(connection)
            with pytest.raises(InputError) as error:
                open_study(connection, spec, summary, now)
            assert said in str(error.value)
            assert ("tuner was" in str(error.value)) is (version is not None)
        open_study(connection, spec, replace(data, name="x"), storage_version(connection))


def storage_version(connection: Any) -> str:
    study = optuna.load_study(study_name="small", storage=connection)
    return str(study.user_attrs[storage.VERSION])


def test_title_and_trials_may_change(tmp_path: Path) -> None:
    run(spec_of(trials=6, eta=0.5), tmp_path)
    summary = run(spec_of(title="new", eta=0.5), tmp_path)
    assert trials_of(summary) == undisturbed(eta=0.5)


def test_a_study_killed_as_it_was_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    original = optuna.Study.set_user_attr
    left = [0]

    def set_or_die(study: optuna.Study, key: str, value: Any) -> None:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        original(study, key, value)

    for survive in range(4):
        left[0] = survive
        with monkeypatch.context() as patch:
            patch.setattr(optuna.Study, "set_user_attr", set_or_die)
            with pytest.raises(KilledError):
                run(spec_of(eta=0.5), tmp_path)
        assert stored_studies(default_url(tmp_path)) == []
    assert trials_of(run(spec_of(eta=0.5), tmp_path)) == undisturbed(eta=0.5)


# One coordinator


def test_one_at_a_time_on_a_folder(tmp_path: Path) -> None:
    url = default_url(tmp_path)
    with only_coordinator(url, "small", tmp_path), pytest.raises(InputError) as error:
        run(spec_of(), tmp_path)
    assert str(error.value) == (
        "study small: another process is working on it: wait for it, or end it, then try again."
    )
    with only_coordinator(url, "small", tmp_path):
        pass


def test_one_at_a_time_on_a_study_in_one_file_from_two_folders(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    with only_coordinator(url, "small", one):
        with pytest.raises(InputError, match="study small: another process is working on it"):
            run(spec_of(), two, storage=url)
        run(spec_of(name="other", trials=1), two, storage=url)


def test_a_study_that_is_worked_on_is_not_deleted(tmp_path: Path) -> None:
    run(spec_of(trials=1), tmp_path)
    with (
        only_coordinator(default_url(tmp_path), "small", tmp_path),
        pytest.raises(InputError, match="another process is working on it"),
    ):
        delete_study(default_url(tmp_path), "small", tmp_path)
    assert stored_study(default_url(tmp_path), "small").trials


# What cannot be written


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        run(spec_of(), tmp_path / "file" / "folder")
    assert str(error.value) == (
        f"{tmp_path / 'file' / 'folder'}: cannot be made (Not a directory): choose another --out."
    )


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "study.lock").mkdir()
    with pytest.raises(OutputError) as error:
        run(spec_of(), tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'study.lock'}: cannot be written (Is a directory): choose another --out."
    )


def test_a_storage_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("no database at all, but long enough to be read as one")
    with pytest.raises(InputError) as error:
        run(spec_of(), tmp_path)
    assert str(error.value) == (
        f"{default_url(tmp_path)}: is damaged, or no database: restore it, or choose another place."
    )


def test_no_process_is_left_when_the_storage_fails(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    (tmp_path / "study.db").write_text("no database at all, but long enough to be read as one")
    with pytest.raises(InputError):
        run(spec_of(), tmp_path, workers=2)
    assert set(multiprocessing.active_children()) == before
