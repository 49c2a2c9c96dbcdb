"""Step 7: the one opening of the test part."""

import math

import numpy as np

from tuner.committees import committee_of_kinds
from tuner.data import Part
from tuner.records import Confirmation, Evaluation
from tuner.storage.models import Model, model_of
from tuner.tuning.state import Context, State
from tuner.tuning.steps.candidates import committee_in, winners_of
from tuner.tuning.steps.kinds import models_of_kinds


def evaluate(state: State, context: Context) -> Evaluation:
    """Open the test part; measure the model on it, and the winner's networks alone.

    The opening is counted before (`tuner.data.seal`), so a kill cannot hide it.
    """
    model, alone = chosen_model(state, context), winning_models(state, context)
    metric = context.metric
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


def _alone(network: Model, model: Model, part: Part, metric: str) -> float:
    """Return the metric of one network, whose inputs stand among those of the whole model."""
    ends = np.cumsum([0, *(len(each.feature_names) for each in model.preprocessings)])
    place = model.preprocessings.index(network.preprocessing)
    return network.measured(part.x[:, ends[place] : ends[place + 1]], part.y)[metric]


def winning_models(state: State, context: Context) -> list[Model]:
    """Return the winner's networks as models: of each seed, or of each fold."""
    confirmation = state[Confirmation]
    if context.folds:
        return models_of_kinds(confirmation, context)[confirmation.winner]
    networks = winners_of(confirmation, context)
    return [model_of(network, context.data) for network in networks if network.best_epoch]


def chosen_model(state: State, context: Context) -> Model:
    """Return the model: the committee, or the only network."""
    if not context.folds:
        return committee_in(winning_models(state, context), context)[0]
    kinds = models_of_kinds(state[Confirmation], context)
    y = np.concatenate([context.data.train.y, context.data.validation.y])
    return committee_of_kinds(kinds, context.folds, y)[0]
