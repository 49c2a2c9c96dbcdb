"""Times as people write them."""

import re

from tuner.errors import OptionError

SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def seconds_of(text: str) -> float:
    """Return a text such as 60s, 10m or 2h in seconds.

    Raises
    ------
    OptionError
        When the text is not a time.

    Examples
    --------
    >>> seconds_of("60s"), seconds_of("1.5m"), seconds_of("90")
    (60.0, 90.0, 90.0)
    """
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|)", text)
    if not parts:
        raise OptionError(f"a time must be such as 60s, 10m or 2h but is {text!r}.")
    return float(parts[1]) * SECONDS[parts[2]]
