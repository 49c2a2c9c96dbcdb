"""Numbers and lists as a reader wants to see them; used by pages and figures alike."""

import math
from collections.abc import Sequence

NOT_FINITE = "not finite"


def number(value: float, digits: int = 4, *, pad: bool = False) -> str:
    """Write a number with `digits` significant digits, in powers of ten only where it must.

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
    >>> [number(x) for x in (0.66676, 10.0, 9999.7, 12345.6, 1e-08, 2.5e6)]
    ['0.6668', '10', '10000', '12346', '1e-8', '2.5e6']
    >>> number(0.5, 4, pad=True), number(float("nan"))
    ('0.5000', 'not finite')
    """
    if not math.isfinite(value):
        return NOT_FINITE
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return _scientific(value, digits)
    if abs(value) >= 10**digits - 0.5:
        return f"{value:.0f}"
    text = f"{value:#.{digits}g}"
    return text.rstrip(".") if pad else f"{value:.{digits}g}"


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{short}e{int(exponent)}"


def percent(share: float, digits: int = 2) -> str:
    """Write a share in percent; what is not quite all never reads as 100 %.

    Examples
    --------
    >>> [percent(x) for x in (0.5, 0.8227, 1.0, 0.99999)]
    ['50 %', '82.27 %', '100 %', '99.99 %']
    >>> percent(0.8227, 1)
    '82.3 %'
    """
    if 1 - 0.5 * 10 ** -(digits + 2) <= share < 1:
        share = 1 - 10 ** -(digits + 2)
    return f"{_trimmed(100 * share, digits)} %"


def points(difference: float) -> str:
    """Write a difference of two shares in percentage points.

    Examples
    --------
    >>> points(0.1773), points(0.01)
    ('17.7 points', '1 point')
    """
    text = _trimmed(100 * difference, 1)
    return f"{text} point" if text == "1" else f"{text} points"


def _trimmed(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
    """Describe how many there are of a thing whose plural ends in s.

    Examples
    --------
    >>> count(1, "seed"), count(30, "probe")
    ('1 seed', '30 probes')
    """
    return f"{amount} {thing}" if amount == 1 else f"{amount} {thing}s"
