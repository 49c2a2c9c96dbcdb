"""Step 1: whether a small network learns anything from a little data.

Article, section "How to choose hyperparameters" (Nielsen's chapter 3,
http://neuralnetworksanddeeplearning.com/chap3.html): get a signal that the network learns before
anything else, on a simpler problem where an answer takes a second.
"""

from dataclasses import replace

import numpy as np

from tuner.records import Hyperparameters, SanityCheck, Strategy
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import begin, train
from tuner.tuning.budget import SANITY_EPOCHS, SANITY_EXAMPLES, SANITY_HIDDEN
from tuner.tuning.state import Context, State
from tuner.tuning.tasks import first_of


def check_sanity(_state: State, context: Context) -> SanityCheck:
    """Train a small network on little data, to see whether it beats the majority class."""
    few = first_of(context.data.tuning, SANITY_EXAMPLES)
    trainer = NativeTrainer(few)
    settings = Hyperparameters(eta=0.01, hidden=SANITY_HIDDEN, seed=context.request.seed)
    settings = replace(settings, eta=find_eta(trainer, settings, plan=ProbePlan(seeds=1)).eta)
    strategies = policies(settings.eta, Strategy(epochs=SANITY_EPOCHS, patience=None))
    (trained,) = train(trainer, [begin(trainer, settings, *strategies)])
    majority = np.bincount(few.train.y).argmax()
    return SanityCheck(
        run=trained.record,
        n_train=few.train.n,
        chance=float((context.data.validation.y == majority).mean()),
    )
