"""The samplers that a study file can name."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tuner.errors import MissingExtraError


@dataclass(frozen=True)
class Sampler:
    """How the parameters of trials are drawn.

    Attributes
    ----------
    make
        Creates Optuna's sampler from a seed below 2**32; None where nothing is drawn.
    learns
        Whether it learns from earlier trials; its first batch is then spread evenly.
    exhaustive
        Whether it tries every combination of choices, each once.
    on_one_thread
        Limits its library to one thread, so that results do not depend on the number of cores.
    """

    make: Callable[[int], Any] | None = None
    learns: bool = True
    exhaustive: bool = False
    on_one_thread: Callable[[], Any] | None = None


def _optuna(name: str) -> Callable[[int], Any]:
    """Return a function that creates Optuna's sampler of this name; Optuna is slow to import."""
    return lambda seed: getattr(import_module("optuna.samplers"), name)(seed=seed)


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError:
        raise MissingExtraError(
            "sampler = gp needs PyTorch: pip install 'eta-tuner[torch]', or use sampler = tpe."
        ) from None


def _gaussian_process(seed: int) -> Any:
    _torch()
    optuna = import_module("optuna")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.GPSampler(seed=seed)


@contextmanager
def _torch_on_one_thread() -> Iterator[None]:
    torch = _torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


SAMPLERS: Mapping[str, Sampler] = {
    "tpe": Sampler(_optuna("TPESampler")),
    "gp": Sampler(_gaussian_process, on_one_thread=_torch_on_one_thread),
    "random": Sampler(_optuna("RandomSampler"), learns=False),
    "grid": Sampler(exhaustive=True),
}
"""Each sampler by its name in study files; the keys are the choices there."""
