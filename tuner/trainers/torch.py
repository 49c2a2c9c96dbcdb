"""A user's own PyTorch model, trained as our networks are; needs the extra `torch`."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self

from tuner.data import Dataset, TuningData
from tuner.errors import DataError, MissingExtraError, OptionError
from tuner.network.regularization import REGULARIZERS, penalty
from tuner.randomness import Purpose
from tuner.records import DataSummary, Hyperparameters
from tuner.settings import FIRST_ETA
from tuner.trainers.base import (
    Measurement,
    Portion,
    Rates,
    constant_rates,
    summary_of,
)
from tuner.trainers.batches import steps_in
from tuner.trainers.custom import (
    Sendable,
    check_ours,
    derived_seed,
    global_generators,
    mini_batches,
    probe_rows,
)
from tuner.trainers.tensors import IGNORED, Examples, Reading, parts_of, reading, torch

ROWS_AT_ONCE = 1_024

ADAPTIVE = {"Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta"}
"""PyTorch's optimizers that divide a gradient by what it usually is, as AdamW does."""

TRIED = 7
"""Examples that model and loss are tried out with."""

Tensor = Any
Module = Any
Optimizer = Any


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


class TorchTrainer(Sendable):
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
        (n, c, …) for c classes, or as the numbers to predict.
    data
        Training and validation part: a data set (whose test part stays sealed), or two pairs (x, y)
        of arrays or tensors, two Datasets or two DataLoaders; they are read once, whole. x is one
        tensor (n, …), or a tuple of several for a model of several inputs; y the class index of
        each example (or pixel, …), or numbers. Floating-point values take on the dtype of the
        model.
    loss
        `loss(outputs, y)` gives the mean over the examples; by default PyTorch's cross-entropy, or
        the mean squared error of numbers. With a binary cross-entropy each output says yes or no;
        then, and for numbers, y comes in the shape of the outputs.
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
    settings
        What the model is tried out with; by default our own default settings.

    Raises
    ------
    MissingExtraError
        When PyTorch is not installed.
    DataError
        When inputs are not finite, data cannot be read twice alike, labels are no class indices
        from 0, or model, loss and data do not fit together: all are tried out once.
    OptionError
        When the optimizer takes no `lr`, or the device is not there.

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
        data: Dataset | TuningData | Sequence[Any],
        *,
        loss: Callable[[Tensor, Tensor], Tensor] | None = None,
        optimizer: Callable[..., Optimizer] | None = None,
        device: Any = None,
        threads: int = 1,
        settings: Hyperparameters | None = None,
    ) -> None:
        if torch is None:
            raise MissingExtraError(
                "TorchTrainer needs PyTorch: pip install 'eta-tuner[torch]', or use another one."
            )
        self.device = _device(device)
        self._threads = threads
        self._make = (lambda _: model) if isinstance(model, torch.nn.Module) else model
        self._smooths = loss is None
        self._ignored = _option(loss, "ignore_index", IGNORED)
        self._weight = _option(loss, "weight", None)
        self._make_optimizer = optimizer
        self._known = data.summary if isinstance(data, Dataset) else None
        self._classes = data.classes if isinstance(data, Dataset | TuningData) else None
        self._parts = parts_of(data, self.device, self._ignored)
        training = self._parts["training"]
        functional = torch.nn.functional
        usual = functional.mse_loss if training.y.is_floating_point() else functional.cross_entropy
        self._loss: Callable[..., Tensor] = loss or usual
        self.n = len(training)
        self._parts["probe"] = training.take(torch.from_numpy(probe_rows(self.n)).to(self.device))
        self._cast: dict[tuple[Portion, Any], Examples] = {}
        settings = settings or Hyperparameters(eta=FIRST_ETA)
        with self._apart(settings):
            self._reading = self._try_out(settings)

    @cached_property
    def summary(self) -> DataSummary:
        """Which data these are."""
        if self._known is not None:
            return self._known
        train, validation = (self._parts[name].flat() for name in ("training", "validation"))
        if self._reading.kind == "yes-no":
            train, validation = ((x, y.astype(int)) for x, y in (train, validation))
        return summary_of(train, validation, self._classes)

    def start(self, settings: Hyperparameters) -> TorchLane:
        """Return a network before its first step."""
        check_ours(settings, () if self._smooths else ("label_smoothing",))
        with self._apart(settings):
            module = self._made(settings)
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
        with self._apart(settings):
            module = self._module(lane)
            with torch.no_grad():
                z = module.eval()(*self._examples("probe", module).x)
            return self._least_constant_cost(z, self._examples("training", module).y)

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

    def _try_out(self, settings: Hyperparameters) -> Reading:
        """Return how outputs are read; raise unless all that was given fits together."""
        module = self._made(settings)
        self._optimizer(module, TorchLane(settings, {}, None, 0))
        read, _ = (self._fitting(module.eval(), name) for name in ("training", "validation"))
        return read

    def _fitting(self, module: Module, portion: Portion) -> Reading:
        whole = self._examples(portion, module)
        counts = (whole.y != self._ignored).reshape(len(whole), -1).any(dim=1)
        some = whole.take(torch.nonzero(counts)[:TRIED, 0])
        z = _outputs(module, some)
        loss = None if self._smooths else self._loss
        known = None if self._classes is None else len(self._classes)
        read = reading(z, some.y, loss, self._ignored, known)
        read.check(whole.y, z, portion)
        with torch.enable_grad(), _in_one_line(f"the loss fails on outputs of {tuple(z.shape)}"):
            cost = self._loss(z, read.targets(some.y, z))
        _check_cost(cost, z)
        return read

    def _counted(self, y: Tensor) -> float:
        """Return how much labels weigh in a mean: their number, or the sum of their weights."""
        if self._reading.kind != "classes":
            return float(len(y))
        counted = y[self._reading.counted(y)]
        return float(len(counted) if self._weight is None else self._weight[counted].sum())

    def _train(self, lane: TorchLane, etas: Rates) -> TorchLane:
        s, m, steps = lane.settings, min(lane.settings.batch_size, self.n), len(etas)
        forward_seed = derived_seed(s.seed, Purpose.DROPOUT)
        with self._apart(s, lane.steps), torch.enable_grad():
            module = self._module(lane).train()
            examples = self._examples("training", module)
            optimizer = self._optimizer(module, lane)
            batches = mini_batches(s.seed, self.n, m, lane.steps, steps)
            for (step, rows), eta in zip(batches, etas.tolist(), strict=True):
                for group in optimizer.param_groups:
                    group["lr"] = eta
                self._seed(forward_seed + step)
                chosen = examples.take(torch.from_numpy(rows).to(self.device))
                optimizer.step(partial(self._backward, module, optimizer, chosen, s))
        return replace(
            lane,
            model=_copied(module.state_dict()),
            optimizer=copy.deepcopy(optimizer.state_dict()),
            steps=lane.steps + steps,
            diverged=not all(bool(torch.isfinite(p).all()) for p in module.parameters()),
        )

    def _backward(
        self, module: Module, optimizer: Optimizer, examples: Examples, s: Hyperparameters
    ) -> Tensor:
        optimizer.zero_grad()
        smoothed = {"label_smoothing": s.label_smoothing} if s.label_smoothing else {}
        z, y = module(*examples.x), examples.y
        loss = 0 * z.sum()
        if self._counted(y):
            loss = self._loss(z, self._reading.targets(y, z), **smoothed)
        regularizer = REGULARIZERS[s.regularization]
        if s.lambda_ and not regularizer.scales:
            loss = loss + self.decay(s) * sum(regularizer.size(w) for w in _weights(module))
        loss.backward()
        if s.clip is not None:
            torch.nn.utils.clip_grad_norm_(module.parameters(), s.clip)
        return loss

    def _measure(self, lane: TorchLane, portion: Portion) -> Measurement:
        total, outputs = 0.0, []
        with self._apart(lane.settings), torch.no_grad():
            module = self._module(lane).eval()
            examples = self._examples(portion, module)
            y = examples.y
            for first in range(0, len(y), ROWS_AT_ONCE):
                some = examples.take(slice(first, first + ROWS_AT_ONCE))
                z = module(*some.x)
                if counted := self._counted(some.y):
                    total += float(self._loss(z, self._reading.targets(some.y, z))) * counted
                outputs.append(z)
            cost = total / (self._counted(y) or 1) + self._penalty(module, lane.settings)
        return Measurement(cost, self._reading.measured(y, torch.cat(outputs)))

    def _penalty(self, module: Module, s: Hyperparameters) -> float:
        return penalty(REGULARIZERS[s.regularization], self.decay(s), _weights(module))

    def _made(self, settings: Hyperparameters) -> Module:
        # A copy: what the user's function gives may be a module that is used elsewhere.
        made = self._make(settings)
        if not isinstance(made, torch.nn.Module):
            raise OptionError(
                f"the model's function returned a {type(made).__name__}: return a torch.nn.Module."
            )
        return copy.deepcopy(made).to(self.device)

    def _module(self, lane: TorchLane) -> Module:
        module = self._made(lane.settings)
        module.load_state_dict(lane.model)
        return module

    def _optimizer(self, module: Module, lane: TorchLane) -> Optimizer:
        s = lane.settings
        make = self._make_optimizer or _optimizer_of(s)
        optimizer = _with_rate(make, self._groups(module, s), s.eta)
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

    def _examples(self, portion: Portion, module: Module) -> Examples:
        """Return the examples of a portion with numbers of the dtype of a model."""
        floating = (t.dtype for t in module.state_dict().values() if t.is_floating_point())
        dtype = next(floating, torch.float32)
        if (portion, dtype) not in self._cast:
            self._cast[portion, dtype] = self._parts[portion].cast(dtype)
        return self._cast[portion, dtype]

    def _least_constant_cost(self, outputs: Tensor, y: Tensor) -> float:
        """Minimise the loss of one output for all examples, of the kind of `outputs`."""
        as_output = self._kind_of(outputs)
        shape = [1, *outputs.shape[1:2], *[1] * (outputs.ndim - 2)]
        constant = torch.zeros(
            shape, dtype=outputs.dtype, device=outputs.device, requires_grad=True
        )
        whole = [len(y), *outputs.shape[1:]]
        optimizer = torch.optim.LBFGS([constant], max_iter=200, line_search_fn="strong_wolfe")
        targets = self._reading.targets(y, as_output(constant.detach()).expand(whole))

        def cost() -> Tensor:
            optimizer.zero_grad()
            value = self._loss(as_output(constant).expand(whole), targets)
            value.backward()
            return value

        with torch.enable_grad():
            optimizer.step(cost)
            return float(cost().detach())

    def _kind_of(self, outputs: Tensor) -> Callable[[Tensor], Tensor]:
        if self._reading.kind == "classes":
            return _kind(outputs)
        return torch.sigmoid if self._reading.probabilities else lambda numbers: numbers

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


