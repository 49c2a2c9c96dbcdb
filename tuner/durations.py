"""Times as people write them."""

import re

from tuner.errors import OptionError

SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}

AMOUNT = r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d|)"


def seconds_of(text: str) -> float:
    """Return a text such as 60s, 10m or 2h in seconds.

    Raises
    ------
    OptionError
        When the text is not a time.

    Examples
    --------
    >>> seconds_of("60s"), seconds_of("1.5m"), seconds_of("90"), seconds_of("1h 30m 10s")
    (60.0, 90.0, 90.0, 5410.0)
    """
    amounts = re.findall(AMOUNT, text)
    if not re.fullmatch(f"({AMOUNT})+", text) or sum(unit == "" for _, unit in amounts) > 1:
        raise OptionError(f"a time must be such as 60s, 10m or 2h but is {text!r}.")
    return sum(float(amount) * SECONDS[unit] for amount, unit in amounts)
