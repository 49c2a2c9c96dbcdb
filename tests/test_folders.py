"""One run at a time in a folder, and no run's results lost to another's."""

import json
import threading
from pathlib import Path

import pytest

import tuner
from tuner.errors import OutputError
from tuner.folders import LOCK, TakenError, claimed, claimed_or_next, same_run

ONE = "python -m tuner train --data iris --seed 1"


def hold(folder: Path, command: str = ONE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "records.json").write_text(json.dumps({"command": command}))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("train --seed=1 --data=iris --json --out x --workers 2 --fresh --resume", True),
        ("train --data iris --seed 2", False),
        ("train --data iris", False),
        ("find-eta --data iris --seed 1", False),
        ("tune --data iris --seed 1", False),
    ],
)
def test_a_run_is_known_by_its_command(other: str, same: bool) -> None:
    assert same_run(ONE, f"python -m tuner {other}") is same


def test_positional_words_tell_runs_apart() -> None:
    assert not same_run("python -m tuner reproduce --json a", "python -m tuner reproduce --json b")
    assert same_run("python -m tuner tune --budget 1m", "python -m tuner tune --budget 2m")


@pytest.mark.parametrize(
    "held", ['{"command": "python -m tuner tune"}', "[]", "{}", "\x00", "[" * 9]
)
def test_results_of_another_run_are_kept(tmp_path: Path, held: str) -> None:
    (tmp_path / "records.json").write_text(held)
    with (
        pytest.raises(TakenError, match="holds the results of another run"),
        claimed(tmp_path, ONE),
    ):
        pass
    with claimed(tmp_path, ONE, replace=True):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["records.json"]


def test_the_default_folder_gives_way(tmp_path: Path) -> None:
    hold(tmp_path / "a", "python -m tuner tune")
    hold(tmp_path / "a-2", ONE)
    with claimed_or_next(tmp_path / "a", ONE) as folder:
        assert folder.name == "a-2"
        with claimed_or_next(tmp_path / "a", ONE) as again:  # the same thread may
            assert again == folder


def test_two_at_once(tmp_path: Path) -> None:
    names: list[str] = []

    def other() -> None:
        with pytest.raises(TakenError, match="another process works there"), claimed(out, ONE):
            pass
        with claimed_or_next(out, ONE) as folder:
            names.append(folder.name)

    out = tmp_path / "out"
    with claimed(out, ONE):
        assert (out / LOCK).exists()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert names == ["out-2"]
    assert list(out.iterdir()) == []


def test_a_dangling_link_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("nowhere")
    with pytest.raises(OutputError, match="is a link to nothing"), claimed(tmp_path / "a", ONE):
        pass


def test_a_failure_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claimed(tmp_path / "a" / "b", ONE):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_from_python_keeps_the_first(tmp_path: Path) -> None:
    def train(seed: int, *, fresh: bool = False) -> None:
        tuner.train("iris", eta=0.5, hidden=(4,), epochs=1, seed=seed, folder=tmp_path, fresh=fresh)

    train(1)
    first = (tmp_path / "model.safetensors").read_bytes()
    train(1)
    with pytest.raises(tuner.TunerError, match="another run"):
        train(2)
    assert (tmp_path / "model.safetensors").read_bytes() == first
    train(2, fresh=True)
    assert (tmp_path / "model.safetensors").read_bytes() != first
