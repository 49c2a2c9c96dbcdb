"""Data sets: where they come from, how they are split, and the seal on the test part."""

from tuner.data.augmentation import expand
from tuner.data.catalogue import KnownData, fetch, known
from tuner.data.dataset import Dataset, Part, TuningData
from tuner.data.loading import from_arrays, load, read, read_inputs
from tuner.data.preprocessing import Preprocessing

__all__ = [
    "Dataset",
    "KnownData",
    "Part",
    "Preprocessing",
    "TuningData",
    "expand",
    "fetch",
    "from_arrays",
    "known",
    "load",
    "read",
    "read_inputs",
]
