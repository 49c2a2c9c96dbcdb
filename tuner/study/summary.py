"""A stored study as records, converted from Optuna's representation."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tuner.records import (
    Choices,
    Range,
    SearchSpace,
    StudyPlan,
    StudySummary,
    Trial,
    Value,
    layer_sizes,
)
from tuner.study.optuna_storage import SPEC, finished
from tuner.study.space import stated_in
from tuner.study.spec import StudySpec


def summary_of(study: Study) -> StudySummary:
    """Return a stored study with its finished trials."""
    spec = study.user_attrs[SPEC]
    return StudySummary(
        study=study.study_name,
        objectives=tuple(spec["objectives"]),
        space=search_space(spec["search"]),
        trials=tuple(map(_trial, finished(study))),
    )


def search_space(search: Mapping[str, Any]) -> SearchSpace:
    """Return the table [search] of a study file, whose defaults are filled in, as records.

    Examples
    --------
    >>> search_space({"hidden": {"choices": [30, [30, 20]]}, "dropout": None})
    {'hidden': Choices(choices=((30,), (30, 20)))}
    """
    return {
        name: Choices(*(_value(name, each) for each in stated["choices"]))
        if "choices" in stated
        else Range(float(stated["low"]), float(stated["high"]), stated["log"])
        for name, stated in stated_in(search).items()
    }


def plan_of(spec: StudySpec) -> StudyPlan:
    """Return everything in a study file but its search space."""
    return StudyPlan(
        title=spec.title,
        **spec.tables(),
        eta=spec.eta,
        eta_seeds=spec.eta_seeds,
        trials=spec.trials,
        batch=spec.batch,
        seeds=spec.seeds,
        folds=spec.folds,
        rungs=spec.rungs,
        keep=spec.keep,
        sampler=spec.sampler,
        seed=spec.seed,
    )


def _trial(trial: FrozenTrial) -> Trial:
    known = trial.user_attrs
    return Trial(
        number=trial.number,
        state=_STATES.get(trial.state, "failed"),
        values=tuple(trial.values or ()),
        params={name: _value(name, value) for name, value in trial.params.items()},
        rungs=dict(trial.intermediate_values),
        batch=known.get("batch", 0),
        batch_size=known.get("batch_size", 1),
        eta=known.get("eta", math.nan),
        network_values=tuple(known.get("accuracies", ())),
        best_epoch=tuple(known.get("best_epoch", ())),
        epochs=tuple(known.get("epochs", ())),
        stop_reason=tuple(known.get("stop_reason", ())),
        diverged=known.get("diverged", False),
        seconds=known.get("seconds", 0.0),
        curves=tuple(
            tuple(math.nan if value is None else value for value in curve)
            for curve in known.get("curves", ())
        ),
        parameters=known.get("parameters"),
    )


_STATES: Mapping[TrialState, Literal["complete", "pruned"]] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
}


def _value(name: str, stored: Any) -> Value:
    """Return the value of a dimension; layers become the tuple of their sizes."""
    value: Value = layer_sizes(stored) if name == "hidden" else stored
    return value
