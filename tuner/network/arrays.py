"""NumPy, and the type of every array of a network, without the time that it takes to import NumPy.

The choices of an option are the keys of tables of functions that compute with NumPy. `--help`, and
a complaint about an option, read the keys alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Array", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
else:
    Array = Any

    class _ImportedWhenUsed:
        def __init__(self, module: str) -> None:
            self._module = module

        def __getattr__(self, name: str) -> Any:
            value = getattr(import_module(self._module), name)
            setattr(self, name, value)
            return value

    np = _ImportedWhenUsed("numpy")
