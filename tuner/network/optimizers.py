"""Optimizers: how parameters follow the gradient of the cost, in place.

Sources: the article's section "Gradient Descent"; Nielsen, chapter 1 and chapter 3, "Other
techniques for learning" (http://neuralnetworksanddeeplearning.com/chap3.html); Sutskever et al.
2013 for Nesterov's form (https://proceedings.mlr.press/v28/sutskever13.html); Loshchilov and Hutter
for AdamW (https://arxiv.org/abs/1711.05101).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tuner.network.arrays import Array, np

Rates = Mapping[str, Array]

ADAM_EPSILON = 1e-8


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
        `gradient` may be overwritten.
    rates_at
        `rates_at(rates, t)` returns the rates of step t, counted from 1, where they change.
    decoupled
        Whether the weights decay by themselves, w → (1 - ηλ/n) w before the step, instead of λ/n·w
        being a part of the gradient.
    """

    step: Callable[[Array, Array, Mapping[str, Array], Rates], None]
    state: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    rates_at: Callable[[Rates, int], Rates] = lambda rates, _: rates
    decoupled: bool = False


def _sgd(w: Array, gradient: Array, _: Mapping[str, Array], rates: Rates) -> None:
    gradient *= rates["eta"]
    w -= gradient


def _momentum(w: Array, gradient: Array, state: Mapping[str, Array], rates: Rates) -> None:
    velocity = state["velocity"]
    velocity *= rates["momentum"]
    gradient *= rates["eta"]
    velocity -= gradient
    w += velocity


def _nesterov(w: Array, gradient: Array, state: Mapping[str, Array], rates: Rates) -> None:
    velocity = state["velocity"]
    velocity *= rates["momentum"]
    gradient *= rates["eta"]
    velocity -= gradient
    w -= gradient
    np.multiply(velocity, rates["momentum"], out=gradient)
    w += gradient


def _adamw(w: Array, gradient: Array, state: Mapping[str, Array], rates: Rates) -> None:
    mean, square = state["mean"], state["square"]
    mean *= rates["beta1"]
    mean += gradient * rates["1 - beta1"]
    square *= rates["beta2"]
    np.multiply(gradient, gradient, out=gradient)
    gradient *= rates["1 - beta2"]
    square += gradient
    np.sqrt(square, out=gradient)
    gradient *= rates["root"]
    gradient += ADAM_EPSILON
    np.divide(mean, gradient, out=gradient)
    gradient *= rates["eta"]
    w -= gradient


def _adamw_rates(rates: Rates, t: int) -> Rates:
    """Correct η and the root of the mean square for the zeros that the means begin with."""
    beta1, beta2 = (rates[name].astype(np.float64) for name in ("beta1", "beta2"))
    wanted = {
        "eta": rates["eta"] / (1 - beta1**t),
        "root": 1 / np.sqrt(1 - beta2**t),
        "1 - beta1": 1 - beta1,
        "1 - beta2": 1 - beta2,
    }
    dtype = rates["eta"].dtype
    return {**rates, **{name: value.astype(dtype) for name, value in wanted.items()}}


OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(_sgd),
    "momentum": Optimizer(_momentum, state=("velocity",), rates=("momentum",)),
    "nesterov": Optimizer(_nesterov, state=("velocity",), rates=("momentum",)),
    "adamw": Optimizer(
        _adamw,
        state=("mean", "square"),
        rates=("beta1", "beta2"),
        rates_at=_adamw_rates,
        decoupled=True,
    ),
}
"""Each optimizer by its name in settings; the keys are the choices there.

`sgd` is plain mini-batch gradient descent, w → w - η∇C. `momentum` is v → μv - η∇C, w → w + v;
`nesterov` takes the gradient's step once more after the velocity's, w → w + μv - η∇C. `adamw`
divides the mean gradient by the root of the mean square gradient.
"""
