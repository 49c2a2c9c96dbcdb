"""What a result was made from and with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from statistics import fmean
from typing import Literal

from tuner.serialization import Record

TaskName = Literal["classification", "regression"]
"""Whether classes or numbers are predicted."""

TaskChoice = Literal["auto", "classification", "regression"]
"""What a target is to be taken for."""


SealedPart = tuple[str, str | None, int | None, int, str | None, str | None]
"""Content, target, seed of the split, size, groups and time of a test part."""


@dataclass(frozen=True, kw_only=True)
class DataIdentity(Record):
    """Which examples train, validate and test: all that a resumed run must agree in about data.

    It is stored with every model, checkpoint, study and record. Two runs with the same identity
    have the same examples in each of the three parts.

    Attributes
    ----------
    sha256
        SHA-256 of the content of the source, in hexadecimal.
    n_train, n_validation, n_test
        Number of examples in each part.
    target
        Column of a table that is predicted; None where the source has no columns.
    split_seed
        Random seed of the split; None where the parts are published ones, or the result is older
        than this field.
    folds
        Number of cross-validation folds; None for one validation part.
    repeats
        How often they are drawn, with other cuts; each example validates in every repeat.
    dropped
        Columns that were left out.
    task
        Whether the target is read as classes or as numbers.
    drop_rare
        Whether classes of fewer than five examples were left out.
    scaling
        How columns of numbers were scaled, a name in `tuner.settings.SCALINGS`.
    groups
        The column whose groups are each in one part; None where examples were parted.
    time
        The column by which later examples judge; None where they were drawn.
    test_size
        Share of the examples that test, as it was asked for; None for a fifth.
    test_sha256
        SHA-256 of the file that is the test part; None where it was parted off.

    Examples
    --------
    >>> sizes = {"n_train": 90, "n_validation": 30, "n_test": 30}
    >>> one, other = (DataIdentity(sha256="ab", split_seed=seed, **sizes) for seed in (0, 1))
    >>> one == other, one.test_part == other.test_part
    (False, False)
    """

    sha256: str
    n_train: int
    n_validation: int
    n_test: int
    target: str | None = None
    split_seed: int | None = None
    folds: int | None = None
    dropped: tuple[str, ...] = ()
    task: TaskName = "classification"
    drop_rare: bool = False
    scaling: str = "standard"
    groups: str | None = None
    time: str | None = None
    test_size: float | None = None
    test_sha256: str | None = None
    repeats: int = 1

    @property
    def identity(self) -> "DataIdentity":
        """The identity alone, without what a `DataSummary` adds to it."""
        return DataIdentity(
            **{each.name: getattr(self, each.name) for each in fields(DataIdentity)}
        )

    @property
    def lanes(self) -> int:
        """Number of networks of each seed: one for each fold of each repeat."""
        return (self.folds or 1) * self.repeats

    @property
    def n_validating(self) -> int:
        """Number of examples that validate a network: with folds each does once."""
        return self.n_train + self.n_validation if self.folds else self.n_validation

    def over_folds(self, values: Sequence[float]) -> tuple[float, ...]:
        """Return the mean over seeds in each fold of a value of each network, seed after seed.

        Folds of several repeats follow one another.

        Without folds these are the values themselves.
        """
        if not self.folds:
            return tuple(values)
        return tuple(fmean(values[lane :: self.lanes]) for lane in range(self.lanes))

    @property
    def test_part(self) -> "SealedPart":
        """What the test part depends on: not the number of training examples that are used."""
        if self.test_sha256 is not None:
            return self.test_sha256, self.target, None, self.n_test, None, None
        seed = self.split_seed if self.time is None else None
        return self.sha256, self.target, seed, self.n_test, self.groups, self.time


class NoteKind(StrEnum):
    """What a note on data is about."""

    DROPPED = "dropped"
    READ_AS = "read-as"
    FILLED = "filled"
    DOUBTFUL = "doubtful"
    UNSEEN = "unseen"


@dataclass(frozen=True, kw_only=True)
class Note(Record):
    """What a user must know of how data were read.

    Attributes
    ----------
    kind
        What it is about.
    text
        One sentence that names the column.
    """

    kind: NoteKind
    text: str


@dataclass(frozen=True, kw_only=True)
class DataSummary(DataIdentity):
    """The identity of the data and how to describe them; nothing of the test examples themselves.

    Attributes
    ----------
    name
        The known name of the data set, or the name of its file.
    n_features
        Number of inputs of the network.
    classes
        Name of each class; none where numbers are predicted.
    image_shape
        (height, width) where each input is an image, else None.
    notes
        What must be known of how the data were read.
    """

    name: str
    n_features: int
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    notes: tuple[Note, ...] = ()

    @property
    def n_outputs(self) -> int:
        """Output neurons of a network: one a class, or one number."""
        return len(self.classes) or 1


@dataclass(frozen=True, kw_only=True)
class Environment(Record):
    """The versions and the numerical library that a result was made with."""

    tuner: str
    python: str
    platform: str
    packages: Mapping[str, str]
    blas: str
    blas_threads: int
