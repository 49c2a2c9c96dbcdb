"""Published data sets: found on disk or downloaded once, and verified by SHA-256.

MNIST and Fashion-MNIST use the same file names, so each has a folder of its own and every file is
hashed on every use, wherever it lies.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuner.data.files import digest, read_bytes
from tuner.data.idx import Bytes, idx_examples, parse_idx, unpack_idx
from tuner.data.inputs import Examples
from tuner.errors import DataError, DownloadError

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""Training images and labels, test images and labels; published compressed, as NAME.gz."""

VARIABLE = "TUNER_DATA_DIR"
TIMEOUT = 30
"""Seconds a mirror may be silent."""


@dataclass(frozen=True)
class Published:
    """Where a data set of four IDX files is published, and its hashes.

    Attributes
    ----------
    name
        As given to `load`.
    folder
        Its folder in `TUNER_DATA_DIR` and in the user's cache.
    mirrors
        Addresses, tried in order; a file's name is appended.
    sha256
        Hash by file name: of each `NAME.gz`, and of the uncompressed `NAME` where it is known.
    validation
        How many of the last training images are the validation part.
    """

    name: str
    folder: str
    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]
    validation: int = 10_000

    @property
    def identity(self) -> str:
        """One SHA-256 for the whole set, whichever form of its files is read."""
        return digest(*(self.sha256[f"{file}.gz"].encode() for file in FILES))


def find(published: Published, file: str) -> Path | None:
    """Look for a file, without reading it, in `TUNER_DATA_DIR` and in the user's cache.

    In `TUNER_DATA_DIR` the file may lie in the set's folder or directly, and be compressed or not.

    Raises
    ------
    DataError
        When `TUNER_DATA_DIR` is not a directory.
    """
    for folder in (*_data_folders(published), cache_folder(published)):
        for form in (f"{file}.gz", file):
            if form in published.sha256 and (folder / form).exists():
                return folder / form
    return None


def obtain(published: Published, file: str) -> Bytes:
    """Return a file's array, checked; download the file if it is nowhere on disk.

    A file counts as the published one if its bytes do, or if it is a recompressed copy of them.

    Raises
    ------
    DataError
        When the file in `TUNER_DATA_DIR` is not the published one.
    DownloadError
        When no mirror delivers it.
    """
    path = find(published, file)
    cached = cache_folder(published)
    if path is not None:
        content = read_bytes(path)
        if _is_genuine(published, file, content):
            return _parse(file, content, str(path))
        if path.parent != cached:
            raise DataError(
                f"{path}: is not the published file of {published.name} (its SHA-256 differs): "
                f"replace it, or unset {VARIABLE}."
            )
    path = _download(published, f"{file}.gz", cached)
    return _parse(file, read_bytes(path), str(path))


def _is_genuine(published: Published, file: str, content: bytes) -> bool:
    if digest(content) in {published.sha256.get(form) for form in (f"{file}.gz", file)}:
        return True
    if file not in published.sha256:
        return False
    try:
        plain = unpack_idx(content, file, dimensions=_dimensions(file))
    except DataError:
        return False
    return digest(plain) == published.sha256[file]


def _parse(file: str, content: bytes, where: str) -> Bytes:
    return parse_idx(content, where, dimensions=_dimensions(file))


def _dimensions(file: str) -> int:
    return 3 if "idx3" in file else 1


def read_published(published: Published) -> Examples:
    """Read the four files: the training images but the last, these for validation, the test images.

    Raises
    ------
    DataError, DownloadError
        As `obtain`.
    """
    pixels, labels, test_pixels, test_labels = (obtain(published, file) for file in FILES)
    n_train, n_test = len(pixels) - published.validation, len(test_pixels)
    return idx_examples(
        published.name,
        np.concatenate([pixels, test_pixels]),
        np.concatenate([labels, test_labels]),
        sha256=published.identity,
        where=published.name,
        published=(n_train, published.validation, n_test),
    )


def cache_folder(published: Published) -> Path:
    """Return the folder in the user's cache where downloads are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("tuner") / published.folder


def _data_folders(published: Published) -> tuple[Path, ...]:
    root = os.environ.get(VARIABLE)
    if not root:
        return ()
    if not Path(root).is_dir():
        raise DataError(f"{VARIABLE}: {root} is not a directory: correct or unset the variable.")
    return Path(root, published.folder), Path(root)


def _download(published: Published, file: str, folder: Path) -> Path:
    """Try the mirrors in order; pooch keeps a file only if its hash matches."""
    import pooch

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: the download cannot be kept there ({error.strerror}): set {VARIABLE}."
        ) from error
    failures = []
    for mirror in published.mirrors:
        try:
            pooch.retrieve(
                mirror + file,
                known_hash=f"sha256:{published.sha256[file]}",
                fname=file,
                path=folder,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
        except (OSError, ValueError) as error:
            failures.append(f"{mirror} ({_reason(error)})")
        else:
            return folder / file
    raise DownloadError(
        f"{published.name}: no mirror delivered {file}: {', '.join(failures)}. "
        f"Set {VARIABLE} to a folder that holds {published.folder}/{file}, or use mnist-5k."
    )


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ValueError) and "hash" in str(error):
        return "another file: wrong SHA-256"
    return type(error).__name__


MNIST = Published(
    "mnist",
    "mnist",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    {
        f"{FILES[0]}.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        f"{FILES[1]}.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        f"{FILES[2]}.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        f"{FILES[3]}.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        FILES[0]: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        FILES[1]: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        FILES[2]: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        FILES[3]: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)

FASHION_MNIST = Published(
    "fashion-mnist",
    "fashion-mnist",
    ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",),
    {
        f"{FILES[0]}.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        f"{FILES[1]}.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        f"{FILES[2]}.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        f"{FILES[3]}.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
)
