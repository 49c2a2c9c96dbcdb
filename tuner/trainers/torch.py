"""A user's own PyTorch model, trained as our networks are; needs the extra `torch`."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from importlib import import_module
from typing import Any, Self

import numpy as np

from tuner.data import Dataset, TuningData
from tuner.errors import DataError, MissingExtraError, OptionError
from tuner.network.regularization import REGULARIZERS, penalty
from tuner.randomness import Purpose
from tuner.records import DataSummary, Hyperparameters
from tuner.trainers.base import (
    Measurement,
    Portion,
    Rates,
    check_finite,
    constant_rates,
    summary_of,
    tuning_data,
)
from tuner.trainers.batches import steps_in
from tuner.trainers.custom import (
    check_ours,
    derived_seed,
    global_generators,
    mini_batches,
    probe_rows,
)

torch: Any
try:
    torch = import_module("torch")
except ImportError:
    torch = None

ROWS_AT_ONCE = 1_024

TRIED = 7
"""Examples that model and loss are tried out with."""

IGNORED = -100
"""The label that PyTorch's losses ignore unless told otherwise."""

Tensor = Any
Module = Any
Optimizer = Any
Pair = tuple[Any, Any]
"""Inputs (n, …) and class indices (n, …), as arrays or tensors."""


@dataclass(frozen=True, eq=False)
class TorchLane:
    """A user's model in training; see `tuner.trainers.base.Lane`.

    Attributes
    ----------
    model, optimizer
        Their state dicts; nothing writes to them.
    """

    settings: Hyperparameters
    model: Mapping[str, Tensor]
    optimizer: Mapping[str, Any] | None
    n_parameters: int
    steps: int = 0
    diverged: bool = False

    def with_eta(self, eta: float) -> Self:
        """Return the same network with another learning rate from here on."""
        return replace(self, settings=replace(self.settings, eta=eta))


