"""K networks of one shape in lock-step: the stacked forward pass, backward pass and update.

Shapes: K lanes, m examples in a mini-batch, d inputs or h neurons. Each lane gets matrix products
of its own, of the same shape whatever K is, so lane i of K goes bit for bit as it goes alone; what
the lanes share is the interpreter's overhead. Lanes with one data order read one copy of the
mini-batch, their slot.
"""

from collections.abc import Sequence

import numpy as np

from tuner.network.activations import ACTIVATIONS
from tuner.network.blas import Array, gemm_for
from tuner.network.initialization import Parameters
from tuner.network.losses import COSTS
from tuner.network.regularization import decay_factor, shrink_towards_zero
from tuner.records import Hyperparameters


class Stack:
    """The parameters of K networks, stacked, with what updates them.

    Parameters
    ----------
    settings
        One for each lane; shape, activation, cost, regularization, precision and whether there is
        dropout are those of the first.
    parameters
        The initial parameters of each lane; they are copied.
    n
        Number of training examples, for λ/n.
    """

    def __init__(
        self, settings: Sequence[Hyperparameters], parameters: Sequence[Parameters], n: int
    ) -> None:
        self.settings = tuple(settings)
        self.weights = [
            np.stack(layer) for layer in zip(*(p.weights for p in parameters), strict=True)
        ]
        self.biases = [
            np.stack(layer)[:, np.newaxis, :]
            for layer in zip(*(p.biases for p in parameters), strict=True)
        ]
        self.dropout = any(s.dropout for s in settings)
        self.decay = [decay_factor(s, n) for s in settings]
        shrinks = settings[0].regularization == "l1" and any(s.lambda_ for s in settings)
        self.shrink = self._column([s.eta * s.lambda_ / n for s in settings]) if shrinks else None

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """Precision of all arrays."""
        return self.weights[0].dtype

    def _column(self, values: Sequence[float]) -> Array:
        return np.array(values, self.dtype).reshape(-1, 1, 1)

    def lane(self, k: int) -> Parameters:
        """Copy the parameters of lane k out of the stack."""
        return Parameters(
            tuple(w[k].copy() for w in self.weights), tuple(b[k, 0].copy() for b in self.biases)
        )


class Workspace:
    """The arrays of one mini-batch size m, and the training step on them.

    Parameters
    ----------
    stack
        The networks to train, in place.
    m
        Examples in the mini-batch.
    slots
        For each lane the index of the mini-batch it reads, counted from 0.

    Attributes
    ----------
    x
        The mini-batches (slots, m, d), to be filled before each `step`.
    targets
        Their targets for each lane (K, m, c), to be filled before each `step`.
    """

    def __init__(self, stack: Stack, m: int, slots: Sequence[int]) -> None:
        lanes, dtype = range(len(slots)), stack.dtype
        settings = stack.settings
        self.stack = stack
        self.gemm = gemm_for(dtype)
        self.activation = ACTIVATIONS[settings[0].activation]
        self.cost = COSTS[settings[0].cost]
        self.x = np.empty((max(slots) + 1, m, stack.weights[0].shape[2]), dtype)
        # A layer's activation a (K, m, h), what it passes on (a with dropout) and its error δ.
        self.a = [np.empty((len(slots), m, w.shape[1]), dtype) for w in stack.weights]
        self.passed = [np.empty_like(a) if stack.dropout else a for a in self.a[:-1]]
        self.delta = [np.empty_like(a) for a in self.a[:-1]] + [self.a[-1]]
        self.scratch = [np.empty_like(a) for a in self.a]
        self.targets = np.empty_like(self.a[-1])
        self.bias_step = [np.empty_like(b) for b in stack.biases]
        self.minus_eta_over_m = np.array([-s.eta / m for s in settings], dtype).reshape(-1, 1, 1)
        # BLAS is column-major: it sees each row-major array transposed.
        inputs = [[self.x[slot].T for slot in slots]]
        inputs += [[layer[k].T for k in lanes] for layer in self.passed]
        weights = [[w[k].T for k in lanes] for w in stack.weights]
        outputs = [[a[k].T for k in lanes] for a in self.a]
        errors = [[d[k].T for k in lanes] for d in self.delta]
        scales = [-s.eta / m for s in settings]
        self.forward_products = [
            list(zip(w, i, o, strict=True))
            for w, i, o in zip(weights, inputs, outputs, strict=True)
        ]
        self.backward_products = [
            list(zip(w, e, o, strict=True))
            for w, e, o in zip(weights[1:], errors[1:], errors[:-1], strict=True)
        ]
        self.updates = [
            list(zip(scales, i, e, stack.decay, w, strict=True))
            for i, e, w in zip(inputs, errors, weights, strict=True)
        ]

    def step(self, masks: Sequence[Array]) -> None:
        """Do one step of gradient descent on `x` and `targets` in every lane.

        Parameters
        ----------
        masks
            One array (K, 1, h) for each hidden layer, or nothing without dropout.
        """
        self.forward(masks)
        self.backward(masks)
        self.update()

    def forward(self, masks: Sequence[Array]) -> None:
        """Compute the activations of every layer."""
        gemm, last = self.gemm, len(self.a) - 1
        for layer, (a, bias) in enumerate(zip(self.a, self.stack.biases, strict=True)):
            for weights, inputs, out in self.forward_products[layer]:
                gemm(1.0, weights, inputs, 0.0, out, 1, 0, 1)  # (m, d) @ (d, h) -> (m, h)
            a += bias
            if layer == last:
                self.cost.output(a)
            else:
                self.activation.apply(a)
                if masks:
                    np.multiply(a, masks[layer], self.passed[layer])

    def backward(self, masks: Sequence[Array]) -> None:
        """Compute the error δ = ∂C/∂z of every layer, summed over nothing yet."""
        gemm = self.gemm
        self.cost.output_error(self.a[-1], self.targets, self.scratch[-1])
        for layer in range(len(self.a) - 2, -1, -1):
            delta = self.delta[layer]
            for weights, error, out in self.backward_products[layer]:
                gemm(1.0, weights, error, 0.0, out, 0, 0, 1)  # (m, h') @ (h', h) -> (m, h)
            if masks:
                delta *= masks[layer]
            self.activation.times_derivative(delta, self.a[layer], self.scratch[layer])

    def update(self) -> None:
        """Do w → (1 - ηλ/n) w - η/m Σ∂Cₓ/∂w and b → b - η/m Σ∂Cₓ/∂b."""
        gemm, stack = self.gemm, self.stack
        for layer, delta in enumerate(self.delta):
            if stack.shrink is not None:
                shrink_towards_zero(stack.weights[layer], stack.shrink)
            for scale, inputs, error, decay, weights in self.updates[layer]:
                gemm(scale, inputs, error, decay, weights, 0, 1, 1)  # (h, m) @ (m, d) -> (h, d)
            step = self.bias_step[layer]
            np.add.reduce(delta, axis=1, out=step, keepdims=True)  # (K, m, h) -> (K, 1, h)
            step *= self.minus_eta_over_m
            stack.biases[layer] += step
