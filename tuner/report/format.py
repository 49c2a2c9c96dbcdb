"""Numbers, shares, intervals and lists as text: the one formatter of page, terminal and notebook.

It imports nothing that takes time, so the command line may use it at no cost.
"""

import math
from collections.abc import Callable, Sequence

from tuner.metrics import METRICS

NOT_FINITE = "not finite"
MISSING = "–"
"""Stands in a table where a value is not known."""


def number(value: float, digits: int = 4, *, pad: bool = False) -> str:
    """Return a number with `digits` significant digits, in powers of ten only where it must be.

    Parameters
    ----------
    value
        Any number; NaN and infinities become words.
    digits
        Significant digits, at least 1. The integer part is never rounded away.
    pad
        Keep trailing zeros, so that the numbers of one column look alike.

    Examples
    --------
    >>> [number(x) for x in (0.66676, 10.0, 9999.7, 12345.6, 1e-08, 2.5e6, -0.0)]
    ['0.6668', '10', '10000', '12346', '1e-8', '2.5e6', '0']
    >>> number(0.5, 4, pad=True), number(float("nan"))
    ('0.5000', 'not finite')
    """
    if not math.isfinite(value):
        return NOT_FINITE
    value = value or 0.0  # no -0
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{short}e{int(exponent)}"
    if abs(value) >= 10**digits - 0.5:
        return f"{value:.0f}"
    text = f"{value:#.{digits}g}"
    return text.rstrip(".") if pad else f"{value:.{digits}g}"


def whole(value: float) -> str:
    """Return a whole number with a comma at each thousand.

    Examples
    --------
    >>> whole(999), whole(23860.0)
    ('999', '23,860')
    """
    return f"{value:,.0f}" if math.isfinite(value) else NOT_FINITE


def cost(value: float) -> str:
    """Return a cost with four significant digits, trailing zeros kept.

    Examples
    --------
    >>> cost(0.5), cost(float("inf"))
    ('0.5000', 'not finite')
    """
    return number(value, 4, pad=True)


def percent(share: float, digits: int = 2) -> str:
    """Return a share in percent; what is not quite all never reads as 100 %, nor as 0 %.

    Examples
    --------
    >>> [percent(x) for x in (0.5, 0.987, 1.0, 0.99999, 0.00001)]
    ['50.00 %', '98.70 %', '100.00 %', '99.99 %', '0.01 %']
    >>> percent(0.8227, 1)
    '82.3 %'
    """
    return f"{_percent(share, digits)} %"


def _percent(share: float, digits: int = 2) -> str:
    if not math.isfinite(share):
        return NOT_FINITE
    step = 10 ** -(digits + 2)
    if 0 < share < 1:
        share = min(max(share, step), 1 - step)
    return f"{100 * share:.{digits}f}"


def interval(low: float, high: float) -> str:
    """Return an interval of shares in percent, cut to 0 … 100 %; a dash where it is unbounded.

    Examples
    --------
    >>> interval(0.978, 0.992), interval(-0.1, 0.5), interval(float("-inf"), float("inf"))
    ('97.80–99.20 %', '0.00–50.00 %', '–')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    return f"{_percent(max(0.0, low))}–{_percent(min(1.0, high))} %"


def confidence(low: float, high: float, over: str = "") -> str:
    """Return a 95 % confidence interval of a share for a sentence.

    Examples
    --------
    >>> confidence(0.978, 0.992), confidence(0.9, 0.95, "3 seeds")
    ('95 % CI 97.80–99.20 %', '95 % CI 90.00–95.00 % over 3 seeds')
    """
    return f"95 % CI {interval(low, high)}{f' over {over}' if over else ''}"


def metric_name(metric: str) -> str:
    """Return what reports call a metric.

    Examples
    --------
    >>> metric_name("log-loss"), metric_name("rmse")
    ('log-loss', 'RMSE')
    """
    return METRICS[metric].name


def gap_name(metric: str) -> str:
    """Return what the generalization gap of a metric is: by how much the training data are better.

    Examples
    --------
    >>> gap_name("accuracy"), gap_name("rmse")
    ('training minus validation accuracy', 'validation minus training RMSE')
    """
    parts = ("training", "validation")
    first, second = parts if METRICS[metric].greater_is_better else parts[::-1]
    return f"{first} minus {second} {METRICS[metric].name}"


def measured(metric: str, value: float) -> str:
    """Return a metric as text: shares in percent, others with four significant digits.

    Examples
    --------
    >>> measured("accuracy", 0.987), measured("rmse", 3.14159)
    ('98.70 %', '3.142')
    """
    return percent(value) if METRICS[metric].unit == "percent" else cost(value)


def measured_interval(metric: str, low: float, high: float, over: str = "") -> str:
    """Return the 95 % confidence interval of a metric for a sentence.

    Examples
    --------
    >>> measured_interval("rmse", 2.9, 3.4), measured_interval("auc", 0.9, 0.95)
    ('95 % CI 2.900–3.400', '95 % CI 90.00–95.00 %')
    """
    if METRICS[metric].unit == "percent":
        return confidence(low, high, over)
    known = math.isfinite(low) and math.isfinite(high)
    ends = f"{cost(low)}–{cost(high)}" if known else MISSING
    return f"95 % CI {ends}{f' over {over}' if over else ''}"


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points.

    Examples
    --------
    >>> points(0.1773), points(0.01), points(-0.00001)
    ('17.73 points', '1.00 points', '0.00 points')
    """
    return f"{in_points(difference)} points"


