"""Load a data set by name or path, and split it into three parts."""

import warnings
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.data.arrays import array_examples, array_inputs
from tuner.data.catalogue import READERS, unknown
from tuner.data.dataset import Dataset, Part, TuningData
from tuner.data.deciding import decided
from tuner.data.files import PACKED, check_file, exists, plain_suffix, read_bytes
from tuner.data.idx import parse_idx, read_idx_pair
from tuner.data.inputs import Examples, Inputs, Roles, Rows, images
from tuner.data.npz import read_npz, read_npz_inputs
from tuner.data.preprocessing import Preprocessing, fit
from tuner.data.splits import group_codes, split, without_rare
from tuner.errors import DataError, DataWarning, OptionError, require_choice
from tuner.records import Note, NoteKind, TaskChoice
from tuner.settings import SCALINGS

if TYPE_CHECKING:
    import pandas as pd

    Raw = ArrayLike | Path | pd.DataFrame

HOLDS = {"classification": "classes", "regression": "numbers"}

USUAL = Roles()
"""Of columns, where nothing is said of them."""

TABLES = (".csv", ".tsv", ".parquet", ".xlsx")
FILE_SUFFIXES = (*TABLES, ".npz", *PACKED)


def load(
    source: "str | Path | pd.DataFrame",
    *,
    target: str | None = None,
    task: TaskChoice = "auto",
    drop: Sequence[str] = (),
    drop_rare: bool = False,
    scaling: str = "standard",
    test_data: "str | Path | pd.DataFrame | None" = None,
    test_size: float | None = None,
    groups: str | None = None,
    time: str | None = None,
    train_size: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Load a data set by name or path, or take a DataFrame; split it, and seal its test part.

    Parameters
    ----------
    source
        A known name (`known`), or the path of a file: .csv, .tsv, .parquet or .xlsx, also packed
        as .gz, .xz or .zip, .npz with arrays `x` and `y`, or IDX images with their labels beside
        them; or a DataFrame of pandas or polars.
    target
        The column of a table to predict; by default the one called target, label, class or y.
    task
        Whether to predict classes or numbers: "classification", "regression", or "auto", which
        takes for numbers what holds fractions or more than 20 different whole numbers.
    drop
        Columns of a table to leave out.
    drop_rare
        Whether to leave out the examples of classes that have fewer than five.
    scaling
        How columns of numbers are scaled: "standard", "robust" or "quantile", as
        `tuner.data.preprocessing.fit` says.
    test_data
        Another table, which is the test part.
    test_size
        Share of the examples that test, 0 … 0.5, by default a fifth; with 0 nothing is sealed, and
        folds must judge.
    groups
        A column of a table: no two parts or folds share one of its groups. It is no input.
    time
        A column of numbers or dates: the latest rows test, those before them validate. It stays an
        input, as its kind says, unless it is dropped.
    train_size
        Number of training examples to use: a stratified sample of the training part.
    seed
        Random seed of the split and the sample.

    Returns
    -------
    Dataset
        Split 60/20/20 and stratified; `mnist` and `fashion-mnist` as published: 50,000 to train,
        10,000 to validate, 10,000 to test. Tables are scaled and one-hot encoded as fitted
        on the training part used, images scaled to [0, 1].

    Raises
    ------
    DataError
        When the data cannot be used; DownloadError when they cannot be downloaded.
    OptionError
        When `target`, `scaling`, `test_size`, `groups`, `time`, `train_size` or `seed` does not fit
        the data.
    MissingExtraError
        For Parquet without pyarrow, for Excel without openpyxl.

    Warns
    -----
    DataWarning
        For each of the notes of its `summary`: columns left out, numbers with units, dates.

    Examples
    --------
    >>> wine = load("wine", train_size=60)
    >>> wine.train.x.shape, wine.validation.n, wine.classes
    ((60, 13), 35, ('class_0', 'class_1', 'class_2'))
    """
    roles = Roles(target=target, task=task, drop=tuple(drop), groups=groups, time=time)
    if isinstance(source, str | Path):
        examples = read(str(source), roles)
    else:
        from tuner.data.tables import read_frame

        examples = read_frame(source, roles)
    if test_data is not None:
        examples = _with_test(examples, test_data, roles)
    if drop_rare:
        examples = without_rare(examples)
    data = assemble(
        examples, scaling=scaling, test_size=test_size, train_size=train_size, seed=seed
    )
    warn(data.summary.notes, data.name)
    return data


def _with_test(
    examples: Examples, test_data: "str | Path | pd.DataFrame", roles: Roles
) -> Examples:
    if not examples.columns:
        raise OptionError(
            f"test_data goes with a table, but {examples.name} is none: leave it out."
        )
    from tuner.data.given import given_test

    if isinstance(test_data, str | Path):
        path = Path(test_data)
        if plain_suffix(path) not in TABLES:
            raise DataError(
                f"{path}: is not a table: give a file that ends in {', '.join(TABLES)}."
            )
        check_file(path)
    return given_test(test_data, examples, roles)


def from_arrays(
    x: ArrayLike,
    y: ArrayLike,
    *,
    task: TaskChoice = "auto",
    scaling: str = "standard",
    test_size: float | None = None,
    train_size: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Make a data set of arrays: x (n, d) or images (n, h, w), and labels or numbers y (n,).

    Parameters and errors are those of `load`.

    Examples
    --------
    >>> from_arrays(np.arange(20).reshape(10, 2), ["a", "b"] * 5).train.x.shape
    (6, 2)
    """
    examples = array_examples("arrays", np.asarray(x), np.asarray(y), task=task)
    data = assemble(
        examples, scaling=scaling, test_size=test_size, train_size=train_size, seed=seed
    )
    warn(data.summary.notes, data.name)
    return data


def warn(notes: Sequence[Note], where: str) -> None:
    """Warn of each note, as a `DataWarning` that names the data."""
    for note in notes:
        warnings.warn(f"{where}: {note.text}", DataWarning, stacklevel=3)


def read(source: str, roles: Roles = USUAL) -> Examples:
    """Read a data set by name or path as it is, neither split nor scaled; errors as `load`.

    Examples
    --------
    >>> read("iris").inputs.numbers.shape
    (150, 4)
    """
    path = Path(source)
    if source not in READERS:
        _check_path(path)
        if plain_suffix(path) in TABLES:
            from tuner.data.tables import read_table

            return read_table(path, roles)
    first = roles.drop[0] if roles.drop else None
    for role, name in (
        ("target", roles.target),
        ("drop", first),
        ("groups", roles.groups),
        ("time", roles.time),
    ):
        if name is not None:
            raise OptionError(f"{role} is {name!r} but {source} has no columns: leave it out.")
    examples = READERS[source]() if source in READERS else _read_arrays(path, roles.task)
    if roles.task not in ("auto", examples.task):
        raise OptionError(
            f"task is {roles.task} but {source} holds {HOLDS[examples.task]}: leave it out."
        )
    return examples


@dataclass(frozen=True, eq=False)
class Prepared:
    """Inputs of a network, made of raw ones.

    Attributes
    ----------
    x
        Float32, shape (n, d): a row for each example, in the order of the source.
    notes
        What must be known of how they were read.
    """

    x: NDArray[np.float32]
    notes: tuple[Note, ...] = ()


def prepare(
    source: "Raw",
    preprocessing: Preprocessing,
    *others: Preprocessing,
    known: Container[str] | None = None,
) -> Prepared:
    """Read examples to predict for: no labels needed, other columns of a table left alone.

    Parameters
    ----------
    source
        As for `load`, or an array: columns (n, d) in the order of training, or images (n, h, w).
    preprocessing, *others
        Of the data set that the model was trained on. Several, of folds of the same raw columns,
        make their inputs side by side.
    known
        Columns that are no inputs but need no note, such as the target; by default no other column
        needs one.

    Raises
    ------
    DataError
        When the data cannot be used, lack a column that the model was trained on, hold no category
        of training in one, or have pixels of another range.

    Examples
    --------
    >>> iris = load("iris")
    >>> prepare("iris", iris.preprocessing).x.shape
    (150, 4)
    """
    inputs, beside = _raw_inputs(source, preprocessing)
    every = (preprocessing, *others)
    notes = dict.fromkeys(note for each in every for note in each.check_new(inputs))
    if known is not None:
        notes |= dict.fromkeys(_ignored([name for name in beside if name not in known]))
    rows = [each.transform(inputs) for each in every]
    return Prepared(np.hstack(rows) if others else rows[0], tuple(notes))


def _ignored(names: Sequence[str]) -> list[Note]:
    """Return the note that columns were not there in training; none where there are none."""
    if not names:
        return []
    listed = ", ".join(map(repr, names[:10])) + (", …" if len(names) > 10 else "")
    they = "column {} was not in the data of training: it is ignored."
    if len(names) > 1:
        they = "columns {} were not in the data of training: they are ignored."
    return [Note(kind=NoteKind.DROPPED, text=they.format(listed))]


def read_inputs(source: "Raw", preprocessing: Preprocessing) -> NDArray[np.float32]:
    """Read examples to predict for, and warn where `prepare` has notes on them.

    Examples
    --------
    >>> read_inputs("iris", load("iris").preprocessing).shape
    (150, 4)
    """
    prepared = prepare(source, preprocessing)
    warn(prepared.notes, str(source) if isinstance(source, str | Path) else "x")
    return prepared.x


def _raw_inputs(source: "Raw", preprocessing: Preprocessing) -> tuple[Inputs, tuple[str, ...]]:
    """Return the columns of training, and the names of those that a table has beside them."""
    if hasattr(source, "columns"):
        from tuner.data.tables import frame_columns

        return frame_columns(source, preprocessing.raw_columns, "x")
    if not isinstance(source, str | Path):
        return _array_columns(np.asarray(source), preprocessing), ()
    path, source = Path(source), str(source)
    if source in READERS:
        return READERS[source]().inputs, ()
    _check_path(path)
    if plain_suffix(path) in TABLES:
        from tuner.data.tables import read_columns

        return read_columns(path, preprocessing.raw_columns)
    if path.suffix.lower() == ".npz":
        return read_npz_inputs(path), ()
    if "idx3" in path.name:
        pixels = parse_idx(read_bytes(path), str(path), dimensions=3)
        return images(pixels)[0], ()
    raise _unsupported(path)


def _array_columns(x: NDArray[Any], preprocessing: Preprocessing) -> Inputs:
    """Name the columns of an array as in training; raise `DataError` where that is ambiguous."""
    if preprocessing.image_shape is not None and x.ndim == 3:
        return array_inputs("x", x)[0]
    kinds = [each for each in preprocessing.raw_columns if each.kind != "dropped"]
    names, texts = preprocessing.column_names, preprocessing.text_names
    if x.ndim != 2 or x.shape[1] != len(names) or not len(x):
        raise DataError(
            f"x: has shape {x.shape} but must be (n, {len(names)}): give the columns of training."
        )
    if not texts:
        return replace(array_inputs("x", x)[0], number_names=names)
    if texts != names:
        raise DataError("x: has columns of numbers and of texts: give a DataFrame.")
    from tuner.data.tables import array_columns

    return array_columns(x, kinds)


def is_table(source: str) -> bool:
    """Tell whether a source is a file with columns, one of which is the target."""
    return source not in READERS and plain_suffix(Path(source)) in TABLES


def _check_path(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # no record and no page could hold it
        raise DataError(f"{path}: the name is not UTF-8: rename the file.") from None
    looks_like_file = path.suffix.lower() in FILE_SUFFIXES or len(path.parts) > 1
    if not exists(path) and not looks_like_file:
        raise unknown(str(path))
    check_file(path)


def _read_arrays(path: Path, task: TaskChoice) -> Examples:
    if path.suffix.lower() == ".npz":
        return read_npz(path, task)
    if "idx3" in path.name:
        return read_idx_pair(path)
    if "idx1" in path.name:
        raise DataError(f"{path}: holds labels: give the images file, whose name has idx3.")
    raise _unsupported(path)


def _unsupported(path: Path) -> DataError:
    return DataError(
        f"{path}: its kind is not supported: use {', '.join(TABLES)}, .npz, or IDX images (…idx3…)."
    )


def assemble(
    examples: Examples,
    *,
    scaling: str = "standard",
    test_size: float | None = None,
    train_size: int | None = None,
    seed: int = 0,
    small_classes: bool = False,
) -> Dataset:
    """Split examples, choose columns and fit the preprocessing, and seal the test part.

    Parameters and errors are those of `tuner.data.preprocessing.fit` and `tuner.data.splits.split`.

    Raises
    ------
    OptionError
        When `scaling` is unknown, or the examples are images, which it does not concern.
    """
    require_choice("scaling", scaling, SCALINGS)
    if examples.image_shape and scaling != "standard":
        raise OptionError(f"scaling is {scaling} but {examples.name} holds images: leave it out.")
    rows = split(
        examples, test_size=test_size, train_size=train_size, seed=seed, small_classes=small_classes
    )
    tuned_on = np.concatenate([rows.train, rows.validation])
    examples = decided(examples, tuned_on)
    if examples.image_shape is None:
        preprocessing = fit(examples.inputs.take(rows.train), examples.columns, scaling)
    else:
        preprocessing = Preprocessing(
            image_shape=examples.image_shape,
            divisor=examples.divisor,
            brightest=float(examples.inputs.numbers.max()),
        )

    def part(chosen: Rows) -> Part:
        return Part(preprocessing.transform(examples.inputs.take(chosen)), examples.y[chosen])

    tuning = TuningData(
        part(rows.train), part(rows.validation), examples.classes, examples.image_shape
    )
    raw = None if examples.image_shape else examples.inputs.take
    return Dataset(
        tuning,
        part(rows.test),
        name=examples.name,
        sha256=examples.sha256,
        preprocessing=preprocessing,
        target=examples.target,
        split_seed=None if examples.published else seed,
        scaling=scaling,
        drop_rare=examples.kept is not None,
        dropped=tuple(each.name for each in examples.columns if each.kind == "dropped"),
        notes=examples.notes,
        groups=examples.groups_column,
        time=examples.time_column,
        test_size=test_size,
        test_sha256=examples.given_sha256,
        raw=raw and raw(tuned_on),
        raw_test=raw and raw(rows.test),
        group_of=None if examples.groups is None else group_codes(examples.groups[tuned_on]),
    )
