"""Where finished trials are kept: SQLite in the study's folder, or any Optuna storage URL.

Only the coordinator writes, one finished trial per transaction, in the order of their numbers. So a
kill leaves no trial RUNNING, and the stored trials are always a prefix of the same list.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import SCHEMA_VERSION
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from tuner.data.files import digest
from tuner.errors import InputError, MissingExtraError, TunerError
from tuner.files import only_process
from tuner.records import DataSummary, to_json
from tuner.study.sampling import directions
from tuner.study.space import stated_in
from tuner.study.spec import MAY_CHANGE, StudySpec

FILE, LOCK = "study.db", "study.lock"
SPEC, VERSION, DATA, SHA256 = "tuner:spec", "tuner:version", "tuner:data", "tuner:sha256"

PATIENCE = 10
"""Seconds to wait for a database server to answer."""

BUSY_PATIENCE = 30
"""Seconds to wait for other readers and writers of an SQLite file: 20 that read without pause, on a
busy machine, kept a study from writing for more than the usual five."""

SHOWN = 4
"""Differences that a message names; it says how many more there are."""

STUMBLES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RecursionError, TypeError, ValueError),
)
"""What Optuna raises for a damaged database."""

SQLITE: Mapping[str, tuple[str, str]] = {
    "BUSY": ("another program holds it", "wait until that has ended, then try again"),
    "LOCKED": ("another program holds it", "wait until that has ended, then try again"),
    "CANTOPEN": ("cannot be opened", "see that its folder exists and can be written"),
    "FULL": ("no space is left", "make room, then run the command again"),
    "READONLY": ("cannot be written", "see to its rights, or choose another place"),
    "PERM": ("cannot be written", "see to its rights, or choose another place"),
    "IOERR": ("cannot be read or written", "see to the disk, or choose another place"),
    "CORRUPT": ("is damaged, or no database", "restore it, or choose another place"),
    "NOTADB": ("is damaged, or no database", "restore it, or choose another place"),
}
"""What is wrong with an SQLite file and what to do, by error code."""


def default_url(folder: Path) -> str:
    """Return the URL of the SQLite file in a study's folder."""
    return URL.create("sqlite", database=str(folder / FILE)).render_as_string()


def shown(url: str) -> str:
    """Return a storage URL without secrets: dialect, host and database.

    For a URL whose password holds an unescaped @, which may have been parsed into host or database,
    only the dialect is returned.

    Examples
    --------
    >>> shown("postgresql+psycopg://me:secret@db.example:5432/tuning?password=secret")
    'postgresql+psycopg://db.example:5432/tuning'
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return f"{parsed.drivername}:///{parsed.database or ''}"
    if parsed.username is not None and "@" in f"{parsed.host}{parsed.database}":
        return f"{parsed.drivername}://…"
    return URL.create(
        parsed.drivername, host=parsed.host, port=parsed.port, database=parsed.database
    ).render_as_string()


@contextmanager
def connected(url: str) -> Iterator[RDBStorage]:
    """Open a storage.

    Raises
    ------
    InputError
        When it cannot be reached; the message shows no password.
    MissingExtraError
        When the driver of the database is not installed.
    TunerError
        When it stops answering later.
    """
    storage = _opened(url)
    try:
        yield storage
    except (SQLAlchemyError, StorageInternalError) as error:
        what, advice = _problem(error) or ("the database stopped answering", _TRY_AGAIN)
        raise TunerError(f"{shown(url)}: {what}: finished trials are stored: {advice}.") from None
    finally:
        storage.remove_session()
        storage.engine.dispose()


_TRY_AGAIN = "check the database, then run the command again to go on"


def _opened(url: str) -> RDBStorage:
    with _connecting(url), reading(url), _one_at_a_time(url):
        arguments = {"connect_args": _connect_args(url), "pool_pre_ping": True}
        # Optuna takes the URL for a format.
        storage = RDBStorage(
            url.replace("{", "{{").replace("}", "}}"),
            engine_kwargs=arguments,
            skip_compatibility_check=True,
        )
        with storage.engine.connect() as connection:
            schema = connection.scalar(sqlalchemy.text("SELECT schema_version FROM version_info"))
        if schema > SCHEMA_VERSION:
            raise InputError(
                f"{shown(url)}: was written by a newer Optuna, with schema {schema} where this one "
                f"reads {SCHEMA_VERSION}: pip install -U optuna, or choose another place."
            )
        version = storage.get_current_version()
        if version not in _COMPATIBLE and version != storage.get_head_version():
            raise InputError(
                f"{shown(url)}: its tables are those of Optuna {version} where this one makes"
                f" {storage.get_head_version()}: run `optuna storage upgrade`, or choose another"
                " place."
            )
        _COMPATIBLE.add(version)
        return storage


_COMPATIBLE = set[str]()
"""Versions of the tables that this Optuna makes: to find it, all its migrations are loaded."""


@contextmanager
def _connecting(url: str) -> Iterator[None]:
    """Turn failures to connect into errors that show no secrets."""
    try:
        yield
    except ImportError:
        raise MissingExtraError(
            f"{shown(url)}: the database driver is missing: for PostgreSQL"
            " pip install 'eta-tuner[postgres]' and write postgresql+psycopg://."
        ) from None
    except (SQLAlchemyError, StorageInternalError) as error:
        what, advice = _problem(error) or (_cause(error), "check that the database runs")
        raise InputError(f"{shown(url)}: {what}: {advice}.") from None
    except RuntimeError as error:
        raise InputError(f"{shown(url)}: {' '.join(str(error).split())}") from None


@contextmanager
def reading(url: str, study: str = "") -> Iterator[None]:
    """Turn the exceptions that a damaged database causes in Optuna into one clear error.

    Parameters
    ----------
    study
        Name of the study that is read.
    """
    try:
        yield
    except TunerError:
        raise
    except STUMBLES as error:
        raise _damaged(url, study, f"is damaged ({type(error).__name__})") from error


@contextmanager
def only_coordinator(url: str, name: str, folder: Path) -> Iterator[None]:
    """Lock a study and its folder for this process; a kill releases the lock.

    Raises
    ------
    InputError
        When another process works on the study, or the storage cannot be reached.
    OutputError
        When the folder cannot be written.
    """
    taken = InputError(
        f"study {name}: another process is working on it: wait for it, or end it, then try again."
    )
    with only_process(folder / LOCK, taken), _storage_lock(url, name, folder, taken):
        yield


def _storage_lock(
    url: str, name: str, folder: Path, taken: InputError
) -> AbstractContextManager[None]:
    """Lock the study in its storage, which may be shared by several folders."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _advisory_lock(url, name, taken)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        file = Path(str(parsed.database)).absolute()
        if not file.parent.is_dir():
            what, advice = SQLITE["CANTOPEN"]
            raise InputError(f"{shown(url)}: {what}: {advice}.")
        if file != (folder / FILE).absolute():
            return only_process(file.with_name(f"{file.name}.{name}.lock"), taken)
    return nullcontext()


