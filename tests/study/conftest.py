"""PostgreSQL servers of our own."""

from collections.abc import Iterator

import pytest

from tests.support.servers import Postgres, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that the test may end."""
    with postgres_server() as server:
        yield server
