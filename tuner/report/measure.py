"""A metric as reports write and draw it: its name, its unit on an axis, and which way is better."""

from collections.abc import Iterable
from dataclasses import dataclass

from tuner.metrics import METRICS
from tuner.report.format import cost, measured, measured_interval, points


@dataclass(frozen=True)
class Measure:
    """How the values of a metric are written, and drawn on an axis.

    Attributes
    ----------
    metric
        Its name in `tuner.metrics.METRICS`.
    """

    metric: str

    @property
    def name(self) -> str:
        """What reports call it."""
        return METRICS[self.metric].name

    @property
    def axis(self) -> str:
        """Its name and unit on an axis, or above a column of what is drawn.

        Examples
        --------
        >>> Measure("accuracy").axis, Measure("log-loss").axis
        ('accuracy in %', 'log-loss')
        """
        return f"{self.name}{self.unit}"

    @property
    def unit(self) -> str:
        """What follows a word for one of its values on an axis, such as "mean"."""
        return " in %" if self.scale == 100 else ""

    @property
    def scale(self) -> float:
        """What a value is multiplied by on an axis: shares stand there in percent."""
        return 100.0 if METRICS[self.metric].unit == "percent" else 1.0

    @property
    def in_points(self) -> str:
        """What follows the name of a difference on an axis."""
        return ", points" if self.scale == 100 else ""

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if METRICS[self.metric].greater_is_better else -1

    def some(self, value: float, points: float) -> float:
        """Return so many points where shares are drawn, else as many times 3 % of a value."""
        return points if self.scale == 100 else 0.03 * points * abs(value)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which the values on an axis lie."""
        low, high = METRICS[self.metric].bounds
        return self.scale * low, self.scale * high

    def text(self, value: float) -> str:
        """Return a value as text."""
        return measured(self.metric, value)

    def drawn_text(self, value: float) -> str:
        """Return a value on an axis as text."""
        return measured(self.metric, value / self.scale)

    def interval(self, low: float, high: float, over: str = "") -> str:
        """Return a 95 % confidence interval for a sentence."""
        return measured_interval(self.metric, low, high, over)

    def ends(self, low: float, high: float) -> str:
        """Return a 95 % confidence interval for a table."""
        return self.interval(low, high).removeprefix("95 % CI ")

    def best(self, values: Iterable[float]) -> float:
        """Return the best of some values."""
        return max(values) if self.sign > 0 else min(values)

    def difference(self, value: float) -> str:
        """Return by how much one value exceeds another, in points where they are shares."""
        return points(value) if self.scale == 100 else cost(value)
