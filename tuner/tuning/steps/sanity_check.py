"""Step 1: whether a small network learns anything from a little data.

Article, section "How to choose hyperparameters" (Nielsen's chapter 3,
http://neuralnetworksanddeeplearning.com/chap3.html): get a signal that the network learns before
anything else, on a simpler problem where an answer takes a second.
"""

from dataclasses import replace

import numpy as np

from tuner.data import TuningData
from tuner.metrics import Measured, of_classes, of_numbers
from tuner.records import Hyperparameters, SanityCheck, Strategy
from tuner.strategies.plans import policies
from tuner.tasks import fitted_network
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import begin, train
from tuner.tuning.budget import SANITY_EPOCHS, SANITY_EXAMPLES, SANITY_HIDDEN
from tuner.tuning.state import Context, State
from tuner.tuning.tasks import first_of

JUDGED_BY = {"classification": "auc", "regression": "rmse"}
"""The metric that tells whether a network has learned, by the task."""


def check_sanity(_state: State, context: Context) -> SanityCheck:
    """Train a small network on little data, to see whether it beats a constant prediction."""
    few = first_of(context.tuning, SANITY_EXAMPLES)
    trainer = NativeTrainer(few)
    settings = Hyperparameters(eta=0.01, hidden=SANITY_HIDDEN, seed=context.request.seed)
    settings = fitted_network(settings, few.task)
    settings = replace(settings, eta=find_eta(trainer, settings, plan=ProbePlan(seeds=1)).eta)
    strategy = context.strategy(Strategy(epochs=SANITY_EPOCHS, patience=None))
    (trained,) = train(trainer, [begin(trainer, settings, *policies(settings.eta, strategy))])
    (measured,) = trainer.measure([trained.best], "validation")
    reached, constant, judge = measured.metrics, _constant(few), JUDGED_BY[few.task]
    assert isinstance(reached, Measured)  # noqa: S101 - as our own trainer measures
    known = np.isfinite(reached[judge])
    return SanityCheck(
        run=trained.record,
        n_train=few.train.n,
        chance=constant[context.metric],
        judged_by=judge,
        reached=reached[judge],
        interval=reached.interval(judge) if known else None,
        constant=constant[judge],
    )


def _constant(data: TuningData) -> Measured:
    """Return the metrics of always predicting the frequencies in training, or the mean."""
    y, n = data.validation.y, data.validation.n
    if data.task == "regression":
        return of_numbers(y, np.full(n, data.train.y.mean()))
    shares = np.bincount(data.train.y, minlength=len(data.classes)) / data.train.n
    every = np.tile(shares, (n, 1))
    return of_classes(y, every, lambda: every)
