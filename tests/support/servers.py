"""Servers of our own on loopback, started for the tests that need them and ended by their ids."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.study.processes import wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], log: Path, **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server for as long as the block takes."""
    with (
        log.open("ab") as output,
        subprocess.Popen(command, stdout=output, stderr=output, **options) as server,  # noqa: S603
    ):
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


# PostgreSQL


@dataclass
class Postgres:
    """A PostgreSQL server with password authentication."""

    folder: Path
    port: int
    user: str = "tuner"
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    databases: int = 0

    def url(self, database: str, password: str | None = None) -> str:
        secret = self.password if password is None else password
        return f"postgresql+psycopg://{self.user}:{secret}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            autocommit=True,
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make a database, and give its URL."""
        self.databases += 1
        self.execute(f"CREATE DATABASE study{self.databases}")
        return self.url(f"study{self.databases}")

    def answers(self) -> bool:
        import psycopg

        try:
            return bool(self.execute("SELECT 1"))
        except psycopg.OperationalError:
            return False


def postgres_program(name: str) -> str | None:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(newest[0]) if newest else None)


def postgres_owner() -> dict[str, Any]:
    """As whom to run the server, which refuses to be run by root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if not os.getuid() else {}


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    initdb, program = postgres_program("initdb"), postgres_program("postgres")
    if not find_spec("psycopg") or not initdb or not program:
        pytest.skip("PostgreSQL: needs the extra `postgres` and the server's programs")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(folder / "data", free_port())
    secret = folder / "password"
    secret.write_text(server.password)
    owner = postgres_owner()
    if owner:
        for path in (folder, secret):
            shutil.chown(path, owner["user"], owner["group"])
    make = [initdb, "-D", str(server.folder), "-U", server.user, "--pwfile", str(secret)]
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": "",
        "fsync": "off",
    }
    run = [program, "-D", str(server.folder)]
    run += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    try:
        subprocess.run(  # noqa: S603
            [*make, "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **owner,
        )
        with started(run, folder / "log", cwd="/", **owner):
            wait_until(server.answers)
            yield server
    finally:
        shutil.rmtree(folder)


# Dask


@dataclass
class DaskCluster:
    """A scheduler and its workers."""

    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: list["subprocess.Popen[bytes]"]


@contextmanager
def dask_cluster_in(folder: Path) -> Iterator[DaskCluster]:
    """Return a scheduler with three workers, each a process with one thread."""
    if not find_spec("distributed"):
        pytest.skip("Dask: needs the extra `dask`")
    folder.mkdir()
    address = f"tcp://127.0.0.1:{free_port()}"
    dask = [sys.executable, "-m"]
    scheduler = [*dask, "distributed.cli.dask_scheduler", "--no-dashboard", "--no-show"]
    worker = [*dask, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    worker += ["--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder)]
    port = address.rpartition(":")[2]
    command = [*scheduler, "--host", "127.0.0.1", "--port", port]
    with (
        started(command, folder / "scheduler.log") as head,
        started(worker, folder / "1.log") as one,
        started(worker, folder / "2.log") as two,
        started(worker, folder / "3.log") as three,
    ):
        wait_until(lambda: workers_of_scheduler(address) == 3, seconds=60)
        yield DaskCluster(address, head, [one, two, three])


def workers_of_scheduler(address: str) -> int:
    distributed: Any = import_module("distributed")
    try:
        with distributed.Client(address, timeout=1, set_as_default=False) as client:
            return len(client.nthreads())
    except OSError:
        return 0
