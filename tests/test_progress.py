"""A bar is for terminals and notebooks; elsewhere nothing is printed."""

import sys

import pytest

from tuner.progress import bar


def test_a_terminal_sees_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with bar("finding η", total=4) as trained:
        trained(3)
        trained(3)
    shown = capsys.readouterr().err
    assert "finding η: 0 of about 4 epochs" in shown
    assert "6 of about 6 epochs" in shown


def test_elsewhere_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("finding η", total=4) as trained:
        trained(4)
    assert capsys.readouterr().err == ""