class TorchTrainer:
    """Train a user's PyTorch model on a user's data.

    Of the settings the trainer itself heeds `eta`, `lambda_`, `regularization`, `batch_size`,
    `optimizer` (where none is passed) and `seed`; the model may heed the others (`hidden`,
    `activation`, `dropout`, …) or leave them be. λ is `weight_decay` = λ/n (or for L1 a term of the
    loss) on the weights, which are the parameters of two and more dimensions; biases and scales are
    never regularized.

    Parameters
    ----------
    model
        Makes the `torch.nn.Module` of given settings; PyTorch, NumPy and Python's `random` are
        seeded while it does. Or a module, a copy of which every lane begins with. Its outputs are
        (n, c, …) for c classes.
    data
        Training and validation part: a data set (whose test part stays sealed), or two pairs (x, y)
        of arrays or tensors, y the class index of each example (or pixel, …). Floating-point inputs
        take on the dtype of the model.
    loss
        `loss(outputs, y)` gives the mean over the examples; by default PyTorch's cross-entropy.
        Labels equal to its `ignore_index` (PyTorch's own: -100) count neither in the loss nor in
        the accuracy; its class `weight` weighs the pieces that a mean is put together from.
    optimizer
        `optimizer(groups, lr=η)` makes an optimizer, such as
        `functools.partial(torch.optim.Adam, betas=(0.9, 0.99))`; by default PyTorch's own of the
        `optimizer` in settings. λ overrides its weight decay.
    device
        Where to train; by default the first CUDA GPU if there is one, else the CPU.
    threads
        Of PyTorch on the CPU meanwhile: more than one pay for large models only.

    Raises
    ------
    MissingExtraError
        When PyTorch is not installed.
    DataError
        When inputs are not finite, labels are no class indices from 0, or (at the first use) model,
        loss and data do not fit together.

    Examples
    --------
    >>> from torch import nn
    >>> from tuner.data import load
    >>> trainer = TorchTrainer(lambda s: nn.Linear(4, 3), load("iris").tuning)
    >>> lane = trainer.start(Hyperparameters(eta=0.1))
    >>> trained, = trainer.advance([lane], steps=5 * trainer.steps_per_epoch(lane.settings))
    >>> trained.steps, trained.n_parameters, trainer.model_of(trained)
    (45, 15, Linear(in_features=4, out_features=3, bias=True))
    """

    def __init__(
        self,
        model: Module | Callable[[Hyperparameters], Module],
        data: Dataset | TuningData | tuple[Pair, Pair],
        *,
        loss: Callable[[Tensor, Tensor], Tensor] | None = None,
        optimizer: Callable[..., Optimizer] | None = None,
        device: Any = None,
        threads: int = 1,
    ) -> None:
        if torch is None:
            raise MissingExtraError(
                "TorchTrainer needs PyTorch: pip install 'eta-tuner[torch]', or use another one."
            )
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._threads = threads
        self._make = (lambda _: model) if isinstance(model, torch.nn.Module) else model
        self._loss: Callable[..., Tensor] = loss or torch.nn.functional.cross_entropy
        self._smooths = loss is None
        self._ignored = _option(self._loss, "ignore_index", IGNORED)
        self._weight = _option(self._loss, "weight", None)
        self._make_optimizer = optimizer
        self._classes = None if isinstance(data, tuple) else data.classes
        train, validation = _pairs(data)
        self._parts = {
            name: _part(pair, name, self.device, self._ignored)
            for name, pair in (("training", train), ("validation", validation))
        }
        self.n = len(self._parts["training"][1])
        chosen = torch.from_numpy(probe_rows(self.n)).to(self.device)
        x, y = self._parts["training"]
        self._parts["probe"] = (x[chosen], y[chosen])
        self._inputs = lru_cache(maxsize=8)(self._inputs_of)
        self._tried = False

    @cached_property
    def summary(self) -> DataSummary:
        """Which data these are."""
        train, validation = (
            tuple(tensor.cpu().numpy() for tensor in self._parts[name])
            for name in ("training", "validation")
        )
        return summary_of(train, validation, self._classes)

    def start(self, settings: Hyperparameters) -> TorchLane:
        """Return a network before its first step."""
        check_ours(settings, () if self._smooths else ("label_smoothing",))
        with self._apart(settings):
            module = self._made(settings)
            if not self._tried:
                self._try_out(copy.deepcopy(module))
        size = sum(p.numel() for p in module.parameters())
        return TorchLane(settings, _copied(module.state_dict()), None, size)

    def model_of(self, lane: TorchLane) -> Module:
        """Return the model of a lane as a module of its own, ready to predict."""
        with self._apart(lane.settings):
            return self._module(lane).eval()

    def steps_per_epoch(self, settings: Hyperparameters) -> int:
        """Return the number of mini-batches in an epoch, whose sizes differ by one at most."""
        return steps_in(self.n, settings.batch_size)

    def decay(self, settings: Hyperparameters) -> float:
        """Return λ/n."""
        return settings.lambda_ / self.n

    def baseline(self, settings: Hyperparameters) -> float:
        """Return the least cost of a constant output, found by minimising the loss itself.

        Where all outputs of the untrained model are log-probabilities, probabilities or numbers
        from 0 to 1, the constant is one too.
        """
        lane = self.start(settings)
        x, y = self._inputs("probe", self._dtype(lane)), self._parts["training"][1]
        with self._apart(settings):
            with torch.no_grad():
                z = self._module(lane).eval()(x)
            return _least_constant_cost(self._loss, z, y)

    def advance(self, lanes: Sequence[TorchLane], steps: int) -> list[TorchLane]:
        """Train each lane for `steps` more steps, in the data order of our own networks.

        A lane that has diverged comes back marked, and unchanged from then on.
        """
        return self.advance_at(lanes, constant_rates(lanes, steps))

    def advance_at(self, lanes: Sequence[TorchLane], etas: Sequence[Rates]) -> list[TorchLane]:
        """Train each lane as `advance` does, with a learning rate for each step (steps,)."""
        return [
            lane if lane.diverged else self._train(lane, rates)
            for lane, rates in zip(lanes, etas, strict=True)
        ]

    def measure(self, lanes: Sequence[TorchLane], portion: Portion) -> list[Measurement]:
        """Return the regularized loss and the accuracy of each lane, the model in `eval` mode."""
        return [self._measure(lane, portion) for lane in lanes]

    def _try_out(self, module: Module) -> None:
        """Raise `DataError` unless model and loss take examples of each part."""
        state = module.state_dict().values()
        dtype = next((t.dtype for t in state if t.is_floating_point()), torch.float32)
        module.eval()
        for portion in ("training", "validation"):
            labels = self._parts[portion][1]
            x, y = self._inputs(portion, dtype)[:TRIED], labels[:TRIED]
            with torch.no_grad(), _in_one_line(f"the model fails on inputs of {tuple(x.shape)}"):
                z = module(x)
            _check_outputs(z, y)
            _check_labels(labels, z.shape[1], portion, self._ignored)
            with torch.no_grad(), _in_one_line(f"the loss fails on outputs of {tuple(z.shape)}"):
                float(self._loss(z, y))
        self._tried = True

    def _counted(self, y: Tensor) -> float:
        """Return how much labels weigh in a mean: their number, or the sum of their weights."""
        counted = y[y != self._ignored]
        return float(len(counted) if self._weight is None else self._weight[counted].sum())

    def _train(self, lane: TorchLane, etas: Rates) -> TorchLane:
        s, m, steps = lane.settings, min(lane.settings.batch_size, self.n), len(etas)
        x, y = self._inputs("training", self._dtype(lane)), self._parts["training"][1]
        forward_seed = derived_seed(s.seed, Purpose.DROPOUT)
        with self._apart(s, lane.steps), torch.enable_grad():
            module = self._module(lane).train()
            optimizer = self._optimizer(module, lane)
            batches = mini_batches(s.seed, self.n, m, lane.steps, steps)
            for (step, rows), eta in zip(batches, etas.tolist(), strict=True):
                for group in optimizer.param_groups:
                    group["lr"] = eta
                self._seed(forward_seed + step)
                chosen = torch.from_numpy(rows).to(self.device)
                optimizer.step(partial(self._backward, module, optimizer, x[chosen], y[chosen], s))
        return replace(
            lane,
            model=_copied(module.state_dict()),
            optimizer=copy.deepcopy(optimizer.state_dict()),
            steps=lane.steps + steps,
            diverged=not all(bool(torch.isfinite(p).all()) for p in module.parameters()),
        )

    def _backward(
        self, module: Module, optimizer: Optimizer, x: Tensor, y: Tensor, s: Hyperparameters
    ) -> Tensor:
        optimizer.zero_grad()
        smoothed = {"label_smoothing": s.label_smoothing} if s.label_smoothing else {}
        loss = self._loss(module(x), y, **smoothed) if self._counted(y) else 0 * module(x).sum()
        regularizer = REGULARIZERS[s.regularization]
        if s.lambda_ and not regularizer.scales:
            loss = loss + self.decay(s) * sum(regularizer.size(w) for w in _weights(module))
        loss.backward()
        if s.clip is not None:
            torch.nn.utils.clip_grad_norm_(module.parameters(), s.clip)
        return loss

    def _measure(self, lane: TorchLane, portion: Portion) -> Measurement:
        x, y = self._inputs(portion, self._dtype(lane)), self._parts[portion][1]
        total, right = 0.0, 0
        with self._apart(lane.settings), torch.no_grad():
            module = self._module(lane).eval()
            for first in range(0, len(y), ROWS_AT_ONCE):
                targets = y[first : first + ROWS_AT_ONCE]
                z = module(x[first : first + ROWS_AT_ONCE])
                if counted := self._counted(targets):
                    total += float(self._loss(z, targets)) * counted
                right += int(((z.argmax(dim=1) == targets) & (targets != self._ignored)).sum())
            cost = total / (self._counted(y) or 1) + self._penalty(module, lane.settings)
        return Measurement(cost, {"accuracy": right / max(1, int((y != self._ignored).sum()))})

    def _penalty(self, module: Module, s: Hyperparameters) -> float:
        return penalty(REGULARIZERS[s.regularization], self.decay(s), _weights(module))

    def _made(self, settings: Hyperparameters) -> Module:
        # A copy: what the user's function gives may be a module that is used elsewhere.
        return copy.deepcopy(self._make(settings)).to(self.device)

    def _module(self, lane: TorchLane) -> Module:
        module = self._made(lane.settings)
        module.load_state_dict(lane.model)
        return module

    def _optimizer(self, module: Module, lane: TorchLane) -> Optimizer:
        s = lane.settings
        make = self._make_optimizer or _optimizer_of(s)
        optimizer = make(self._groups(module, s), lr=s.eta)
        if self._decays(s) and "weight_decay" not in optimizer.defaults:
            raise OptionError(
                f"lambda is {s.lambda_:g} but {type(optimizer).__name__} knows no weight_decay: use"
                " λ = 0, L1, or another optimizer."
            )
        if lane.optimizer is not None:
            optimizer.load_state_dict(copy.deepcopy(lane.optimizer))
        return optimizer

    def _decays(self, s: Hyperparameters) -> bool:
        return REGULARIZERS[s.regularization].scales and s.lambda_ > 0

    def _groups(self, module: Module, s: Hyperparameters) -> list[dict[str, Any]]:
        trained = [p for p in module.parameters() if p.requires_grad]
        if not self._decays(s):
            return [{"params": trained, "weight_decay": 0.0}]
        biases = [p for p in trained if p.ndim < 2]
        decayed = {"params": _weights(module), "weight_decay": self.decay(s)}
        return [decayed, {"params": biases, "weight_decay": 0.0}] if biases else [decayed]

    def _dtype(self, lane: TorchLane) -> Any:
        floating = (t.dtype for t in lane.model.values() if t.is_floating_point())
        return next(floating, torch.float32)

    def _inputs_of(self, portion: Portion, dtype: Any) -> Tensor:
        x = self._parts[portion][0]
        return x.to(dtype) if x.is_floating_point() else x

    @contextmanager
    def _apart(self, settings: Hyperparameters, step: int = 0) -> Iterator[None]:
        """Run the user's code without a trace in any random generator outside."""
        seed = derived_seed(settings.seed, Purpose.INIT, step)
        devices = [self.device] if self.device.type == "cuda" else []
        threads = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            with global_generators(seed), torch.random.fork_rng(devices):
                self._seed(seed)
                yield
        finally:
            torch.set_num_threads(threads)

    def _seed(self, seed: int) -> None:
        # torch.manual_seed does the same for every kind of device, which takes 100 times as long.
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)


