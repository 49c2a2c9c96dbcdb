"""Models as programs of PyTorch that load without tuner; needs the extra `torch`."""

import io
from typing import Any

import torch
from torch import nn

from tuner.data.preprocessing import Preprocessing
from tuner.errors import DataError
from tuner.export.scaling import number_names, scaling_of
from tuner.storage.models import Member, Model

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


def content(model: Model) -> bytes:
    """Return the file of `module_of`, which `torch.export.load(path).module()` reads.

    Raises
    ------
    DataError
        When the model reads texts.
    """
    module = module_of(model).eval()
    example = torch.zeros(2, *_shape(model.preprocessing), dtype=torch.float64)
    program = torch.export.export(
        module, (example,), dynamic_shapes=({0: torch.export.Dim("n", min=1)},)
    )
    out = io.BytesIO()
    torch.export.save(program, out)
    return out.getvalue()


def module_of(model: Model) -> nn.Module:
    """Return a module from raw numbers to the probabilities (n, c), or to the numbers (n, 1).

    Its input is float64: images (n, h, w), or the columns of numbers (n, p) in the order of
    training, NaN where missing, dates as days since 1970-01-01.

    Raises
    ------
    DataError
        When the model reads texts, for which PyTorch has no type.

    Examples
    --------
    >>> import tuner
    >>> run = tuner.train("iris", hidden=(8,), eta=0.5, epochs=1)
    >>> x = [[5.1, 3.5, 1.4, 0.2]]
    >>> given = module_of(run.model)(torch.tensor(x, dtype=torch.float64))
    >>> expected = torch.from_numpy(run.model.predict_proba(x))
    >>> torch.allclose(given, expected, rtol=0, atol=1e-6)
    True
    """
    if texts := model.preprocessing.text_names:
        raise DataError(
            f"column {texts[0]!r} holds texts, for which PyTorch has no type: export to onnx."
        )
    return _Whole(model)


def _shape(preprocessing: Preprocessing) -> tuple[int, ...]:
    return preprocessing.image_shape or (len(number_names(preprocessing)),)


class _Whole(nn.Module):  # type: ignore[misc,unused-ignore]
    """The weighted mean of the probabilities of the members."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            nn.Sequential(_inputs_of(member.preprocessing), _layers(member))
            for member in model.members
        )
        self.weights, self.temperature = model.weights, model.temperature
        self.separate = [member.settings.cost != "log-likelihood" for member in model.members]
        self.numbers = model.task == "regression"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for member, weight, separate in zip(self.members, self.weights, self.separate, strict=True):
            z = member(x).double() / self.temperature
            if not self.numbers:
                z = nn.functional.logsigmoid(z) if separate else z
                z = z.softmax(dim=-1)
            total = total + weight * z
        return total.float()


def _inputs_of(preprocessing: Preprocessing) -> nn.Module:
    images = preprocessing.image_shape is not None
    return _Pixels(preprocessing.divisor) if images else _Scaled(preprocessing)


class _Pixels(nn.Module):  # type: ignore[misc,unused-ignore]
    """Images as rows of numbers from 0 to 1."""

    def __init__(self, divisor: float) -> None:
        super().__init__()
        self.divisor = divisor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1).float() / self.divisor


class _Scaled(nn.Module):  # type: ignore[misc,unused-ignore]
    """Numbers filled, standardised and bent, and where they were missing."""

    places: torch.Tensor
    is_phase: torch.Tensor
    turns: torch.Tensor
    shifts: torch.Tensor
    filling: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor
    indicators: torch.Tensor

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        for name, value in vars(scaling_of(preprocessing)).items():
            self.register_buffer(name, torch.tensor(value))
        self.bend, self.limit = preprocessing.bend, preprocessing.limit

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x[:, self.places]
        z = torch.where(self.is_phase, torch.sin(self.turns * z + self.shifts), z)
        missing = torch.isnan(z)
        z = (torch.where(missing, self.filling, z) - self.mean) / self.scale
        if self.bend is not None:
            size = z.abs()
            z = z.sign() * (size.clamp(max=self.bend) + (size - self.bend).clamp(min=0).log1p())
        z = z.float()
        if self.limit is not None:
            z = z.clamp(-self.limit, self.limit)
        return torch.cat([z, missing[:, self.indicators].float()], dim=1)


def _layers(member: Member) -> nn.Module:
    parameters = member.parameters
    layers: list[Any] = []
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        weight, bias = torch.tensor(w), torch.tensor(b)
        layer = nn.Linear(w.shape[1], w.shape[0], dtype=weight.dtype)
        layer.load_state_dict({"weight": weight, "bias": bias})
        layers += [layer, ACTIVATIONS[member.settings.activation]()]
    return nn.Sequential(_Cast(layers[0].weight.dtype), *layers[:-1])


class _Cast(nn.Module):  # type: ignore[misc,unused-ignore]
    """The inputs in the precision of the weights."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(self.dtype)
