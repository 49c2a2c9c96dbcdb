"""The article's whole order of work, unattended: from a data set to one chosen network."""

from tuner.workflow.ask import Ask
from tuner.workflow.order import Tuned, tune

__all__ = ["Ask", "Tuned", "tune"]
