"""The public interface is a list: sorted, complete, and cheap to import."""

import subprocess
import sys
from importlib import import_module

import pytest

import tuner

HEAVY = ("numpy", "scipy", "sklearn", "pandas", "optuna", "matplotlib", "torch")

PUBLIC = [
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


def test_the_list_is_sorted_and_as_promised() -> None:
    assert tuner.__all__ == PUBLIC == sorted(PUBLIC)
    assert set(PUBLIC) <= set(dir(tuner))


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_leads_to_what_it_names(name: str) -> None:
    found = getattr(tuner, name)
    assert found.__name__ == name
    assert found.__doc__
    assert getattr(import_module(found.__module__), name) is found


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tuner' has no attribute 'fly'"):
        _ = tuner.fly


@pytest.mark.parametrize(
    "use", ["import tuner", "import tuner; dir(tuner)", "from tuner import TunerError"]
)
def test_importing_it_imports_nothing_heavy(use: str) -> None:
    check = f"{use}; import sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"


def test_a_name_stays_what_it_is_when_its_module_is_imported() -> None:
    check = (
        "import tuner, tuner.training.eta_finder; from tuner import find_eta, train; "
        "print(callable(find_eta), callable(train))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "True True\n"