@contextmanager
def _advisory_lock(url: str, name: str, taken: InputError) -> Iterator[None]:
    with _connecting(url):
        connection = _own_connection(url)
    with connection:
        with _connecting(url):
            query = sqlalchemy.text(f"SELECT pg_try_advisory_lock({_key(name)})")
            free = connection.scalar(query)
        if not free:
            raise taken
        yield


@contextmanager
def _one_at_a_time(url: str) -> Iterator[None]:
    """Let one process at a time create the tables where the database does not ensure it."""
    if _parsed(url).get_backend_name() != "postgresql":
        yield
        return
    with _own_connection(url) as connection:
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({_key('')})"))
        yield


def _own_connection(url: str) -> Connection:
    return sqlalchemy.create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=_connect_args(url),
    ).connect()


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"tuner:{name}".encode()).digest()[:8], signed=True)


def _connect_args(url: str) -> dict[str, Any]:
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite" and "timeout" not in parsed.query:
        return {"timeout": BUSY_PATIENCE}
    if (
        parsed.get_driver_name() in {"psycopg", "psycopg2"}
        and "connect_timeout" not in parsed.query
    ):
        return {"connect_timeout": PATIENCE}
    return {}


def open_study(storage: RDBStorage, spec: StudySpec, data: DataSummary, version: str) -> Study:
    """Open or create a study; everything its trials depend on must be unchanged.

    Raises
    ------
    InputError
        When the study was made by another version of tuner, from another file or other data; the
        message says what differs.
    """
    study = optuna.create_study(
        study_name=spec.name,
        storage=storage,
        directions=directions(spec),
        load_if_exists=True,
    )
    content = spec.document()
    here = {DATA: to_json(data.identity), VERSION: version, SPEC: content}
    here = {SHA256: _study_digest(here), **here}
    known = study.user_attrs
    if SPEC in known:
        check(storage, study)
        if not known[DATA].keys() >= here[DATA].keys():
            raise InputError(
                f"study {spec.name}: was made by an older tuner, which did not store how the data "
                "were split: choose another --out, or give the study another name."
            )
        if unlike := _differences(known, here):
            more = f"; and {len(unlike) - SHOWN} more" if len(unlike) > SHOWN else ""
            raise InputError(
                f"study {spec.name}: what is stored differs: {'; '.join(unlike[:SHOWN])}{more}: "
                "restore it, choose another --out, or give the study another name."
            )
        return study
    if study.get_trials(deepcopy=False):
        raise InputError(
            f"study {spec.name}: was made by another program: choose another name or --storage."
        )
    for key, value in here.items():  # SPEC is the last: with it, all are there.
        study.set_user_attr(key, value)
    return study


def study_names(storage: RDBStorage) -> list[str]:
    """Return the names of all studies, including those that Optuna cannot read."""
    with storage.engine.connect() as connection:
        query = sqlalchemy.text("SELECT study_name FROM studies ORDER BY study_name")
        return [str(name) for name in connection.scalars(query)]


