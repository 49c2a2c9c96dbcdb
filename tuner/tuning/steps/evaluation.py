"""Step 7: the one opening of the test part."""

import math
from collections.abc import Sequence

import numpy as np

from tuner.committees import committee_of_kinds
from tuner.data import Part
from tuner.records import Confirmation, Evaluation
from tuner.storage.models import Model, model_of
from tuner.tuning.state import Context, State
from tuner.tuning.steps.candidates import committee_in, winners_of
from tuner.tuning.steps.kinds import models_of_kinds, targets_of


def evaluate(state: State, context: Context) -> Evaluation:
    """Open the test part; measure the model on it, and the winner's networks alone.

    The opening is counted before (`tuner.data.seal`), so a kill cannot hide it.
    """
    confirmation, metric = state[Confirmation], context.metric
    kinds = _candidates(confirmation, context)
    model = _joined(kinds, context)
    alone = kinds[confirmation.winner if context.folds else 0]
    part = context.data.open_test(*(model.preprocessings if context.folds else ()))
    measured = model.measured(part.x, part.y)
    return Evaluation(
        n=part.n,
        metrics={name: value for name, value in measured.items() if not math.isnan(value)},
        over_seeds=tuple(_alone(each, model, part, metric) for each in alone),
        openings=context.data.test_openings,
        metric=metric,
        interval=None if metric == "accuracy" else measured.interval(metric),
    )


def chosen_model(state: State, context: Context) -> Model:
    """Return the model: the committee, or the only network."""
    return _joined(_candidates(state[Confirmation], context), context)


def _candidates(confirmation: Confirmation, context: Context) -> list[list[Model]]:
    """Return the networks of each candidate on the folds, else those of the winner alone."""
    if context.folds:
        return models_of_kinds(confirmation, context)
    networks = winners_of(confirmation, context)
    return [[model_of(network, context.data) for network in networks if network.best_epoch]]


def _joined(kinds: Sequence[Sequence[Model]], context: Context) -> Model:
    if not context.folds:
        return committee_in(kinds[0], context)[0]
    return committee_of_kinds(kinds, context.folds, targets_of(context))[0]


def _alone(network: Model, model: Model, part: Part, metric: str) -> float:
    """Return the metric of one network, whose inputs stand among those of the whole model."""
    ends = np.cumsum([0, *(len(each.feature_names) for each in model.preprocessings)])
    place = model.preprocessings.index(network.preprocessing)
    return network.measured(part.x[:, ends[place] : ends[place + 1]], part.y)[metric]
