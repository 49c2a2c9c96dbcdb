"""Every file that a tuning keeps, damaged in many ways: refused by its name, or without effect."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.tuning.plans import store_plans
from tuner.data import load
from tuner.errors import InputError
from tuner.execution.opening import open_executor
from tuner.records import Record, to_json
from tuner.storage.run_store import RunStore
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import MODEL, SETTINGS, WORK, tune
from tuner.tuning.request import TuneRequest
from tuner.tuning.steps.search import STUDY

IRIS = load("iris")
REQUEST = TuneRequest(budget=1, source="iris", command="tune")

Result = tuple[object, bytes, bytes]


def tuned(folder: Path) -> Result:
    """Run or resume the tuning; return its record, without times, its model and its settings."""
    found = tune(IRIS, REQUEST, folder, executor=open_executor(trainer_of(IRIS)))
    assert found
    record = {k: v for k, v in to_json(found.record).items() if k not in ("seconds", "steps")}
    return record, (folder / MODEL).read_bytes(), (folder / SETTINGS).read_bytes()


class Killed(BaseException):
    """Stands for a kill: nothing that follows is done."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("finished")
    store_plans(folder, IRIS, REQUEST)
    return folder, tuned(folder)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tuning that was killed when its study was complete, and the step not stored yet."""
    folder = tmp_path_factory.mktemp("searched")
    store_plans(folder, IRIS, REQUEST)
    save: Callable[[RunStore, str, Record], None] = RunStore.save

    def die_before(store: RunStore, name: str, record: Record) -> None:
        if name == "study":
            raise Killed
        save(store, name, record)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunStore, "save", die_before)
        with pytest.raises(Killed):
            tuned(folder)
    return folder


def damages(content: bytes, flips: int) -> Iterator[tuple[str, bytes]]:
    """Yield what a file could hold instead, each with its name."""
    yield "empty", b""
    yield "null", b"null"
    yield "nested", b"[" * 100_000
    yield "another type", b'{"schema": 1, "sha256": "0", "content": 7}'
    rng = np.random.default_rng(len(content))
    for cut in (1, len(content) // 2):
        yield f"cut by {cut}", content[:-cut]
    for at in rng.choice(len(content), flips, replace=False):
        flipped = content[at] ^ 1 << int(rng.integers(8))
        yield f"byte {at}", content[:at] + bytes([flipped]) + content[at + 1 :]


def outcome(folder: Path, path: Path, expected: Result) -> str:
    """Resume with a damaged file; return "refused" where it is named, "same" without effect."""
    try:
        result = tuned(folder)
    except InputError as error:
        line = str(error)
        return "refused" if str(path) in line and "\n" not in line else line
    return "same" if result == expected else "another result"


def outcomes(of: Path, names: str, tmp_path: Path, expected: Result, flips: int) -> Counter[str]:
    """Damage each file of some names in a copy of a tuning, and count what comes of it."""
    counts: Counter[str] = Counter()
    folder = tmp_path / "copy"
    shutil.copytree(of, folder)
    for path in sorted((folder / WORK).rglob(names)):
        sound = path.read_bytes() if path.is_file() else b""
        for what, content in damages(sound, flips) if sound else ():
            path.write_bytes(content)
            came = outcome(folder, path, expected)
            assert came in ("refused", "same"), f"{path.name}, {what}"
            counts[came] += 1
            path.write_bytes(sound)
    return counts


@pytest.mark.parametrize("flips", [2, pytest.param(60, marks=pytest.mark.exhaustive)])
def test_no_damage_to_a_finished_tuning_is_taken_for_a_result(
    flips: int, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    """The study was read when its step ended: all other files must be told to be damaged."""
    counts = outcomes(finished[0], "*", tmp_path, finished[1], flips)
    print(f"{counts.total()} damages: {dict(counts)}")
    assert counts["refused"] > 7 * (6 + flips)


def test_nor_is_one_to_what_the_study_keeps(searched: Path, tmp_path: Path) -> None:
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    etas = tmp_path / WORK / STUDY / "etas.json"
    for what, content in damages(etas.read_bytes(), flips=0):
        etas.write_bytes(content)
        with pytest.raises(InputError, match=r"etas\.json: .*remove it"):
            pytest.fail(f"{what}: {tuned(tmp_path)}")


def test_a_file_of_another_network_than_the_judged_one_is_refused(
    finished: tuple[Path, Result], tmp_path: Path
) -> None:
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    for file in (tmp_path / WORK).glob("kind-*-1.safetensors"):
        first = file.with_name(file.name.replace("-1.safe", "-0.safe"))
        file.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"another network than the one .*--fresh"):
        tuned(tmp_path)
