import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.exports import (
    IRIS_MODELS,
    classified,
    images,
    mixed,
    network,
    number_committee,
    numbers,
    raw_numbers,
)
from tuner.data import load
from tuner.errors import DataError
from tuner.storage.models import Model

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
export = pytest.importorskip("tuner.export.torch")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::tuner.errors.DataWarning"),
]


def check(module: Any, model: Model, x: Any, raw: Any) -> None:
    given = module(torch.from_numpy(np.asarray(x, dtype=np.float64))).detach().numpy()
    np.testing.assert_allclose(given, model.predict_proba(raw), rtol=0, atol=1e-6)
    assert len(np.unique(given, axis=0)) > 1


@pytest.mark.parametrize("name", IRIS_MODELS)
def test_the_module_gives_the_same_of_numbers(name: str) -> None:
    model = IRIS_MODELS[name]()
    rows = np.random.default_rng(0).normal(4, 3, (50, 4))
    check(export.module_of(model), model, rows, rows)


def test_gaps_outliers_and_dates_are_prepared_inside() -> None:
    frame = numbers()
    model = network(classified(frame))
    check(export.module_of(model), model, raw_numbers(frame), frame)


def test_robust_scaling() -> None:
    rows = np.random.default_rng(0).normal(4, 3, (50, 4))
    model = network(load("iris", scaling="robust"))
    check(export.module_of(model), model, rows, rows)


def test_images() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 3, 2))
    pixels[:, 0, 0] = 255
    model = network(images())
    check(export.module_of(model), model, pixels, pixels)


def test_texts_are_refused() -> None:
    with pytest.raises(DataError, match=r"^column 'color' holds texts, .*: export to onnx"):
        export.module_of(network(classified(mixed())))


@pytest.mark.long
@pytest.mark.parametrize("rows", [1, 7])
def test_a_stored_program_takes_any_number_of_rows(rows: int) -> None:
    frame: pd.DataFrame = numbers()
    model = network(classified(frame))
    module = torch.export.load(io.BytesIO(export.content(model))).module()
    given = module(torch.from_numpy(raw_numbers(frame).to_numpy()[:rows]))
    expected = model.predict_proba(frame)[:rows]
    np.testing.assert_allclose(given.detach().numpy(), expected, rtol=0, atol=1e-6)


@pytest.mark.long
def test_a_stored_program_loads_without_tuner(tmp_path: Path) -> None:
    (tmp_path / "m.pt2").write_bytes(export.content(network(load("iris"))))
    code = "import sys, torch; torch.export.load('m.pt2').module(); print('tuner' in sys.modules)"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def test_numbers_are_predicted() -> None:
    frame = numbers()
    model = number_committee(frame)
    x = torch.from_numpy(raw_numbers(frame).to_numpy())
    given = export.module_of(model)(x).detach().numpy()[:, 0]
    np.testing.assert_allclose(given, model.predict(frame), rtol=1e-5)
    assert 800 < given.mean() < 1_200
