"""A password in the URL of a storage is in nothing that is printed or written."""

from pathlib import Path

import pytest

from tests.faults.test_kills import STUDY
from tuner.cli.main import run

CANARY = "c4n4ry-p4ssw0rd"

URLS = {
    "unreachable": f"postgresql+psycopg://me:{CANARY}@127.0.0.1:1/d",
    "as a key": f"postgresql+psycopg://127.0.0.1:1/d?password={CANARY}",
    "mistyped": f"postgresql+psycopg://me:x@{CANARY}@127.0.0.1:1/d",
    "no driver": f"nonsense+{CANARY}://me:{CANARY}@h/d",
    "sqlite": f"sqlite:///studies.db?password={CANARY}",
}

COMMANDS = (
    "study run study.toml --trials 1 --workers 1",
    "study list",
    "study show study",
    "study export study",
    "study delete study --yes",
)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (COMMANDS[0], "unreachable"),
        *(pytest.param(c, kind, marks=pytest.mark.exhaustive) for c in COMMANDS for kind in URLS),
    ],
)
def test_a_password_is_printed_and_written_nowhere(
    command: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    for debug in ([], ["--debug"]):
        run([*command.split(), "--storage", URLS[kind], *debug])
        out, err = capfd.readouterr()
        assert out + err
        assert CANARY not in out + err
    for path in tmp_path.rglob("*"):
        assert CANARY not in str(path)
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
