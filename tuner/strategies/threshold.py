"""The search for the threshold η*, as a value that proposes what to probe next.

Article, section "Learning Rate": find the order of magnitude at which the cost begins to oscillate,
refine it, and use half of it (`tuner.strategies.shares` says when it is another share).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from tuner.records import Judgement, Outcome, require
from tuner.strategies.verdicts import GOES_DOWN, Curve, Limits, judge

LOWEST, HIGHEST = 1e-8, 1e5
"""No η outside these is ever probed, so the search always ends."""


@dataclass(frozen=True)
class ThresholdSearch:
    """The state of a search; `propose` says what to probe, `observe` takes what came of it.

    Attributes
    ----------
    baseline
        B, the cost of the best constant prediction.
    decay
        λ/n.
    start
        The first η probed; the article begins with 0.01.
    ratio
        The bracket is narrow enough when its ends are no further apart than this.
    limits
        Where the verdicts part.
    curves
        The cost curve of each η probed so far.

    Raises
    ------
    OptionError
        When `start` or `ratio` is out of its range.

    Examples
    --------
    A cost that falls faster the larger η is, up to η = 2:

    >>> def curve(eta):
    ...     final = 2.9 - eta if eta < 2 else 9.0
    ...     return Curve((0.0, 1.0, 2.0), (3.0, (3.0 + final) / 2, final))
    >>> search = ThresholdSearch(baseline=3.0, decay=0.0)
    >>> while etas := search.propose():
    ...     search = search.observe({eta: curve(eta) for eta in etas})
    >>> search.outcome.value, search.bracket
    ('found', (1.78, 2.37))
    """

    baseline: float
    decay: float
    start: float = 0.01
    ratio: float = 4 / 3
    limits: Limits = Limits()
    curves: Mapping[float, Curve] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(LOWEST <= self.start <= HIGHEST, "start", self.start, f"{LOWEST:g} to {HIGHEST:g}")
        require(self.ratio > 1, "ratio", self.ratio, "above 1")

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The verdict on each η probed so far, ascending."""
        return judge(self.curves, self.baseline, self.decay, self.limits)

    @property
    def threshold(self) -> float:
        """η*, the largest η at which the cost goes down with none below it that fails to."""
        low, _ = self.bracket
        return low if low is not None else min(self.curves)

    @property
    def bracket(self) -> tuple[float | None, float | None]:
        """The largest η that went down and the smallest above it that did not; None if none."""
        down = [j.eta for j in self.judgements if j.verdict in GOES_DOWN]
        least = min(self._learners(), default=0.0)
        high = min((eta for eta in self.curves if eta > least and eta not in down), default=None)
        low = max((eta for eta in down if high is None or eta < high), default=None)
        return low, high

    @property
    def outcome(self) -> Outcome:
        """How the search stands; the final word once `propose` has nothing left."""
        if not self._learners():
            return Outcome.NO_LEARNING
        return Outcome.NO_UPPER_LIMIT if self.bracket[1] is None else Outcome.FOUND

    def propose(self) -> tuple[float, ...]:
        """Return the next η to probe, ascending; nothing when the search is over."""
        if not self.curves:
            return self._new(self.start, _rounded(self.start * 10), _rounded(self.start * 100))
        low, high = self.bracket
        if not self._learners():
            upwards = () if high is not None else (_rounded(max(self.curves) * 10),)
            return self._new(_rounded(min(self.curves) / 10), *upwards)
        if low is None or high is None:
            return self._new(_rounded(max(self.curves) * 10))
        if high / low > self.ratio:
            return self._new(_rounded(math.sqrt(low * high)))
        return self._new(low / 4, low / 2)

    def observe(self, curves: Mapping[float, Curve]) -> Self:
        """Return the search that has seen these curves too."""
        return replace(self, curves={**self.curves, **curves})

    def _learners(self) -> list[float]:
        learned = (1 - self.limits.learned) * self.baseline
        down = [j.eta for j in self.judgements if j.verdict in GOES_DOWN]
        return [eta for eta in down if self.curves[eta].misfit < learned]

    def _new(self, *etas: float) -> tuple[float, ...]:
        return tuple(sorted(e for e in etas if LOWEST <= e <= HIGHEST and e not in self.curves))


def _rounded(eta: float) -> float:
    return float(f"{eta:.3g}")
