"""Files are whole at any moment, and what killed processes leave is cleared."""

import os
import stat
from pathlib import Path

import pytest

from tuner.errors import InputError, OutputError
from tuner.files import clear_parts, only_process, write_file, write_files

NOBODY = 99_999_999
"""A process number above any that a system gives."""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_files_are_replaced_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a": b"old", "b": b"old"})
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"b: cannot be written \(No space.*\): make room\.$"):
        write_files(tmp_path, {"a": b"new", "b": b"new"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"old"
    assert names(tmp_path) == {"a", "b"}


@pytest.mark.parametrize("name", ["model.safetensors", ".hidden", "x.part", "ü" * 120, "n" * 255])
def test_what_a_killed_writer_left_is_cleared_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        patch.setattr(os, "getpid", lambda: NOBODY)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            write_file(tmp_path / name, b"new")
    assert len(names(tmp_path)) == 1
    write_file(tmp_path / name, b"new")
    assert names(tmp_path) == {name}


def test_leftovers_of_older_versions_are_cleared_and_those_of_running_processes_kept(
    tmp_path: Path,
) -> None:
    running = f".m.{os.getppid()}-ab.part"
    for name in (f".m.{NOBODY}.part", ".m.part", f".other.{NOBODY}-ab.part", running, "m.part"):
        (tmp_path / name).touch()
    write_file(tmp_path / "m", b"")
    assert names(tmp_path) == {"m", f".other.{NOBODY}-ab.part", running, "m.part"}
    clear_parts(tmp_path)
    assert names(tmp_path) == {"m", running, "m.part"}
    clear_parts(tmp_path / "none")


def test_a_symbolic_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    for link in ("target", ".target.part", f".target.{os.getpid()}.part"):
        (tmp_path / link).symlink_to(victim)
    write_file(tmp_path / "target", b"new")
    assert victim.read_bytes() == b"precious"
    assert (tmp_path / "target").read_bytes() == b"new"
    assert not (tmp_path / "target").is_symlink()


def test_files_have_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    written = write_file(tmp_path / "written", b"")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_a_lock_is_held_by_one_and_stays_as_a_file(tmp_path: Path) -> None:
    lock, taken = tmp_path / "new" / "a.lock", InputError("taken")
    with (
        only_process(lock, taken),
        pytest.raises(InputError, match="taken"),
        only_process(lock, taken),
    ):
        pass
    with only_process(lock, taken):
        assert lock.exists()


def test_a_lock_that_is_a_link_or_a_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "link.lock").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder.lock").mkdir()
    for name in ("link.lock", "folder.lock"):
        with (
            pytest.raises(OutputError, match=rf"{name}: cannot be written \(.*\): choose another"),
            only_process(tmp_path / name, InputError("taken")),
        ):
            pass
    assert not (tmp_path / "elsewhere").exists()
