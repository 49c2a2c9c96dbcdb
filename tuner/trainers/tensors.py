"""The data of a PyTorch model as tensors, and how its outputs are read: classes or numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

from tuner.data import Dataset, TuningData
from tuner.errors import DataError
from tuner.metrics import Measured, of_classes, of_numbers
from tuner.trainers.base import check_finite, tuning_data

torch: Any
try:
    torch = import_module("torch")
except ImportError:
    torch = None

IGNORED = -100
"""The label that PyTorch's losses ignore unless told otherwise."""

Tensor = Any
Kind = Literal["classes", "yes-no", "numbers"]
"""What is predicted: one class of several, yes or no for each output, or a number for each."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples as tensors.

    Attributes
    ----------
    x
        Inputs (n, …), one tensor for each that the model takes.
    y
        Class indices (n, …) or numbers (n, …).
    """

    x: tuple[Tensor, ...]
    y: Tensor

    def __len__(self) -> int:
        """Return their number."""
        return len(self.y)

    def take(self, rows: Any) -> "Examples":
        """Return those in some rows."""
        return Examples(tuple(x[rows] for x in self.x), self.y[rows])

    def cast(self, dtype: Any) -> "Examples":
        """Return them with all numbers of the dtype of a model."""
        floating = (x.to(dtype) if x.is_floating_point() else x for x in self.x)
        return Examples(tuple(floating), self.y.to(dtype) if self.y.is_floating_point() else self.y)

    def flat(self) -> tuple[Any, Any]:
        """Return inputs, all of them in one array, and targets as arrays."""
        arrays = [x.cpu().numpy() for x in self.x]
        one = len(arrays) == 1
        x = arrays[0] if one else np.hstack([a.reshape(len(a), -1) for a in arrays])
        return x, self.y.cpu().numpy()


def parts_of(data: Any, device: Any, ignored: int) -> dict[str, Examples]:
    """Return the examples of training and validation part.

    Parameters
    ----------
    data
        A data set of ours, or two parts: each a pair (x, y), where x is an array or a tuple of
        several; a `torch.utils.data.Dataset` of such pairs; or a `DataLoader`, whose data set is
        read. They are read once, whole.
    device
        Where they go.
    ignored
        The label that does not count.

    Raises
    ------
    DataError
        When they are none of these, cannot be read twice alike, or a value cannot be used.
    """
    if isinstance(data, Dataset | TuningData):
        tuning = tuning_data(data)
        parts: Sequence[Any] = [(part.x, part.y) for part in (tuning.train, tuning.validation)]
    elif isinstance(data, tuple | list) and len(data) == 2:
        parts = data
    else:
        raise DataError(
            f"data is a {type(data).__name__} but must be a training and a validation part: two"
            " pairs (x, y), two Datasets or two DataLoaders."
        )
    names = ("training", "validation")
    return {
        name: _part(part, name, device, ignored) for name, part in zip(names, parts, strict=True)
    }


def _part(part: Any, name: str, device: Any, ignored: int) -> Examples:
    x, y = part if isinstance(part, tuple | list) and len(part) == 2 else _read(part, name)
    several = x if isinstance(x, tuple) else (x,)
    names = [f"x[{i}]" if len(several) > 1 else "x" for i in range(len(several))]
    inputs = tuple(
        _tensor(values, f"{name} part: {axis}").to(device)
        for axis, values in zip(names, several, strict=True)
    )
    targets = _tensor(y, f"{name} part: y").to(device)
    if not (targets.ndim and all(each.ndim for each in inputs)):
        raise DataError(f"{name} part: x and y are single numbers: give one for each example.")
    for each in inputs:
        if len(each) != len(targets) or not len(targets):
            raise DataError(
                f"{name} part: has {len(each)} inputs and {len(targets)} labels: give one for each."
            )
        if each.is_floating_point():
            check_finite(torch.isfinite(each).cpu().numpy(), name)
    if targets.is_complex():
        raise DataError(f"{name} part: y holds {targets.dtype} but must hold classes or numbers.")
    if targets.is_floating_point():
        if bad := int((~torch.isfinite(targets)).sum()):
            raise DataError(f"{name} part: y is missing or infinite in {bad} places: fill it in.")
        return Examples(inputs, targets)
    if not bool((targets != ignored).any()):
        raise DataError(f"{name} part: every label is {ignored}, which is ignored: label some.")
    return Examples(inputs, targets.long())


def _read(part: Any, name: str) -> tuple[Any, Any]:
    """Return the examples of a Dataset or a DataLoader, in the order of the data set."""
    utils = torch.utils.data
    if isinstance(part, utils.DataLoader):
        loader, part = part, part.dataset
        if isinstance(part, utils.IterableDataset):
            return _whole(lambda: list(loader), name, torch.cat)
    if isinstance(part, utils.IterableDataset):
        return _whole(lambda: list(part), name, torch.stack)
    if not (hasattr(part, "__getitem__") and hasattr(part, "__len__")):
        raise DataError(
            f"{name} part: is a {type(part).__name__} but must be a pair (x, y) of arrays or"
            " tensors, or a Dataset or DataLoader, which can be read again."
        )
    return _whole(lambda: list(_in_order(part, name)), name, torch.stack)


def _in_order(dataset: Any, name: str) -> Iterator[Any]:
    count = len(dataset)
    for row in range(count):
        try:
            yield dataset[row]
        except IndexError as error:
            raise DataError(
                f"{name} part: ends after {row} of the {count} examples that it says it has."
            ) from error


