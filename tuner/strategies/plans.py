"""From a strategy as the user states it to the values that follow a run."""

from tuner.settings import Strategy
from tuner.strategies.schedules import SCHEDULES, Schedule
from tuner.strategies.stopping import Stopping


def policies(eta: float, strategy: Strategy) -> tuple[Schedule, Stopping]:
    """Return the schedule and the stopping rule of a run that begins with this η.

    Raises
    ------
    OptionError
        When a setting is out of its range.

    Examples
    --------
    >>> schedule, stopping = policies(0.5, Strategy(epochs=60, patience=2, schedule="halving"))
    >>> schedule.plateau.patience, stopping.plateau, stopping.epochs
    (2, None, 60)
    """
    schedule = SCHEDULES[strategy.schedule].of(eta, strategy)
    return schedule, Stopping.of(strategy, early=not schedule.waits)
