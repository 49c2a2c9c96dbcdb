"""The trainer of a user's own model: which one it is, by what the model is."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from tuner.errors import OptionError
from tuner.records import Hyperparameters
from tuner.trainers.base import DescribedTrainer
from tuner.trainers.custom import global_generators
from tuner.trainers.sklearn import SklearnTrainer
from tuner.trainers.tensors import torch
from tuner.trainers.torch import TorchTrainer


def own_trainer(
    model: Any, data: Any, settings: Hyperparameters, more: Mapping[str, Any]
) -> DescribedTrainer[Any]:
    """Return what trains a model on data, once the model was tried out.

    Parameters
    ----------
    model
        A PyTorch module, a scikit-learn estimator, or a function that makes one from settings.
    data
        What the trainer of such a model takes.
    settings
        What the model is tried out with.
    more
        What else a `TorchTrainer` is told: `loss`, `optimizer`, `device`.

    Raises
    ------
    OptionError
        When it is no model, or what is given besides is for models of another kind.
    DataError
        When model and data do not fit together.

    Examples
    --------
    >>> from sklearn.linear_model import SGDClassifier
    >>> from tuner.data import load
    >>> type(own_trainer(SGDClassifier(), load("iris"), Hyperparameters(eta=0.1), {})).__name__
    'SklearnTrainer'
    """
    if not _is_estimator(model, settings, torch_alone=bool(more)):
        return TorchTrainer(model, data, settings=settings, **more)
    if more:
        raise OptionError(f"{next(iter(more))} is for PyTorch: leave it out for an estimator.")
    return SklearnTrainer(model, data)


def _is_estimator(model: Any, settings: Hyperparameters, *, torch_alone: bool) -> bool:
    if torch is not None and isinstance(model, torch.nn.Module):
        return False
    if hasattr(model, "get_params") and not isinstance(model, type):
        return True
    if not callable(model):
        raise OptionError(
            f"model is a {type(model).__name__} but must be a PyTorch module, a scikit-learn"
            " estimator, or a function that makes one from settings."
        )
    if torch_alone:
        return False
    with global_generators(0), torch.random.fork_rng([]) if torch else nullcontext():
        return hasattr(model(settings), "get_params")
