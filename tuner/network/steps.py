"""The training step of K networks in lock-step: forward pass, backward pass and update.

Shapes: K lanes, m examples in a mini-batch, d inputs or h neurons. Each lane gets matrix products
of its own, of the same shape whatever K is, so lane i of K goes bit for bit as it goes alone; what
the lanes share is the interpreter's overhead. Lanes with one data order read one copy of the
mini-batch, their slot.

Backpropagation is that of Nielsen, chapter 2 (http://neuralnetworksanddeeplearning.com/chap2.html).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from tuner.network.arrays import Array
from tuner.network.blas import gemm_for
from tuner.network.optimizers import OPTIMIZERS, Optimizer
from tuner.network.stack import Stack

Products = list[list[tuple[float, Array, Array, float, Array]]]

Pairs = Sequence[Sequence[tuple[Array, Array]]]
"""For each layer and lane its inputs (d, m) and errors (h, m), as column-major BLAS sees them."""


CLIP_EPSILON = 1e-6
"""As PyTorch's `clip_grad_norm_` has it, so that both clip alike."""

BLOCK_BYTES = 1 << 16
"""An optimizer goes through large weights in blocks of this size: they stay in the cache."""


class Update(Protocol):
    """Updates the parameters of a stack from the inputs and errors of every layer, in place.

    Attributes
    ----------
    products
        α, A, B, β and C of the product C ← α·A·B + β·C of every layer and lane.
    """

    products: Products

    def __call__(self, t: int) -> None:
        """Update every layer; `t` counts the steps of the lanes from 1."""

    def set_eta(self) -> None:
        """Take on the learning rates that the stack has now."""


class Descent:
    """Plain gradient descent: w → (1 - ηλ/n) w - η/m Σ∂Cₓ/∂w and b → b - η/m Σ∂Cₓ/∂b.

    The whole step of a layer's weights is one matrix product, C ← α·A·B + β·C.
    """

    def __init__(self, stack: Stack, m: int, pairs: Pairs, errors: Sequence[Array]) -> None:
        self.stack, self.m, self.pairs, self.errors = stack, m, pairs, errors
        self.gemm = gemm_for(stack.dtype)
        self.bias_step = [np.empty_like(b) for b in stack.biases]
        self.set_eta()

    def set_eta(self) -> None:
        """Take on the learning rates that the stack has now."""
        stack, scales_weights = self.stack, self.stack.functions.regularizer.scales
        keep = [1 - decay if scales_weights else 1.0 for decay in stack.decay]
        shrinks = not scales_weights and any(stack.decay)
        self.shrink = stack.column(stack.decay) if shrinks else None
        scales = [-eta / self.m for eta in stack.eta]
        self.minus_eta_over_m = stack.column(scales)
        self.products = _products(self.pairs, scales, keep, stack.weights)

    def __call__(self, t: int) -> None:  # noqa: ARG002
        """Update every layer."""
        gemm, stack = self.gemm, self.stack
        for layer, delta in enumerate(self.errors):
            if self.shrink is not None:
                weights = stack.weights[layer]
                weights -= self.shrink * stack.functions.regularizer.gradient(weights)
            for scale, inputs, error, kept, weights in self.products[layer]:
                gemm(scale, inputs, error, kept, weights, 0, 1, 1)  # (h, m) @ (m, d) -> (h, d)
            step = self.bias_step[layer]
            np.add.reduce(delta, axis=1, out=step, keepdims=True)  # (K, m, h) -> (K, 1, h)
            step *= self.minus_eta_over_m
            stack.biases[layer] += step


