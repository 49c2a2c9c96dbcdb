"""Step 7: the one opening of the test part."""

import numpy as np

from tuner.records import Confirmation, Evaluation
from tuner.storage.models import Model, model_of
from tuner.tuning.state import Context, State
from tuner.tuning.steps.candidates import winners_of


def evaluate(state: State, context: Context) -> Evaluation:
    """Open the test part; measure the model on it, and the winner's networks of all seeds.

    The opening is counted before (`tuner.data.seal`), so a kill cannot hide it.
    """
    models, chosen = winning_models(state, context), chosen_model(state, context)
    part = context.data.open_test()
    right = chosen.predict_indices(part.x) == part.y
    return Evaluation(
        n=part.n,
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean([right[part.y == c].mean() for c in np.unique(part.y)])),
        over_seeds=tuple(model.accuracy(part.x, part.y) for model in models),
        openings=context.data.test_openings,
    )


def winning_models(state: State, context: Context) -> list[Model]:
    """Return the winner's networks as models, in the order of their seeds."""
    networks = winners_of(state[Confirmation], context)
    return [model_of(network, context.data) for network in networks]


def chosen_model(state: State, context: Context) -> Model:
    """Return the one of them that is best on the validation data."""
    seed = state[Confirmation].seed
    return next(m for m in winning_models(state, context) if m.settings.seed == seed)
