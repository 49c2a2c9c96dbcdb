"""Our networks and the whole order of work as scikit-learn estimators."""

from tuner.estimators.network import NetworkClassifier, NetworkRegressor
from tuner.estimators.tuned import TunedClassifier, TunedRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor", "TunedClassifier", "TunedRegressor"]