class MomentumDescent:
    """Descent with momentum: v → μv - η/m Σ∂Cₓ/∂w - ηλ/n ∂R/∂w and w → w + v, biases alike.

    All of the velocity's step but the penalty is one matrix product, C ← α·A·B + β·C.
    """

    def __init__(self, stack: Stack, m: int, pairs: Pairs, errors: Sequence[Array]) -> None:
        self.stack, self.m, self.pairs, self.errors = stack, m, pairs, errors
        self.gemm = gemm_for(stack.dtype)
        self.velocity = stack.state["velocity"]
        self.bias_step = [np.empty_like(b) for b in stack.biases]
        self.blocks = [
            [(w[:, rows], v[:, rows]) for rows in row_blocks(w)]
            for w, v in zip(stack.weights, self.velocity, strict=False)
        ]
        self.scratch = [np.empty_like(blocks[0][0]) for blocks in self.blocks]
        self.set_eta()

    def set_eta(self) -> None:
        """Take on the learning rates that the stack has now."""
        stack = self.stack
        self.shrink = stack.column(stack.decay) if any(stack.decay) else None
        scales = [-eta / self.m for eta in stack.eta]
        self.minus_eta_over_m = stack.column(scales)
        keep = stack.rates["momentum"].ravel().tolist()
        self.products = _products(self.pairs, scales, keep, self.velocity)

    def __call__(self, t: int) -> None:  # noqa: ARG002
        """Update every layer."""
        gemm, stack, momentum = self.gemm, self.stack, self.stack.rates["momentum"]
        of_penalty, of_biases = (
            stack.functions.regularizer.gradient,
            self.velocity[len(self.errors) :],
        )
        for layer, delta in enumerate(self.errors):
            for scale, inputs, error, kept, velocity in self.products[layer]:
                gemm(scale, inputs, error, kept, velocity, 0, 1, 1)  # (h, m) @ (m, d) -> (h, d)
            for weights, velocity in self.blocks[layer]:
                if self.shrink is not None:
                    scratch = self.scratch[layer][:, : weights.shape[1]]
                    np.multiply(self.shrink, of_penalty(weights), out=scratch)
                    velocity -= scratch
                weights += velocity
            step = self.bias_step[layer]
            np.add.reduce(delta, axis=1, out=step, keepdims=True)  # (K, m, h) -> (K, 1, h)
            step *= self.minus_eta_over_m
            of_biases[layer] *= momentum
            of_biases[layer] += step
            stack.biases[layer] += of_biases[layer]


class GradientStep:
    """Computes the gradient, and lets any optimizer follow it."""

    def __init__(self, stack: Stack, m: int, pairs: Pairs, errors: Sequence[Array]) -> None:
        self.stack, self.errors = stack, errors
        self.gemm = gemm_for(stack.dtype)
        self.gradients = [np.empty_like(w) for w in stack.weights]
        ones, zeros = [1 / m] * len(stack.eta), [0.0] * len(stack.eta)
        self.products = _products(pairs, ones, zeros, self.gradients)
        layers, optimizer = len(stack.weights), stack.functions.optimizer
        self.blocks = [
            [
                (
                    weights[:, rows],
                    gradient[:, rows],
                    {name: stack.state[name][layer][:, rows] for name in optimizer.state},
                )
                for rows in row_blocks(weights)
            ]
            for layer, (weights, gradient) in enumerate(
                zip(stack.weights, self.gradients, strict=True)
            )
        ]
        self.bias_state = [
            {name: stack.state[name][layers + layer] for name in optimizer.state}
            for layer in range(layers)
        ]
        self.set_eta()

    def set_eta(self) -> None:
        """Take on the learning rates that the stack has now."""
        stack = self.stack
        self.decay = stack.column(stack.decay) if any(stack.decay) else None
        self.share = stack.column(stack.penalty) if any(stack.penalty) else None

    def __call__(self, t: int) -> None:
        """Update every layer."""
        gemm, functions = self.gemm, self.stack.functions
        optimizer, of_penalty = functions.optimizer, functions.regularizer.gradient
        rates = optimizer.rates_at(self.stack.rates, t)
        for products in self.products:
            for scale, inputs, error, kept, gradient in products:
                gemm(scale, inputs, error, kept, gradient, 0, 1, 1)  # (h, m) @ (m, d) -> (h, d)
        of_biases = [delta.mean(axis=1, keepdims=True) for delta in self.errors]  # -> (K, 1, h)
        if functions.clip is not None:
            _clip([*self.gradients, *of_biases], functions.clip)
        for layer, blocks in enumerate(self.blocks):
            for weights, gradient, state in blocks:
                if optimizer.decoupled and self.decay is not None:
                    weights -= self.decay * of_penalty(weights)
                elif self.share is not None:
                    gradient += self.share * of_penalty(weights)
                optimizer.step(weights, gradient, state, rates)
            biases, state = self.stack.biases[layer], self.bias_state[layer]
            optimizer.step(biases, of_biases[layer], state, rates)


UPDATES: Mapping[Optimizer, Callable[[Stack, int, Pairs, Sequence[Array]], Update]] = {
    OPTIMIZERS["sgd"]: Descent,
    OPTIMIZERS["momentum"]: MomentumDescent,
}
"""Faster ways to the numbers of `GradientStep`, but for rounding."""


def _clip(gradients: Sequence[Array], limit: float) -> None:
    """Scale the gradients (K, …) of each lane down to a norm of `limit` over all of them."""
    squares = sum(np.square(each).sum(axis=(1, 2), keepdims=True) for each in gradients)
    scale = np.minimum(1, limit / (np.sqrt(squares) + CLIP_EPSILON))
    for gradient in gradients:
        gradient *= scale.astype(gradient.dtype)


