"""For somebody's own Optuna objective: stop a trial by our count of "no improvement in N"."""

import math

from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from tuner.strategies.plateau import Plateau


class NoImprovementPruner(BasePruner):
    """Prune a trial after `patience` reported values in a row that are not better (article).

    A tie is no improvement, and what is no number is none either. Better is what the study's
    direction says.

    Parameters
    ----------
    patience
        N, at least 1.
    min_delta
        What a value must be better than the best by to count.
    start_from_epoch
        The first values, which do not count.

    Raises
    ------
    OptionError
        When one is out of its range.

    Examples
    --------
    >>> import optuna
    >>> def objective(trial):
    ...     for epoch, accuracy in enumerate((0.90, 0.92, 0.92, 0.91, 0.99)):
    ...         trial.report(accuracy, epoch)
    ...         if trial.should_prune():
    ...             return epoch
    >>> study = optuna.create_study(pruner=NoImprovementPruner(patience=2), direction="maximize")
    >>> study.optimize(objective, n_trials=1)
    >>> study.best_value
    3.0
    """

    def __init__(
        self, patience: int = 10, *, min_delta: float = 0.0, start_from_epoch: int = 0
    ) -> None:
        self._plateau = Plateau(
            patience=patience, min_delta=min_delta, start_from_epoch=start_from_epoch
        )

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether the values of a trial have come to a plateau."""
        sign = 1 if study.direction == StudyDirection.MAXIMIZE else -1
        plateau = self._plateau
        for _, value in sorted(trial.intermediate_values.items()):
            plateau = plateau.observe(-math.inf if math.isnan(value) else sign * value)
        return plateau.reached
