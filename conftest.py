"""What holds for all tests and doctests.

Openings of test parts are counted apart from the user's; `TUNER_STATE_DIR` is inherited by the
processes that a test starts. Examples of modules whose optional part is not installed are left out.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

OPTIONAL = {
    "onnx": ["tuner/export/onnx.py"],
    "torch": ["tuner/trainers/torch.py", "tuner/export/torch.py"],
}
collect_ignore = [path for name in OPTIONAL if not find_spec(name) for path in OPTIONAL[name]]

VARIABLE = "TUNER_STATE_DIR"


@pytest.fixture(scope="session")
def state_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that do not exist yet."""
    base = tmp_path_factory.mktemp("state")
    return (base / str(number) for number in count())


@pytest.fixture(scope="session", autouse=True)
def state_of_the_session(state_folders: Iterator[Path]) -> Iterator[None]:
    """Keep the fixtures of a session away from the user's own count."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(next(state_folders)))
        yield


@pytest.fixture(scope="module", autouse=True)
def state_of_the_module(state_folders: Iterator[Path]) -> Iterator[None]:
    """Let the fixtures of a module begin with no test part opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(next(state_folders)))
        yield


@pytest.fixture(autouse=True)
def state_of_the_test(state_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin with no test part opened."""
    monkeypatch.setenv(VARIABLE, str(next(state_folders)))
