from pathlib import Path

import pytest

from tests.support.exports import network
from tuner.data import load
from tuner.errors import DataError, MissingExtraError
from tuner.export import TARGETS, export_model


@pytest.mark.parametrize("to", TARGETS)
def test_the_lack_of_a_package_is_one_line(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=TARGETS[to].package)

    monkeypatch.setattr("tuner.export.import_module", missing)
    with pytest.raises(MissingExtraError, match=rf"^to {to} needs {to}, .*'eta-tuner\[{to}\]'\.$"):
        export_model(network(load("iris")), to, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", TARGETS)
def test_scaling_by_quantiles_is_refused(to: str, tmp_path: Path) -> None:
    pytest.importorskip(to, reason=f"{to} is not installed (extra: {to})")
    with pytest.raises(DataError, match=r"scaled by quantiles.*: train with another --scaling"):
        export_model(network(load("iris", scaling="quantile")), to, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