def row_blocks(weights: Array) -> list[slice]:
    """Return slices of the rows of weights (K, h, d), each small enough for the cache.

    >>> row_blocks(np.empty((1, 512, 784), "float32"))[:2]
    [slice(0, 20, None), slice(20, 40, None)]
    """
    lanes, h, d = weights.shape
    rows = max(1, BLOCK_BYTES // (lanes * d * weights.itemsize))
    return [slice(first, first + rows) for first in range(0, h, rows)]


def _products(
    pairs: Pairs, scales: Sequence[float], keep: Sequence[float], targets: Sequence[Array]
) -> Products:
    return [
        [
            (scale, inputs, error, kept, target.T)
            for scale, (inputs, error), kept, target in zip(scales, lanes, keep, layer, strict=True)
        ]
        for lanes, layer in zip(pairs, targets, strict=False)
    ]


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
        functions = stack.functions
        self.stack = stack
        self.gemm = gemm_for(dtype)
        self.activation, self.loss = functions.activation, functions.loss
        self.x = np.empty((max(slots) + 1, m, stack.weights[0].shape[2]), dtype)
        # A layer's activation a (K, m, h), what it passes on (a with dropout) and its error δ.
        self.a = [np.empty((len(slots), m, w.shape[1]), dtype) for w in stack.weights]
        self.passed = [np.empty_like(a) if stack.dropout else a for a in self.a[:-1]]
        self.z = [np.empty_like(a) if self.activation.needs_z else a for a in self.a[:-1]]
        self.delta = [np.empty_like(a) for a in self.a[:-1]] + [self.a[-1]]
        self.scratch = [np.empty_like(a) for a in self.a]
        self.targets = np.empty_like(self.a[-1])
        # BLAS is column-major: it sees each row-major array transposed.
        inputs = [[self.x[slot].T for slot in slots]]
        inputs += [[layer[k].T for k in lanes] for layer in self.passed]
        weights = [[w[k].T for k in lanes] for w in stack.weights]
        outputs = [[a[k].T for k in lanes] for a in self.a]
        errors = [[d[k].T for k in lanes] for d in self.delta]
        self.forward_products = [
            list(zip(w, i, o, strict=True))
            for w, i, o in zip(weights, inputs, outputs, strict=True)
        ]
        self.backward_products = [
            list(zip(w, e, o, strict=True))
            for w, e, o in zip(weights[1:], errors[1:], errors[:-1], strict=True)
        ]
        pairs = [list(zip(i, e, strict=True)) for i, e in zip(inputs, errors, strict=True)]
        fast = UPDATES.get(functions.optimizer, GradientStep)
        update = fast if functions.clip is None else GradientStep
        self.update = update(stack, m, pairs, self.delta)
        """Updates the parameters from the inputs and errors of every layer, in place."""

    def step(self, masks: Sequence[Array], t: int) -> None:
        """Train every lane for one step on `x` and `targets`.

        Parameters
        ----------
        masks
            One array (K, 1, h) for each hidden layer, or nothing without dropout.
        t
            Number of the step in the life of the lanes, counted from 1.
        """
        self.forward(masks)
        self.backward(masks)
        self.update(t)
        self.stack.average(t)

    def forward(self, masks: Sequence[Array]) -> None:
        """Compute the activations of every layer."""
        gemm, last, keep_z = self.gemm, len(self.a) - 1, self.activation.needs_z
        for layer, (a, bias) in enumerate(zip(self.a, self.stack.biases, strict=True)):
            for weights, inputs, out in self.forward_products[layer]:
                gemm(1.0, weights, inputs, 0.0, out, 1, 0, 1)  # (m, d) @ (d, h) -> (m, h)
            a += bias
            if layer == last:
                self.loss.output(a)
            else:
                if keep_z:
                    np.copyto(self.z[layer], a)
                self.activation.forward(a)
                if masks:
                    np.multiply(a, masks[layer], self.passed[layer])

    def backward(self, masks: Sequence[Array]) -> None:
        """Compute the error δ = ∂C/∂z of every layer, summed over nothing yet."""
        gemm = self.gemm
        self.loss.output_error(self.a[-1], self.targets, self.scratch[-1])
        for layer in range(len(self.a) - 2, -1, -1):
            delta = self.delta[layer]
            for weights, error, out in self.backward_products[layer]:
                gemm(1.0, weights, error, 0.0, out, 0, 0, 1)  # (m, h') @ (h', h) -> (m, h)
            if masks:
                delta *= masks[layer]
            self.activation.times_derivative(
                delta, self.z[layer], self.a[layer], self.scratch[layer]
            )