def in_points(difference: float) -> str:
    """Return a difference of two shares in percentage points, without the unit.

    Examples
    --------
    >>> in_points(-0.0052), in_points(-1e-9), in_points(float("nan"))
    ('-0.52', '0.00', '–')
    """
    if not math.isfinite(difference):
        return MISSING
    text = f"{100 * difference:.2f}"
    return "0.00" if text == "-0.00" else text


def points_interval(low: float, high: float) -> str:
    """Return an interval of differences in percentage points.

    Examples
    --------
    >>> points_interval(-0.0052, 0.0092)
    '-0.52 to 0.92 points'
    """
    return f"{in_points(low)} to {points(high)}"


def duration(seconds: float) -> str:
    """Return a time in the units that a reader would choose.

    Examples
    --------
    >>> [duration(s) for s in (0.042, 2.51, 38.4, 200.0, 7500.0)]
    ['0.04 s', '2.5 s', '38 s', '3 min 20 s', '2 h 5 min']
    """
    if not math.isfinite(seconds):
        return NOT_FINITE
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds >= 0.095 else f"{seconds:.2f} s"
    whole_seconds = round(seconds)
    if whole_seconds < 120:
        return f"{whole_seconds} s"
    minutes, left = divmod(whole_seconds, 60)
    if minutes < 60:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    hours, minutes = divmod(minutes + (left >= 30), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def listing(parts: Sequence[str]) -> str:
    """Join words with commas and a final "and".

    Examples
    --------
    >>> listing(["0.1"]), listing(["0.1", "1", "10"])
    ('0.1', '0.1, 1 and 10')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def count(amount: int, thing: str) -> str:
    """Return how many there are of a thing whose plural ends in s.

    Examples
    --------
    >>> count(1, "epoch"), count(3000, "probe"), count(0, "trial")
    ('1 epoch', '3,000 probes', '0 trials')
    """
    return f"{whole(amount)} {thing}" + ("" if amount == 1 else "s")


def times(amount: int) -> str:
    """Return how often something happened.

    Examples
    --------
    >>> times(1), times(2), times(3)
    ('once', 'twice', '3 times')
    """
    return {1: "once", 2: "twice"}.get(amount, f"{amount} times")


def layers(hidden: Sequence[int]) -> str:
    """Return the sizes of the hidden layers of a network.

    Examples
    --------
    >>> layers((30,)), layers((100, 30)), layers(())
    ('30', '100-30', 'none')
    """
    return "-".join(map(str, hidden)) or "none"


def letter(place: int) -> str:
    """Return A, B, … Z, AA, AB, … for the places 0, 1, ….

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    first, last = divmod(place, 26)
    return (letter(first - 1) if first else "") + chr(ord("A") + last)


def known(write: Callable[[float], str]) -> Callable[[float], str]:
    """Return a function that writes a number, or a dash where it is NaN or infinite.

    Examples
    --------
    >>> known(percent)(0.5), known(percent)(math.nan)
    ('50.00 %', '–')
    """
    return lambda value: write(value) if math.isfinite(value) else MISSING
