"""What the task, classification or regression, decides of the settings."""

from dataclasses import replace

from tuner.errors import InputError, OptionError
from tuner.metrics import OF_TASK, default_metric
from tuner.network.losses import OF_NUMBERS
from tuner.records import DataSummary, TaskName
from tuner.settings import Hyperparameters, Strategy, settings_of


def fitted_network(settings: Hyperparameters, task: TaskName) -> Hyperparameters:
    """Return hyperparameters for the task: to predict numbers, with the quadratic cost.

    Raises
    ------
    OptionError
        When one of them is for classes alone.

    Examples
    --------
    >>> fitted_network(Hyperparameters(eta=0.1), "regression").cost
    'quadratic'
    """
    if task == "classification" or settings.own is not None:
        return settings
    if settings.label_smoothing:
        raise OptionError("label_smoothing must be 0 where numbers are predicted.")
    if settings.class_weight != "none":
        raise OptionError("class_weight must be 'none' where numbers are predicted.")
    if settings.cost not in (settings_of(Hyperparameters)["cost"].default, *OF_NUMBERS):
        raise OptionError(
            f"cost is {settings.cost!r}, which is of classes, but numbers are predicted: give"
            " 'quadratic'."
        )
    return replace(settings, cost="quadratic")


def require_classes(data: DataSummary, what: str) -> None:
    """Raise `InputError` where numbers are predicted, by what chooses among classes alone."""
    if data.task == "regression":
        raise InputError(
            f"{data.name}: its target is numbers, but {what} needs classes: use train, which"
            " predicts numbers too."
        )


def fitted_strategy(strategy: Strategy, task: TaskName) -> Strategy:
    """Return a strategy whose metric is one of the task.

    Raises
    ------
    OptionError
        When its metric is one of the other task.

    Examples
    --------
    >>> fitted_strategy(Strategy(), "classification").metric
    'accuracy'
    """
    if strategy.metric == "auto":
        return replace(strategy, metric=default_metric(task))
    if strategy.metric not in OF_TASK[task]:
        what = "classes" if task == "classification" else "numbers"
        raise OptionError(
            f"metric is {strategy.metric!r} but {what} are predicted: choose one of"
            f" {', '.join(OF_TASK[task])}."
        )
    return strategy
