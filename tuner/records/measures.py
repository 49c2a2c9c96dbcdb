"""Measured metrics in records, and how they stand in the answers of commands."""

import math
from collections.abc import Mapping
from typing import Any

from tuner.errors import require
from tuner.metrics import METRICS
from tuner.serialization import Number

Measures = Mapping[str, Number]
"""Metrics by their names in `tuner.metrics.METRICS`."""


def check_metric(name: str) -> None:
    """Raise `OptionError` unless it is the name of a metric."""
    require(name in METRICS, "metric", name, f"one of {', '.join(METRICS)}")


def check_measures(measures: Measures) -> None:
    """Raise `OptionError` where a name is unknown or a metric outside the range it can have."""
    for name, value in measures.items():
        check_metric(name)
        low, high = METRICS[name].bounds
        require(math.isnan(value) or low <= value <= high, name, value, f"from {low:g} to {high:g}")


def key_of(metric: str, field: str = "metrics") -> str:
    """Return the key that a metric has in the answer of a command.

    >>> key_of("log-loss"), key_of("auc", "validation_metrics")
    ('log_loss', 'validation_auc')
    """
    return f"{field.removesuffix('metrics')}{metric.replace('-', '_')}"


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a record with a key of its own for each metric.

    >>> flat({"epoch": 1, "validation_metrics": {"accuracy": 0.5}})
    {'epoch': 1, 'validation_accuracy': 0.5}
    """
    spread: dict[str, Any] = {}
    for key, value in record.items():
        if key.endswith("metrics"):
            spread |= {key_of(name, key): each for name, each in value.items()}
        else:
            spread[key] = value
    return spread
