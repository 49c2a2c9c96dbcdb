"""Optimizers: how parameters follow the gradient of the cost, in place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tuner.network.arrays import Array


@dataclass(frozen=True)
class Optimizer:
    """How parameters follow the gradient of the regularized cost; K lanes in lock-step.

    Attributes
    ----------
    state
        Names of the arrays it keeps beside each array of parameters: of its shape, zero before the
        first step. Lanes, checkpoints and worker processes carry them by these names.
    rates
        Names of further hyperparameters that it reads, such as a momentum coefficient.
    step
        `step(parameters, gradient, state, rates)` does one step in place on an array of parameters
        (K, …) and its state; `rates` holds η as `eta` and each further rate by its name, (K, 1, 1);
        `gradient` may be overwritten. None stands for plain descent, w → w - η·gradient, which
        BLAS does in the matrix product that computes the gradient.
    """

    state: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    step: Callable[[Array, Array, Mapping[str, Array], Mapping[str, Array]], None] | None = None


OPTIMIZERS: Mapping[str, Optimizer] = {"sgd": Optimizer()}
"""Each optimizer by its name in settings; the keys are the choices there.

`sgd` is mini-batch stochastic gradient descent (article, section "Gradient Descent"; Nielsen,
chapter 1, http://neuralnetworksanddeeplearning.com/chap1.html).
"""
