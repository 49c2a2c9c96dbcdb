from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

TRAIN = "train --data iris --hidden 4 --eta 1 --epochs 2 --out run --save run/model.safetensors"


@pytest.mark.parametrize(
    ("to", "name"),
    [("onnx", "model.onnx"), pytest.param("torch", "model.pt2", marks=pytest.mark.long)],
)
def test_a_model_or_the_folder_of_a_run_is_written_beside_it(
    tuner: "Tuner", to: str, name: str
) -> None:
    pytest.importorskip(to, reason=f"{to} is not installed (extra: {to})")
    assert tuner(*TRAIN.split()).code == 0
    written = Path("run", name)
    answer = tuner("export", "run", "--to", to)
    assert (answer.code, answer.out, answer.err) == (0, f"Exported: {written}\n", "")
    assert written.stat().st_size > 0
    answer = tuner("export", "run/model.safetensors", "--to", to, "--out", "b", "--json")
    assert answer.json == {
        "schema": 1,
        "command": "export",
        "model": "run/model.safetensors",
        "to": to,
        "files": ["b"],
    }
    assert Path("b").stat().st_size > 0
