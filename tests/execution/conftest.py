"""Dask clusters of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import DaskCluster, dask_cluster_in


@pytest.fixture
def dask_cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """Return a scheduler with three workers, each a process with one thread."""
    with dask_cluster_in(tmp_path / "dask") as cluster:
        yield cluster
