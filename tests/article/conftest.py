"""A data set of tiny images, and all experiments run on it once."""

import numpy as np
import pytest

from tuner.article.experiments import EXPERIMENTS
from tuner.article.reproduce import Reproduced, reproduce
from tuner.article.training import open_runs
from tuner.data import Dataset
from tuner.data.loading import from_arrays
from tuner.execution.opening import open_executor


def tiny_images(n: int = 90) -> Dataset:
    """Three classes of 4 × 4 images: a bright row each, in noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    images = rng.integers(0, 90, (n, 4, 4))
    images[np.arange(n), labels] += 120
    return from_arrays(images.astype(np.uint8), labels)


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Reproduced]:
    """Run every experiment on the tiny images."""
    data = tiny_images()
    folder = tmp_path_factory.mktemp("all")
    with np.errstate(all="ignore"), open_runs(folder, data.summary) as store:
        return data, reproduce(EXPERIMENTS, data, store, workers=open_executor(data.tuning))
