"""The parts of the data that a tuning trains on: folds of a small table, else one split."""

from collections.abc import Sequence

from tuner.data import Dataset
from tuner.data.folds import Fold, folds_for, folds_of
from tuner.trainers.native import NativeTrainer


def folds_in(data: Dataset) -> tuple[Fold, ...]:
    """Return the folds by which a small table is judged; none where one part says enough."""
    count = folds_for(data)
    return folds_of(data, count) if count else ()


def trainer_of(data: Dataset) -> NativeTrainer:
    """Return what the executor of a tuning needs: the trainer of the folds, or of the one split.

    Examples
    --------
    >>> from tuner.data import load
    >>> len(trainer_of(load("iris")).folds), len(trainer_of(load("digits")).folds)
    (5, 1)
    """
    return trainer_on(data, folds_in(data))


def trainer_on(data: Dataset, folds: Sequence[Fold]) -> NativeTrainer:
    """Return the trainer of folds, or of the one split where there are none."""
    return NativeTrainer(*(fold.tuning for fold in folds)) if folds else NativeTrainer(data.tuning)
