"""The type of every array of a network; apart from `blas`, so that to name it costs no import."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
