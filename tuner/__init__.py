"""Hyperparameter search for small networks that shows why each value was chosen.

What is listed here is the public interface. A name is looked up when it is first asked for, so that
`import tuner` is instant and optional parts are needed by those alone who use them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.data import Dataset, TuningData, from_arrays, load
    from tuner.errors import TunerError
    from tuner.estimators import NetworkClassifier, TunedClassifier
    from tuner.records import Hyperparameters, Strategy
    from tuner.storage.models import Model, load_model, save_model
    from tuner.strategies.plans import policies
    from tuner.study.custom import run_study_with
    from tuner.study.spec import StudySpec
    from tuner.study.studies import run_study
    from tuner.trainers.native import NativeTrainer
    from tuner.trainers.sklearn import SklearnTrainer
    from tuner.trainers.torch import TorchTrainer
    from tuner.training.eta_finder import find_eta
    from tuner.training.loop import begin, train

__all__ = [
    "Dataset",
    "Hyperparameters",
    "Model",
    "NativeTrainer",
    "NetworkClassifier",
    "SklearnTrainer",
    "Strategy",
    "StudySpec",
    "TorchTrainer",
    "TunedClassifier",
    "TunerError",
    "TuningData",
    "begin",
    "find_eta",
    "from_arrays",
    "load",
    "load_model",
    "policies",
    "run_study",
    "run_study_with",
    "save_model",
    "train",
]

_HOMES = {
    "data": ("Dataset", "TuningData", "from_arrays", "load"),
    "errors": ("TunerError",),
    "estimators": ("NetworkClassifier", "TunedClassifier"),
    "training.eta_finder": ("find_eta",),
    "storage.models": ("Model", "load_model", "save_model"),
    "records": ("Hyperparameters", "Strategy"),
    "training.loop": ("begin", "train"),
    "strategies.plans": ("policies",),
    "study.custom": ("run_study_with",),
    "study.spec": ("StudySpec",),
    "study.studies": ("run_study",),
    "trainers.native": ("NativeTrainer",),
    "trainers.torch": ("TorchTrainer",),
    "trainers.sklearn": ("SklearnTrainer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'tuner' has no attribute {name!r}")
    return getattr(import_module(f"tuner.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
