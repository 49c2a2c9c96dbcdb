"""Hyperparameter search for small networks that shows why each value was chosen."""

__version__ = "0.1.0"
