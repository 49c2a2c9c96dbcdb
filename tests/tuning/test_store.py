"""What is kept of a tuning, and what is said where it is another's."""

import json
import time
from pathlib import Path

import pytest

from tuner.errors import InputError
from tuner.records import Step
from tuner.tuning.store import Memory, only_one

STEP = Step(name="eta", conclusion="η is 0.5.", seconds=1.0)
ASKED = {"data": "abc", "budget": 60.0}


def test_work_is_done_once(tmp_path: Path) -> None:
    calls = []

    def work() -> Step:
        calls.append(1)
        return STEP

    for _ in range(2):
        assert Memory(tmp_path, ASKED).once(Step, "eta", work) == STEP
    assert len(calls) == 1


def test_another_tuning_is_refused_by_what_differs(tmp_path: Path) -> None:
    Memory(tmp_path / "work", ASKED)
    with pytest.raises(InputError, match=r"budget was 60.0 and is 30.0.*--out.*--fresh") as error:
        Memory(tmp_path / "work", {**ASKED, "budget": 30.0})
    assert "data" not in str(error.value)


def test_time_adds_up_over_goes_but_not_between_them(tmp_path: Path) -> None:
    first = Memory(tmp_path, ASKED, began=time.monotonic() - 10)
    first.keep("eta", STEP)
    again = Memory(tmp_path, ASKED)
    assert 10 <= again.seconds < 11


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    Memory(tmp_path, ASKED).keep("eta", STEP)
    (tmp_path / "eta.json").write_text("{")
    with pytest.raises(InputError, match=r"eta\.json: cannot be read.*--fresh"):
        Memory(tmp_path, ASKED).recall(Step, "eta")


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    Memory(tmp_path, ASKED).keep("eta", STEP)
    assert {path.name for path in tmp_path.iterdir()} == {"asked.json", "clock.json", "eta.json"}
    assert json.loads((tmp_path / "eta.json").read_text())["name"] == "eta"


def test_two_processes_cannot_tune_in_one_folder(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(InputError, match="another process tunes there"),
        only_one(tmp_path),
    ):
        pass
