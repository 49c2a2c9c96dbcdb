"""A real PostgreSQL server as the storage."""

import os
import signal
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.support.servers import Postgres, free_port
from tests.support.study.processes import coordinator
from tests.support.study.small import LONGER, run, spec_of, trials_of, undisturbed
from tuner.errors import InputError, TunerError
from tuner.execution.base import Callbacks
from tuner.study.coordinator import StudyProgress
from tuner.study.optuna_storage import only_coordinator, shown
from tuner.study.studies import delete_study, stored_studies, stored_study


def said(error: BaseException, *secrets: str) -> str:
    """The message, after a look for secrets in it and in the whole traceback."""
    text = str(error)
    whole = "".join(traceback.format_exception(error))
    assert "\n" not in text
    assert not [secret for secret in secrets if secret in whole]
    return text


@pytest.mark.parametrize("workers", [1, 2])
def test_the_trials_are_those_of_sqlite(tmp_path: Path, postgres: Postgres, workers: int) -> None:
    url = postgres.new_database()
    summary = run(spec_of(), tmp_path, storage=url, workers=workers)
    assert trials_of(summary) == undisturbed()
    assert stored_study(url, "small") == summary
    assert not (tmp_path / "study.db").exists()
    rows = postgres.execute("SELECT state FROM trials", str(make_url(url).database))
    assert {row[0] for row in rows} == {"COMPLETE", "PRUNED"}


def test_it_goes_on_where_it_was_also_from_another_folder(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.new_database()
    run(spec_of(), tmp_path / "one", storage=url, trials=6)
    assert trials_of(run(spec_of(), tmp_path / "two", storage=url)) == undisturbed()


@pytest.mark.long
def test_two_coordinators_at_once_on_different_studies(tmp_path: Path, postgres: Postgres) -> None:
    """They also begin at once, in a database without any tables yet."""
    for attempt in range(3):
        url = postgres.new_database()
        names, ready, ends = ("one", "two"), threading.Barrier(2), dict[str, Any]()

        def begin(name: str, url: str, ready: Any, ends: dict[str, Any], folder: Path) -> None:
            ready.wait()
            try:
                ends[name] = trials_of(run(spec_of(name=name, trials=6), folder, storage=url))
            except Exception as error:
                ends[name] = error

        threads = [
            threading.Thread(target=begin, args=(n, url, ready, ends, tmp_path / f"{n}{attempt}"))
            for n in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in names:
            assert ends[name] == undisturbed(name=name, trials=6)
        assert [summary.study for summary in stored_studies(url)] == ["one", "two"]


def test_a_second_coordinator_on_the_same_study_is_refused(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.new_database()
    with coordinator(LONGER, tmp_path / "one", "--storage", url) as process:
        with pytest.raises(InputError) as error:
            run(spec_of(LONGER), tmp_path / "two", storage=url)
        assert said(error.value, postgres.password) == (
            "study longer: another process is working on it: wait for it, or end it, then try"
            " again."
        )
        with pytest.raises(InputError, match="another process is working on it"):
            delete_study(url, "longer", tmp_path / "two")
        run(spec_of(name="other", trials=2), tmp_path / "three", storage=url)
        assert process.poll() is None
    assert trials_of(run(spec_of(LONGER), tmp_path / "two", storage=url)) == undisturbed(LONGER)


def test_a_lock_is_let_go_of(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.new_database()
    for _ in range(2):
        with only_coordinator(url, "small", tmp_path):
            pass


def test_a_wrong_password_is_one_line_without_it(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.url("postgres", password="wr0ng")  # noqa: S106
    in_query = f"postgresql+psycopg://127.0.0.1:{postgres.port}/postgres?user=tuner&password=wr0ng"
    for given in (url, in_query):
        with pytest.raises(InputError) as error:
            run(spec_of(), tmp_path, storage=given)
        assert said(error.value, "wr0ng") == (
            f"{shown(url)}: cannot be reached, or refuses the user: check that the database runs."
        )
        with pytest.raises(InputError) as error:
            stored_studies(given)
        said(error.value, "wr0ng")


def test_a_password_may_hold_any_character(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.new_database()
    postgres.execute("CREATE ROLE odd LOGIN SUPERUSER PASSWORD 'a{b}%c@d:/?#'")
    odd = make_url(url).set(username="odd", password="a{b}%c@d:/?#")  # noqa: S106
    given = odd.render_as_string(hide_password=False)
    assert trials_of(run(spec_of(trials=6), tmp_path, storage=given)) == undisturbed(trials=6)


def test_no_server_is_one_line_without_the_password(tmp_path: Path, postgres: Postgres) -> None:
    port = free_port()
    url = f"postgresql+psycopg://tuner:s3cr3t@127.0.0.1:{port}/postgres"
    with pytest.raises(InputError) as error:
        run(spec_of(), tmp_path, storage=url)
    assert said(error.value, "s3cr3t") == (
        f"postgresql+psycopg://127.0.0.1:{port}/postgres: cannot be reached, or refuses the user:"
        " check that the database runs."
    )


def test_a_server_that_ends_meanwhile_is_one_line_and_nothing_is_lost(
    tmp_path: Path, own_postgres: Postgres
) -> None:
    url = own_postgres.new_database()
    pid = int((own_postgres.folder / "postmaster.pid").read_text().split()[0])

    def watch(progress: StudyProgress) -> None:
        if len(progress.trials) >= 6 and progress.doing == "training 3 networks to epoch 5":
            os.kill(pid, signal.SIGINT)

    with pytest.raises(TunerError) as error:
        run(spec_of(), tmp_path, storage=url, callbacks=Callbacks(watch=watch))
    assert said(error.value, own_postgres.password) == (
        f"{shown(url)}: the database stopped answering: finished trials are stored: check the"
        " database, then run the command again to go on."
    )
    assert not isinstance(error.value, InputError)
