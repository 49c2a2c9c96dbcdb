"""From a strategy as the user states it to the values that follow a run."""

from tuner.records import Strategy
from tuner.strategies.plateau import Plateau
from tuner.strategies.schedules import Constant, Halving, Planned, Schedule
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
    plateau = strategy.patience is not None and Plateau(
        patience=strategy.patience,
        min_delta=strategy.min_delta,
        start_from_epoch=strategy.start_from_epoch,
    )
    if strategy.schedule == "halving" and plateau:
        schedule = Halving(start=eta, plateau=plateau, factor=strategy.factor, until=strategy.until)
        return schedule, Stopping(epochs=strategy.epochs, seconds=strategy.seconds)
    stopping = Stopping(epochs=strategy.epochs, plateau=plateau or None, seconds=strategy.seconds)
    if strategy.schedule == "planned":
        return _planned(eta, strategy), stopping
    return Constant(eta=eta), stopping


def _planned(eta: float, strategy: Strategy) -> Planned:
    return Planned(
        start=eta,
        hold=strategy.epochs // 2 if strategy.hold is None else strategy.hold,
        epochs=strategy.epochs,
        factor=strategy.factor,
        until=strategy.until,
    )
