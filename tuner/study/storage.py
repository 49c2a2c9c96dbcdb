"""Where finished trials are kept: SQLite in the study's folder, or any Optuna storage URL.

Only the coordinator writes, and only whole finished trials, one transaction each, in the order of
their numbers. So nothing is left RUNNING by a kill, and what is stored is always a beginning of the
same list.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from filelock import FileLock, Timeout
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from tuner.errors import InputError, MissingExtraError
from tuner.study.sampling import directions
from tuner.study.spec import MAY_CHANGE, StudySpec

FILE, LOCK = "study.db", "study.lock"
SPEC, VERSION, DATA = "tuner:spec", "tuner:version", "tuner:data"


def default_url(folder: Path) -> str:
    """Give the URL of the SQLite file in a study's folder."""
    return f"sqlite:///{folder / FILE}"


def shown(url: str) -> str:
    """Give a storage URL without anything secret: dialect, host and database.

    Examples
    --------
    >>> shown("postgresql+psycopg://me:secret@db.example:5432/tuning?password=secret")
    'postgresql+psycopg://db.example:5432/tuning'
    """
    parsed = _parsed(url)
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
    """
    try:
        storage = RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    except ImportError:
        raise MissingExtraError(
            f"{shown(url)}: the database driver is missing: for PostgreSQL"
            " pip install 'tuner[postgres]' and write postgresql+psycopg://."
        ) from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise InputError(f"{shown(url)}: {_cause(error)}: check that the database runs.") from None
    except RuntimeError as error:
        raise InputError(f"{shown(url)}: {' '.join(str(error).split())}") from None
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


@contextmanager
def only_coordinator(url: str, name: str, folder: Path) -> Iterator[None]:
    """Hold a study for this process alone; a killed process lets go of it.

    Raises
    ------
    InputError
        When another process works on the study.
    """
    taken = InputError(
        f"study {name}: another process is working on it: wait for it, or end it, then try again."
    )
    if _parsed(url).get_backend_name() == "postgresql":
        with _advisory_lock(url, name, taken):
            yield
        return
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise taken from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(url: str, name: str, taken: InputError) -> Iterator[None]:
    key = int.from_bytes(hashlib.sha256(f"tuner:{name}".encode()).digest()[:8], signed=True)
    engine = sqlalchemy.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(sqlalchemy.text("SELECT pg_try_advisory_lock(:k)"), {"k": key}):
            raise taken
        yield


def open_study(storage: RDBStorage, spec: StudySpec, data_sha256: str, version: str) -> Study:
    """Open a study, or begin it; what its trials rest on must be as it was.

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
    content = spec.model_dump(mode="json", by_alias=True)
    known = study.user_attrs
    if SPEC not in known:
        if study.get_trials(deepcopy=False):
            raise InputError(
                f"study {spec.name}: was made by another program: choose another name or --storage."
            )
        for key, value in ((SPEC, content), (VERSION, version), (DATA, data_sha256)):
            study.set_user_attr(key, value)
    elif unlike := _differences(known, content, data_sha256, version):
        raise InputError(
            f"study {spec.name}: what is stored differs: {'; '.join(unlike)}. Restore it, or give"
            " the study another name."
        )
    return study


def finished(study: Study) -> list[FrozenTrial]:
    """Give the trials of a study in the order of their numbers."""
    return sorted(study.get_trials(deepcopy=False), key=lambda trial: trial.number)


def _differences(
    known: dict[str, Any], content: dict[str, Any], data_sha256: str, version: str
) -> list[str]:
    there = {"tuner": known.get(VERSION), "data": known.get(DATA), **dict(_flat(known[SPEC]))}
    here = {"tuner": version, "data": data_sha256, **dict(_flat(content))}
    return [
        f"{key} was {json.dumps(there.get(key))} and is {json.dumps(here.get(key))}"
        for key in sorted(there.keys() | here.keys())
        if key not in MAY_CHANGE and there.get(key) != here.get(key)
    ]


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, value


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise InputError(
            "--storage must be a database URL such as sqlite:///study.db or"
            " postgresql+psycopg://user@host/database."
        ) from None


def _cause(error: sqlalchemy.exc.SQLAlchemyError) -> str:
    """Give the kind of the failure only: a driver's own words may repeat the URL."""
    return {
        "OperationalError": "cannot be reached, or refuses the user",
        "NoSuchModuleError": "is of a kind that SQLAlchemy does not know",
    }.get(type(error).__name__, f"cannot be used ({type(error).__name__})")
