"""scikit-learn's own checks, of which it says itself where one does not apply."""

from contextlib import suppress
from typing import Any
from unittest import SkipTest


def check_where_it_applies(check: Any, estimator: Any) -> None:
    """Run a check; what scikit-learn leaves out for this kind of estimator is left out."""
    with suppress(SkipTest):
        check(estimator)
