"""The training step of K networks in lock-step: forward pass, backward pass and update.

Shapes: K lanes, m examples in a mini-batch, d inputs or h neurons. Each lane gets matrix products
of its own, of the same shape whatever K is, so lane i of K goes bit for bit as it goes alone; what
the lanes share is the interpreter's overhead. Lanes with one data order read one copy of the
mini-batch, their slot.

Backpropagation is that of Nielsen, chapter 2 (http://neuralnetworksanddeeplearning.com/chap2.html).
"""

from collections.abc import Sequence

import numpy as np

from tuner.network.arrays import Array
from tuner.network.blas import gemm_for
from tuner.network.stack import Stack

Pairs = Sequence[Sequence[tuple[Array, Array]]]
"""For each layer and lane its inputs (d, m) and errors (h, m), as column-major BLAS sees them."""


class Descent:
    """Plain gradient descent: w → (1 - ηλ/n) w - η/m Σ∂Cₓ/∂w and b → b - η/m Σ∂Cₓ/∂b.

    The whole step of a layer's weights is one matrix product, C ← α·A·B + β·C.
    """

    def __init__(self, stack: Stack, m: int, pairs: Pairs, errors: Sequence[Array]) -> None:
        self.stack, self.errors = stack, errors
        self.gemm = gemm_for(stack.dtype)
        regularizer = stack.functions.regularizer
        keep = [1 - decay if regularizer.scales else 1.0 for decay in stack.decay]
        shrinks = not regularizer.scales and any(stack.decay)
        self.shrink = stack.column(stack.decay) if shrinks else None
        scales = [-eta / m for eta in stack.eta]
        self.minus_eta_over_m = stack.column(scales)
        self.bias_step = [np.empty_like(b) for b in stack.biases]
        self.products = [
            [
                (scale, inputs, error, kept, w.T)
                for scale, (inputs, error), kept, w in zip(
                    scales, lanes, keep, weights, strict=True
                )
            ]
            for lanes, weights in zip(pairs, stack.weights, strict=True)
        ]

    def __call__(self) -> None:
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


class OptimizerStep:
    """Let an optimizer with a state follow the gradient of the regularized cost."""

    def __init__(self, stack: Stack, m: int, pairs: Pairs, errors: Sequence[Array]) -> None:
        self.stack, self.errors = stack, errors
        self.gemm = gemm_for(stack.dtype)
        rates = zip(stack.decay, stack.eta, strict=True)
        self.lambda_over_n = stack.column([decay / eta for decay, eta in rates])
        self.gradients = [np.empty_like(w) for w in stack.weights]
        self.products = [
            [
                (1 / m, inputs, error, 0.0, gradient.T)
                for (inputs, error), gradient in zip(lanes, gradients, strict=True)
            ]
            for lanes, gradients in zip(pairs, self.gradients, strict=True)
        ]

    def __call__(self) -> None:
        """Update every layer."""
        gemm, stack, regularizer = self.gemm, self.stack, self.stack.functions.regularizer
        for layer, (delta, gradient) in enumerate(zip(self.errors, self.gradients, strict=True)):
            for product in self.products[layer]:
                gemm(*product, 0, 1, 1)  # (h, m) @ (m, d) -> (h, d)
            gradient += self.lambda_over_n * regularizer.gradient(stack.weights[layer])
            of_biases = delta.mean(axis=1, keepdims=True)  # (K, m, h) -> (K, 1, h)
            self._follow(layer, stack.weights[layer], gradient)
            self._follow(layer + len(stack.weights), stack.biases[layer], of_biases)

    def _follow(self, place: int, parameters: Array, gradient: Array) -> None:
        step = self.stack.functions.optimizer.step
        if step is not None:
            state = {name: arrays[place] for name, arrays in self.stack.state.items()}
            step(parameters, gradient, state, self.stack.rates)


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
        plain = functions.optimizer.step is None
        self.update = (Descent if plain else OptimizerStep)(stack, m, pairs, self.delta)
        """Updates the parameters from the inputs and errors of every layer, in place."""

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
