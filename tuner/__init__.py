"""Hyperparameter search for small networks that shows why each value was chosen.

What is listed here is the public interface. A name is looked up when it is first asked for, so that
`import tuner` is instant and optional parts are needed by those alone who use them.

Examples
--------
>>> import tuner
>>> run = tuner.train("iris", hidden=(8,), eta=0.5, epochs=30)
>>> run.validation_accuracy > 0.8
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.api import compare, evaluate, find_eta, predict, reproduce, search, train, tune
    from tuner.data import Dataset, TuningData, from_arrays, load
    from tuner.errors import TunerError
    from tuner.estimators import (
        NetworkClassifier,
        NetworkRegressor,
        TunedClassifier,
        TunedRegressor,
    )
    from tuner.records import Choices, Hyperparameters, IntRange, LogRange, Range, Strategy
    from tuner.storage.models import Model, load_model, save_model
    from tuner.strategies.plans import policies
    from tuner.study.custom import run_study_with
    from tuner.study.pruner import NoImprovementPruner
    from tuner.study.spec import StudySpec
    from tuner.study.studies import run_study
    from tuner.trainers.native import NativeTrainer
    from tuner.trainers.sklearn import SklearnTrainer
    from tuner.trainers.torch import TorchTrainer
    from tuner.training.eta_finder import ProbePlan
    from tuner.training.loop import begin

__all__ = [
    "Choices",
    "Dataset",
    "Hyperparameters",
    "IntRange",
    "LogRange",
    "Model",
    "NativeTrainer",
    "NetworkClassifier",
    "NetworkRegressor",
    "NoImprovementPruner",
    "ProbePlan",
    "Range",
    "SklearnTrainer",
    "Strategy",
    "StudySpec",
    "TorchTrainer",
    "TunedClassifier",
    "TunedRegressor",
    "TunerError",
    "TuningData",
    "begin",
    "compare",
    "evaluate",
    "find_eta",
    "from_arrays",
    "load",
    "load_model",
    "policies",
    "predict",
    "reproduce",
    "run_study",
    "run_study_with",
    "save_model",
    "search",
    "train",
    "tune",
]

_MODULES = {
    "api": ("compare", "evaluate", "find_eta", "predict", "reproduce", "search", "train", "tune"),
    "data": ("Dataset", "TuningData", "from_arrays", "load"),
    "errors": ("TunerError",),
    "estimators": ("NetworkClassifier", "NetworkRegressor", "TunedClassifier", "TunedRegressor"),
    "records": ("Choices", "Hyperparameters", "IntRange", "LogRange", "Range", "Strategy"),
    "storage.models": ("Model", "load_model", "save_model"),
    "strategies.plans": ("policies",),
    "study.custom": ("run_study_with",),
    "study.pruner": ("NoImprovementPruner",),
    "study.spec": ("StudySpec",),
    "study.studies": ("run_study",),
    "trainers.native": ("NativeTrainer",),
    "trainers.sklearn": ("SklearnTrainer",),
    "trainers.torch": ("TorchTrainer",),
    "training.eta_finder": ("ProbePlan",),
    "training.loop": ("begin",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'tuner' has no attribute {name!r}")
    return getattr(import_module(f"tuner.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
