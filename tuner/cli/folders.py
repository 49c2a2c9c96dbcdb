"""The folder that a command writes to."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from tuner.errors import OutputError


@contextmanager
def output_folder(folder: Path, option: str = "--out") -> Iterator[None]:
    """Make a folder and see that it can be written to; leave none behind if the block fails.

    Parameters
    ----------
    folder
        It and the folders above it.
    option
        By which the user chose it.

    Raises
    ------
    OutputError
        When the folder cannot be made or written to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home, output_folder(Path(home, "new")):
    ...     print(Path(home, "new").is_dir())
    True
    """
    made: list[Path] = []
    try:
        _open(folder, option, made)
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):  # it is not empty
                each.rmdir()
        raise


def _open(folder: Path, option: str, made: list[Path]) -> None:
    try:
        made += [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = "is a file" if isinstance(error, FileExistsError) else error.strerror
        raise OutputError(
            f"{option} {folder} cannot be written ({why}): choose another."
        ) from error