def _optimizer_of(s: Hyperparameters) -> Callable[..., Optimizer]:
    """Return PyTorch's optimizer that does what settings ask for."""
    sgd, betas = torch.optim.SGD, (s.beta1, s.beta2)
    known: dict[str, Callable[..., Optimizer]] = {
        "sgd": sgd,
        "momentum": partial(sgd, momentum=s.momentum),
        "nesterov": partial(sgd, momentum=s.momentum, nesterov=s.momentum > 0),
        "adamw": partial(torch.optim.AdamW, betas=betas),
    }
    return known[s.optimizer]


def _pairs(data: Dataset | TuningData | tuple[Pair, Pair]) -> tuple[Pair, Pair]:
    if isinstance(data, tuple):
        return data
    train, validation = tuning_data(data).train, data.validation
    return (train.x, train.y), (validation.x, validation.y)


def _option(loss: Any, name: str, default: Any) -> Any:
    """Return an option of a loss: a module's attribute, or a keyword of `functools.partial`."""
    return getattr(loss, "keywords", {}).get(name, getattr(loss, name, default))


@contextmanager
def _in_one_line(problem: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        said = " ".join(str(error).split())[:300]
        raise DataError(f"{problem} ({said}): make model, loss and data fit together.") from error


def _part(pair: Pair, name: str, device: Any, ignored: int) -> tuple[Tensor, Tensor]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise DataError(
            f"{name} part: is a {type(pair).__name__} but must be a pair (x, y) of arrays or"
            " tensors."
        )
    x, y = (
        _tensor(values, f"{name} part: {axis}").to(device)
        for axis, values in zip("xy", pair, strict=True)
    )
    if not (x.ndim and y.ndim):
        raise DataError(f"{name} part: x and y are single numbers: give one for each example.")
    if len(x) != len(y) or not len(y):
        raise DataError(f"{name} part: has {len(x)} inputs and {len(y)} labels: give one for each.")
    if y.is_floating_point() or y.is_complex():
        raise DataError(f"{name} part: y holds {y.dtype} but must hold class indices from 0.")
    if x.is_floating_point():
        check_finite(torch.isfinite(x).cpu().numpy(), name)
    if not bool((y != ignored).any()):
        raise DataError(f"{name} part: every label is {ignored}, which is ignored: label some.")
    return x, y.long()


def _tensor(values: Any, what: str) -> Tensor:
    if isinstance(values, torch.Tensor):
        return values.detach()
    array = np.array(values)  # a copy: PyTorch warns of read-only arrays
    try:
        return torch.from_numpy(array)
    except TypeError as error:
        raise DataError(
            f"{what} holds {array.dtype} but must hold numbers: turn texts into class indices, such"
            " as by np.unique(y, return_inverse=True)[1]."
        ) from error


def _copied(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in state.items()}


def _weights(module: Module) -> list[Tensor]:
    return [p for p in module.parameters() if p.requires_grad and p.ndim >= 2]


def _check_outputs(z: Tensor, y: Tensor) -> None:
    if z.ndim != y.ndim + 1 or z.shape[0] != y.shape[0] or z.shape[1] < 2:
        raise DataError(
            f"the model gives outputs of shape {tuple(z.shape)} for labels of shape"
            f" {tuple(y.shape)}: give one output for each class, (n, c), and one class index for"
            f" each example, (n,){_instead(y)}."
        )


def _instead(y: Tensor) -> str:
    if y.ndim != 2:
        return ""
    return ", as y.ravel() does" if y.shape[1] == 1 else ", as y.argmax(axis=1) does"


def _check_labels(y: Tensor, n_classes: int, part: str, ignored: int) -> None:
    counted = y[y != ignored]
    least, most = int(counted.min()), int(counted.max())
    if least < 0 or most >= n_classes:
        raise DataError(
            f"{part} part: labels run from {least} to {most} but the model has {n_classes} outputs:"
            f" number the classes from 0 to {n_classes - 1}."
        )


def _least_constant_cost(
    loss: Callable[[Tensor, Tensor], Tensor], outputs: Tensor, y: Tensor
) -> float:
    """Minimise the loss of one output vector for all examples, of the kind of `outputs`."""
    as_output = _kind(outputs)
    shape = [1, outputs.shape[1], *[1] * (outputs.ndim - 2)]
    constant = torch.zeros(shape, dtype=outputs.dtype, device=outputs.device, requires_grad=True)
    whole = [len(y), *outputs.shape[1:]]
    optimizer = torch.optim.LBFGS([constant], max_iter=200, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimizer.zero_grad()
        value = loss(as_output(constant).expand(whole), y)
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(cost)
        return float(cost().detach())


def _kind(outputs: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the function that turns any numbers into outputs like these."""
    sums = outputs.exp().sum(dim=1) if bool((outputs <= 0).all()) else outputs.sum(dim=1)
    add_up = bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all())
    if bool((outputs <= 0).all()) and add_up:
        return partial(torch.log_softmax, dim=1)
    if bool(((outputs >= 0) & (outputs <= 1)).all()):
        return partial(torch.softmax, dim=1) if add_up else torch.sigmoid
    return lambda numbers: numbers