def _whole(
    read: Callable[[], list[Any]], name: str, join: Callable[[list[Tensor]], Tensor]
) -> tuple[Any, Any]:
    """Read all pairs, twice, and return their inputs and their targets, each joined."""
    first, again = (_joined(read(), name, join) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        for a, b in zip(_several(one), _several(other), strict=True):
            if len(a) != len(b):
                raise DataError(
                    f"{name} part: ends after {len(b)} of {len(a)} examples when it is read again:"
                    " give one that begins anew each time."
                )
            if not torch.equal(a, b):
                raise DataError(
                    f"{name} part: its examples differ from one reading to the next: leave random"
                    " transforms out, or put them into the model."
                )
    return first


def _joined(pairs: list[Any], name: str, join: Callable[[list[Tensor]], Tensor]) -> tuple[Any, Any]:
    if not pairs or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise DataError(f"{name} part: must hold pairs (x, y), and at least one.")
    inputs = list(zip(*(_several(x) for x, _ in pairs), strict=True))
    try:
        x = tuple(join([torch.as_tensor(each) for each in column]) for column in inputs)
        return x, join([torch.as_tensor(y) for _, y in pairs])
    except (RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(
            f"{name} part: its examples make no tensor ({said}): give numbers of one shape."
        ) from error


def _several(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _tensor(values: Any, what: str) -> Tensor:
    if isinstance(values, torch.Tensor):
        return values.detach()
    try:
        return torch.from_numpy(np.array(values))  # a copy: PyTorch warns of read-only arrays
    except (TypeError, ValueError) as error:
        held = getattr(values, "dtype", type(values).__name__)
        raise DataError(
            f"{what} holds {held} but must hold numbers: turn texts into class indices, such"
            " as by np.unique(y, return_inverse=True)[1]."
        ) from error


@dataclass(frozen=True)
class Reading:
    """How outputs of a model are compared with targets.

    Attributes
    ----------
    kind
        What is predicted.
    ignored
        The class index that does not count.
    probabilities
        Whether outputs that say yes or no are probabilities, not logits.
    """

    kind: Kind
    ignored: int = IGNORED
    probabilities: bool = False

    def targets(self, y: Tensor, z: Tensor) -> Tensor:
        """Return targets as the loss takes them: class indices, or numbers shaped as outputs."""
        return y if self.kind == "classes" else y.reshape(z.shape).to(z.dtype)

    def counted(self, y: Tensor) -> Tensor:
        """Return which targets count."""
        return y != self.ignored if self.kind == "classes" else torch.ones_like(y, dtype=torch.bool)

    def check(self, y: Tensor, z: Tensor, part: str) -> None:
        """Raise `DataError` unless there is an output for each class index of a part."""
        if self.kind != "classes":
            return
        n_outputs = z.shape[1]
        counted = y[self.counted(y)]
        least, most = int(counted.min()), int(counted.max())
        if least < 0 or most >= n_outputs:
            raise DataError(
                f"{part} part: labels run from {least} to {most} but the model has {n_outputs}"
                f" outputs: number the classes from 0 to {n_outputs - 1}."
            )

    def measured(self, y: Tensor, z: Tensor) -> Measured:
        """Return the metrics of outputs."""
        if self.kind == "numbers":
            return of_numbers(*(_array(t).ravel().astype(float) for t in (y, z)))
        if self.kind == "yes-no":
            p = _array(z if self.probabilities else torch.sigmoid(z)).ravel()
            both = np.stack([1 - p, p], axis=1)
            return of_classes(_array(y).ravel().astype(int), both, lambda: both)
        counts = self.counted(y)
        scores = z.movedim(1, -1)[counts]
        return of_classes(_array(y[counts]), _array(scores), lambda: _array(_shares(scores)))


def _array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().numpy()


def _shares(scores: Tensor) -> Tensor:
    """Return the probabilities that outputs (n, c) are, or stand for."""
    sums = scores.sum(dim=1)
    if bool((scores >= 0).all()) and bool(
        torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all()
    ):
        return scores
    return torch.softmax(scores, dim=1)


def reading(z: Tensor, y: Tensor, loss: Any, ignored: int, n_classes: int | None) -> Reading:
    """Return how outputs z (n, …) are compared with targets y (n, …).

    With a binary cross-entropy each output says yes or no to a target of 0 or 1; else numbers with
    fractions are predicted as they are, and whole numbers are classes.

    Parameters
    ----------
    n_classes
        How many classes there are, where that is known.

    Raises
    ------
    DataError
        When outputs of this shape cannot be compared with them.
    """
    name = getattr(loss, "func", loss)
    name = getattr(name, "__name__", type(name).__name__).lower().replace("_", "")
    alike = z.ndim > 0 and z.shape[:1] == y.shape[:1] and z.numel() == y.numel()
    binary = name.startswith(("bce", "binarycrossentropy"))
    if alike and binary and bool(((y == 0) | (y == 1)).all()):
        return Reading("yes-no", probabilities="logits" not in name)
    shapes = f"the model gives outputs of shape {tuple(z.shape)} for"
    if y.is_floating_point():
        if alike:
            return Reading("numbers")
        raise DataError(
            f"{shapes} targets of shape {tuple(y.shape)}: give one output for each number to"
            " predict, or class indices as whole numbers."
        )
    if z.ndim != y.ndim + 1 or z.shape[0] != y.shape[0] or z.shape[1] < 2:
        raise DataError(
            f"{shapes} labels of shape {tuple(y.shape)}: give one output for each class, (n, c),"
            f" and one class index for each example, (n,){_instead(y)}."
        )
    if n_classes not in (None, z.shape[1]):
        raise DataError(
            f"the model has {z.shape[1]} outputs but the data have {n_classes} classes: give one"
            " output for each class."
        )
    return Reading("classes", ignored)


def _instead(y: Tensor) -> str:
    if y.ndim != 2:
        return ""
    return ", as y.ravel() does" if y.shape[1] == 1 else ", as y.argmax(axis=1) does"