def finished(study: Study) -> list[FrozenTrial]:
    """Return the trials of a study in the order of their numbers."""
    return sorted(study.get_trials(deepcopy=False), key=lambda trial: trial.number)


def sealed(trial: FrozenTrial) -> FrozenTrial:
    """Return a finished trial with a checksum of everything stored for it."""
    trial.set_user_attr(SHA256, _trial_digest(trial))
    return trial


def check(storage: RDBStorage, study: Study) -> None:
    """Verify a study: trials 0 … n − 1, each there once and finished, and all checksums.

    An older tuner stored no checksums.

    Raises
    ------
    InputError
        When something was altered, or a trial is missing, stored twice or unfinished.
    """
    problem = _study_problem(study) or _numbers_problem(storage, study) or _trials_problem(study)
    if problem:
        raise _damaged(storage.url, study.study_name, problem)


def _study_problem(study: Study) -> str | None:
    attributes = study.user_attrs
    if SHA256 in attributes and attributes[SHA256] != _study_digest(attributes):
        return f"what its file says {_ALTERED}"
    return None


def _numbers_problem(storage: RDBStorage, study: Study) -> str | None:
    """Return which number is missing or there twice; of such a pair Optuna hides one."""
    query = sqlalchemy.text(
        "SELECT number FROM trials JOIN studies USING (study_id) WHERE study_name = :name"
    )
    with storage.engine.connect() as connection:
        numbers = sorted(connection.scalars(query, {"name": study.study_name}))
    for expected, number in enumerate(numbers):
        if number < expected:
            return f"trial {number} is there twice"
        if number > expected:
            return f"trial {expected} is missing"
    return None


def _trials_problem(study: Study) -> str | None:
    with_checksums, spec = SHA256 in study.user_attrs, study.user_attrs[SPEC]
    searched = stated_in(spec["search"]).keys()
    for trial in finished(study):
        known = trial.user_attrs.get(SHA256)
        if (known or with_checksums) and known != _trial_digest(trial):
            return f"trial {trial.number} {_ALTERED}"
        if trial.state not in (TrialState.COMPLETE, TrialState.PRUNED):
            state = trial.state.name.lower()
            return f"trial {trial.number} is {state}, though only finished trials are stored"
        if trial.params.keys() != searched or len(trial.values or ()) != len(spec["objectives"]):
            return f"trial {trial.number} has values that are not those of the study"
    return None


_ALTERED = "was altered or damaged (its SHA-256 differs)"


def _damaged(url: str, study: str, what: str) -> InputError:
    where = f"{shown(url)}: study {study}" if study else shown(url)
    return InputError(f"{where}: {what}: restore the database, or choose another place.")


def _study_digest(attributes: Mapping[str, Any]) -> str:
    return digest(json.dumps([attributes[key] for key in (DATA, VERSION, SPEC)]).encode())


def _trial_digest(trial: FrozenTrial) -> str:
    params = {
        name: [distribution_to_json(each), each.to_internal_repr(trial.params[name])]
        for name, each in sorted(trial.distributions.items())
    }
    attributes = {k: v for k, v in sorted(trial.user_attrs.items()) if k != SHA256}
    rungs = sorted(trial.intermediate_values.items())
    stored = [trial.number, trial.state.name, trial.values, params, rungs, attributes]
    return digest(json.dumps(stored).encode())


def _differences(known: dict[str, Any], here: dict[str, Any]) -> list[str]:
    now, then = _by_name(here), _by_name(known)
    return [
        f"{key} was {_text(then.get(key))} and is {_text(now.get(key))}"
        for key in {**then, **now}
        if then.get(key) != now.get(key)
    ]


def _by_name(attributes: dict[str, Any]) -> dict[str, Any]:
    spec = {key: value for key, value in attributes[SPEC].items() if key not in MAY_CHANGE}
    identity = dict(_flat(attributes[DATA], "data."))
    return {"tuner": attributes[VERSION], **identity, **dict(_flat(spec))}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (SQLAlchemyError, ValueError):
        raise InputError(
            "--storage must be a database URL such as sqlite:///study.db or"
            " postgresql+psycopg://user@host/database."
        ) from None
    return parsed


def _problem(error: Exception) -> tuple[str, str] | None:
    """Return what is wrong with an SQLite file and what to do; None if unknown."""
    known = error if isinstance(error, DBAPIError) else error.__cause__
    origin = known.orig if isinstance(known, DBAPIError) else None
    code = getattr(origin, "sqlite_errorname", "") if isinstance(origin, sqlite3.Error) else ""
    return SQLITE.get((code or "_").split("_")[1])


def _cause(error: Exception) -> str:
    """Return only the kind of failure: a driver's message may repeat the URL."""
    if type(error).__name__ == "OperationalError":
        return "cannot be reached, or refuses the user"
    return f"cannot be used ({type(error).__name__})"
