"""Measured values beside published ones: the mean over seeds, its interval, and the agreement."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean

import numpy as np
from scipy import stats

from tuner.records import Agreement, Claim, Finding, Unit
from tuner.stats import mean_interval

Interval = tuple[float, float]


def near(
    name: str, values: Sequence[float], *, published: float, tolerance: float, unit: Unit
) -> Finding:
    """Compare a mean with a published value: they agree within the tolerance.

    Examples
    --------
    >>> found = near("test", [82.0, 83.0], published=82.27, tolerance=1.5, unit="percent")
    >>> found.measured, found.agrees
    (82.5, True)
    """
    return _found(name, Claim.NEAR, values, limit=tolerance, published=published, unit=unit)


def above(
    name: str,
    values: Sequence[float],
    *,
    unit: Unit,
    limit: float = 0.0,
    published: float | None = None,
) -> Finding:
    """Test whether a value lies above a limit: its whole interval must.

    Examples
    --------
    >>> above("gain", [1.0, 1.2, 1.1], unit="points").agreement.value
    'agrees'
    >>> above("gain", [-1.0, 1.2, 1.1], unit="points").agreement.value
    'unclear'
    """
    return _found(name, Claim.ABOVE, values, limit=limit, published=published, unit=unit)


def below(
    name: str,
    values: Sequence[float],
    *,
    unit: Unit,
    limit: float = 0.0,
    published: float | None = None,
) -> Finding:
    """Test whether a value lies below a limit: its whole interval must."""
    return _found(name, Claim.BELOW, values, limit=limit, published=published, unit=unit)


def shown(name: str, values: Sequence[float], *, unit: Unit) -> Finding:
    """Return a value that the article makes no claim about."""
    return _found(name, Claim.NONE, values, limit=0.0, published=None, unit=unit)


def narrower(name: str, spread: Sequence[float], than: Sequence[float]) -> Finding:
    """Test whether one sample varies less than another: the ratio of their standard deviations.

    The interval is that of Fisher's F, which assumes normally distributed samples.

    Examples
    --------
    >>> found = narrower("sd", [1.0, 1.1, 0.9], [0.0, 4.0, -4.0])
    >>> round(found.measured, 3), found.agreement.value
    (0.025, 'agrees')
    """
    ratio = float(np.std(spread, ddof=1) / np.std(than, ddof=1)) if np.std(than) else math.nan
    low, high = (float(stats.f.ppf(q, len(spread) - 1, len(than) - 1)) for q in (0.025, 0.975))
    interval = (ratio / high**0.5, ratio / low**0.5)
    found = below(name, (ratio,), limit=1.0, unit="number")
    return replace(found, interval=interval, agreement=_directed(Claim.BELOW, interval, 1.0))


def differences(more: Sequence[float], less: Sequence[float]) -> list[float]:
    """Subtract seed by seed, as far as both have seeds.

    Examples
    --------
    >>> differences([3.0, 5.0, 9.0], [1.0, 2.0])
    [2.0, 3.0]
    """
    return [a - b for a, b in zip(more, less, strict=False)]


def jackknifed(of_all: float, without_each: Sequence[float]) -> list[float]:
    """Return the pseudo-values of a statistic, whose mean and interval are its own.

    Parameters
    ----------
    of_all
        The statistic of all seeds.
    without_each
        The statistic without the first seed, without the second, …

    References
    ----------
    Tukey, "Bias and confidence in not quite large samples", 1958.
    """
    n = len(without_each)
    return [n * of_all - (n - 1) * rest for rest in without_each]


def _found(
    name: str,
    claim: Claim,
    values: Sequence[float],
    *,
    limit: float,
    published: float | None,
    unit: Unit,
) -> Finding:
    measured, interval = float(mean(values)), mean_interval(values) if len(values) > 1 else None
    if claim is Claim.NEAR and published is not None:
        close = abs(measured - published) <= limit
        agreement = Agreement.AGREES if close else Agreement.DISAGREES
    else:
        agreement = _directed(claim, interval or (measured, measured), limit)
    return Finding(
        name=name,
        unit=unit,
        claim=claim,
        published=published,
        limit=limit,
        values=tuple(map(float, values)),
        measured=measured,
        interval=interval,
        agreement=agreement,
    )


def _directed(claim: Claim, interval: Interval, limit: float) -> Agreement:
    if claim is Claim.NONE:
        return Agreement.NONE
    low, high = interval
    over, under = low > limit, high < limit
    if not (over or under or low == high):
        return Agreement.UNCLEAR
    return Agreement.AGREES if (over if claim is Claim.ABOVE else under) else Agreement.DISAGREES
