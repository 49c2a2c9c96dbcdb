"""Our own networks, many at once: lanes over the stacked passes of `tuner.network`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Part, TuningData
from tuner.data.augmentation import Augmenter
from tuner.errors import OptionError
from tuner.metrics import of_classes, of_numbers
from tuner.network.activations import ACTIVATIONS
from tuner.network.arrays import Array
from tuner.network.blas import one_thread
from tuner.network.dropout import DropoutMasks
from tuner.network.initialization import Parameters, initial_parameters
from tuner.network.losses import LOSSES, Loss, losses_of, shares_of, weighted
from tuner.network.optimizers import OPTIMIZERS
from tuner.network.regularization import REGULARIZERS, penalty
from tuner.network.stack import AVERAGE, Functions, Stack, Start
from tuner.network.steps import Workspace
from tuner.randomness import Purpose, stream
from tuner.records import DataSummary
from tuner.settings import Hyperparameters, settings_of
from tuner.trainers.base import Measurement, Portion, Rates, summary_of, tuning_data
from tuner.trainers.batches import blocks, steps_in

CACHE_BYTES = 1 << 20
"""Lanes that train together share this much cache; with more of them each would be slower."""

PROBE_EXAMPLES = 2_000
ROWS_AT_ONCE = 4_096

FRESH_EXAMPLES = 512
"""Images changed at once: few enough for the cache. Part of the reproducible result."""


@dataclass(frozen=True, eq=False)
class NativeLane:
    """One of our networks in training; see `tuner.trainers.base.Lane`.

    Attributes
    ----------
    state
        What the optimizer keeps beside each parameter, by its names, and the mean of the
        parameters where one is kept.
    fold
        Which of its trainer's data it trains on, from 0.
    """

    settings: Hyperparameters
    parameters: Parameters
    steps: int = 0
    diverged: bool = False
    state: Mapping[str, Parameters] = field(default_factory=dict)
    fold: int = 0

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return int(self.parameters.weights[0].shape[1])

    @property
    def network(self) -> Parameters:
        """The parameters to measure, to save and to predict with: their mean where one is kept."""
        return self.state.get(AVERAGE, self.parameters)

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum(array.size for array in self.parameters.arrays)

    def with_eta(self, eta: float) -> Self:
        """Return the same network with another learning rate from here on."""
        return replace(self, settings=replace(self.settings, eta=eta))


class NativeTrainer:
    """Train networks on the training part of a data set.

    Parameters
    ----------
    data
        Training and validation parts, or a data set, of which the test part stays sealed; the class
        index of each example becomes a one-hot row.
    *others
        Those of further folds, with training parts of the same size. Networks of several folds
        train in lock-step where they have the same inputs.
    class_weights
        How much an example of each class counts in cost and gradient, above 0; they are divided by
        their mean over the training examples. Whole numbers do what repeating the examples does.

    Examples
    --------
    >>> from tuner.data import load
    >>> trainer = NativeTrainer(load("iris").tuning)
    >>> lane = trainer.start(Hyperparameters(eta=0.5, hidden=(8,)))
    >>> trained, = trainer.advance([lane], steps=20 * trainer.steps_per_epoch(lane.settings))
    >>> trained.steps, lane.steps
    (180, 0)
    """

    def __init__(
        self,
        data: TuningData | Dataset,
        *others: TuningData,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        self.folds = tuple(map(tuning_data, (data, *others)))
        self.data = data = self.folds[0]
        self.n = data.train.n
        if any(fold.train.n != self.n for fold in self.folds):
            raise OptionError("the training parts of folds must be of one size.")
        self.n_out = data.n_outputs
        self._scales = [Scale.of(fold.train.y) for fold in self.folds]
        chosen = stream(0, Purpose.PROBE).permutation(self.n)[:PROBE_EXAMPLES]
        self._probes = [Part(f.train.x[chosen], f.train.y[chosen]) for f in self.folds]
        widths = [fold.train.x.shape[1] for fold in self.folds]
        self._inputs = lru_cache(maxsize=2 * len(set(widths)))(self._inputs_of)
        places = (widths[:fold].count(width) for fold, width in enumerate(widths))
        self.class_weights = class_weights
        own = losses_of(data.task)
        self._losses = own if class_weights is None else self._weighted(class_weights)
        self._first_rows = [self.n * place for place in places]

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[TuningData, ...]]:
        """Pickle the data and the weights of classes alone; the rest is made again."""
        return partial(type(self), class_weights=self.class_weights), self.folds

    def _weighted(self, class_weights: Sequence[float]) -> dict[str, Loss]:
        if self.data.task == "regression":
            raise OptionError("class_weights must be None where numbers are predicted.")
        weights = np.asarray(class_weights, np.float64)
        if weights.shape != (self.n_out,) or not ((weights > 0) & np.isfinite(weights)).all():
            raise OptionError(
                f"class_weights must be {self.n_out} positive numbers, one for each class, but are"
                f" {list(class_weights)}."
            )
        weights = weights / weights[self.data.train.y].mean()
        return {name: weighted(loss, weights) for name, loss in LOSSES.items()}

    def _losses_of(self, settings: Hyperparameters) -> Mapping[str, Loss]:
        if settings.class_weight == "none":
            return self._losses
        counts = np.bincount(self.data.train.y, minlength=self.n_out)
        return self._weighted((1 / counts.clip(min=1)).tolist())

    @property
    def summary(self) -> DataSummary:
        """Which data these are."""
        train, validation = self.data.train, self.data.validation
        return summary_of((train.x, train.y), (validation.x, validation.y), self.data.classes)

    def start(self, settings: Hyperparameters, fold: int = 0) -> NativeLane:
        """Return a network of a fold, counted from 0, before its first step.

        Raises
        ------
        OptionError
            When images are to be expanded but the data are none, or when classes are to be balanced
            that have weights of their own.
        """
        if settings.class_weight != "none" and self.class_weights is not None:
            raise OptionError("class_weight must be 'none' where class_weights are given.")
        if settings.cost not in self._losses:
            raise OptionError(f"cost is {settings.cost!r} but must be {', '.join(self._losses)}.")
        if settings.expansion != "none" and self.data.image_shape is None:
            raise OptionError(
                f"expansion is {settings.expansion!r} but the data are no images: leave it out."
            )
        sizes = (self.folds[fold].train.x.shape[1], *settings.hidden, self.n_out)
        start = initial_parameters(sizes, settings.init, settings.seed, settings.precision)
        state = {
            name: start if name == AVERAGE else start.zeros() for name in names_of_state(settings)
        }
        return NativeLane(settings, start, state=state, fold=fold)

    def steps_per_epoch(self, settings: Hyperparameters) -> int:
        """Return the number of mini-batches in an epoch, whose sizes differ by one at most."""
        return steps_in(self.n, settings.batch_size)

    def decay(self, settings: Hyperparameters) -> float:
        """Return λ/n."""
        return settings.lambda_ / self.n

    def baseline(self, settings: Hyperparameters) -> float:
        """Return the least cost of a constant output: that of class frequencies, or of the mean."""
        y = self.data.train.y if self.data.classes else np.zeros(self.n, np.intp)
        shares = np.bincount(y, minlength=self.n_out) / self.n
        return self._losses_of(settings)[settings.cost].baseline(shares)

    def advance(self, lanes: Sequence[NativeLane], steps: int) -> list[NativeLane]:
        """Train each lane for `steps` more steps of its own data order.

        Lanes may differ in everything; those of one shape train in lock-step. A lane that has
        diverged comes back marked, and unchanged from then on.
        """
        return self._advance(lanes, steps, None)

    def advance_at(self, lanes: Sequence[NativeLane], etas: Sequence[Rates]) -> list[NativeLane]:
        """Train each lane as `advance` does, with a learning rate for each step (steps,)."""
        return self._advance(lanes, len(etas[0]) if lanes else 0, etas)

    def _advance(
        self, lanes: Sequence[NativeLane], steps: int, etas: Sequence[Rates] | None
    ) -> list[NativeLane]:
        trained = list(lanes)
        with one_thread(), np.errstate(all="ignore"):
            for together in self._chunks(lanes):
                of_steps = None if etas is None else np.array([etas[i] for i in together])
                results = self._train([lanes[i] for i in together], steps, of_steps)
                for i, lane in zip(together, results, strict=True):
                    trained[i] = lane
        return trained

    def measure(self, lanes: Sequence[NativeLane], portion: Portion) -> list[Measurement]:
        """Return the regularized cost and the metrics of each lane."""
        with one_thread(), np.errstate(all="ignore"):
            return [self._measure(lane, self._part(portion, lane.fold)) for lane in lanes]

    def _part(self, portion: Portion, fold: int) -> Part:
        if portion == "probe":
            return self._probes[fold]
        data = self.folds[fold]
        return data.train if portion == "training" else data.validation

    def _measure(self, lane: NativeLane, part: Part) -> Measurement:
        s, total = lane.settings, 0.0
        loss, scale = self._losses_of(s)[s.cost], self._scales[lane.fold]
        scores = np.empty((part.n, self.n_out), s.precision)
        for first in range(0, part.n, ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            scores[rows] = z = logits(lane.network, s, part.x[rows])
            total += float(loss.per_example(z, self._targets(part.y[rows], z.dtype, scale)).sum())
        size = penalty(REGULARIZERS[s.regularization], self.decay(s), lane.network.weights)
        if self.data.task == "regression":
            metrics = of_numbers(part.y, scale.back(scores[:, 0]))
        else:
            metrics = of_classes(part.y, scores, partial(shares_of, scores, loss))
        return Measurement(total / part.n + size, metrics, size)

    def _targets(self, y: NDArray[Any], dtype: np.dtype[np.floating], scale: "Scale") -> Array:
        """Return what the outputs (n, n_out) should be."""
        if self.data.task == "classification":
            return one_hot(y, self.n_out, dtype)
        return scale.standardized(y).astype(dtype)[:, np.newaxis]

    def _chunks(self, lanes: Sequence[NativeLane]) -> Iterator[list[int]]:
        groups = defaultdict(list)
        for i, lane in enumerate(lanes):
            if not lane.diverged:
                groups[_lock_step_key(lane)].append(i)
        for members in groups.values():
            size = self._lanes_at_once(lanes[members[0]])
            yield from (members[i : i + size] for i in range(0, len(members), size))

    def _lanes_at_once(self, lane: NativeLane) -> int:
        batch = lane.settings.batch_size * lane.n_in * lane.parameters.weights[0].itemsize
        return max(1, CACHE_BYTES // (sum(w.nbytes for w in lane.parameters.weights) + batch))

    def _inputs_of(self, precision: str, smoothing: float, n_in: int) -> tuple[Array, Array]:
        """Return inputs and targets of the training parts of this width, one below another."""
        places = [i for i, fold in enumerate(self.folds) if fold.train.x.shape[1] == n_in]
        parts, dtype = [self.folds[i].train for i in places], np.dtype(precision)
        targets = _below(
            self._targets(self.folds[i].train.y, dtype, self._scales[i]) for i in places
        )
        if smoothing:
            targets *= 1 - smoothing
            targets += smoothing / self.n_out
        return _below(part.x for part in parts).astype(dtype, copy=False), targets

    def _train(
        self, lanes: list[NativeLane], steps: int, etas: NDArray[np.float64] | None
    ) -> list[NativeLane]:
        stack = stack_of(lanes, self.n, self._losses_of(lanes[0].settings))
        step, end = lanes[0].steps, lanes[0].steps + steps
        common = lanes[0].settings
        inputs = self._inputs(common.precision, common.label_smoothing, lanes[0].n_in)
        settings = [lane.settings for lane in lanes]
        first_rows = [self._first_rows[lane.fold] for lane in lanes]
        rates = None if etas is None else RatesByStep(step, etas.T.tolist())
        epoch_of = _EpochTrainer(
            stack, settings, *inputs, self.data.image_shape, first_rows=first_rows, rates=rates
        )
        while step < end:
            epoch, first = divmod(step, epoch_of.steps)
            last = min(epoch_of.steps, first + end - step)
            epoch_of.run(epoch, first, last)
            step += last - first
        trained = []
        for k, lane in enumerate(lanes):
            parameters, state = stack.lane(k), stack.lane_state(k)
            diverged = not all(p.finite for p in (parameters, *state.values()))
            trained.append(
                replace(lane, parameters=parameters, state=state, steps=end, diverged=diverged)
            )
        return trained


class Scale(NamedTuple):
    """How numbers to predict become targets with a mean of 0 and a variance of 1."""

    center: float
    width: float

    @classmethod
    def of(cls, y: NDArray[Any]) -> Self:
        """Return the scale of a training part; that of class indices changes nothing."""
        if y.dtype.kind != "f":
            return cls(0.0, 1.0)
        return cls(float(y.mean()), float(y.std()) or 1.0)

    def standardized(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return numbers as targets."""
        return (y - self.center) / self.width

    def back(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return outputs in the unit of the target."""
        return outputs.astype(np.float64) * self.width + self.center


class RatesByStep(NamedTuple):
    """The learning rates (steps, K) of the lanes of a stack, from a step on."""

    first: int
    etas: list[list[float]]


def _below(arrays: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays one below another; one alone as it is."""
    every = list(arrays)
    return every[0] if len(every) == 1 else np.concatenate(every)


class _EpochTrainer:
    """Runs a stack through mini-batches of its data, each lane in the order of its seed.

    `first_rows` says where the n rows of each lane's fold begin.
    """

    def __init__(
        self,
        stack: Stack,
        settings: Sequence[Hyperparameters],
        x: Array,
        targets: Array,
        image_shape: tuple[int, int] | None,
        *,
        first_rows: Sequence[int],
        rates: RatesByStep | None,
    ) -> None:
        self.x, self.targets, common = x, targets, settings[0]
        self.stack, self.rates = stack, rates
        wanted = [(s.seed, first) for s, first in zip(settings, first_rows, strict=True)]
        self.orders = sorted(set(wanted))
        self.slots = [self.orders.index(each) for each in wanted]
        self.n, self.m = stack.n, common.batch_size
        self.steps = steps_in(self.n, self.m)
        self.augmenter = Augmenter(common.expansion, image_shape)
        self.blocks = [*blocks(self.n, self.m, FRESH_EXAMPLES if self.augmenter else self.n)]
        self.spaces = {m: Workspace(stack, m, self.slots) for m in {b.size for b in self.blocks}}
        shares = [(s.dropout, s.seed) for s in settings]
        self.masks = (
            DropoutMasks(common.hidden, shares, common.precision) if stack.dropout else None
        )

    def run(self, epoch: int, first: int, last: int) -> None:
        """Train on mini-batches `first` … `last` - 1 of an epoch."""
        orders = [
            first + stream(seed, Purpose.ORDER, epoch).permutation(self.n)
            for seed, first in self.orders
        ]
        for number, block in enumerate(self.blocks):
            if block.first < last and first < block.last:
                rows = [order[block.rows].reshape(-1, block.size) for order in orders]
                wanted = range(
                    max(first, block.first) - block.first, min(last, block.last) - block.first
                )
                self._run_batches(rows, wanted, (epoch, number), epoch * self.steps + block.first)

    def _run_batches(
        self,
        orders: list[NDArray[np.intp]],
        batches: range,
        block: tuple[int, int],
        first_step: int,
    ) -> None:
        """Train on some of the mini-batches whose rows (batches, m) are given for each seed."""
        space = self.spaces[orders[0].shape[1]]
        wanted = slice(batches.start, batches.stop)
        source, rows = self.x, orders
        if self.augmenter:
            source, rows = self._changed(orders, block)
        rows = [order[wanted] for order in rows]
        x_rows = np.concatenate(rows, axis=1)  # U distinct orders: (batches, U * m)
        lane_rows = np.concatenate([orders[slot][wanted] for slot in self.slots], axis=1)
        x = space.x.reshape(-1, space.x.shape[-1])
        targets = space.targets.reshape(-1, space.targets.shape[-1])
        take_x, take_targets, step = source.take, self.targets.take, space.step
        masks: Sequence[Array] = ()
        for batch, of_x, of_targets in zip(batches, x_rows, lane_rows, strict=True):
            take_x(of_x, 0, x, "clip")
            take_targets(of_targets, 0, targets, "clip")
            number = first_step + batch
            if self.masks:
                masks = self.masks.at(number)
            if self.rates:
                self.stack.set_eta(self.rates.etas[number - self.rates.first])
                space.update.set_eta()
            step(masks, number + 1)

    def _changed(
        self, orders: list[NDArray[np.intp]], block: tuple[int, int]
    ) -> tuple[Array, list[NDArray[np.intp]]]:
        """Return the rows of a block changed anew for each seed, and where each now stands."""
        changed = [
            self.augmenter.rows(self.x[order.ravel()], stream(seed, Purpose.FRESH, *block))
            for (seed, _), order in zip(self.orders, orders, strict=True)
        ]
        places = np.arange(len(orders) * orders[0].size).reshape(len(orders), *orders[0].shape)
        return np.concatenate(changed), list(places)


def names_of_state(settings: Hyperparameters) -> tuple[str, ...]:
    """Return the names of what is kept beside the parameters of a network."""
    return OPTIMIZERS[settings.optimizer].state + (AVERAGE,) * (settings.averaging > 0)


OF_ONE_LANE = {"eta", "lambda_", "dropout", "averaging", "init", "seed"}
"""Settings in which the lanes of a stack may differ, beside the rates of the optimizer."""


def _lock_step_key(lane: NativeLane) -> tuple[object, ...]:
    s = lane.settings
    own = OF_ONE_LANE.union(OPTIMIZERS[s.optimizer].rates)
    alike = (getattr(s, name) for name in settings_of(Hyperparameters) if name not in own)
    return (*alike, s.dropout > 0, s.averaging > 0, lane.steps, lane.n_in)


def stack_of(lanes: Sequence[NativeLane], n: int, losses: Mapping[str, Loss] = LOSSES) -> Stack:
    """Return lanes that can train in lock-step as one stack; n is the number of training examples.

    All settings but those of `OF_ONE_LANE` are those of the first lane; `losses` are the costs by
    their names.
    """
    common = lanes[0].settings
    functions = Functions.named(
        common.activation, common.cost, common.regularization, common.optimizer, common.clip
    )
    functions = replace(functions, loss=losses[common.cost])
    starts = [
        Start(
            parameters=lane.parameters,
            eta=lane.settings.eta,
            lambda_=lane.settings.lambda_,
            state=lane.state,
            averaging=lane.settings.averaging,
            rates={name: getattr(lane.settings, name) for name in functions.optimizer.rates},
        )
        for lane in lanes
    ]
    return Stack(functions, starts, n=n, dropout=common.dropout > 0)


def one_hot(labels: NDArray[np.intp], n_classes: int, dtype: np.dtype[np.floating]) -> Array:
    """Return the rows (n, n_classes) with a 1 at each label and 0 elsewhere."""
    rows = np.zeros((len(labels), n_classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def logits(parameters: Parameters, settings: Hyperparameters, x: Array) -> Array:
    """Return the output layer's weighted inputs z (n, n_out) for inputs x (n, d), no dropout."""
    activation = ACTIVATIONS[settings.activation]
    *hidden, (w_out, b_out) = zip(parameters.weights, parameters.biases, strict=True)
    a = x.astype(w_out.dtype, copy=False)
    for w, b in hidden:
        a = a @ w.T  # (n, d) @ (d, h) -> (n, h)
        a += b
        activation.forward(a)
    z: Array = a @ w_out.T
    z += b_out
    return z
