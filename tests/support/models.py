"""Models that several tests use."""

import numpy as np

from tuner.data import from_arrays
from tuner.records import Hyperparameters
from tuner.storage.models import Model, model_of
from tuner.strategies.schedules import Constant
from tuner.strategies.stopping import Stopping
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin


def untrained_image_model() -> Model:
    """A model for images of 2×2 pixels from 0 to 255."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (20, 2, 2))
    pixels[:, 0, 0] = 255
    dataset = from_arrays(pixels, np.arange(20) % 2)
    trainer = NativeTrainer(dataset.tuning)
    chosen = Hyperparameters(eta=0.1, hidden=(2,))
    return model_of(begin(trainer, chosen, Constant(eta=0.1), Stopping(epochs=1)), dataset)