def settings_of_optimizer(make: Any) -> dict[str, Any]:
    """Return which of our optimizers a user's is akin to: by it the share of the threshold goes.

    Examples
    --------
    >>> settings_of_optimizer(partial(torch.optim.SGD, momentum=0.5))
    {'optimizer': 'momentum', 'momentum': 0.5}
    >>> settings_of_optimizer(torch.optim.Adam)
    {'optimizer': 'adamw'}
    """
    given = getattr(make, "keywords", {})
    name = getattr(getattr(make, "func", make), "__name__", "")
    if name != "SGD":
        return {"optimizer": "adamw"} if name in ADAPTIVE else {}
    if not given.get("momentum"):
        return {"optimizer": "sgd"}
    kind = "nesterov" if given.get("nesterov") else "momentum"
    return {"optimizer": kind, "momentum": given["momentum"]}


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


def _outputs(module: Module, examples: Examples) -> Tensor:
    """Return what a model makes of examples; raise `DataError` where it fails, or gives none."""
    shapes = " and ".join(str(tuple(x.shape)) for x in examples.x)
    with torch.enable_grad(), _in_one_line(f"the model fails on inputs of {shapes}"):
        z = module(*examples.x)
    if not isinstance(z, torch.Tensor):
        raise DataError(f"the model gives a {type(z).__name__}: give one tensor of outputs.")
    return z


