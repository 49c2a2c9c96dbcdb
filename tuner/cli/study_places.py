"""Where studies lie: from a name, `--out` and `--storage` to a folder and a storage URL."""

import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tuner.cli.options import FOLDER, TEXT, Opt
from tuner.errors import InputError, OptionError
from tuner.settings import Kind

if TYPE_CHECKING:
    from tuner.records import StudySummary

HOME, PREFIX = Path("reports"), "study-"
URL = Kind(TEXT.convert, "the URL of a database", "URL")


@dataclass(frozen=True)
class Place:
    """Where one or more studies lie.

    Attributes
    ----------
    folder
        Of the study: batch under way, and the SQLite file unless `storage` is given.
    storage
        As `--storage` gives it.
    """

    folder: Path
    storage: str | None = None

    @property
    def url(self) -> str:
        """The storage URL, which may hold a password: never print it."""
        from tuner.study.optuna_storage import default_url

        return self.storage or default_url(self.folder)

    @property
    def shown(self) -> str:
        """Where the trials are, without anything secret."""
        from tuner.study.optuna_storage import shown

        return shown(self.storage) if self.storage else str(self.folder)


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """Where the studies lie."""

    storage: Annotated[
        str | None, Opt("An Optuna storage; else SQLite in the study's folder.", URL)
    ]
    out: Annotated[Path | None, Opt("The folder of the study.", FOLDER)]

    def __post_init__(self) -> None:
        if self.storage:
            check_storage(self.storage)


def default_folder(name: str) -> Path:
    """Return the folder that a study has unless --out names one."""
    return HOME / f"{PREFIX}{name}"


def check_storage(url: str) -> None:
    """Raise unless a storage URL can be understood and names something that lasts."""
    from sqlalchemy.engine import make_url

    from tuner.study.optuna_storage import shown

    shown(url)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise OptionError("storage must name a file, such as sqlite:///studies.db.")


def find(name: str, options: PlaceOptions) -> "tuple[Place, StudySummary]":
    """Return the study of a name, and where it lies.

    Raises
    ------
    InputError
        When there is none of that name, or several.
    """
    known = stored(options)
    found = [(place, study) for place, study in known if study.study == name]
    if len(found) > 1:
        at_home = [each for each in found if each[0].folder == default_folder(name)]
        folders = ", ".join(str(place.folder) for place, _ in found)
        if not at_home:
            raise InputError(f"study {name}: is in {folders}: say which by --out.")
        found = at_home
    if not found:
        raise InputError(_unknown(name, [study.study for _, study in known], options))
    place, study = found[0]
    if place.storage and not options.out:
        place = Place(default_folder(name), place.storage)
    return place, study


def stored(options: PlaceOptions) -> "list[tuple[Place, StudySummary]]":
    """Return every study there is, by name; of a storage among many that cannot be read, warn."""
    found = []
    for place in (there := places(options)):
        try:
            found += [(place, study) for study in _stored_in(place)]
        except InputError as error:
            if len(there) == 1:
                raise
            print(f"warning: {error}", file=sys.stderr)
    return sorted(found, key=lambda each: each[1].study)


def _stored_in(place: Place) -> "list[StudySummary]":
    from tuner.study.studies import stored_studies

    return stored_studies(place.url)


def places(options: PlaceOptions) -> list[Place]:
    """Return every place to look at.

    Raises
    ------
    InputError
        When the one that was asked for is not there; looking would make an empty one.
    """
    from tuner.study.optuna_storage import FILE

    if options.storage:
        _check_there(options.storage)
        return [Place(options.out or Path(), options.storage)]
    if options.out:
        if not (options.out / FILE).is_file():
            raise InputError(f"--out {options.out}: holds no {FILE}: give the folder of a study.")
        return [Place(options.out)]
    return [Place(file.parent) for file in sorted(HOME.glob(f"{PREFIX}*/{FILE}"))]


def printable(url: str) -> str:
    """Return a storage URL that may be printed: as it is, unless it may hold a password.

    Examples
    --------
    >>> printable("sqlite:///studies.db"), printable("postgresql+psycopg://me@db/tuning")
    ('sqlite:///studies.db', 'postgresql+psycopg://me@db/tuning')
    >>> printable("postgresql+psycopg://me:secret@db/tuning")
    'postgresql+psycopg://db/tuning'
    """
    from tuner.study.optuna_storage import shown

    user = url.partition("://")[2].rpartition("@")[0]
    return shown(url) if ":" in user or "?" in url else url


def redacted(argv: Sequence[str]) -> list[str]:
    """Return what was typed, with nothing secret in the storage URL.

    Examples
    --------
    >>> redacted(["study", "list", "--storage=postgresql+psycopg://me:secret@db/tuning", "--json"])
    ['study', 'list', '--storage=postgresql+psycopg://db/tuning', '--json']
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] == "--storage":
            words.append(printable(word))
        elif word.startswith("--storage="):
            words.append(f"--storage={printable(word.removeprefix('--storage='))}")
        else:
            words.append(word)
    return words


def _check_there(url: str) -> None:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise InputError(f"--storage {parsed.database}: no such file: check the path.")


def _unknown(name: str, known: Sequence[str], options: PlaceOptions) -> str:
    where = f"under {HOME}" if not (options.storage or options.out) else "there"
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"study {name}: is not stored {where}: did you mean {near[0]}?"
    there = f"those that are: {', '.join(known)}" if known else "none is"
    return f"study {name}: is not stored {where}: {there}."
