"""Saved models in the formats of other tools; each has a module, imported when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tuner.errors import MissingExtraError
from tuner.files import write_file
from tuner.records import require_choice
from tuner.storage.models import Model


@dataclass(frozen=True)
class Target:
    """A format: the suffix of its files, and the package that writes it, brought by an extra.

    The module of `tuner.export` with the package's name has `content(model)`, the bytes of a file.
    """

    suffix: str
    package: str


TARGETS: Mapping[str, Target] = {
    "onnx": Target(".onnx", "onnx"),
    "torch": Target(".pt2", "torch"),
}
"""Each format by its name; the keys are the choices of `export --to`, and the extras."""


def export_model(model: Model, to: str, path: Path) -> Path:
    """Write a model in another tool's format; an older file of that name is replaced.

    Parameters
    ----------
    model
        A network or a committee.
    to
        "onnx": a graph from the raw columns to class and probabilities, or to the predicted
        number, for ONNX Runtime and others. "torch": a program of PyTorch from the raw numbers to
        probabilities or to the number, which `torch.export.load(path).module()` reads.
    path
        The file to write.

    Raises
    ------
    OptionError
        When there is no such format.
    MissingExtraError
        When the package that writes it is not installed.
    DataError
        When the format cannot hold this model.
    OutputError
        When the file cannot be written.

    Examples
    --------
    >>> import tuner
    >>> run = tuner.train("iris", hidden=(8,), eta=0.5, epochs=1)
    >>> export_model(run.model, "pmml", Path("iris.pmml"))
    Traceback (most recent call last):
        ...
    tuner.errors.OptionError: to must be one of onnx, torch but is 'pmml'.
    """
    require_choice("to", to, tuple(TARGETS))
    return write_file(path, _writer(to)(model))


def _writer(to: str) -> Callable[[Model], bytes]:
    try:
        module = import_module(f"{__name__}.{to}")
    except ModuleNotFoundError as error:
        if error.name != TARGETS[to].package:
            raise
        raise MissingExtraError(
            f"to {to} needs {error.name}, which is not installed: pip install 'eta-tuner[{to}]'."
        ) from error
    content: Callable[[Model], bytes] = module.content
    return content
