"""scikit-learn's successive halving over its `MLPClassifier`, as the peer of two benchmarks."""

import os
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import loguniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV, PredefinedSplit
from sklearn.neural_network import MLPClassifier
from sklearn.utils.parallel import Parallel, delayed

from tuner.data import TuningData

SPACE = {
    "hidden_layer_sizes": [(16,), (32,), (64,), (128,)],
    "learning_rate_init": loguniform(3e-4, 3e-2),
    "alpha": loguniform(1e-5, 1.0),
    "batch_size": [16, 32, 64],
}
"""What is searched, for ReLU networks trained by Adam, its defaults."""

WORKERS, FACTOR = 2, 3
TOO_SHORT = "Stochastic Optimizer"
"""How the warning begins that a network was not trained until it converged: a rung never is."""

warnings.filterwarnings("ignore", TOO_SHORT)
os.environ["PYTHONWARNINGS"] = f"ignore:{TOO_SHORT}"


def halving_search(
    candidates: int, epochs: tuple[int | str, int], *, seed: int, **search: Any
) -> HalvingRandomSearchCV:
    """Return a search whose resource is the number of epochs, from the fewest to the most."""
    return HalvingRandomSearchCV(
        MLPClassifier(random_state=seed),
        SPACE,
        n_candidates=candidates,
        factor=FACTOR,
        resource="max_iter",
        min_resources=epochs[0],
        max_resources=epochs[1],
        return_train_score=False,
        random_state=seed,
        n_jobs=WORKERS,
        **search,
    )


def both_parts(data: TuningData) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Join training and validation part: a search splits them itself, and refits on both."""
    parts = (data.train, data.validation)
    return np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])


def our_split(data: TuningData) -> PredefinedSplit:
    """Split the joined parts as we do."""
    return PredefinedSplit(np.repeat([-1, 0], [data.train.n, data.validation.n]))


def start_processes() -> None:
    """Have the worker processes there, with their imports, before a clock starts."""
    Parallel(n_jobs=WORKERS)(delayed(_import_and_wait)() for _ in range(WORKERS))


def _import_and_wait() -> None:
    time.sleep(1)
