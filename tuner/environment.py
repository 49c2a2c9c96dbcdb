"""Versions and the BLAS library of this process, as they are recorded with results."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from tuner.records import Environment

PACKAGES = ("matplotlib", "mlxtend", "numpy", "optuna", "pandas", "scikit-learn", "scipy")
"""Packages whose versions are recorded, as far as they are installed."""

BLAS_THREADS = 1
"""Threads that `tuner.network.blas.one_thread` lets BLAS use."""


@dataclass(frozen=True, kw_only=True)
class Blas:
    """A BLAS library in this process.

    Attributes
    ----------
    name
        Library, version, and the processor architecture of its kernels.
    kind
        The name threadpoolctl gives it: openblas, mkl, blis or flexiblas.
    threads
        Threads that it would use without a limit.
    file
        Path of the library.
    """

    name: str
    kind: str
    threads: int
    file: str


def environment() -> Environment:
    """Return the versions and the BLAS of this process.

    Examples
    --------
    >>> environment().blas_threads
    1
    """
    return Environment(
        tuner=installed(["eta-tuner"]).get("eta-tuner", "not installed"),
        python=platform.python_version(),
        platform=platform_name(),
        packages=installed(PACKAGES),
        blas=" and ".join(sorted({library.name for library in blas_libraries()})) or "unknown",
        blas_threads=BLAS_THREADS,
    )


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each package that is installed, without importing any.

    Examples
    --------
    >>> list(installed(["numpy", "no-such-package"]))
    ['numpy']
    """
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def platform_name() -> str:
    """Return system, processor architecture and C library: nothing that identifies a machine."""
    system = {"Darwin": f"macOS {platform.mac_ver()[0]}"}.get(platform.system(), platform.system())
    return " ".join(part for part in (system, platform.machine(), *platform.libc_ver()) if part)


def blas_libraries() -> tuple[Blas, ...]:
    """Return the BLAS libraries that NumPy and SciPy loaded into this process."""
    from tuner.network.blas import controller

    found = (each for each in controller().info() if each["user_api"] == "blas")
    return tuple(
        Blas(
            name=_name(each),
            kind=each["internal_api"],
            threads=each["num_threads"],
            file=each["filepath"],
        )
        for each in found
    )


def _name(info: dict[str, object]) -> str:
    kind = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"}.get(
        str(info["internal_api"]), str(info["internal_api"])
    )
    parts = (kind, info.get("version"), info.get("architecture"))
    return " ".join(str(part) for part in parts if part)


def usable_cores() -> int:
    """Return the number of processor cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
