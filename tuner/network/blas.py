"""Matrix products in place, and one thread for them.

SciPy's `gemm` computes C ← α·A·B + β·C without a temporary, which is the article's weight update in
one call: α = -η/m, β = 1 - ηλ/n.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import scipy.linalg.blas
from threadpoolctl import ThreadpoolController

Gemm = Callable[..., object]


def gemm_for(dtype: np.dtype[Any]) -> Gemm:
    """Return SciPy's matrix product of this precision (float32 or float64)."""
    return {"f": scipy.linalg.blas.sgemm, "d": scipy.linalg.blas.dgemm}[dtype.char]


@cache
def controller() -> ThreadpoolController:
    """Return the handle on the BLAS libraries of this process, found once."""
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS use one thread: results do not depend on the machine, and processes use the cores.

    NumPy and SciPy each bring an OpenBLAS with threads of its own; together they get in each
    other's way.
    """
    with controller().limit(limits=1, user_api="blas"):
        yield
