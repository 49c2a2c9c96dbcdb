"""What a study found besides its trials: parameter importances, and the η it used."""

import warnings
from pathlib import Path

import numpy as np
import optuna
from optuna.study import Study, StudyDirection
from optuna.trial import TrialState

from tuner.network.blas import one_thread
from tuner.records import DataSummary, EtaSearches
from tuner.study.batches import EtaFile
from tuner.study.optuna_storage import connected, reading
from tuner.study.spec import StudySpec, fingerprint

LEAST_TRIALS = 8
"""With fewer complete trials importances are meaningless."""


def importances(url: str, name: str) -> dict[str, float] | None:
    """Return the importance of each searched dimension, as shares that sum to 1.

    By PED-ANOVA, Optuna's default (Watanabe et al. 2023), on the first objective. None with fewer
    than eight complete trials, or where all are equally good.
    """
    with connected(url) as storage, reading(url, name):
        return _importances(optuna.load_study(study_name=name, storage=storage))


def _importances(study: Study) -> dict[str, float] | None:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < LEAST_TRIALS or len({trial.values[0] for trial in complete}) < 2:
        return None
    with one_thread(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes")
        # The evaluator minimizes.
        up = study.directions[0] is StudyDirection.MAXIMIZE
        found = optuna.importance.get_param_importances(
            study, target=lambda t: 1 - t.values[0] if up else t.values[0]
        )
    finite = all(np.isfinite(share) for share in found.values())
    return {key: float(share) for key, share in found.items()} if finite else None


def eta_searches(spec: StudySpec, data: DataSummary, folder: Path) -> EtaSearches:
    """Return the threshold searches that a study has made, by the settings of each network."""
    return EtaFile(folder, fingerprint(spec, data)).load()
