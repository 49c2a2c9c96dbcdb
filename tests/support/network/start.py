"""Initial parameters and dropout masks of settings, as the trainer draws them."""

from tuner.network.arrays import Array
from tuner.network.dropout import masks_of_block
from tuner.network.initialization import Parameters, initial_parameters
from tuner.settings import Hyperparameters


def parameters_of(settings: Hyperparameters, n_in: int, n_out: int) -> Parameters:
    sizes = (n_in, *settings.hidden, n_out)
    return initial_parameters(sizes, settings.init, settings.seed, settings.precision)


def masks_of(settings: Hyperparameters, block: int) -> list[Array]:
    s = settings
    return masks_of_block(s.hidden, s.dropout, s.seed, block, s.precision)
