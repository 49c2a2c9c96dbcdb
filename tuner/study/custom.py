"""A study of a user's own model: the same coordinator, with the user's trainer in this process."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tuner.errors import InputError
from tuner.execution.base import Callbacks, Executor
from tuner.execution.opening import opened
from tuner.metrics import METRICS
from tuner.records import StudySummary
from tuner.study.batches import BatchFiles
from tuner.study.coordinator import StudyProgress
from tuner.study.spec import StudySpec
from tuner.study.studies import conduct
from tuner.tasks import require_classes
from tuner.trainers.base import DescribedTrainer


def run_study_with(
    trainer: DescribedTrainer[Any],
    spec: StudySpec,
    folder: str | Path,
    *,
    storage: str | None = None,
    workers: int | str | Executor | None = 1,
    trials: int | None = None,
    callbacks: Callbacks[StudyProgress] = Callbacks(),
) -> tuple[StudySummary, bool]:
    """Run a study of a trainer's own models, or resume it.

    Finished batches are stored; a study stopped within a batch trains that batch again, to the same
    results. The model itself is not stored: use another study name when it changes.

    Parameters
    ----------
    trainer
        Such as `TorchTrainer` or `SklearnTrainer`. The searched values reach the user's model in
        its settings: λ always; `hidden`, `dropout` and others if the model uses them, and
        dimensions of its own.
    spec
        What to search; its `data` is that of the trainer.
    folder
        Keeps the batch under way, and the trials unless `storage` does.
    storage
        An Optuna storage URL; by default SQLite in `folder`.
    workers
        As for `tuner.study.studies.run_study`; the trainer must pickle where these are several.
    trials
        Number of trials; by default that of `spec`.
    callbacks
        For progress and for stopping.

    Returns
    -------
    What is stored, and whether the study has all its trials.

    Raises
    ------
    InputError, OutputError
        As `tuner.study.studies.run_study`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.linear_model import SGDClassifier
    >>> from tuner.data import load
    >>> from tuner.trainers.sklearn import SklearnTrainer
    >>> trainer = SklearnTrainer(SGDClassifier(loss="log_loss"), load("iris").tuning)
    >>> spec = StudySpec(
    ...     name="mine", trials=3, eta=0.1, train={"epochs": 2},
    ...     search={"lambda": {"low": 0.01, "high": 10, "log": True}},
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     summary, complete = run_study_with(trainer, spec, folder)
    >>> complete, summary.counts
    (True, {'complete': 3, 'pruned': 0, 'failed': 0})
    """
    if spec.folds is not None:
        raise InputError("folds must be left out for a trainer of your own.")
    data = trainer.summary
    require_classes(data, "a study")
    return conduct(
        StudySpec(**{**spec.document(), "data": {"source": data.name}}),
        data,
        Path(folder),
        worst=METRICS[spec.metric].worst(np.arange(len(data.classes))),
        trainer=trainer,
        executor=partial(opened, trainer, workers),
        files=BatchFiles(Path(folder), data, with_networks=False),
        storage=storage,
        trials=trials,
        callbacks=callbacks,
    )
