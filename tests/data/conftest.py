import os
from pathlib import Path

import pytest

from tuner.data import Dataset, load


@pytest.fixture(scope="session")
def real_mnist() -> Dataset:
    if not os.environ.get("TUNER_DATA_DIR"):
        pytest.skip("TUNER_DATA_DIR is not set: the real MNIST is not at hand")
    return load("mnist")


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Neither TUNER_DATA_DIR nor anything in the user's cache, which lies in tmp_path."""
    monkeypatch.delenv("TUNER_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path
