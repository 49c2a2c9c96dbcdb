"""A finished trial, from its trained networks to what Optuna stores."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from tuner.records import StopReason
from tuner.study.batches import Batch
from tuner.study.sampling import distributions
from tuner.study.spec import StudySpec
from tuner.training.loop import Training


def finished_trial(
    spec: StudySpec,
    batch: Batch,
    number: int,
    networks: Sequence[Training[Any]],
    rungs: Mapping[int, float],
    *,
    worst: float,
) -> FrozenTrial:
    """Return a trial for Optuna's storage: pruned if it did not reach the last rung.

    Parameters
    ----------
    number
        Of the trial.
    networks
        Its networks, in the order of their seeds.
    rungs
        The validation metric at each rung that it reached.
    worst
        The metric of a network without a finished epoch.
    """
    seconds = sum(epoch.seconds for network in networks for epoch in network.history)
    objectives = {
        spec.objectives[0]: list(rungs.values())[-1],
        "parameters": networks[0].lane.n_parameters,
        "seconds": seconds,
    }
    now = datetime.datetime.now()
    return FrozenTrial(
        number=number,
        trial_id=-1,
        state=TrialState.COMPLETE if spec.last_epoch in rungs else TrialState.PRUNED,
        value=None,
        values=[float(objectives[name]) for name in spec.objectives],
        datetime_start=now - datetime.timedelta(seconds=seconds),
        datetime_complete=now,
        params=batch.params[number - batch.first],
        distributions=distributions(spec),
        user_attrs=_attributes(batch, networks, seconds, worst),
        system_attrs={},
        intermediate_values=dict(rungs) if len(spec.objectives) == 1 else {},
    )


def _attributes(
    batch: Batch, networks: Sequence[Training[Any]], seconds: float, worst: float
) -> dict[str, Any]:
    """Return what `tuner.study.summary` reads."""
    runs = [network.record for network in networks]
    reasons = [network.reason.value if network.reason else "pruned" for network in networks]
    return {
        "batch": batch.number,
        "batch_size": len(batch.params),
        "eta": networks[0].settings.eta,
        "best_epoch": [run.best_epoch for run in runs],
        "accuracies": [v if math.isfinite(v := run.best_value) else worst for run in runs],
        "epochs": [len(run.history) for run in runs],
        "stop_reason": reasons,
        "diverged": StopReason.DIVERGED.value in reasons,
        "seconds": seconds,
        "parameters": networks[0].lane.n_parameters,
        "curves": [
            [_finite(epoch.validation_metrics[run.metric]) for epoch in run.history] for run in runs
        ],
    }


def _finite(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return value if math.isfinite(value) else None
