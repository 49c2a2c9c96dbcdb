"""Costs near zero, and the properties of softmax (article, "Cost Function" and "Softmax")."""

import numpy as np
from numpy.typing import NDArray

from tuner.article.context import Context, Experiment, Measured
from tuner.article.curves import line
from tuner.article.findings import above, below
from tuner.network.losses import LOSSES, softmax
from tuner.randomness import Purpose, stream
from tuner.records import Panel

Numbers = NDArray[np.float64]

SURE = 0.999
"""The output of a network that is right with confidence."""

DRAWS = 1_000
"""Random layers on which the properties of softmax are tested."""


def cost_of(cost: str, a: Numbers, y: float) -> Numbers:
    """Return the cost of outputs a of one neuron whose target is y."""
    z = np.log(a) - np.log1p(-a)
    targets = np.full((len(a), 1), y)
    return np.asarray(LOSSES[cost].per_example(z[:, None], targets), float)


def _costs(_: Context) -> Measured:
    a = np.linspace(0.01, 0.99, 99)
    both: tuple[str, str] = ("cross-entropy", "quadratic")
    right = [
        below(
            f"right-{cost}",
            [
                max(
                    float(cost_of(cost, np.array([p]), y).item())
                    for p, y in ((SURE, 1), (1 - SURE, 0))
                )
            ],
            limit=0.002,
            unit="number",
        )
        for cost in both
    ]
    least = [
        above(
            f"least-{cost}", [float(min(cost_of(cost, a, y).min() for y in (0, 1)))], unit="number"
        )
        for cost in both
    ]
    panels = tuple(
        Panel(
            title=f"cost C of an output a where y = {y}",
            x_title="output a",
            series=tuple(line(cost, a[::2], cost_of(cost, a, y)[::2]) for cost in both),
        )
        for y in (0, 1)
    )
    return Measured((*right, *least), panels)


def activations(z: Numbers) -> Numbers:
    """Return the outputs of a softmax layer (article, section "Softmax").

    Examples
    --------
    >>> activations(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    a = z.copy()
    softmax(a)
    return a


def error_by_differences(z: Numbers, targets: Numbers, step: float = 1e-5) -> Numbers:
    """Return ∂C/∂z of the log-likelihood cost by central differences, an oracle for a − y."""
    shifts = step * np.eye(z.shape[-1])
    cost = LOSSES["log-likelihood"].per_example
    up, down = (cost(z[..., None, :] + way * shifts, targets[..., None, :]) for way in (1, -1))
    return np.asarray((up - down) / (2 * step), float)


def _softmax(context: Context) -> Measured:
    rng = stream(context.plan.seed, Purpose.PROBE, 1)
    z = rng.standard_normal((DRAWS, 10))
    a = activations(z)
    moved = activations(z + np.eye(10)[0]) - a  # z of the first neuron is 1 higher
    recovered = np.log(a)
    constant = (z - recovered).mean(axis=1, keepdims=True)
    targets = np.eye(10)[rng.integers(10, size=DRAWS)]
    error = error_by_differences(z, targets)
    findings = (
        above("monotone", [float(moved[:, 0].min())], unit="number"),
        above("non-local", [float(np.abs(moved[:, 1:]).min())], unit="number"),
        below("sums-to-one", [float(np.abs(a.sum(axis=1) - 1).max())], limit=1e-9, unit="number"),
        below(
            "inverted", [float(np.abs(z - recovered - constant).max())], limit=1e-9, unit="number"
        ),
        below(
            "output-error", [float(np.abs(error - (a - targets)).max())], limit=1e-7, unit="number"
        ),
    )
    return Measured(findings, _softmax_panels())


def _softmax_panels() -> tuple[Panel, Panel]:
    sweep = np.linspace(-5, 5, 51)
    z = np.column_stack([sweep, np.full_like(sweep, 1.0), np.full_like(sweep, 0.0)])
    a = activations(z)
    outputs = tuple(line(f"a{j + 1}", sweep, a[:, j]) for j in range(3))
    probability = np.linspace(0.01, 1, 50)
    return (
        Panel(title="outputs of three neurons", x_title="weighted input z1", series=outputs),
        Panel(
            title="log-likelihood cost −ln a",
            x_title="output a of the right class",
            series=(line("−ln a", probability, -np.log(probability)),),
        ),
    )


OUTPUTS = (
    Experiment(name="costs", measure=_costs, uses_test=False),
    Experiment(name="softmax", measure=_softmax, uses_test=False),
)