def _check_cost(cost: Any, z: Tensor) -> None:
    """Raise `DataError` unless a loss is one finite number."""
    if not isinstance(cost, torch.Tensor) or cost.ndim:
        what = f"shape {tuple(cost.shape)}" if hasattr(cost, "shape") else type(cost).__name__
        raise DataError(
            f"the loss gives a result of {what}: give one number as a tensor, the mean over the"
            " examples."
        )
    if z.requires_grad and not cost.requires_grad:
        raise DataError("the loss does not follow the model's outputs: leave detach and item out.")
    if not bool(torch.isfinite(cost)):
        raise DataError(
            f"the loss is {float(cost):g} before the first step: check inputs, targets and model."
        )


def _device(wanted: Any) -> Any:
    """Return where to train, by default the first CUDA GPU if there is one."""
    try:
        device = torch.device(wanted or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise OptionError(
            f"device {wanted} is not there ({said}): give 'cpu', or leave it out."
        ) from error
    return device


def _with_rate(
    make: Callable[..., Optimizer], groups: list[dict[str, Any]], eta: float
) -> Optimizer:
    """Return an optimizer with this learning rate; raise `OptionError` if none comes of it."""
    wanted = "give what makes one from parameters and lr, such as torch.optim.SGD"
    if isinstance(make, torch.optim.Optimizer):
        raise OptionError(f"optimizer is a {type(make).__name__} of other parameters: {wanted}.")
    try:
        optimizer = make(groups, lr=eta)
    except (TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise OptionError(
            f"optimizer cannot be made with lr = {eta:g} ({said}): {wanted}."
        ) from error
    if not all("lr" in group for group in getattr(optimizer, "param_groups", [{}])):
        raise OptionError(f"optimizer is a {type(optimizer).__name__} without lr: {wanted}.")
    return optimizer


def _copied(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in state.items()}


def _weights(module: Module) -> list[Tensor]:
    return [p for p in module.parameters() if p.requires_grad and p.ndim >= 2]


def _kind(outputs: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the function that turns any numbers into outputs like these."""
    sums = outputs.exp().sum(dim=1) if bool((outputs <= 0).all()) else outputs.sum(dim=1)
    add_up = bool(torch.isclose(sums, torch.ones_like(sums), atol=1e-3).all())
    if bool((outputs <= 0).all()) and add_up:
        return partial(torch.log_softmax, dim=1)
    if bool(((outputs >= 0) & (outputs <= 1)).all()):
        return partial(torch.softmax, dim=1) if add_up else torch.sigmoid
    return lambda numbers: numbers
