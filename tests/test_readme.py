"""The README's Python runs as it stands there, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_python_runs(
    example: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    if "import nn" in example:
        pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text
    assert capsys.readouterr().out


def test_there_is_python_to_run() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?://)([^)]+)\)", TEXT))
def test_links_lead_somewhere(target: str) -> None:
    assert (README.parent / target).exists()
