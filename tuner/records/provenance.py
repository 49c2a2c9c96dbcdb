"""What a result was made from and with."""

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.serialization import Record


@dataclass(frozen=True, kw_only=True)
class DataSummary(Record):
    """Which data a result was made from; says nothing of the test examples but their number."""

    name: str
    sha256: str
    n_train: int
    n_validation: int
    n_test: int
    n_features: int
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Environment(Record):
    """The versions and the numerical library that a result was made with."""

    tuner: str
    python: str
    platform: str
    packages: Mapping[str, str]
    blas: str
    blas_threads: int
