"""One neuron that learns to turn 1 into 0 (article, sections "Cost Function", "Round 1" … "4")."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from tuner.article.context import Context, Experiment, Measured
from tuner.article.curves import line
from tuner.article.findings import above, below, near
from tuner.network.initialization import Parameters
from tuner.network.losses import LOSSES
from tuner.network.stack import Functions, Stack, Start
from tuner.network.steps import Workspace
from tuner.records import Finding, Panel

EPOCHS = 300


@dataclass(frozen=True)
class Course:
    """The values of the neuron before each step and after the last one.

    Attributes
    ----------
    output, cost, slope
        Activation a, cost C, and |∂C/∂w|.
    """

    output: tuple[float, ...]
    cost: tuple[float, ...]
    slope: tuple[float, ...]

    @property
    def early_fall(self) -> float:
        """Share of the output's whole fall in the first half of the epochs."""
        first, middle, last = (self.output[i] for i in (0, len(self.output) // 2, -1))
        return (first - middle) / (first - last)

    @property
    def first_slope(self) -> float:
        """∂C/∂w at the start as a share of the steepest one."""
        return self.slope[0] / max(self.slope)


def learn(cost: str, *, weight: float, bias: float, eta: float, epochs: int = EPOCHS) -> Course:
    """Train a network of one input and one neuron on the example x = 1, y = 0.

    Examples
    --------
    >>> course = learn("quadratic", weight=0.6, bias=0.9, eta=0.15)
    >>> round(course.output[0], 2), round(course.output[-1], 2)
    (0.82, 0.09)
    """
    start = Parameters((np.array([[weight]], float),), (np.array([bias], float),))
    stack = Stack(Functions.named("sigmoid", cost), [Start(parameters=start, eta=eta)], n=1)
    space = Workspace(stack, m=1, slots=[0])
    space.x[...], space.targets[...] = 1.0, 0.0
    rows = []
    for epoch in range(epochs + 1):
        z = stack.weights[0][0] + stack.biases[0][0]
        space.forward(())
        output = float(space.a[-1].item())
        space.backward(())
        rows.append(
            (
                output,
                float(LOSSES[cost].per_example(z, np.zeros(1)).item()),
                abs(space.delta[-1].item()),
            )
        )
        space.update(epoch + 1)
    return Course(*(tuple(column) for column in zip(*rows, strict=True)))


def _pictures(courses: dict[str, Course]) -> tuple[Panel, ...]:
    steps = [float(i) for i in range(0, EPOCHS + 1, 5)]
    return tuple(
        Panel(
            title=title,
            x_title="epochs",
            series=tuple(
                line(name, steps, getattr(course, measure)[::5]) for name, course in courses.items()
            ),
        )
        for measure, title in (
            ("cost", "cost C"),
            ("output", "output a"),
            ("slope", "size of ∂C/∂w at each step"),
        )
    )


def _outputs(course: Course, first: float, last: float | None) -> tuple[Finding, ...]:
    start = near(
        "first-output", [course.output[0]], published=first, tolerance=0.005, unit="number"
    )
    if last is None:
        return (start,)
    end = near("last-output", [course.output[-1]], published=last, tolerance=0.005, unit="number")
    return end, start


def _quadratic(
    _: Context, *, weight: float, bias: float, first: float, last: float, slow: bool
) -> Measured:
    course = learn("quadratic", weight=weight, bias=bias, eta=0.15)
    said = below if slow else above
    findings = (
        *_outputs(course, first, last),
        said("early-fall", [100 * course.early_fall], limit=25 if slow else 75, unit="percent"),
        said("first-slope", [100 * course.first_slope], limit=25 if slow else 75, unit="percent"),
    )
    return Measured(findings, _pictures({"quadratic, η = 0.15": course}))


def _cross_entropy(
    _: Context, *, weight: float, bias: float, first: float, etas: tuple[float, ...]
) -> Measured:
    courses = {
        f"cross-entropy, η = {eta:g}": learn("cross-entropy", weight=weight, bias=bias, eta=eta)
        for eta in etas
    }
    quadratic = learn("quadratic", weight=weight, bias=bias, eta=0.15)
    slow = courses[f"cross-entropy, η = {min(etas):g}"]
    findings = (
        above("first-slope", [100 * slow.first_slope], limit=99, unit="percent"),
        above("early-fall", [100 * slow.early_fall], limit=25, unit="percent"),
        *_outputs(slow, first, None),
        *(
            below("last-output", [courses[n].output[-1]], limit=0.1, unit="number")
            for n in courses
            if "0.15" in n
        ),
    )
    return Measured(findings, _pictures(courses | {"quadratic, η = 0.15": quadratic}))


ROUNDS = (
    Experiment(
        name="round-1",
        measure=partial(_quadratic, weight=0.6, bias=0.9, first=0.82, last=0.09, slow=False),
        uses_test=False,
    ),
    Experiment(
        name="round-2",
        measure=partial(_quadratic, weight=2.0, bias=2.0, first=0.98, last=0.20, slow=True),
        uses_test=False,
    ),
    Experiment(
        name="round-3",
        measure=partial(_cross_entropy, weight=0.6, bias=0.9, first=0.82, etas=(0.15, 0.005)),
        uses_test=False,
    ),
    Experiment(
        name="round-4",
        measure=partial(_cross_entropy, weight=2.0, bias=2.0, first=0.98, etas=(0.005,)),
        uses_test=False,
    ),
)
